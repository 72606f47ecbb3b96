/** How `train` and `evaluate` read their corpus, from outside. */

import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { LanguageModel } from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';

const LINE = 'naïve cafés à la carte\r\n';
const SMALL = ['--hidden', '8', '--embedding', '4', '--batch', '4', '--window', '8', '--steps', '3'];

describe('unrolled: the corpus', function () {
  this.timeout(60_000);
  const at = useFolder();
  const { UNROLLED_CACHE } = process.env;

  beforeEach(() => {
    Object.assign(process.env, { UNROLLED_CACHE: at('cache') });
    writeFileSync(at('text'), Buffer.from(LINE.repeat(60), 'latin1'));
  });
  after(() => {
    if (UNROLLED_CACHE === undefined) Reflect.deleteProperty(process.env, 'UNROLLED_CACHE');
    else Object.assign(process.env, { UNROLLED_CACHE });
  });

  it('is read in the encoding and the form asked', async () => {
    const reading = ['--encoding', 'latin1', '--line-ends', 'lf', '--normalize', 'NFD'];
    const trained = await runCli('train', at('text'), ...SMALL, ...reading, '--out', at('model'));
    assert.equal(trained.status, 0, trained.stderr);
    const model = await LanguageModel.load(at('model'));
    const characters = [...new Set(LINE.replace('\r', '').normalize('NFD'))].sort();
    assert.deepEqual(
      Array.from({ length: model.vocabulary.size }, (_, id) => model.vocabulary.token(id)),
      characters,
    );
    model.dispose();
    const evaluated = await runCli('evaluate', at('model'), at('text'), ...reading, '--json');
    assert.equal(JSON.parse(evaluated.stdout).tokens, LINE.replace('\r', '').normalize('NFD').length * 60 - 1);
    const plain = await runCli('evaluate', at('model'), at('text'));
    assert.match(plain.stderr, /is not UTF-8: the bytes at offset 2 .*ERR_UNROLLED_ENCODING/);
    assert.equal(plain.status, 1);
  });

  it('stays in its file where that is asked, and gives the same figures', async () => {
    const options = [...SMALL, '--encoding', 'latin1', '--validation', '0.2', '--json'];
    const losses: number[][] = [];
    for (const stream of [[], ['--stream']]) {
      const { status, stdout, stderr } = await runCli('train', at('text'), ...options, ...stream, '--out', at('model'));
      assert.equal(status, 0, stderr);
      const { loss, validationLoss } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
      losses.push([loss, validationLoss]);
    }
    assert.ok(losses[0]?.every((loss) => loss > 0));
    assert.deepEqual(losses[0], losses[1]);
    assert.equal(readdirSync(at('cache', 'ids')).filter((name) => name.endsWith('.ids')).length, 1);

    const evaluate = ['evaluate', at('model'), at('text'), '--encoding', 'latin1'];
    const [inMemory, inFile] = [await runCli(...evaluate), await runCli(...evaluate, '--stream')];
    assert.equal(inFile.status, 0, inFile.stderr);
    assert.equal(inFile.stdout, inMemory.stdout);
  });

  it('names the data set that a word is nearly the name of', async () => {
    const misspelt = await runCli('train', 'sonets', ...SMALL);
    assert.equal(misspelt.status, 1);
    assert.match(
      misspelt.stderr,
      /There is no file sonets\. The data set is sonnets\. \(ERR_UNROLLED_FILE_NOT_FOUND\)/,
    );
    const other = await runCli('train', 'poems', ...SMALL);
    assert.match(other.stderr, /There is no file poems\. \(/);
  });

  it('refuses readings there are not, and any of a data set by name', async () => {
    for (const [args, message] of [
      [['sonnets', '--encoding', 'gbk'], /--encoding must be left out for the data set sonnets/],
      [['sonnets', '--stream'], /--stream must be left out for the data set sonnets/],
      [[at('text'), '--encoding', 'ebcdic'], /ebcdic.*utf-8, utf-16le/],
      [[at('text'), '--line-ends', 'cr'], /keep, lf/],
    ] as const) {
      const { status, stderr } = await runCli('train', ...args, ...SMALL);
      assert.match(stderr, message);
      assert.equal(status, 2);
    }
  });
});
