/**
 * Draws texts from an exported model as unrolled does: `draw-texts.ts RUNTIME TEXTS.json`. After each draw the token of the
 * text is fed, so that one draw that falls to the other side of a boundary changes no later one.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Random } from '../../src/base/random';

/** The core's number for draws of tokens (`binding/core/base/random.h`). */
const SAMPLING = 3;

interface Task {
  model: string;
  temperature: number;
  seeds: number[];
  states: Record<string, number>;
  prompt: number[];
  /** Ids, one list a seed. */
  texts: number[][];
}

interface Value {
  data: Float32Array;
  dims: readonly number[];
}

interface Runtime {
  Tensor: new (type: string, data: BigInt64Array | Float32Array, dims: number[]) => Value;
  InferenceSession: { create(bytes: Uint8Array): Promise<{ run(feeds: object): Promise<Record<string, Value>> }> };
  env: { wasm?: { numThreads: number } };
}

/** The drawn token, and how near the draw was to a boundary. */
function draw(logits: Float32Array, temperature: number, uniform: number): { id: number; distance: number } {
  const best = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const weights = Array.from(logits, (logit) => Math.exp((logit - best) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let [left, distance, id] = [uniform * total, Number.POSITIVE_INFINITY, -1];
  for (const [token, weight] of weights.entries()) {
    left -= weight;
    distance = Math.min(distance, Math.abs(left) / total);
    if (left < 0 && id === -1) id = token;
  }
  return { id: id === -1 ? logits.length - 1 : id, distance };
}

async function main([runtime = '', file = '']: string[]): Promise<void> {
  const require = createRequire(join(__dirname, '..', '..', 'scripts', 'onnx-runtimes', 'package.json'));
  const { InferenceSession, Tensor, env } = require(runtime) as Runtime;
  if (runtime === 'onnxruntime-web' && env.wasm) env.wasm.numThreads = 1;
  const { model, temperature, seeds, states: sizes, prompt, texts } = JSON.parse(readFileSync(file, 'utf8')) as Task;
  const session = await InferenceSession.create(new Uint8Array(readFileSync(model)));
  const rows = seeds.length;
  let states = Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => [
      name,
      new Tensor('float32', new Float32Array(rows * size), [rows, size]),
    ]),
  );
  const feed = async (ids: number[]) => {
    const { logits, ...after } = await session.run({
      ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [rows]),
      ...states,
    });
    states = Object.fromEntries(Object.entries(after).map(([name, state]) => [name.replace(/\.next$/, ''), state]));
    return logits as Value;
  };
  let logits: Value | undefined;
  for (const id of prompt) logits = await feed(seeds.map(() => id));
  const different: object[] = [];
  const length = texts[0]?.length ?? 0;
  for (let position = 0; position < length; position++) {
    const { data, dims } = logits as Value;
    const width = dims[1] as number;
    for (const [row, seed] of seeds.entries()) {
      const uniform = new Random(seed, SAMPLING, position).uniform();
      const { id, distance } = draw(data.subarray(row * width, (row + 1) * width), temperature, uniform);
      if (id !== texts[row]?.[position]) different.push({ seed, position, distance });
    }
    logits = await feed(texts.map((text) => text[position] as number));
  }
  console.log(JSON.stringify({ different, draws: length * rows }));
}

void main(process.argv.slice(2));
