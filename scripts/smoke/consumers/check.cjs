/** What every consumer of the package does with it, whatever module system and runtime it has: trains, saves, loads, samples, exports. */
const assert = require('node:assert/strict');
const { readFileSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const TEXT = 'the quick brown fox jumps over the lazy dog. '.repeat(60);

/** Trains a small model; returns its last loss and the model. */
async function train({ Corpus, LanguageModel }, dtype) {
  const corpus = Corpus.fromText(TEXT);
  const model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'lstm', hidden: 96, dtype });
  const losses = [];
  for await (const epoch of model.fit(corpus, { epochs: 4, batch: 8, window: 16, learningRate: 0.01 })) {
    losses.push(epoch.loss);
  }
  assert.ok(losses[3] < losses[0] && losses[3] > 0, `the loss does not fall: ${losses}`);
  return { corpus, model };
}

/** Fails where the package does not work. Prints one line: what ran it, and which binary. */
exports.check = async function check(unrolled, face) {
  const { LanguageModel, UnrolledError, info } = unrolled;
  const file = path.join(os.tmpdir(), `unrolled-smoke-${process.pid}.safetensors`);
  const { corpus, model } = await train(unrolled);
  const { loss } = await model.evaluate(corpus);
  try {
    await model.save(file);
    const loaded = await LanguageModel.load(file);
    assert.equal((await loaded.evaluate(corpus)).loss, loss);
    const options = { length: 40, seed: 1 };
    assert.equal(await loaded.sample('the ', options), await model.sample('the ', options));
    await loaded.exportOnnx(`${file}.onnx`);
    const { vocabulary } = require('unrolled/text').onnxFacts(readFileSync(`${file}.onnx`));
    assert.equal(vocabulary.decode(vocabulary.encode('the ')), 'the ');
  } finally {
    for (const each of [file, `${file}.onnx`]) rmSync(each, { force: true });
  }
  await train(unrolled, 'float64');
  assert.throws(() => LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 0 }), UnrolledError);
  const { kernels, blasCore } = info();
  const { node, bun, deno } = process.versions;
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node.js ${node}`;
  console.log(
    `${runtime}, ${process.platform}-${process.arch}, ${face}: loss ${loss.toFixed(4)}, ${kernels}, ${blasCore}`,
  );
};
