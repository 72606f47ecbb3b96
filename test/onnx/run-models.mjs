/**
 * Runs exported models in a runtime of JavaScript: `run-models.mjs onnxruntime-web|onnxruntime-node RUNS.json`, a list of
 * { model, inputs }; prints the outputs as JSON.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [runtime, file] = process.argv.slice(2);
const require = createRequire(new URL('../../scripts/onnx-runtimes/package.json', import.meta.url));
const ort = require(runtime);
if (runtime === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

const ARRAYS = { int64: (data) => BigInt64Array.from(data, BigInt), float32: (data) => Float32Array.from(data) };

const sessions = new Map();
async function sessionOf(model) {
  if (!sessions.has(model)) {
    sessions.set(
      model,
      await ort.InferenceSession.create(new Uint8Array(readFileSync(model)), {
        logSeverityLevel: 3,
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      }),
    );
  }
  return sessions.get(model);
}

const results = [];
for (const { model, inputs } of JSON.parse(readFileSync(file, 'utf8'))) {
  const session = await sessionOf(model);
  const feeds = Object.entries(inputs).map(([name, { type, shape, data }]) => [
    name,
    new ort.Tensor(type, ARRAYS[type](data), shape),
  ]);
  const came = await session.run(Object.fromEntries(feeds));
  const outputs = session.outputNames.map((name) => [
    name,
    { shape: [...came[name].dims], data: Array.from(came[name].data, Number) },
  ]);
  results.push({ outputs: Object.fromEntries(outputs) });
}
process.stdout.write(JSON.stringify(results));
