/** The same bits of every loss and every saved weight for any number of threads. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Corpus, LanguageModel, type LanguageModelOptions } from '../src/index';
import { useFolder } from './support/folder';
import { collect } from './support/models';
import { PACKAGE } from './support/program';

const THREADS = [1, 2, 3, 8];

/** Sizes beyond one tile of the kernels, and not multiples of it. */
const CONFIGURATIONS: Record<string, Partial<LanguageModelOptions>> = {
  'an LSTM of two layers': { cell: 'lstm', layers: 2, embedding: 33, hidden: 150 },
  'a GRU': { cell: 'gru', embedding: 64, hidden: 260 },
  'an RNN with one-hot input': { cell: 'rnn', embedding: 'onehot', hidden: 130 },
  // Threads have fewer rows each where weights are so large.
  'an RNN of more units': { cell: 'rnn', embedding: 33, hidden: 331 },
};

/** 900 distinct characters, each of which follows from the one before. */
const CORPUS = Corpus.fromText(
  Array.from({ length: 12_000 }, (_, index) => String.fromCodePoint(0x4e00 + ((index * index) % 900))).join(''),
);

describe('any number of threads', () => {
  const at = useFolder();

  for (const [name, options] of Object.entries(CONFIGURATIONS)) {
    it(`gives the same bits: ${name}`, async () => {
      const outcomes: { losses: number[]; validation: number[]; bytes: Buffer }[] = [];
      for (const threads of THREADS) {
        using model = LanguageModel.create({ vocabulary: CORPUS.vocabulary, ...options, threads });
        const fit = { steps: 6, batch: 37, window: 45, clipNorm: 0.5, validation: 0.1, threads };
        const results = await collect(model.fit(CORPUS, fit));
        await model.save(at('model.safetensors'));
        outcomes.push({
          losses: results.flatMap(({ stepLosses }) => [...stepLosses]),
          validation: results.map(({ validationLoss }) => validationLoss as number),
          bytes: readFileSync(at('model.safetensors')),
        });
      }
      for (const [index, outcome] of outcomes.entries()) {
        assert.deepEqual(outcome.losses, outcomes[0]?.losses, `${THREADS[index]} threads`);
        assert.deepEqual(outcome.validation, outcomes[0]?.validation, `${THREADS[index]} threads`);
        assert.ok(outcome.bytes.equals(outcomes[0]?.bytes as Buffer), `${THREADS[index]} threads`);
      }
    }).timeout(120_000);
  }

  /** The most threads of a process of its own in the midst of a training, an evaluation and a sample. */
  function threadsAtWork(threads: number | undefined, env: Record<string, string> = {}): number {
    const script = `
      const { readdirSync } = require('node:fs');
      const { Corpus, LanguageModel } = require(${JSON.stringify(PACKAGE)});
      const count = () => readdirSync('/proc/self/task').length;
      const corpus = Corpus.fromText(Array.from({ length: 6000 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * i) % 900))).join(''));
      (async () => {
        const threads = ${JSON.stringify(threads)};
        const model = LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 64, hidden: 260, threads });
        let most = 0;
        const onProgress = () => { most = Math.max(most, count()); };
        await model.fit(corpus, { steps: 3, batch: 32, window: 20, threads, onProgress });
        await model.evaluate(corpus, { batch: 32, window: 20 });
        most = Math.max(most, count());
        await model.sample('', { length: 5 });
        console.log(Math.max(most, count()));
      })();`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    assert.match(stdout, /^\d+\n$/, stderr);
    return Number(stdout);
  }

  it('is no more than was asked for, by an option or by UNROLLED_THREADS', function () {
    if (process.platform !== 'linux') this.skip();
    // What Node.js has of its own is the same each time.
    const alone = threadsAtWork(1);
    for (const threads of [2, 4]) assert.equal(threadsAtWork(threads) - alone, threads - 1, `${threads} threads`);
    assert.equal(threadsAtWork(undefined, { UNROLLED_THREADS: '3' }) - alone, 2);
    assert.equal(threadsAtWork(2, { UNROLLED_THREADS: '5' }) - alone, 1);
  }).timeout(120_000);

  it('is what the process may use where none is asked for', () => {
    const script = `console.log(require(${JSON.stringify(PACKAGE)}).info().threads)`;
    const { UNROLLED_THREADS: _, ...env } = process.env;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { env, encoding: 'utf8' });
    // A limit of the container may allow fewer.
    const threads = Number(stdout);
    assert.ok(threads >= 1 && threads <= availableParallelism(), `${threads} of ${availableParallelism()}`);
  });

  it('refuses an UNROLLED_THREADS that is no number of threads', () => {
    const script = `require(${JSON.stringify(PACKAGE)}).info()`;
    for (const UNROLLED_THREADS of ['0', 'abc', '-1', ' ']) {
      const { status, stderr } = spawnSync(process.execPath, ['-e', script], {
        env: { ...process.env, UNROLLED_THREADS },
        encoding: 'utf8',
      });
      assert.equal(status, 1);
      assert.match(stderr, /UNROLLED_THREADS must be a whole number at least 1/);
    }
  });

  it('refuses UNROLLED_KERNELS that there are not', () => {
    const script = `require(${JSON.stringify(PACKAGE)}).info()`;
    const run = (UNROLLED_KERNELS: string) =>
      spawnSync(process.execPath, ['-e', script], {
        env: { ...process.env, UNROLLED_KERNELS },
        encoding: 'utf8',
      });
    const unknown = run('foo');
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /UNROLLED_KERNELS must be blas, or left out, not "foo"/);
    for (const known of ['', 'blas']) assert.equal(run(known).status, 0);
  }).timeout(20_000);
});
