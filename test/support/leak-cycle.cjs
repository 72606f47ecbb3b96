/**
 * Trains, saves, loads, samples and disposes of models, for LeakSanitizer (`npm run sanitize leaks`).
 *
 *   node --expose-gc test/support/leak-cycle.cjs            frees all it has made
 *   node --expose-gc test/support/leak-cycle.cjs MODULE     loads a module that leaks, too
 */
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setImmediate } = require('node:timers/promises');
const { datasets, LanguageModel } = require('../../lib');

const CYCLES = 3;

async function cycle(corpus, path, options) {
  const model = LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 8, hidden: 16, ...options });
  const checkpoint = { path: `${path}.checkpoint`, everySteps: 2 };
  for await (const _ of model.fit(corpus, { batch: 4, window: 8, steps: 5, checkpoint }));
  for await (const _ of model.fit(corpus, { resume: checkpoint.path, steps: 7 }));
  await model.evaluate(corpus, { batch: 16, window: 64 });
  await model.save(path);
  model.dispose();
  const loaded = await LanguageModel.load(path);
  for await (const _ of loaded.stream('Shall', { length: 20 }));
  await loaded.sampleAll(['Shall', 'My'], { length: 20 });
  await loaded.score('Shall I compare thee');
  loaded.dispose();
}

async function main(leaking) {
  if (leaking !== undefined) require(leaking);
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-leaks-'));
  try {
    const corpus = await datasets.sonnets();
    for (let at = 0; at < CYCLES; at++) {
      for (const options of [{ cell: 'lstm' }, { cell: 'gru', output: 'adaptive' }]) {
        await cycle(corpus, join(folder, 'model.safetensors'), options);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // What is freed with the objects of JavaScript that stood for it.
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc();
    await setImmediate();
  }
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
