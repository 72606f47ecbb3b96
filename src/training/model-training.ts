/** `fit`, `evaluate` and `predict` of a `Model`. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { resolveThreads } from '../base/resource-limits';
import { inBatches, toExamples } from '../data/examples';
import { floats, isNothing, type SequenceData, toSequences } from '../data/sequences';
import { sequenceCount } from '../data/source';
import type { TrainingData } from '../data/training-data';
import { planOf } from '../layers/plan';
import { defaultSparse } from '../layers/softmax-defaults';
import { cancelledError, withCancellation } from '../native/cancellation';
import type { DType, FloatArray, ModelDescription, NativeSequences, NativeSource } from '../native/native';
import type { ModelHeader } from '../network/model-file';
import type { Network } from '../network/network';
import type { FloatTensor } from '../network/parameter-layout';
import { withWeightsOfCall } from '../network/weights-of-call';
import { ownCopyIfSmall } from '../tensor/own-copy';
import { type Estimate, estimateTraining } from './estimate';
import { fitExamples, inOrder, partsOf, type Score, scoreExamples } from './example-training';
import type { EpochResult } from './fit';
import { type ExampleFitOptions, resolveBatch, resolveExampleFit } from './options/example-options';
import { forModel, readResumed } from './options/options';

/** Options of `Model.fit`; a batch has 32 examples by default. */
export type ModelFitOptions = ExampleFitOptions<TrainingData>;

