/** Estimates the memory and time of a training before it begins. */

import { pickExamples } from '../data/examples';
import { sequenceCount, sequencesOf, stepsPerEpoch } from '../data/source';
import { cancelledError, withCancellation } from '../native/cancellation';
import type { NativeExamples, NativeRunResult, NativeTraining } from '../native/native';
import { requireRunnable } from './fit';
import type { Run } from './loop';
import type { TrainingBytes } from './training-memory';

/** The memory and time of a training. */
export interface Estimate {
  bytes: TrainingBytes;
  stepsPerEpoch: number;
  /** Time of a whole step, including the optimiser's update, in the requested precision: measured on the data. */
  secondsPerStep: number;
  /** Time of its steps only; validation and callbacks take additional time. */
  secondsPerEpoch: number;
}

/** Batches of examples that a pass trains on. */
const SAMPLE_BATCHES = 3;

/** Timed passes, of which the median counts. */
const TIMED_PASSES = 3;

/** Seconds that the timed passes take together, at least: fewer say little of short steps. */
const LEAST_SECONDS = 0.1;

/** No pass begins after this many timed seconds. */
const MOST_SECONDS = 1;

type ExamplesInBatches = Exclude<NativeExamples, { kind: 'documents' }>;

/** Examples from all over the data, so that their lengths are representative. */
async function sampleOf(source: ExamplesInBatches): Promise<ExamplesInBatches> {
  const count = sequenceCount(sequencesOf(source));
  const picks = Math.min(SAMPLE_BATCHES * source.batch, count);
  const indices = Array.from({ length: picks }, (_, pick) => Math.floor((pick * count) / picks));
  return { ...source, ...(await pickExamples(source, indices)) } as ExamplesInBatches;
}

function positionsOf(source: ExamplesInBatches): number {
  return sequencesOf(source).offsets.at(-1) as number;
}

/**
 * Runs steps of a training whose learning rate is 0: they do all that its steps do, and no weight changes.
 * @param first steps of the first pass, which is not timed: it touches the memory of the others for the first time.
 * @param stepsAfter steps of each pass after it.
 * @returns the timed passes.
 */
async function timedPasses(
  training: NativeTraining,
  run: (steps: number) => Promise<NativeRunResult>,
  first: number,
  stepsAfter: (warm: NativeRunResult) => number,
): Promise<NativeRunResult[]> {
  await training.setLearningRateScale(0);
  const steps = stepsAfter(await run(first));
  const passes: NativeRunResult[] = [];
  let seconds = 0;
  do {
    const pass = await run(steps);
    passes.push(pass);
    seconds += pass.seconds;
  } while (seconds < MOST_SECONDS && (passes.length < TIMED_PASSES || seconds < LEAST_SECONDS));
  return passes;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Steps and seconds of an epoch, by steps like its own. */
async function timeEpoch({ model, source, options }: Run): Promise<{ steps: number; seconds: number }> {
  const { native, signal } = options;
  const isStream = source.kind === 'stream' || source.kind === 'documents';
  const timed = isStream ? source : await sampleOf(source);
  const training = model.native.startTraining({ ...native, source: timed });
  const run = async (steps: number) => {
    const result = await withCancellation(signal, (cancellation) => training.run(steps, cancellation, () => {}));
    if (result.reason === 'cancelled') throw cancelledError(model, 'The estimate', signal);
    return result;
  };
  try {
    await training.prepare();
    if (isStream) {
      // Short steps run many in a call, as they do in training: between two calls the threads go to sleep.
      const stepsAfter = (warm: NativeRunResult) =>
        Math.min(training.stepsPerEpoch, Math.ceil(LEAST_SECONDS / TIMED_PASSES / warm.seconds));
      const passes = await timedPasses(training, run, 1, stepsAfter);
      const secondsPerToken = median(passes.map(({ seconds, tokens }) => seconds / tokens));
      return { steps: training.stepsPerEpoch, seconds: secondsPerToken * training.tokensPerEpoch };
    }
    const passes = await timedPasses(training, run, training.stepsPerEpoch, () => training.stepsPerEpoch);
    const share = positionsOf(timed as ExamplesInBatches) / positionsOf(source);
    return { steps: stepsPerEpoch(source), seconds: median(passes.map(({ seconds }) => seconds)) / share };
  } finally {
    training.dispose();
  }
}

/**
 * The memory and the time of a training, by steps of one that leaves the weights as they are.
 * @throws ERR_UNROLLED_BUSY while the model is training, ERR_UNROLLED_ABORTED, and what the training would throw before its
 *   first step and in it.
 */
export async function estimateTraining(run: Run): Promise<Estimate> {
  return run.model.exclusively(async () => {
    const bytes = await requireRunnable(run);
    const { steps, seconds } = await timeEpoch(run);
    return { bytes, stepsPerEpoch: steps, secondsPerStep: seconds / steps, secondsPerEpoch: seconds };
  });
}
