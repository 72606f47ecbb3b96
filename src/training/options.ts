/** Options of training, checked and completed with their defaults before anything is allocated. */

import { type ResolvedValue, type ResolvedValues, resolveValues } from '../base/option-table';
import type { NativeOptimizerOptions, NativeTrainingOptions } from '../native/native';
import * as check from '../validation';
import { emitWarning } from '../warning';
import { requireOnce } from './callback-holds';
import { type Callback, requireCallbacks } from './callbacks/callback';
import { checkpoint as checkpointCallback } from './callbacks/checkpoint';
import { type Checkpoint, damagedBy, readCheckpoint } from './checkpoint-file';
import { describeOptimizer, type OptimizerDescription, type OptimizerKind } from './optimizers';
import {
  type EXAMPLE_FIT_OPTIONS,
  FIT_OPTIONS,
  TRAINING_ROWS,
  TRAINING_TABLE,
  type TrainingRow,
} from './options/training-options-table';
import { lazyUpdates, type RecordedOptions, recordedSparse, requirePossible, withRecorded } from './recorded-options';
import type { ResolvedSchedule, ScheduleDescription, ScheduleKind } from './schedule';

type Table = typeof TRAINING_TABLE;

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

/** Training options, checked, without what is left to the model where it is not given. */
export interface AskedTraining extends Omit<ResolvedTraining, 'native'> {
  native: Omit<ResolvedTraining['native'], 'threads' | 'sparse'>;
  threads: number | undefined;
  sparse: 'exact' | 'lazy' | undefined;
}

/** How a stream is cut into batches and windows. */
export interface ResolvedStream {
  batch: number;
  window: number;
}

export const DEFAULT_EPOCHS = TRAINING_TABLE.epochs.default;
export const DEFAULT_BATCH = TRAINING_TABLE.batch.default;

/** What the native side takes of the options under their own names. */
type NativeValues = {
  [Name in keyof Table as Table[Name] extends { readonly native: true } ? Name : never]: NonNullable<
    ResolvedValue<Table[Name]>
  >;
};

/** Options by name, checked, without those of the data. */
type CommonValues = ResolvedValues<Table, Extract<(typeof FIT_OPTIONS)[number], (typeof EXAMPLE_FIT_OPTIONS)[number]>>;

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

/** The options of a training with what is the model's own where it was not given. */
export function forModel<Asked extends AskedTraining>(asked: Asked, defaults: ModelDefaults): Asked & ResolvedTraining {
  const wanted = asked.sparse ?? defaults.sparse ?? 'exact';
  const sparse = wanted === 'exact' ? wanted : lazyUpdates(asked.resumed?.record.options);
  return {
    ...asked,
    native: { ...asked.native, threads: asked.threads ?? defaults.threads, sparse },
    recorded: { ...asked.recorded, ...recordedSparse(sparse) },
  };
}

/** The rows of values, whatever the data are. */
function rowsOf(values: CommonValues): [name: string, row: TrainingRow, value: unknown][] {
  return Object.entries(values).map(([name, value]) => [name, TRAINING_ROWS[name as keyof Table], value]);
}

/** What the native side takes as it is. */
function nativeValues(values: CommonValues): NativeValues {
  const rows = rowsOf(values).filter(([, { native }]) => native);
  return Object.fromEntries(rows.map(([name, , value]) => [name, value ?? 0])) as NativeValues;
}

/** What a checkpoint remembers as it is; options that are off are absent. */
function recordedValues(values: CommonValues): RecordedOptions {
  const rows = rowsOf(values).filter(([, row, value]) => {
    if (value === undefined) return false;
    return row.recorded === 'value' || (row.recorded === 'unless default' && value !== row.default);
  });
  return Object.fromEntries(rows.map(([name, , value]) => [name, value]));
}

/**
 * Training by options whose values are checked.
 * @param values those of the calls of one kind of data.
 * @param given the options they are the values of.
 */
export function resolveTraining(
  values: CommonValues,
  given: TrainingOptions,
  resumed: Checkpoint | undefined,
): AskedTraining {
  const { epochs, steps, optimizer, schedule, sparse, threads, signal, onProgress, onWarning } = values;
  return {
    epochs: steps === undefined ? epochs : Number.POSITIVE_INFINITY,
    steps: steps ?? Number.POSITIVE_INFINITY,
    native: { ...nativeValues(values), optimizer },
    ...{ schedule, sparse, threads, signal, onProgress },
    onWarning: onWarning ?? emitWarning,
    callbacks: resolveCallbacks(given),
    recorded: {
      ...recordedValues(values),
      ...(steps === undefined ? { epochs } : { steps }),
      optimizer: describeOptimizer(optimizer),
    },
    resumed,
  };
}

/**
 * The options that were given, and where none were, those that a checkpoint remembers.
 * @throws ERR_UNROLLED_MODEL_FORMAT where the checkpoint's own are impossible.
 */
export function resumable<Options extends TrainingOptions>(given: Options, resumed: Checkpoint | undefined): Options {
  if (resumed === undefined) return given;
  const { file, record } = resumed;
  try {
    requirePossible(record.options);
  } catch (error) {
    throw damagedBy(file.path, error);
  }
  return withRecorded(given, record.options);
}

/** Batch and window, for training and for evaluation. */
export function resolveStream(batch: number, window: number): ResolvedStream {
  return resolveValues(TRAINING_TABLE, ['batch', 'window'], { batch, window });
}

/** Options of training on a stream, checked. */
export interface AskedFit extends AskedTraining {
  stream: ResolvedStream;
  shuffle: boolean;
  validation: number;
}

/**
 * Options of training on a stream. They are resolved once for a training: what is left to the model is added by `forModel`.
 * @param resumed what `resume` names, which is read once too.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveFit(options: FitOptions | undefined, resumed: Checkpoint | undefined): AskedFit {
  const given = resumable(check.options('fit', options, FIT_OPTIONS), resumed);
  const values = resolveValues(TRAINING_TABLE, FIT_OPTIONS, given);
  const { batch, window, shuffle, validation } = values;
  const training = resolveTraining(values, given, resumed);
  return { ...training, stream: { batch, window }, shuffle, validation };
}