/** Options of `Model.evaluate`. */
export interface ModelEvaluationOptions {
  /** Examples computed at a time; 32 by default. */
  batch?: number | undefined;
  threads?: number | undefined;
  /** Ends evaluation with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

/** Options of `Model.predict`. */
export interface PredictionOptions extends ModelEvaluationOptions {
  /** The last layer's output as it is (`'raw'`, by default), or as probabilities over its features or of each. */
  output?: 'raw' | 'softmax' | 'sigmoid' | undefined;
  /**
   * Returns one tensor per sequence, with its length: `[T, F]`, or `[F]` for a model with one output per sequence.
   * False by default: all are in one tensor, with zeros after the end of shorter sequences.
   */
  ragged?: boolean | undefined;
}

/** Options of `Model.predict` for a tensor of each sequence. */
export type RaggedPredictionOptions = PredictionOptions & { ragged: true };

async function resolvedFor({ description }: Network, options: ModelFitOptions | undefined) {
  const asked = resolveExampleFit(options, await readResumed(options));
  return forModel(asked, { threads: 0, sparse: defaultSparse(description.layers) });
}

export async function* fitModel(
  model: Network,
  header: ModelHeader,
  data: TrainingData,
  options: ModelFitOptions | undefined,
): AsyncGenerator<EpochResult, void, undefined> {
  const own = ownCopyIfSmall(data);
  const resolved = await resolvedFor(model, options);
  model.requireIdle();
  const examples = await toExamples(model, own);
  yield* fitExamples({
    ...{ model, examples, options: resolved, header },
    toExamples: (validationData) => toExamples(model, validationData),
  });
}

export async function estimateModel(
  model: Network,
  header: ModelHeader,
  data: TrainingData,
  options: ModelFitOptions | undefined,
): Promise<Estimate> {
  const own = ownCopyIfSmall(data);
  const resolved = await resolvedFor(model, options);
  model.requireIdle();
  const { train } = await partsOf(await toExamples(model, own), resolved);
  if (resolved.validationData !== undefined) await toExamples(model, resolved.validationData);
  const source = inBatches(train, resolved.batching) as NativeSource;
  return estimateTraining({ model, source, options: resolved, header });
}

export async function evaluateModel(
  model: Network,
  data: TrainingData,
  options: ModelEvaluationOptions | undefined,
): Promise<Score> {
  const given = check.options('evaluate', options, ['batch', 'threads', 'signal']);
  const batch = resolveBatch(given.batch);
  const threads = resolveThreads(given.threads);
  const signal = check.abortSignal('signal', given.signal);
  model.requireAlive();
  return withWeightsOfCall(model, 'one', async (weights) => {
    const source = inOrder(await toExamples(model, ownCopyIfSmall(data)), batch);
    return weights.use((own) => scoreExamples(own, source, threads, signal));
  });
}

/** Outputs of consecutive sequences as `[N, T, F]`, zero after the end of each. */
function padded(dtype: DType, output: FloatArray, { offsets }: NativeSequences, features: number): FloatTensor {
  const count = offsets.length - 1;
  const time = offsets.reduce((longest, end, index) => Math.max(longest, end - (offsets[index - 1] ?? 0)), 0);
  const data = floats(dtype, count * time * features);
  for (let index = 0; index < count; index++) {
    const [start, end] = [offsets[index] as number, offsets[index + 1] as number];
    data.set(output.subarray(start * features, end * features), index * time * features);
  }
  return { dtype, shape: [count, time, features], data };
}

/** Outputs of sequences one after another, a tensor for each. */
function separate(
  { output, features }: { output: FloatArray; features: number },
  { offsets }: NativeSequences,
  model: Network,
): FloatTensor[] {
  const { dtype, description } = model;
  const { once } = planOf(description);
  return Array.from({ length: offsets.length - 1 }, (_, index) => {
    const [start, end] = once ? [index, index + 1] : [offsets[index] as number, offsets[index + 1] as number];
    const shape = once ? [features] : [end - start, features];
    return { dtype, shape, data: output.slice(start * features, end * features) };
  });
}

/** Converts raw outputs (for softmax, log-probabilities) to the requested output. */
const ACTIVATIONS: Record<NonNullable<PredictionOptions['output']>, (values: FloatArray) => FloatArray> = {
  raw: (values) => values,
  softmax: (values) => values.map(Math.exp),
  sigmoid: (values) => values.map((value) => 1 / (1 + Math.exp(-value))),
};

/** An encoder–decoder has no outputs for inputs alone. */
function hasSource({ input, source }: ModelDescription): UnrolledError {
  const answers = input.kind === 'ids' ? 'decode(sources, { start, end }) writes its answers to sources, and ' : '';
  return new UnrolledError(
    'ERR_UNROLLED_OPTION_RANGE',
    `predict is for a model without a source, but this one has a source of ${source?.kind}: ` +
      `${answers}forward({ ${input.kind}, source }) gives its outputs for inputs and a source`,
    { option: 'inputs', expected: 'a model without a source', received: `a source of ${source?.kind}` },
  );
}

export async function predictModel(
  model: Network,
  inputs: SequenceData,
  options: PredictionOptions | undefined,
): Promise<FloatTensor | FloatTensor[]> {
  const given = check.options('predict', options, ['output', 'batch', 'ragged', 'threads', 'signal']);
  const output = check.oneOf('output', given.output === undefined ? 'raw' : given.output, [
    'raw',
    'softmax',
    'sigmoid',
  ]);
  const batch = resolveBatch(given.batch);
  const ragged = check.boolean('ragged', given.ragged ?? false);
  const threads = resolveThreads(given.threads);
  const signal = check.abortSignal('signal', given.signal);
  model.requireAlive();
  const { description, dtype } = model;
  if (description.source !== undefined) throw hasSource(description);
  const { once, features } = planOf(description);
  if (isNothing(inputs)) {
    return ragged ? [] : { dtype, shape: once ? [0, features] : [0, 0, features], data: floats(dtype, 0) };
  }
  const native = { batch, output: output === 'softmax' ? 'logProbabilities' : 'raw', threads } as const;
  const { sequences, result } = await withWeightsOfCall(model, 'one', async (weights) => {
    const sequences = await toSequences('inputs', ownCopyIfSmall(inputs), description.input, dtype);
    const result = await withCancellation(signal, (cancellation) =>
      weights.use((own) => own.native.predict(sequences, native, cancellation)),
    );
    return { sequences, result };
  });
  if (result.cancelled) throw cancelledError(model, 'Prediction', signal);
  const values = ACTIVATIONS[output](result.output);
  if (ragged) return separate({ output: values, features }, sequences, model);
  if (!once) return padded(dtype, values, sequences, features);
  return { dtype, shape: [sequenceCount(sequences), features], data: values };
}
