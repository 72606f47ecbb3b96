/** What a training will take, known before it begins. */

import type { Model } from '../model';
import type {
  FloatArray,
  NativeBatch,
  NativeExamples,
  NativeInput,
  NativeObjective,
  NativeSequences,
  NativeSource,
  NativeTrainingOptions,
} from '../native/native';
import { zerosLike } from '../tensor-shape';
import { type Examples, pickExamples } from './examples';
import { type TrainingBytes, trainingBytes } from './memory';
import { idCount, sequenceCount, sequencesOf, stepsPerEpoch, streamLength } from './source';

/** What a training takes. */
export interface Estimate {
  bytes: TrainingBytes;
  stepsPerEpoch: number;
  /**
   * Of one step, by forward and backward passes over a batch of the data, in the model's own precision whatever is asked;
   * the optimiser's own time is not in it.
   */
  secondsPerStep: number;
  secondsPerEpoch: number;
}

/** Passes that are timed, after one that is not. */
const TIMED_PASSES = 3;

/** A prime, by which numbers in order are spread over a vocabulary. */
const SPREAD = 7919;

/** A batch to time, and how many such batches an epoch is. */
interface Sample {
  batch: NativeBatch;
  objective: NativeObjective;
  batchesPerEpoch: number;
}

/** `[T, B]` or `[T, B, width]` of sequences one after another, zero behind their ends. */
function timeMajor<Data extends Int32Array | FloatArray>(data: Data, offsets: Int32Array, time: number): Data {
  const rows = offsets.length - 1;
  const width = data.length / (offsets.at(-1) as number);
  const result = zerosLike(data, time * rows * width);
  for (let row = 0; row < rows; row++) {
    const start = offsets[row] as number;
    for (let step = 0; start + step < (offsets[row + 1] as number); step++) {
      result.set(data.subarray((start + step) * width, (start + step + 1) * width), (step * rows + row) * width);
    }
  }
  return result;
}

function longest({ offsets }: NativeSequences): number {
  return offsets.reduce((most, end, index) => Math.max(most, end - (offsets[index - 1] ?? 0)), 0);
}

function inputOf(sequences: NativeSequences): NativeInput {
  const { ids, features, offsets } = sequences;
  const time = longest(sequences);
  return {
    time,
    ...(ids && { ids: timeMajor(ids, offsets, time) }),
    ...(features && { features: timeMajor(features, offsets, time) }),
    lengths: offsets.slice(1).map((end, index) => end - (offsets[index] as number)),
  };
}

function objectiveOf(examples: Examples): NativeObjective {
  const { loss, ids, values } = examples.targets;
  const sequences = examples.kind === 'paired' ? examples.inputs : examples.sequences;
  const isLabelled = examples.kind === 'labelled';
  const time = isLabelled ? 1 : longest(sequences);
  const offsets = isLabelled ? Int32Array.from(sequences.offsets, (_, index) => index) : sequences.offsets;
  if (loss === 'crossEntropy') return { targets: timeMajor(ids as Int32Array, offsets, time), reduction: 'mean' };
  return { loss, values: timeMajor(values as FloatArray, offsets, time), reduction: 'mean' };
}

/** A batch of examples from all over the data, so that their lengths are like those of the others. */
function sampleOfExamples(source: Exclude<NativeExamples, { kind: 'documents' }>): Sample {
  const all = sequencesOf(source);
  const count = sequenceCount(all);
  const rows = Math.min(source.batch, count);
  const picked = pickExamples(
    source,
    Array.from({ length: rows }, (_, row) => Math.floor((row * count) / rows)),
  );
  const isPaired = picked.kind === 'paired';
  const sequences = isPaired ? picked.inputs : picked.sequences;
  return {
    batch: { batch: rows, ...inputOf(sequences), ...(isPaired && { source: inputOf(picked.source) }) },
    objective: objectiveOf(picked),
    batchesPerEpoch: (all.offsets.at(-1) as number) / (sequences.offsets.at(-1) as number),
  };
}

/** The first window of a stream; of one in a file, as many ids from all over the vocabulary. */
function sampleOfStream(source: Extract<NativeSource, { kind: 'stream' | 'documents' }>, vocabulary: number): Sample {
  const { ids, batch, window } = source;
  const count = streamLength(source);
  const ahead = count - idCount(ids);
  const idAt = (index: number) =>
    'file' in ids ? (index * SPREAD) % vocabulary : (ids[Math.max(0, index - ahead)] as number);
  const rowLength = Math.max(1, Math.floor((count - 1) / batch));
  const time = Math.min(window, rowLength);
  const inputs = new Int32Array(time * batch);
  const targets = new Int32Array(time * batch);
  for (let step = 0; step < time; step++) {
    for (let row = 0; row < batch; row++) {
      const at = (row * rowLength + step) % (count - 1);
      inputs[step * batch + row] = idAt(at);
      targets[step * batch + row] = idAt(at + 1);
    }
  }
  return {
    batch: { time, batch, ids: inputs },
    objective: { targets, reduction: 'mean' },
    batchesPerEpoch: stepsPerEpoch(source),
  };
}

function vocabularyOf({ description: { input } }: Model): number {
  return input.kind === 'ids' ? input.vocabulary : 1;
}

async function medianSeconds(pass: () => Promise<unknown>): Promise<number> {
  await pass();
  const seconds: number[] = [];
  for (let index = 0; index < TIMED_PASSES; index++) {
    const started = performance.now();
    await pass();
    seconds.push((performance.now() - started) / 1000);
  }
  return seconds.sort((a, b) => a - b)[Math.floor(TIMED_PASSES / 2)] as number;
}

/** The memory and the time of a training, by passes over one of its batches that leave the weights as they are. */
export async function estimateTraining(
  model: Model,
  source: NativeSource,
  options: Omit<NativeTrainingOptions, 'source' | 'schedule' | 'resume'>,
): Promise<Estimate> {
  const { seed, threads } = options;
  const bytes = await trainingBytes(model, source, options);
  const isStream = source.kind === 'stream' || source.kind === 'documents';
  const { batch, objective, batchesPerEpoch } = isStream
    ? sampleOfStream(source, vocabularyOf(model))
    : sampleOfExamples(source);
  const seconds = await medianSeconds(() => model.native.gradients(batch, objective, threads, { seed, step: 0 }));
  const steps = stepsPerEpoch(source);
  return {
    bytes,
    stepsPerEpoch: steps,
    secondsPerStep: (seconds * batchesPerEpoch) / steps,
    secondsPerEpoch: seconds * batchesPerEpoch,
  };
}
