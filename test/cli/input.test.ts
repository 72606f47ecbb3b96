/** Texts from files and standard input: the end of the last line is none of the text. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readInput, readLines } from '../../src/cli/input';
import { useFolder } from '../support/folder';
import { smallModel, train } from '../support/models';

const main = resolve(__dirname, '..', '..', 'lib', 'cli', 'main.js');

function unrolled(args: string[], input: string) {
  return spawnSync(process.execPath, [main, ...args], { input, encoding: 'utf8' });
}

describe('a text from a file or from standard input', function () {
  this.timeout(60_000);
  const at = useFolder();

  it('loses one line end at its end, and nothing else', async () => {
    const cases: [written: string, text: string][] = [
      ['the quick', 'the quick'],
      ['the quick\n', 'the quick'],
      ['the quick\r\n', 'the quick'],
      ['the quick\r', 'the quick'],
      ['the quick\n\n', 'the quick\n'],
      ['the quick\r\n\r\n', 'the quick\r\n'],
      ['the quick\n\r', 'the quick\n'],
      ['the\nquick \n', 'the\nquick '],
      ['\nthe quick', '\nthe quick'],
      ['the quick\u2028', 'the quick\u2028'],
      ['\n', ''],
    ];
    for (const [written, text] of cases) {
      writeFileSync(at('text.txt'), written);
      assert.equal(await readInput(undefined, { file: at('text.txt') }), text, JSON.stringify(written));
    }
    assert.equal(await readInput('the quick\n', {}), 'the quick\n', 'an argument is as it is');
  });

  it('by lines loses the end of each', async () => {
    const cases: [written: string, lines: string[]][] = [
      ['a\nb', ['a', 'b']],
      ['a\nb\n', ['a', 'b']],
      ['a\r\nb\r\n', ['a', 'b']],
      ['a\nb\r', ['a', 'b']],
      ['a\n\n', ['a', '']],
      ['\n', ['']],
    ];
    for (const [written, lines] of cases) {
      writeFileSync(at('lines.txt'), written);
      assert.deepEqual(await readLines(at('lines.txt'), undefined), lines, JSON.stringify(written));
    }
  });

  it('is scored and gone on with as the same argument', async () => {
    using model = smallModel();
    await train(model, { epochs: 10, learningRate: 0.01 });
    await model.save(at('model.safetensors'));
    writeFileSync(at('text.txt'), 'the quick brown\r\n');
    for (const command of ['score', 'next']) {
      const given = unrolled([command, at('model.safetensors'), 'the quick brown', '--json'], '');
      assert.equal(given.status, 0, given.stderr);
      const piped = unrolled([command, at('model.safetensors'), '-', '--json'], 'the quick brown\n');
      assert.equal(piped.stdout, given.stdout);
      const read = unrolled([command, at('model.safetensors'), '--file', at('text.txt'), '--json'], '');
      assert.equal(read.stdout, given.stdout);
    }
    const empty = unrolled(['score', at('model.safetensors'), '-'], '\n');
    assert.match(empty.stderr, /ERR_UNROLLED_CORPUS_EMPTY/);
  });
});
