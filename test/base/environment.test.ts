/** Variables of the environment: an empty one is none, and garbage in one is told. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { MAIN } from '../support/cli';

const NAMES = [
  'UNROLLED_THREADS',
  'UNROLLED_KERNELS',
  'UNROLLED_BF16',
  'UNROLLED_MPI',
  'UNROLLED_IDS_LIMIT',
  'UNROLLED_CACHE',
  'UNROLLED_DATA',
];

function doctor(env: Record<string, string>): { problems: string[] } {
  const { stdout } = spawnSync(process.execPath, [MAIN, 'doctor', '--json'], { env: { ...process.env, ...env } });
  return JSON.parse(String(stdout));
}

describe('a variable of the environment', () => {
  it('that is empty is as one that is not there', () => {
    const empty = Object.fromEntries(NAMES.map((name) => [name, '']));
    assert.deepEqual(doctor(empty).problems, []);
    const body = `
      const { Corpus, LanguageModel } = require('./lib/index.js');
      const corpus = Corpus.fromText('abcabcabcabcabcabc');
      const fit = (precision) => LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 2, hidden: 2 })
        .fit(corpus, { batch: 1, window: 4, epochs: 1, precision });
      (async () => {
        await fit('float32');
        await fit('bf16').then(() => console.log('none'), (error) => console.log(error.code));
      })();`;
    const run = (env: Record<string, string>) =>
      String(execFileSync(process.execPath, ['-e', body], { env: { ...process.env, ...env } })).trim();
    // Refused or not as this machine has it, but not for the variable's sake.
    assert.match(run(empty), /^(none|ERR_UNROLLED_PRECISION)$/);
    assert.equal(run({ UNROLLED_BF16: 'yes' }), 'ERR_UNROLLED_OPTION_RANGE');
  });

  for (const name of ['UNROLLED_THREADS', 'UNROLLED_KERNELS', 'UNROLLED_BF16', 'UNROLLED_IDS_LIMIT']) {
    it(`${name} is named by doctor where it has garbage in it`, () => {
      const { problems } = doctor({ [name]: 'garbage' });
      assert.equal(problems.length, 1);
      assert.match(problems[0] as string, new RegExp(`^${name} must be .*"garbage".*ERR_UNROLLED_OPTION_RANGE`));
    });
  }
});
