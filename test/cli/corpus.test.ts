/** How `train` and `evaluate` read their corpus, from outside. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

  it('is read by any usual name of its encoding, and on a resume as the checkpoint says', async () => {
    writeFileSync(at('gb'), Buffer.concat(Array(40).fill(Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0x0d, 0x0a]))));
    const small = SMALL.slice(0, -2);
    const train = ['train', at('gb'), ...small, '--line-ends', 'lf', '--seed', '3'];
    const bits: string[] = [];
    for (const name of ['gb18030', 'GB18030', 'GBK', 'gb2312', 'cp936', 'x-gbk', 'GB_2312-80']) {
      const { status, stderr } = await runCli(...train, '--epochs', '1', '--encoding', name, '--out', at('model'));
      assert.equal(status, 0, stderr);
      bits.push(readFileSync(at('model'), 'latin1'));
    }
    assert.equal(new Set(bits).size, 1);
    for (const stream of [[], ['--stream']]) {
      const checkpoint = ['--checkpoint', at('run'), '--resume', at('run')];
      const epochs = (count: string) => ['--epochs', count];
      const first = await runCli(...train, '--encoding', 'GBK', ...epochs('1'), ...checkpoint.slice(0, 2), ...stream);
      assert.equal(first.status, 0, first.stderr);
      const resumed = await runCli('train', at('gb'), ...epochs('2'), ...checkpoint, '--out', at('on'), ...stream);
      assert.equal(resumed.status, 0, resumed.stderr);
      const again = await runCli('train', at('gb'), ...epochs('3'), ...checkpoint, '--out', at('on'), ...stream);
      assert.equal(again.status, 0, `what was resumed remembers it too: ${again.stderr}`);
      const whole = await runCli(...train, '--encoding', 'GBK', ...epochs('3'), '--out', at('whole'));
      assert.equal(whole.status, 0, whole.stderr);
      assert.equal(readFileSync(at('on'), 'latin1'), readFileSync(at('whole'), 'latin1'));
    }
    const other = await runCli('train', at('gb'), '--resume', at('run'), '--epochs', '4', '--encoding', 'big5');
    assert.equal(other.status, 1, 'what is given outranks it');
  });

  it('tells of --line-ends lf where a carriage return is unknown', async () => {
    const line = 'the fox\n'.repeat(40);
    writeFileSync(at('lf'), line);
    writeFileSync(at('crlf'), line.replaceAll('\n', '\r\n'));
    assert.equal((await runCli('train', at('lf'), ...SMALL, '--out', at('model'))).status, 0);
    for (const args of [
      ['evaluate', at('model'), at('crlf')],
      ['train', at('crlf'), '--init', at('model')],
      ['score', at('model'), '--file', at('crlf')],
      ['next', at('model'), '--file', at('crlf')],
    ]) {
      const { status, stderr } = await runCli(...args);
      assert.equal(status, 1, stderr);
      assert.match(stderr, /"\\r".*line end that the vocabulary does not have: give --line-ends lf/);
      const steps = args[0] === 'train' ? ['--steps', '1', '--batch', '2'] : [];
      const read = await runCli(...args, '--line-ends', 'lf', ...steps);
      assert.equal(read.status, 0, read.stderr);
    }
    const { stdout, stderr } = await runCli('evaluate', at('model'), at('crlf'), '--unknown', 'skip');
    assert.match(stderr, /not know 40 of .*\n.*carriage returns, .*: --line-ends lf reads them as line feeds\./);
    const same = await runCli('evaluate', at('model'), at('crlf'), '--line-ends', 'lf');
    assert.equal(stdout.split('\n')[0], same.stdout.split('\n')[0]);
    assert.doesNotMatch(same.stderr, /carriage/);
    writeFileSync(at('one'), 'abcabcabc'.repeat(20));
    await runCli('train', at('one'), ...SMALL, '--out', at('model'));
    assert.doesNotMatch((await runCli('evaluate', at('model'), at('crlf'))).stderr, /line-ends/);
  });

  it('names the data set that a word is nearly the name of', async () => {
    const misspelt = await runCli('train', 'sonets', ...SMALL);
    assert.equal(misspelt.status, 1);
    assert.match(
      misspelt.stderr,
      /There is no file sonets\. Did you mean the data set sonnets\? \(ERR_UNROLLED_FILE_NOT_FOUND\)/,
    );
    const other = await runCli('train', 'poems', ...SMALL);
    assert.match(other.stderr, /There is no file poems\. \(/);
  });

  it('refuses readings there are not, and any of a data set by name', async () => {
    for (const [args, message] of [
      [['sonnets', '--encoding', 'gbk'], /--encoding must be left out for the data set sonnets/],
      [['sonnets', '--stream'], /--stream must be left out for the data set sonnets/],
      [
        [at('text'), '--encoding', 'ebcdic'],
        /^unrolled: --encoding must be one of utf-8, utf-16le.* or another name of one of these, not "ebcdic"/,
      ],
      [[at('text'), '--line-ends', 'cr'], /keep, lf/],
    ] as const) {
      const { status, stderr } = await runCli('train', ...args, ...SMALL);
      assert.match(stderr, message);
      assert.equal(status, 2);
    }
  });
});
