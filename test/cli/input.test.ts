/** Texts from files and standard input: the end of the last line is none of the text. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readInput, readLines } from '../../src/cli/terminal/input';
import { useFolder } from '../support/folder';
import { smallModel, train } from '../support/models';

const main = resolve(__dirname, '..', '..', 'lib', 'cli', 'main.js');

function unrolled(args: string[], input: string | Buffer) {
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

  it('is trained on, evaluated and gone on with where - stands for it, as that of a file', async () => {
    const text = 'the quick brown fox jumps over the lazy dog.\r\n'.repeat(30);
    writeFileSync(at('text.txt'), text);
    writeFileSync(at('text.gz'), gzipSync(text));
    const small = ['--epochs', '1', '--batch', '2', '--window', '8', '--hidden', '4', '--embedding', '4'];
    const form = ['--line-ends', 'lf', ...small];
    const ofFile = unrolled(['train', at('text.txt'), ...form, '--out', at('one')], '');
    assert.equal(ofFile.status, 0, ofFile.stderr);
    for (const input of [text, gzipSync(text)]) {
      const piped = unrolled(['train', '-', ...form, '--out', at('two')], input);
      assert.equal(piped.status, 0, piped.stderr);
      assert.deepEqual(readFileSync(at('two')), readFileSync(at('one')));
    }
    const figures = unrolled(['evaluate', at('one'), at('text.txt')], '').stdout;
    assert.equal(unrolled(['evaluate', at('one'), '-'], text).stdout, figures);

    const drawn = ['--length', '12', '--seed', '3'];
    for (const more of [[], ['--json'], ['--beams', '2']]) {
      const args = more.includes('--beams') ? more : [...drawn, ...more];
      const given = unrolled(['sample', at('one'), '--prompt', 'the quick', ...args], '');
      assert.equal(given.status, 0, given.stderr);
      const piped = unrolled(['sample', at('one'), '--prompt', '-', ...args], 'the quick\n');
      assert.equal(piped.stdout, given.stdout);
    }
  });

  it('is refused where there is none, where it cannot be read twice, and in another encoding', () => {
    for (const [args, input, message] of [
      [['train', '-'], '', /^unrolled: Standard input has no text\. \(ERR_UNROLLED_CORPUS_EMPTY\)\n$/],
      [['train', '-', '--stream'], 'a', /^unrolled: --stream must be left out for standard input, .* read twice/],
      [['train', '-'], Buffer.from([0x66, 0xe9, 0x65]), /^unrolled: Standard input is not UTF-8: .* at offset 1/],
      [['train', '-'], gzipSync('text').subarray(0, 12), /^unrolled: Standard input cannot be decompressed: /],
    ] as const) {
      const { status, stderr } = unrolled([...args], input);
      assert.notEqual(status, 0);
      assert.match(stderr, message);
    }
  });
});
