/** Options of training, checked and completed with their defaults before anything is allocated. */

import { MAX_SIZE, resolveSeed, resolveThreads } from '../limits';
import type { NativeOptimizerOptions, NativeTrainingOptions } from '../native/native';
import * as check from '../validation';
import { emitWarning } from '../warning';
import { requireOnce } from './callback-holds';
import { type Callback, requireCallbacks } from './callbacks/callback';
import { checkpoint as checkpointCallback } from './callbacks/checkpoint';
import { type Checkpoint, damagedBy, readCheckpoint } from './checkpoint-file';
import {
  describeOptimizer,
  type OptimizerDescription,
  type OptimizerHyperparameters,
  type OptimizerKind,
  resolveOptimizer,
} from './optimizers';
import { lazyUpdates, type RecordedOptions, recordedSparse, withRecorded } from './recorded-options';
import { type ResolvedSchedule, resolveSchedule, type ScheduleDescription, type ScheduleKind } from './schedule';

/** Step losses as they come, at a limited rate; none is dropped. */
export interface FitProgress {
  /** Epoch (from 0) of these steps. */
  epoch: number;
  /** Number of the first of them (from 0), over the whole run. */
  firstStep: number;
  /** Mean nats per token (or per example) of each step, before its update. */
  losses: Float64Array;
  /** Norm of each step's gradient over all trained parameters, after clipping by value, before clipping by norm. */
  gradientNorms: Float64Array;
  learningRates: Float64Array;
  stepsPerEpoch: number;
  /** Steps the whole run will make. */
  totalSteps: number;
  /** Tokens (or examples) trained on per second, in this epoch so far. */
  tokensPerSecond: number;
  /** Seconds the run has taken so far, the caller's own time between two `next()` left out. */
  seconds: number;
}

/** Where and how often a training is saved by itself. */
export interface CheckpointSettings {
  path: string;
  /** Steps between two checkpoints. */
  everySteps: number;
}

/** Options that all trainings share. */
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
  /** 0 by default; of `adamw` 0.01. */
  weightDecay?: number | undefined;
  /** What the learning rate is multiplied by as training goes on; `'constant'` by default. */
  schedule?: ScheduleKind | ScheduleDescription | undefined;
  /**
   * What becomes of the rows of a large embedding, or of a sampled softmax, that a step does not touch: what a dense
   * gradient does to them (`'exact'`), or nothing, neither decay nor momentum (`'lazy'`), in every step, however many ids
   * it reads. Lazy by default for a sampled softmax, else exact.
   */
  sparse?: 'exact' | 'lazy' | undefined;
  /**
   * Of the operands of the large products. `'bf16'` rounds them to 16 bits on their way in; sums, weights, the optimiser
   * and saved files keep 32 bits. ERR_UNROLLED_PRECISION where that would be slower. `'float32'`, the default, changes
   * nothing.
   */
  precision?: 'float32' | 'bf16' | undefined;
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
  /**
   * Called, before the first step, with what is no error and yet worth a word: where a training that goes on to another
   * end has other learning rates for it. The default is `process.emitWarning`.
   */
  onWarning?: ((message: string) => void) | undefined;
  /** Called between two steps, in this order: see `callbacks`. */
  callbacks?: readonly Callback[] | undefined;
  /** Saves the training every so many steps; `callbacks.checkpoint` says more. */
  checkpoint?: CheckpointSettings | undefined;
  /**
   * A checkpoint to go on from, with the bits of a run that was never stopped. Weights, and options that are not given,
   * are the checkpoint's; options that are given must be the same, but for `epochs` and `steps`.
   */
  resume?: string | undefined;
}

/** Options of `LanguageModel.fit`. */
export interface FitOptions extends TrainingOptions {
  /** Rows the stream is cut into; 32 by default. */
  batch?: number | undefined;
  /** Tokens of a row that a step trains on, and the reach of BPTT; 64 by default. */
  window?: number | undefined;
  /** Of documents: whether their order is drawn anew for each epoch; true by default. */
  shuffle?: boolean | undefined;
  /** Fraction of the corpus, from its end, that validates after each epoch. Off by default. */
  validation?: number | undefined;
}

