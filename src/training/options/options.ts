/** Options of training, checked and completed with their defaults before anything is allocated. */

import * as check from '../../base/check';
import { phrase, refer } from '../../base/messages/phrase';
import { type ResolvedValue, type ResolvedValues, resolveValues } from '../../base/option-table';
import { emitWarning } from '../../base/warning';
import type { NativeEvaluationOptions, NativeOptimizerOptions, NativeTrainingOptions } from '../../native/native';
import { type Callback, requireCallbacks } from '../callbacks/callback';
import { requireOnce } from '../callbacks/callback-holds';
import { checkpoint as checkpointCallback } from '../callbacks/checkpoint';
import { damagedBy, readCheckpoint } from '../checkpoint/checkpoint-file';
import type { Checkpoint, RecordedOptions } from '../checkpoint/record';
import { lazyUpdates, recordedSparse, requirePossible, withRecorded } from '../checkpoint/recorded-options';
import type { FitProgress } from '../fit-progress';
import { describeOptimizer } from './optimizers';
import type { ResolvedSchedule } from './schedule';
import {
  type EXAMPLE_FIT_OPTIONS,
  FIT_OPTIONS,
  type FitOptions,
  TRAINING_ROWS,
  TRAINING_TABLE,
  type TrainingOptions,
  type TrainingRow,
} from './training-options-table';

export type { CheckpointSettings, FitOptions, TrainingOptions } from './training-options-table';

type Table = typeof TRAINING_TABLE;

/** Training options with every value given. */
export interface ResolvedTraining {
  /** Infinity where `steps` decides. */
  epochs: number;
  /** Infinity where `epochs` decides. */
  steps: number;
  native: Omit<NativeTrainingOptions, 'source' | 'schedule' | 'resume'> & {
    optimizer: NativeOptimizerOptions;
    shards: number;
  };
  schedule: ResolvedSchedule;
  /** Whether the ranks of MPI share it. */
  distributed: 'mpi' | undefined;
  /** Whether the number of shards is given, or a checkpoint's. */
  isSharded: boolean;
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

/** How an evaluation is computed, and by whom. */
export type Sharing = Pick<NativeEvaluationOptions, 'threads' | 'shards' | 'group'>;

/** How a training's evaluations are computed: as its steps. */
export function sharingOf({ threads, shards, group }: ResolvedTraining['native']): Sharing {
  return { threads, shards, ...(group !== undefined && { group }) };
}

/** Refuses a batch with fewer rows than parts. */
export function requireRowsOfShards(shards: number, batch: number): void {
  if (shards <= batch) return;
  throw check.outOfRange('shards', phrase`at most the rows of ${refer.option('batch')}, ${batch}`, shards);
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
  const { epochs, steps, optimizer, schedule, sparse, threads, distributed, signal, onProgress, onWarning } = values;
  return {
    epochs: steps === undefined ? epochs : Number.POSITIVE_INFINITY,
    steps: steps ?? Number.POSITIVE_INFINITY,
    native: { ...nativeValues(values), optimizer },
    ...{ schedule, sparse, threads, distributed, signal, onProgress },
    isSharded: given.shards !== undefined || resumed !== undefined,
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
  const { batch, window, shuffle, validation, shards } = values;
  requireRowsOfShards(shards, batch);
  const training = resolveTraining(values, given, resumed);
  return { ...training, stream: { batch, window }, shuffle, validation };
}
