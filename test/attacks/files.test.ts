/** The hostile files of the folder `files`: each is refused with the code that `codes.json` has for it. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Corpus, LanguageModel } from '../../src/index';
import { runCli } from '../support/cli';
import { collect } from '../support/models';

const FOLDER = join(__dirname, 'files');
const CODES = JSON.parse(readFileSync(join(FOLDER, 'codes.json'), 'utf8')) as Record<string, string>;
/** What the two files are of that all others were made from. */
const CORPUS = Corpus.fromText('ab'.repeat(80));
const TRAINING = { batch: 2, window: 4, steps: 5 } as const;

/** Loads a model; of a checkpoint, goes on with its training. */
async function use(path: string): Promise<void> {
  using model = await LanguageModel.load(path);
  if (path.endsWith('.checkpoint')) await collect(model.fit(CORPUS, { ...TRAINING, resume: path }));
  else await model.sample('a', { length: 5 });
}

describe('hostile files', () => {
  it('stand beside the sound ones they were made from', async () => {
    const files = readdirSync(FOLDER).filter((name) => name !== 'codes.json');
    assert.deepEqual(files.sort(), ['sound.checkpoint', 'sound.model', ...Object.keys(CODES)].sort());
    await use(join(FOLDER, 'sound.model'));
    await use(join(FOLDER, 'sound.checkpoint'));
  });

  for (const [name, code] of Object.entries(CODES)) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(use(join(FOLDER, name)), { code });
    });
  }

  it('are refused by the command line, in one line', async () => {
    for (const name of [
      'nested-header.model',
      'hidden-of-a-billion.model',
      'pickle.model',
      'weight-that-is-no-number.model',
    ]) {
      const { status, stdout, stderr } = await runCli('sample', join(FOLDER, name), '--length', '5');
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, new RegExp(`^unrolled: [^\\n]*\\(${CODES[name]}\\)\\n$`));
    }
  }).timeout(30_000);
});