/** Training options with every value given. */
export interface ResolvedTraining {
  /** Infinity where `steps` decides. */
  epochs: number;
  /** Infinity where `epochs` decides. */
  steps: number;
  native: Omit<NativeTrainingOptions, 'source' | 'schedule' | 'resume'> & { optimizer: NativeOptimizerOptions };
  schedule: ResolvedSchedule;
  signal: AbortSignal | undefined;
  onProgress: ((progress: FitProgress) => void) | undefined;
  onWarning: (message: string) => void;
  callbacks: readonly Callback[];
  /** What a checkpoint remembers of the options; the schedule is added once the run is planned. */
  recorded: RecordedOptions;
  /** What training goes on from. */
  resumed: Checkpoint | undefined;
}

/** How a stream is cut into batches and windows. */
export interface ResolvedStream {
  batch: number;
  window: number;
}

export const DEFAULT_EPOCHS = 5;
export const DEFAULT_BATCH = 32;
export const DEFAULT_WINDOW = 64;

export const TRAINING_OPTIONS = [
  'epochs',
  'steps',
  'optimizer',
  'learningRate',
  'momentum',
  'weightDecay',
  'schedule',
  'sparse',
  'precision',
  'reduction',
  'clipValue',
  'clipNorm',
  'seed',
  'threads',
  'signal',
  'onProgress',
  'onWarning',
  'callbacks',
  'checkpoint',
  'resume',
] as const satisfies (keyof TrainingOptions)[];

const FIT_OPTIONS = [
  ...TRAINING_OPTIONS,
  'batch',
  'window',
  'shuffle',
  'validation',
] as const satisfies (keyof FitOptions)[];

/** Values of `TrainingOptions.precision`. */
export const PRECISIONS = ['float32', 'bf16'] as const satisfies TrainingOptions['precision'][];

/** The overrides that were given; an absent one must not hide the optimiser's own. */
function givenOverrides({ learningRate, momentum, weightDecay }: TrainingOptions): OptimizerHyperparameters {
  return {
    ...(learningRate !== undefined && { learningRate }),
    ...(momentum !== undefined && { momentum }),
    ...(weightDecay !== undefined && { weightDecay }),
  };
}

/**
 * The checkpoint that `resume` names.
 * @throws what `readCheckpoint` throws, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export async function readResumed(options: TrainingOptions | undefined): Promise<Checkpoint | undefined> {
  const resume = (options as TrainingOptions | null | undefined)?.resume;
  return resume === undefined ? undefined : readCheckpoint(check.nonEmptyString('resume', resume));
}

function resolveCallbacks({ callbacks, checkpoint }: TrainingOptions): readonly Callback[] {
  const given = requireOnce(requireCallbacks(callbacks));
  if (checkpoint === undefined) return given;
  const { path, everySteps } = check.options('checkpoint', checkpoint, ['path', 'everySteps']);
  if (everySteps === undefined) throw check.wrongType('checkpoint.everySteps', 'a whole number', everySteps);
  return [...given, checkpointCallback({ path, everySteps })];
}

/** What stands for options that are not given, and is the model's own. */
export interface ModelDefaults {
  /** 0 for the pool's. */
  threads: number;
  /** `'exact'` where absent. */
  sparse?: 'exact' | 'lazy';
}

/** Options without those that are off. */
function recordedOptions(options: Record<string, unknown>): RecordedOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * Options of training that are known to be no others.
 * @param own what a checkpoint remembers of the data's options.
 */
