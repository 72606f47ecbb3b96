/** Runs of exported models: what goes in, what comes out of unrolled, and what comes out of another runtime. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Random } from '../../src/base/random';
import { Model, type ModelInput, type OnnxOptions } from '../../src/index';
import type { InputDescription } from '../../src/native/native';
import { requirePythonOf, runPythonOf, runtimePython } from '../peer/python';

/** A tensor as the runtimes' scripts take and give it. */
export interface Plain {
  type: 'int64' | 'float32';
  shape: number[];
  data: number[];
}

/** A model file and what goes in. */
export interface Run {
  model: string;
  inputs: Record<string, Plain>;
}

/** What a runtime says of a run. */
export interface Ran {
  /** Shapes of the inputs that it needs; an axis of any size has a name. */
  inputs: Record<string, (number | string)[]>;
  /** Inputs that have a default. */
  optional: Record<string, (number | string)[]>;
  outputs: Record<string, Pick<Plain, 'shape' | 'data'>>;
  metadata: Record<string, string>;
}

/** A run with what must come out. */
export interface Expected extends Run {
  title: string;
  outputs: Record<string, Pick<Plain, 'shape' | 'data'>>;
}

const ROWS = 4;
const STEPS = 5;
const SOURCE_STEPS = 6;

/** Rows in any order of lengths, one of them with a single step. */
const LENGTHS = [3, 5, 1, 4];
const SOURCE_LENGTHS = [6, 1, 4, 3];

/** Numbers of the stream that a title names. */
export function numbers(title: string): Random {
  const seed = [...title].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) as number)) % 2 ** 32, 7);
  return new Random(seed, 201);
}

function float(random: Random): number {
  return Math.fround(2 * random.uniform() - 1);
}

/** Swaps the first two axes. */
function exchanged({ shape, data, ...rest }: Plain): Plain {
  const [first, second, width = 1] = shape as [number, number, number?];
  const swapped = Array.from({ length: data.length }, (_, at) => {
    const [row, feature] = [Math.floor(at / width), at % width];
    return data[((row % first) * second + Math.floor(row / first)) * width + feature] as number;
  });
  return { ...rest, shape: [second, first, ...shape.slice(2)], data: swapped };
}

function sequence(input: InputDescription, time: number, random: Random): Plain {
  if (input.kind === 'ids') {
    const data = Array.from({ length: time * ROWS }, () => Math.floor(random.uniform() * input.vocabulary));
    return { type: 'int64', shape: [time, ROWS], data };
  }
  const data = Array.from({ length: time * ROWS * input.features }, () => float(random));
  return { type: 'float32', shape: [time, ROWS, input.features], data };
}

function given({ type, shape, data }: Plain): ModelInput {
  return type === 'int64'
    ? { ids: { dtype: 'int32', shape, data: Int32Array.from(data) } }
    : { features: { dtype: 'float32', shape, data: Float32Array.from(data) } };
}

/** States that a caller gives: those that no other layer gives. */
function ownStates(model: Model): string[] {
  const started = model.description.layers.filter((layer) => 'initialState' in layer && layer.initialState);
  return Object.keys(model.stateSizes).filter((name) => !started.some((layer) => name.startsWith(`${layer.name}.`)));
}

/** The same model computed in 64 bits: what both roundings to 32 bits are compared with. */
async function inDouble(model: Model): Promise<Model> {
  const exact = Model.create({ ...model.description, dtype: 'float64' });
  await exact.setParameters(await model.parameters());
  return exact;
}

