/** One seed, the same bits: again, with other threads, after a resume, in a worker, in another process, all at once. */

import assert from 'node:assert/strict';
import { useFolder } from '../support/folder';
import { IS_LONG, requireEnd } from '../support/program';

const CONFIGURATIONS: Record<string, { model: object; fit: object }> = {
  'an LSTM of two layers with dropout': {
    model: { cell: 'lstm', layers: 2, dropout: 0.3, recurrentDropout: 0.2, seed: 3 },
    fit: { clipNorm: 0.5, schedule: 'cosine', validation: 0.1, seed: 4 },
  },
  'a GRU with layer normalisation': {
    model: { cell: 'gru', layerNorm: true, tied: true, embedding: 96 },
    fit: { optimizer: 'momentum', learningRate: 0.1, clipNorm: 1 },
  },
  'an RNN with a sampled softmax': {
    model: { cell: 'rnn', output: 'sampled', samples: 9 },
    fit: { optimizer: 'adagrad', learningRate: 0.05, seed: 9 },
  },
};

/** Trains in several ways; prints a hash of losses and weights of each, which must be one. */
const PROGRAM = `
  const { createHash } = require('node:crypto');
  const { fork } = require('node:child_process');
  const { model: ofModel, fit: ofFit, folder, places, epoch } = JSON.parse(process.env.UNROLLED_TEST_CASE);
  /** A run that goes on into a second epoch. */
  const STEPS = epoch + 20;
  const { validation = 0 } = ofFit;
  /** What has so many steps an epoch. */
  const text = Corpus.fromText(corpus.text.slice(0, (epoch * 16 * 32) / (1 - validation) + 17));
  /** The hash of a training from its beginning, or from a checkpoint. */
  const train = async ({ threads, resume, until = STEPS, checkpoint }) => {
    const model = resume ? await LanguageModel.load(resume) : create(ofModel);
    const options = { batch: 16, window: 32, ...ofFit, steps: until, threads, ...(resume && { resume }) };
    // What is done without the end in sight is cut short by the checkpoint's reader.
    const saving = checkpoint ? [callbacks.checkpoint({ path: checkpoint, everySteps: 1 })] : [];
    const hash = createHash('sha256');
    let losses = [];
    for await (const epoch of model.fit(text, { ...options, callbacks: saving })) losses.push(...epoch.stepLosses);
    // Of a resumed run the losses of the epoch it came into are there too.
    hash.update(losses.slice(-10).join());
    for (const { data } of Object.values(await model.parameters())) hash.update(data);
    hash.update(await model.sample('the ', { length: 50, seed: 5 }));
    model.dispose();
    return hash.digest('hex');
  };
`;

describe('determinism', function () {
  this.timeout(600_000);
  const at = useFolder();

  for (const [name, { model, fit }] of Object.entries(CONFIGURATIONS)) {
    it(`holds for ${name}`, async () => {
      const body = `${PROGRAM}
        const worker = (options) => new Promise((resolve, reject) => {
          const script = ${JSON.stringify(PROGRAM)} + 'parentPort.postMessage(await train(' + JSON.stringify(options) + '));';
          startWorker(script).once('message', resolve).once('error', reject);
        });
        const other = (options) => new Promise((resolve, reject) => {
          const script = 'const PACKAGE = ' + JSON.stringify(PACKAGE) + ';' + PRELUDE + '(async () => {' + ${JSON.stringify(PROGRAM)} +
            'process.send(await train(' + JSON.stringify(options) + ')); process.disconnect(); })();';
          fork('-', [], { execArgv: ['-e', script] }).once('message', resolve).once('error', reject);
        });
        const results = {};
        for (const threads of [1, 2, 3, 8].slice(0, places)) results['threads ' + threads] = await train({ threads });
        results.again = await train({});
        results.worker = await worker({ threads: 2 });
        const [a, b, c, d] = await Promise.all([train({}), train({ threads: 1 }), worker({}), worker({ threads: 1 })]);
        Object.assign(results, { 'at once a': a, 'at once b': b, 'at once c': c, 'at once d': d });
        results.process = await other({});
        // Ended at any step, by a schedule that knows the whole length, and gone on with elsewhere.
        const cuts = [1, epoch >> 1, epoch, epoch + 1, STEPS - 1].slice(0, places + 1);
        for (const cut of cuts) {
          const path = folder + '/c' + cut;
          const stop = { name: 'stop', everySteps: cut, optional: true, onStep: (_, control) => { control.saveCheckpoint(path); control.stop('cut'); } };
          const partial = create(ofModel);
          try {
            const control = new AbortController();
            const ending = { name: 'ending', everySteps: cut, onStep: () => control.abort(), onAbort: (c) => c.saveCheckpoint(path) };
            for await (const _ of partial.fit(text, { batch: 16, window: 32, ...ofFit, steps: STEPS, signal: control.signal, callbacks: [{ ...ending, optional: true }] }));
          } catch (error) { if (error.code !== 'ERR_UNROLLED_ABORTED') throw error; }
          partial.dispose();
          results['resumed at ' + cut] = await [train, worker, other][cut % 3]({ resume: path, threads: 1 + (cut % 4) });
        }
        console.log(JSON.stringify(results));`;
      const env = {
        UNROLLED_TEST_CASE: JSON.stringify({
          model,
          fit,
          folder: at(),
          places: IS_LONG ? 4 : 2,
          epoch: IS_LONG ? 70 : 17,
        }),
      };
      const results = JSON.parse(await requireEnd(body, { env })) as Record<string, string>;
      const expected = results['threads 1'];
      assert.match(expected as string, /^[0-9a-f]{64}$/);
      for (const [way, hash] of Object.entries(results)) assert.equal(hash, expected, way);
    });
  }
});
