/** Options of training, checked and completed with their defaults before anything is allocated. */

import { MAX_SIZE, resolveSeed, resolveThreads } from '../limits';
import type { NativeOptimizerOptions, NativeTrainingOptions, OptimizerKind } from '../native/native';
import * as check from '../validation';
import { type OptimizerDescription, type OptimizerHyperparameters, resolveOptimizer } from './optimizers';

/** Step losses as they come, at a limited rate; none is dropped. */
export interface FitProgress {
  /** Epoch (from 0) of these steps. */
  epoch: number;
  /** Number of the first of them (from 0), over the whole run. */
  firstStep: number;
  /** Mean nats per token (or per example) of each step, before its update. */
  losses: Float64Array;
  stepsPerEpoch: number;
  /** Steps the whole run will make. */
  totalSteps: number;
  /** Tokens (or examples) trained on per second, in this epoch so far. */
  tokensPerSecond: number;
  /** Seconds the run has taken so far, the caller's own time between two `next()` left out. */
  seconds: number;
}

/** Options that training a language model and training a classifier share. */
export interface TrainingOptions {
  /** Passes over the training data; 5 by default. */
  epochs?: number | undefined;
  /** Steps of the whole run. Outranks `epochs`. */
  steps?: number | undefined;
  /** A name, or an object with hyper-parameters; `'adam'` by default. */
  optimizer?: OptimizerKind | OptimizerDescription | undefined;
  /** Outranks the optimiser's own, as do the next two. */
  learningRate?: number | undefined;
  momentum?: number | undefined;
  weightDecay?: number | undefined;
  /** What is differentiated: the mean over the step's targets (default), or their sum. */
  reduction?: 'mean' | 'sum' | undefined;
  /** Clips every gradient to ±clipValue, before `clipNorm`. Off by default. */
  clipValue?: number | undefined;
  /** Scales the gradient to this norm over all parameters where it is larger. Off by default. */
  clipNorm?: number | undefined;
  /** Of everything random in training; 0 by default. */
  seed?: number | undefined;
  /** Threads to compute with; the model's by default. The results do not depend on it. */
  threads?: number | undefined;
  /** Ends training at a whole step with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
  /** Called while an epoch runs. An error it throws ends training and is passed on. */
  onProgress?: ((progress: FitProgress) => void) | undefined;
}

/** Options of `LanguageModel.fit`. */
export interface FitOptions extends TrainingOptions {
  /** Rows the stream is cut into; 32 by default. */
  batch?: number | undefined;
  /** Tokens of a row that a step trains on, and the reach of BPTT; 64 by default. */
  window?: number | undefined;
  /** Fraction of the corpus, from its end, that validates after each epoch. Off by default. */
  validation?: number | undefined;
}

/** Training options with every value given. */
export interface ResolvedTraining {
  /** Infinity where `steps` decides. */
  epochs: number;
  /** Infinity where `epochs` decides. */
  steps: number;
  native: Omit<NativeTrainingOptions, 'source'> & { optimizer: NativeOptimizerOptions };
  signal: AbortSignal | undefined;
  onProgress: ((progress: FitProgress) => void) | undefined;
}

/** How a stream is cut into batches and windows. */
export interface ResolvedStream {
  batch: number;
  window: number;
}

export const DEFAULT_EPOCHS = 5;
export const DEFAULT_BATCH = 32;
export const DEFAULT_WINDOW = 64;

const TRAINING_OPTIONS = [
  'epochs',
  'steps',
  'optimizer',
  'learningRate',
  'momentum',
  'weightDecay',
  'reduction',
  'clipValue',
  'clipNorm',
  'seed',
  'threads',
  'signal',
  'onProgress',
] as const satisfies (keyof TrainingOptions)[];

const FIT_OPTIONS = [...TRAINING_OPTIONS, 'batch', 'window', 'validation'] as const satisfies (keyof FitOptions)[];

/** The overrides that were given; an absent one must not hide the optimiser's own. */
function givenOverrides({ learningRate, momentum, weightDecay }: TrainingOptions): OptimizerHyperparameters {
  return {
    ...(learningRate !== undefined && { learningRate }),
    ...(momentum !== undefined && { momentum }),
    ...(weightDecay !== undefined && { weightDecay }),
  };
}

function resolveKnownTraining(options: TrainingOptions, defaultThreads: number): ResolvedTraining {
  const { epochs = DEFAULT_EPOCHS, steps, clipValue, clipNorm, reduction = 'mean', optimizer = 'adam' } = options;
  const passes = check.integer('epochs', epochs, { min: 1, max: MAX_SIZE });
  return {
    epochs: steps === undefined ? passes : Number.POSITIVE_INFINITY,
    steps: steps === undefined ? Number.POSITIVE_INFINITY : check.integer('steps', steps, { min: 1 }),
    native: {
      optimizer: resolveOptimizer(optimizer, givenOverrides(options)),
      reduction: check.oneOf('reduction', reduction, ['mean', 'sum']),
      clipValue: clipValue === undefined ? 0 : check.number('clipValue', clipValue, { above: 0 }),
      clipNorm: clipNorm === undefined ? 0 : check.number('clipNorm', clipNorm, { above: 0 }),
      seed: resolveSeed(options.seed),
      threads: resolveThreads(options.threads) || defaultThreads,
    },
    signal: check.abortSignal('signal', options.signal),
    onProgress: check.callback('onProgress', options.onProgress),
  };
}

/**
 * Options of training on examples.
 * @param defaultThreads the model's own setting, 0 for the pool's.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveTraining(options: TrainingOptions | undefined, defaultThreads: number): ResolvedTraining {
  return resolveKnownTraining(check.options('fit', options, TRAINING_OPTIONS), defaultThreads);
}

/** Batch and window, for training and for evaluation. */
export function resolveStream(batch: number, window: number): ResolvedStream {
  return {
    batch: check.integer('batch', batch, { min: 1, max: MAX_SIZE }),
    window: check.integer('window', window, { min: 1, max: MAX_SIZE }),
  };
}

/** Options of training on a stream; the same errors as `resolveTraining`. */
export function resolveFit(
  options: FitOptions | undefined,
  defaultThreads: number,
): ResolvedTraining & { stream: ResolvedStream; validation: number } {
  const given = check.options('fit', options, FIT_OPTIONS);
  const { batch = DEFAULT_BATCH, window = DEFAULT_WINDOW, validation } = given;
  return {
    ...resolveKnownTraining(given, defaultThreads),
    stream: resolveStream(batch, window),
    validation: validation === undefined ? 0 : check.number('validation', validation, { min: 0, below: 1 }),
  };
}