/** Exports a model, and says what its file must compute. `withStates` starts it from states that are not zero. */
export async function expectedRun(
  title: string,
  model: Model,
  path: string,
  options: Required<Pick<OnnxOptions, 'form'>> & OnnxOptions,
  withStates = true,
): Promise<Expected> {
  const { form, layout = 'time' } = options;
  await model.exportOnnx(path, options);
  const random = numbers(title);
  const { input, source } = model.description;
  const isStep = form === 'step';
  const steps = isStep ? 1 : STEPS;
  const inputs: Record<string, Plain> = {};
  const laidOut = (tensor: Plain) =>
    isStep ? { ...tensor, shape: tensor.shape.slice(1) } : layout === 'batch' ? exchanged(tensor) : tensor;
  const own = sequence(input, steps, random);
  inputs[input.kind] = laidOut(own);
  const other = source && sequence(source, SOURCE_STEPS, random);
  if (source && other) inputs[`source.${source.kind}`] = laidOut(other);
  const lengths = form === 'lengths' ? LENGTHS : undefined;
  const sourceLengths = form === 'lengths' ? SOURCE_LENGTHS : undefined;
  if (lengths) Object.assign(inputs, { lengths: { type: 'int64', shape: [ROWS], data: lengths } });
  if (sourceLengths && source) inputs['source.lengths'] = { type: 'int64', shape: [ROWS], data: sourceLengths };
  const states: NonNullable<ModelInput['states']> = {};
  if (withStates) {
    for (const name of ownStates(model)) {
      const features = model.stateSizes[name] as number;
      const data = Array.from({ length: ROWS * features }, () => float(random));
      inputs[name] = { type: 'float32', shape: [ROWS, features], data };
      states[name] = { dtype: 'float32', shape: [ROWS, features], data: Float32Array.from(data) };
    }
  }
  using exact = await inDouble(model);
  const { output, states: after } = await exact.forward({
    ...given(own),
    ...(lengths && { lengths }),
    ...(other && { source: { ...given(other), ...(sourceLengths && { lengths: sourceLengths }) } }),
    states,
  });
  const isOnce = output.shape[0] === 1 && (isStep || steps > 1);
  const all = { type: 'float32' as const, shape: [...output.shape], data: [...output.data] };
  const last = model.description.layers.at(-1);
  const isHead =
    last?.type === 'adaptiveSoftmax' || (last?.type === 'dense' && (last.activation ?? 'linear') === 'linear');
  const [time, ...rest] = all.shape as [number, ...number[]];
  assert.ok(time > 0);
  const shaped = isOnce ? { ...all, shape: rest } : layout === 'batch' ? exchanged(all) : all;
  const outputs: Expected['outputs'] = { [isHead ? 'logits' : 'output']: { shape: shaped.shape, data: shaped.data } };
  for (const [name, { shape, data }] of Object.entries(after)) {
    outputs[`${name}.next`] = { shape: [...shape], data: [...data] };
  }
  return { title, model: path, inputs, outputs };
}

/** What onnxruntime in Python says of the runs. */
export async function ranInPython(runs: readonly Run[], folder: string): Promise<Ran[]> {
  const file = join(folder, 'runs.json');
  writeFileSync(file, JSON.stringify(runs));
  return JSON.parse(await runPythonOf(runtimePython, join(__dirname, 'run_models.py'), file)) as Ran[];
}

/** In `before`: skips the suite, with the reason in its title, where Python's packages are absent. */
export function requireOnnxruntime(context: Mocha.Context): Promise<void> {
  return requirePythonOf(runtimePython, context, 'onnx', 'onnxruntime');
}

/** Runtimes of JavaScript, and where `npm run onnx-runtimes` puts them. */
export type JavaScriptRuntime = 'onnxruntime-node' | 'onnxruntime-web';

const RUNTIMES = join(__dirname, '..', '..', 'scripts', 'onnx-runtimes', 'node_modules');

/** In `before`: skips the suite, with the reason in its title, where a runtime is not installed. */
export function requireRuntime(context: Mocha.Context, runtime: JavaScriptRuntime): void {
  if (existsSync(join(RUNTIMES, runtime))) return;
  const suite = context.test?.parent;
  if (suite !== undefined) suite.title += ` (${runtime} is absent: npm run onnx-runtimes)`;
  context.skip();
}

/** What a runtime of JavaScript says of the runs, in a process of its own. */
export async function ranInJavaScript(
  runtime: JavaScriptRuntime,
  runs: readonly Run[],
  folder: string,
): Promise<Pick<Ran, 'outputs'>[]> {
  const file = join(folder, 'runs.json');
  writeFileSync(file, JSON.stringify(runs));
  const script = join(__dirname, 'run-models.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, runtime, file], { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout) as Pick<Ran, 'outputs'>[];
}

/** The tolerance of a value. */
export const TOLERANCE = 1e-5;

/** The largest difference of two lists, as a part of `max(1, |y|)`. */
export function difference(came: readonly number[], expected: readonly number[]): number {
  assert.equal(came.length, expected.length);
  return expected.reduce((most, y, i) => {
    const off = Math.abs((came[i] as number) - y) / Math.max(1, Math.abs(y));
    return Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(most, off);
  }, 0);
}

/** What is wrong with the outputs of a run, in words. */
function faultsOf(ran: Pick<Ran, 'outputs'>, { title, outputs }: Expected): string[] {
  assert.deepEqual(Object.keys(ran.outputs), Object.keys(outputs), title);
  return Object.entries(outputs).flatMap(([name, { shape, data }]) => {
    const came = ran.outputs[name] as Pick<Plain, 'shape' | 'data'>;
    if (String(came.shape) !== String(shape)) return `${title}: ${name} is [${came.shape}] and not [${shape}]`;
    const off = difference(came.data, data);
    return off <= TOLERANCE ? [] : `${title}: ${name} differs by ${off}`;
  });
}

/** Compares all outputs of all runs. */
export function requireAllSame(ran: readonly Pick<Ran, 'outputs'>[], expected: readonly Expected[]): void {
  assert.equal(ran.length, expected.length);
  assert.deepEqual(
    expected.flatMap((one, i) => faultsOf(ran[i] as Pick<Ran, 'outputs'>, one)),
    [],
  );
}
