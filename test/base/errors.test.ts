import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { adviceOf, ERROR_CODES, type ErrorCode, faultOf, saidBy, UnrolledError } from '../../src/base/errors';
import { joined, phrase, refer, reworded } from '../../src/base/messages/phrase';
import { reasonOf, withoutStop } from '../../src/base/messages/thrown';
import { layers, Model } from '../../src/index';

const SOURCES = join(__dirname, '..', '..', 'src');

/** Every file of the package, by its path below `src`. */
function sources(): [path: string, text: string][] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readFileSync(join(SOURCES, path), 'utf8')]);
}

describe('errors', () => {
  it('docs/errors.md has a paragraph for each code, in their order, and for no other', () => {
    const page = readFileSync(join(__dirname, '..', '..', 'docs', 'errors.md'), 'utf8');
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

  it('have what is wrong and what to do as parts of the message, which are printed with it alone', () => {
    const advice = 'Wait for it to end. Or abort it.';
    const error = new UnrolledError('ERR_UNROLLED_BUSY', 'The model is training', { advice });
    assert.deepEqual([error.fault, error.advice], ['The model is training', advice]);
    assert.equal(error.message, `The model is training. ${advice}`);
    assert.deepEqual(Object.keys(error).sort(), ['code', 'name']);
    assert.equal(inspect(error).split('Wait for it').length, 2);
    const plain = new UnrolledError('ERR_UNROLLED_BUSY', 'The model is training');
    assert.deepEqual([plain.message, plain.advice], ['The model is training.', undefined]);
  });

  it('keep the message of a caller that ends its sentences', () => {
    for (const message of ['It is so.', 'It is so. Change it.', 'Is it so?', 'No!']) {
      assert.equal(new UnrolledError('ERR_UNROLLED_CALLBACK', message).message, message);
    }
  });

  it('know what they name, so that it can be said in other words', () => {
    const error = new UnrolledError(
      'ERR_UNROLLED_OPTION_RANGE',
      phrase`${refer.option('batch')} of "batch" is too large at ${refer.step(3)}`,
      { advice: phrase`Lower ${joined([refer.option('batch'), refer.option('window')], ' or ')}.`, step: 3 },
    );
    assert.equal(error.message, 'batch of "batch" is too large at step 3. Lower batch or window.');
    // The first is at the beginning.
    assert.deepEqual(error.mentions, ['batch', 'window']);
    const flags = saidBy(error, (named) => (named.kind === 'option' ? `--${named.name}` : 'step 4'));
    assert.equal(flags, '--batch of "batch" is too large at step 4. Lower --batch or --window.');
    const above = new UnrolledError('ERR_UNROLLED_CALLBACK', phrase`above: ${faultOf(error)}`, {
      advice: reworded(adviceOf(error) ?? '', ({ text }) => (text === 'window' ? 'less' : undefined)),
    });
    assert.equal(above.message, 'above: batch of "batch" is too large at step 3. Lower batch or less.');
    assert.match(
      saidBy(above, ({ text }) => `<${text}>`),
      /^above: <batch> .* at <step 3>\. Lower <batch> or less\.$/,
    );
  });

  it('of another copy are joined as they are, and where that is of a release without parts by their message', () => {
    const other = Object.assign(new Error('It is busy. Wait.'), { code: 'ERR_UNROLLED_BUSY' });
    Object.defineProperty(other, Symbol.for('unrolled.UnrolledError'), { value: true });
    assert.ok(other instanceof UnrolledError);
    const told = new UnrolledError('ERR_UNROLLED_BUSY', phrase`above: ${faultOf(other)}`);
    assert.equal(told.message, 'above: It is busy. Wait.');
    assert.equal(
      saidBy(other, () => ''),
      'It is busy. Wait.',
    );
    assert.equal(adviceOf(other), undefined);
  });

  it('name an option once, and none that they only begin with', () => {
    const one = new UnrolledError('ERR_UNROLLED_OPTION_TYPE', phrase`${refer.option('seed')} must be a number`);
    assert.ok(!('mentions' in one));
    const given = new UnrolledError('ERR_UNROLLED_OPTION_TYPE', 'No.', { mentions: ['seed'] });
    assert.deepEqual(given.mentions, ['seed']);
  });

  it('of the core have both parts, and their step', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      layers: [layers.embedding(4), layers.dense(3)],
    });
    const data = { inputs: [[0, 1, 2]], tags: [[1, 2, 0]] };
    await assert.rejects(
      async () => model.fit(data, { epochs: 50, optimizer: 'sgd', learningRate: 1e38 }),
      (error) => {
        assert.ok(error instanceof UnrolledError);
        assert.match(error.fault, new RegExp(`^The .* is not finite at step ${error.step}$`));
        assert.match(error.advice ?? '', /^The weights are unchanged by that step\. .* may help\.$/);
        assert.equal(error.message, `${error.fault}. ${error.advice}`);
        return true;
      },
    );
  });

  it('take what others say into a sentence', () => {
    assert.equal(withoutStop(' It broke.\n'), 'It broke');
    assert.equal(reasonOf(new Error('It broke.')), 'It broke');
    assert.equal(reasonOf(new UnrolledError('ERR_UNROLLED_BUSY', 'It is busy', { advice: 'Wait.' })), 'It is busy');
    assert.equal(reasonOf(7), '7');
  });
});

describe('the sources', () => {
  it('take no message apart', () => {
    const cuts = /\bmessage\s*\??\.\s*(?:replace|replaceAll|split|match|matchAll|slice|substring|charAt)\(/g;
    const found = sources().flatMap(([path, text]) => [...text.matchAll(cuts)].map((cut) => `${path}: ${cut[0]}`));
    assert.deepEqual(found, []);
    assert.match('error.message.replace(', cuts);
  });

  it('give a fault without a full stop, which the message adds', () => {
    const faults = /new UnrolledError\(\s*[^,()]+,\s*(?:phrase)?((?:(?:'[^'\n]*'|"[^"\n]*"|`[^`]*`)\s*\+?\s*)+)[,)]/g;
    const all = sources().flatMap(([path, text]) =>
      [...text.matchAll(faults)].map(([, fault = '']) => [path, fault] as const),
    );
    assert.ok(all.length > 90, `${all.length} faults`);
    for (const [path, fault] of all) assert.doesNotMatch(fault.trim(), /\.['"`]$/, `${path}: ${fault}`);
  });
});