export function resolveKnownTraining(
  options: TrainingOptions,
  defaults: ModelDefaults,
  own: Record<string, unknown>,
  resumed: Checkpoint | undefined,
): ResolvedTraining {
  const { epochs = DEFAULT_EPOCHS, steps, clipValue, clipNorm, reduction = 'mean', optimizer = 'adam' } = options;
  const passes = check.integer('epochs', epochs, { min: 1, max: MAX_SIZE });
  const sparse = check.oneOf('sparse', options.sparse === undefined ? (defaults.sparse ?? 'exact') : options.sparse, [
    'exact',
    'lazy',
  ]);
  const native = {
    optimizer: resolveOptimizer(optimizer, givenOverrides(options)),
    reduction: check.oneOf('reduction', reduction, ['mean', 'sum']),
    clipValue: clipValue === undefined ? 0 : check.number('clipValue', clipValue, { above: 0 }),
    clipNorm: clipNorm === undefined ? 0 : check.number('clipNorm', clipNorm, { above: 0 }),
    seed: resolveSeed(options.seed),
    threads: resolveThreads(options.threads) || defaults.threads,
    sparse: sparse === 'exact' ? sparse : lazyUpdates(resumed?.record.options),
    precision: check.oneOf('precision', options.precision === undefined ? 'float32' : options.precision, PRECISIONS),
  };
  const bound = steps === undefined ? undefined : check.integer('steps', steps, { min: 1 });
  return {
    epochs: bound === undefined ? passes : Number.POSITIVE_INFINITY,
    steps: bound ?? Number.POSITIVE_INFINITY,
    native,
    schedule: resolveSchedule(options.schedule),
    signal: check.abortSignal('signal', options.signal),
    onProgress: check.callback('onProgress', options.onProgress),
    onWarning: check.callback('onWarning', options.onWarning) ?? emitWarning,
    callbacks: resolveCallbacks(options),
    recorded: recordedOptions({
      ...own,
      ...(bound === undefined ? { epochs: passes } : { steps: bound }),
      optimizer: describeOptimizer(native.optimizer),
      ...{ reduction: native.reduction, clipValue, clipNorm, seed: native.seed },
      ...recordedSparse(native.sparse),
      precision: native.precision === 'float32' ? undefined : native.precision,
    }),
    resumed,
  };
}

/**
 * What `resolve` makes of the options that were given, and where none were, of those that a checkpoint remembers.
 * @throws what `resolve` throws; ERR_UNROLLED_MODEL_FORMAT where the checkpoint's own are impossible.
 */
export function resolveResumable<Options extends TrainingOptions, Resolved>(
  given: Options,
  resumed: Checkpoint | undefined,
  resolve: (options: Options) => Resolved,
): Resolved {
  if (resumed === undefined) return resolve(given);
  const { file, record } = resumed;
  try {
    resolve(withRecorded({} as Options, record.options));
  } catch (error) {
    throw damagedBy(file.path, error);
  }
  return resolve(withRecorded(given, record.options));
}

/** Batch and window, for training and for evaluation. */
export function resolveStream(batch: number, window: number): ResolvedStream {
  return {
    batch: check.integer('batch', batch, { min: 1, max: MAX_SIZE }),
    window: check.integer('window', window, { min: 1, max: MAX_SIZE }),
  };
}

/** A fraction that validates; 0 where absent. */
export function resolveValidation(validation: number | undefined): number {
  return validation === undefined ? 0 : check.number('validation', validation, { min: 0, below: 1 });
}

/**
 * Options of training on a stream.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveFit(
  options: FitOptions | undefined,
  defaults: ModelDefaults,
  resumed?: Checkpoint,
): ResolvedTraining & { stream: ResolvedStream; shuffle: boolean; validation: number } {
  return resolveResumable(check.options('fit', options, FIT_OPTIONS), resumed, (given) => {
    const { batch = DEFAULT_BATCH, window = DEFAULT_WINDOW } = given;
    const stream = resolveStream(batch, window);
    const validation = resolveValidation(given.validation);
    const shuffle = check.boolean('shuffle', given.shuffle === undefined ? true : given.shuffle);
    const training = resolveKnownTraining(given, defaults, { ...stream, shuffle, validation }, resumed);
    return { ...training, stream, shuffle, validation };
  });
}
