/** The addon in worker threads, several at once, and in every order of exit. */

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';

const PACKAGE = resolve(__dirname, '..', 'lib', 'index.js');

/** Trains on a small corpus; posts the losses of the epochs. With `stay` it is still training then. */
const SCRIPT = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { Corpus, LanguageModel } = require(workerData.package);
  (async () => {
    const corpus = Corpus.fromText('to be or not to be. '.repeat(50));
    const model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 16, embedding: 8 });
    const losses = [];
    for await (const { loss } of model.fit(corpus, { batch: 4, window: 8, epochs: workerData.stay ? 1e6 : 3 })) {
      losses.push(loss);
      if (losses.length === 3) parentPort.postMessage(losses);
    }
  })();
`;

function start(stay: boolean): { worker: Worker; losses: Promise<number[]>; exit: Promise<number> } {
  const worker = new Worker(SCRIPT, { eval: true, workerData: { package: PACKAGE, stay } });
  const losses = new Promise<number[]>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const exit = new Promise<number>((resolve) => {
    worker.once('exit', resolve);
  });
  return { worker, losses, exit };
}

describe('worker threads', () => {
  it('train several at once, each with the same result', async () => {
    const workers = [start(false), start(false), start(false)];
    const losses = await Promise.all(workers.map((started) => started.losses));
    assert.equal(losses[0]?.length, 3);
    assert.deepEqual(losses[1], losses[0]);
    assert.deepEqual(losses[2], losses[0]);
    assert.deepEqual(await Promise.all(workers.map(({ exit }) => exit)), [0, 0, 0]);
  });

  it('can be ended while they train', async () => {
    const { worker, losses, exit } = start(true);
    await losses;
    await worker.terminate();
    assert.equal(await exit, 1);
    assert.equal((await start(false).losses).length, 3);
  });
});
