/** The form in which `train` reads a text is the model's, for every command. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LanguageModel } from '../../src/index';
import { runCli } from '../support/cli';

const LINES = 'La caña está aquí.\nÀ bientôt, ma chérie, à Noël!\n';

/** The same text decomposed, with CR LF. */
function asFound(text: string): string {
  return text.normalize('NFD').replaceAll('\n', '\r\n');
}

const FORM = ['--line-ends', 'lf', '--normalize', 'NFC'];
const SIZE = ['--cell', 'rnn', '--hidden', '4', '--embedding', '4', '--batch', '4', '--window', '8'];

/** Made by the release before forms were kept, of the text below in the same form. */
const BEFORE = join(__dirname, '..', 'training', 'files', 'before-forms.checkpoint');

const VARIABLE = 'UNROLLED_CACHE';

describe('the form of a text on the command line', function () {
  this.timeout(120_000);
  let folder = '';
  const at = (name: string) => join(folder, name);
  const { UNROLLED_CACHE } = process.env;

  async function unrolled(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await runCli(...args);
    assert.equal(status, 0, stderr);
    return stdout;
  }

  const bytes = (name: string) => readFileSync(at(name), 'latin1');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
    process.env[VARIABLE] = at('cache');
    writeFileSync(at('found.txt'), asFound(LINES.repeat(20)));
    writeFileSync(at('formed.txt'), LINES.repeat(20));
    await unrolled('train', at('found.txt'), ...FORM, ...SIZE, '--epochs', '2', '--out', at('model'));
  });

  after(() => {
    if (UNROLLED_CACHE === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = UNROLLED_CACHE;
    rmSync(folder, { recursive: true, force: true });
  });

  it('is that of prompts and texts, typed or in files', async () => {
    const sampled = async (prompt: string) => {
      const stdout = await unrolled('sample', at('model'), '--prompt', prompt, '--stop', asFound('ñ'), '--json');
      return JSON.parse(stdout).text;
    };
    assert.equal(await sampled(asFound('À Noël')), await sampled('À Noël'));
    const text = LINES.trimEnd();
    writeFileSync(at('text.txt'), asFound(`${text}\n`));
    for (const command of ['score', 'next']) {
      const expected = await unrolled(command, at('model'), text);
      assert.equal(await unrolled(command, at('model'), asFound(text)), expected);
      assert.equal(await unrolled(command, at('model'), '--file', at('text.txt')), expected);
    }
  });

  it('is that of a corpus to evaluate, which may not ask for another', async () => {
    const expected = await unrolled('evaluate', at('model'), at('formed.txt'));
    for (const how of [[], ['--stream'], FORM]) {
      assert.equal(await unrolled('evaluate', at('model'), at('found.txt'), ...how), expected);
    }
    for (const [flag, kept, asked] of [
      ['--normalize', 'NFC', 'none'],
      ['--line-ends', 'lf', 'keep'],
    ] as const) {
      const { status, stderr } = await runCli('evaluate', at('model'), at('found.txt'), flag, asked);
      assert.equal(status, 1);
      const message = `${at('model')} has ${flag} "${kept}", but "${asked}" was requested. Leave the option out to use the file's value.`;
      assert.equal(stderr, `unrolled: ${message} (ERR_UNROLLED_MODEL_MISMATCH)\n`);
    }
    await unrolled('evaluate', at('model'), 'sonnets', '--unknown', 'skip');
  });

  it('is that of a training from a model, and of one that goes on from a checkpoint', async () => {
    const begin = ['train', at('found.txt'), '--init', at('model'), '--batch', '4', '--window', '8', '--epochs', '1'];
    await unrolled(...begin, '--out', at('next'));
    for (const how of [['--stream'], FORM]) {
      await unrolled(...begin, ...how, '--out', at('again'));
      assert.equal(bytes('again'), bytes('next'));
    }
    const run = ['train', at('found.txt'), '--checkpoint', at('run')];
    await unrolled(...run, ...FORM, ...SIZE, '--epochs', '1');
    for (const how of [['--stream'], FORM]) {
      await unrolled('train', at('found.txt'), '--resume', at('run'), '--epochs', '2', ...how, '--out', at('again'));
      assert.equal(bytes('again'), bytes('model'));
    }
    for (const from of ['--init', '--resume']) {
      const { status, stderr } = await runCli('train', at('found.txt'), from, at('run'), '--normalize', 'NFD');
      assert.equal(status, 1);
      assert.match(stderr, /run has --normalize "NFC", but "NFD" was requested\. .*ERR_UNROLLED_MODEL_MISMATCH/);
    }
  });

  it('is kept of a text that stays in its file', async () => {
    await unrolled('train', at('found.txt'), '--stream', ...FORM, ...SIZE, '--epochs', '2', '--out', at('streamed'));
    assert.equal(bytes('streamed'), bytes('model'));
  });

  it('is given anew where a file of an earlier release has none, and kept from then on', async () => {
    const resume = ['train', at('found.txt'), '--resume', BEFORE, '--out', at('resumed')];
    assert.match((await runCli(...resume)).stderr, /ERR_UNROLLED_MODEL_MISMATCH/, 'the text as it is is another');
    const init = ['train', at('found.txt'), '--init', BEFORE, '--batch', '4', '--epochs', '1', '--out', at('begun')];
    for (const [how, name] of [
      [resume, 'resumed'],
      [[...resume, '--stream'], 'resumed'],
      [init, 'begun'],
      [[...init, '--stream'], 'begun'],
    ] as const) {
      await unrolled(...how, ...FORM);
      using model = await LanguageModel.load(at(name));
      assert.deepEqual(model.vocabulary.form, { lineEnds: 'lf', normalization: 'NFC' });
      assert.ok((await model.score(asFound(LINES))).knownTokens > 0);
    }
  });

  it('is that of a classifier too, as far as it is a normal form', async () => {
    for (const [name, word] of [
      ['neg', 'dull'],
      ['pos', 'fine'],
    ] as const) {
      mkdirSync(join(folder, 'texts', name), { recursive: true });
      for (let i = 0; i < 8; i++) writeFileSync(join(folder, 'texts', name, `${i}.txt`), asFound(`café ${word}`));
    }
    const [texts, model, run] = [at('texts'), at('classifier'), at('classifier-run')];
    const begin = ['classify', 'train', texts, '--hidden', '4', '--embedding', '4', '--epochs', '1'];
    await unrolled(...begin, '--normalize', 'NFC', '--out', model, '--checkpoint', run);
    for (const text of ['café', asFound('café')]) {
      const line = JSON.parse(await unrolled('classify', 'predict', model, text, '--json'));
      assert.deepEqual([line.knownTokens, line.unknownTokens], [1, 0]);
    }
    const resume = ['classify', 'train', texts, '--resume', run, '--epochs', '2'];
    const other = await runCli(...resume, '--normalize', 'none');
    assert.match(other.stderr, /run has --normalize "NFC", but "none" was requested\. .*ERR_UNROLLED_MODEL_MISMATCH/);
    for (const how of [[], ['--normalize', 'NFC']]) await unrolled(...resume, ...how);
    await unrolled(...begin, '--checkpoint', run);
    await unrolled(...resume, '--normalize', 'none');
  });
});
