import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, type ErrorCode, UnrolledError } from '../src/errors';

describe('errors', () => {
  it('docs/errors.md has a paragraph for each code, in their order, and for no other', () => {
    const page = readFileSync(join(__dirname, '..', 'docs', 'errors.md'), 'utf8');
    const sections = page.split(/^## /m).slice(1);
    const documented = sections.map((section) => section.slice(0, section.indexOf('\n')));
    assert.deepEqual(
      documented,
      Object.keys(ERROR_CODES).map((code) => `\`${code}\``),
    );
    for (const section of sections) assert.match(section, /\n\n\S/, `nothing is said about ${section}`);
  });

  it('carry their code, the name it gives them, and their details', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const error = new UnrolledError(code, 'What was wrong.');
      assert.equal(error.code, code);
      assert.equal(error.name, ERROR_CODES[code]);
      assert.ok(error instanceof Error);
    }
    const cause = new Error('below');
    const error = new UnrolledError('ERR_UNROLLED_NON_FINITE_LOSS', 'No.', { step: 3, option: 'learningRate', cause });
    assert.equal(error.step, 3);
    assert.equal(error.option, 'learningRate');
    assert.equal(error.cause, cause);
    assert.equal(error.received, undefined);
  });
});
