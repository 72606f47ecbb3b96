/**
 * The options of training: a member of an interface for who gives it, and a row of the table for all that takes it. The
 * file is long because all rows stand together.
 */

import * as check from '../../base/check';
import { integer, namesOf, number, type OptionRow } from '../../base/option-table';
import { MAX_SIZE, MAX_THREADS } from '../../base/resource-limits';
import type { Callback } from '../callbacks/callback';
import type { FitProgress } from '../fit-progress';
import {
  OPTIMIZER_KINDS,
  type OptimizerDescription,
  type OptimizerKind,
  overridesIn,
  resolveOptimizer,
} from './optimizers';
import { resolveSchedule, SCHEDULE_KINDS, type ScheduleDescription, type ScheduleKind } from './schedule';

/** How often a training is saved automatically, and where. */
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
  /** The schedule of the learning rate; `'constant'` by default. */
  schedule?: ScheduleKind | ScheduleDescription | undefined;
  /**
   * How to update rows of a large embedding or of a sampled softmax that a step does not touch. `'exact'`: as with a
   * dense gradient. `'lazy'`: not at all, without decay or momentum, in every step, however many ids it reads. Lazy by
   * default for a sampled softmax, else exact.
   */
  sparse?: 'exact' | 'lazy' | undefined;
  /**
   * Precision of the operands of large matrix products. `'bf16'` rounds them to 16 bits; sums, weights, the optimiser
   * and saved files keep 32 bits. ERR_UNROLLED_PRECISION if that would be slower. `'float32'` is the default.
   */
  precision?: 'float32' | 'bf16' | undefined;
  /** The minimised loss: the mean over the targets of a step (default), or their sum. */
  reduction?: 'mean' | 'sum' | undefined;
  /** Clips every gradient to ±clipValue, before `clipNorm`. Off by default. */
  clipValue?: number | undefined;
  /** Scales the gradient down if its norm over all parameters exceeds this. Off by default. */
  clipNorm?: number | undefined;
  /** The seed of all random numbers in training; 0 by default. */
  seed?: number | undefined;
  /**
   * Parts that each step's batch is cut into: a power of two, at most `batch`; 1 by default. The gradient of each part is
   * computed on its own, and they are added in a fixed tree. So a step takes the memory of one part's passes, and its last
   * bits depend on the number. What validates is cut in the same way. A checkpoint remembers it.
   */
  shards?: number | undefined;
  /**
   * Shares the training among the ranks that a launcher of MPI started, `mpirun -n 2 node train.js`: each computes its part of
   * the `shards`, which are as many as the ranks by default, and all have the weights of the whole. Each runs the same program
   * with the same options and data. Rank 0 decides: its callbacks and its `signal` alone count. Off by default. Linux only.
   */
  distributed?: 'mpi' | undefined;
  /** Threads to compute with; the model's by default. The results do not depend on it. */
  threads?: number | undefined;
  /** Ends training at a whole step with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
  /** Called while an epoch runs. An error it throws ends training and is passed on. */
  onProgress?: ((progress: FitProgress) => void) | undefined;
  /**
   * Called, before the first step, with what is not an error and yet worth a word: where a training that continues to
   * another end has other learning rates for it. The default is `process.emitWarning`.
   */
  onWarning?: ((message: string) => void) | undefined;
  /** Called between two steps, in this order: see `callbacks`. */
  callbacks?: readonly Callback[] | undefined;
  /** Saves the training at this interval of steps; see `callbacks.checkpoint`. */
  checkpoint?: CheckpointSettings | undefined;
  /**
   * A checkpoint to continue from, with the bits of a run that was never stopped. Weights, and options that are not
   * given, are the checkpoint's; options that are given must be the same, except `epochs` and `steps`.
   */
  resume?: string | undefined;
}

/** Options of `LanguageModel.fit`. */
export interface FitOptions extends TrainingOptions {
  /** Rows the stream is cut into; 32 by default. */
  batch?: number | undefined;
  /** Tokens of a row that a step trains on, and the reach of BPTT; 64 by default. */
  window?: number | undefined;
  /** For documents: whether their order is drawn again for each epoch; true by default. */
  shuffle?: boolean | undefined;
  /** Fraction of the corpus, from its end, that validates after each epoch. Off by default. */
  validation?: number | undefined;
}

/** Options of `fit` for examples; `Data` is what it is given. */
export interface ExampleFitOptions<Data> extends TrainingOptions {
  /** Examples a step; 32 by default, of `SequenceClassifier` 1. */
  batch?: number | undefined;
  /** Whether their order is drawn again for each epoch; true by default. */
  shuffle?: boolean | undefined;
  /**
   * Number of batches of the epoch's order that are sorted by length together, so that the rows of a batch have similar
   * lengths; 0 (off) by default.
   */
  bucketing?: number | undefined;
  /** Fraction of the examples, the last of a seeded shuffle, that validates after each epoch. Off by default. */
  validation?: number | undefined;
  /** Validation data, instead of a fraction. */
  validationData?: Data | undefined;
}

/** One option of training. */
export interface TrainingRow extends OptionRow {
  /**
   * The kind of data whose `fit` has the option: a stream or documents, or examples. Absent for an option of all kinds.
   */
  readonly of?: 'stream' | 'examples';
  /**
   * How a checkpoint stores the option, so that a resumed run uses it:
   *
   * - `value`: the value, if it is not off.
   * - `unless default`: the same, if it is not the default. An option that earlier releases did not have is one of
   *   these, so that their checkpoints stay valid.
   * - `bound`: the end of the run, which may be raised.
   * - `made`: a value that `options.ts` or `run-plan.ts` derives from it.
   * - `within`: the option is part of the recorded value of another one.
   *
   * Absent for an option that must be given again to a resumed run.
   */
  readonly recorded?: 'value' | 'unless default' | 'bound' | 'made' | 'within';
  /** Whether the native side takes the value under the same name, 0 for an option that is off. */
  readonly native?: true;
  /** The group of the flag in `--help`, if not that of training. */
  readonly group?: 'Files and output:';
}

type Figure = Exclude<keyof ScheduleDescription, undefined>;

/** Options of some `fit`, parts of them, and what the command line has instead of a callback. */
type Name = keyof FitOptions | keyof ExampleFitOptions<never> | `schedule.${Figure}` | PartName;
type PartName = 'callbacks.patience' | 'checkpoint.path' | 'checkpoint.everySteps';

/** The learning rate of `adam` where texts are classified. */
const ADAM_OF_TEXTS = 0.01;

/** The part that validates where the command line classifies texts. */
export const VALIDATING_TEXTS = 0.1;

const ALL = ['train', 'bench', 'classify train'] as const;
const OF_TEXT = ['train', 'bench'] as const;
const SAVING = ['train', 'classify train'] as const;
const FILES = 'Files and output:';

function powerOfTwo(option: string, value: unknown): number {
  const whole = check.integer(option, value, { min: 1, max: MAX_SIZE });
  if (!Number.isInteger(Math.log2(whole))) throw check.outOfRange(option, 'a power of two', value);
  return whole;
}

export const TRAINING_TABLE = {
  epochs: {
    check: integer({ min: 1, max: MAX_SIZE }),
    default: 5,
    defaultOfTexts: 10,
    recorded: 'bound',
    flag: '--epochs <n>',
    help: 'passes over the text',
    helpIn: { 'classify train': 'passes over the texts' },
    commands: SAVING,
  },
  steps: {
    check: integer({ min: 1 }),
    recorded: 'bound',
    flag: '--steps <n>',
    help: 'steps of the whole run; takes precedence over --epochs',
    commands: ['train'],
  },
  validation: {
    check: number({ min: 0, below: 1 }),
    default: 0,
    recorded: 'value',
    flag: '--validation <x>',
    help: 'fraction of the text, at its end, for validation (default: off)',
    helpIn: {
      'classify train': `fraction of the shuffled texts for validation, 0 for none (default: ${VALIDATING_TEXTS})`,
    },
    commands: SAVING,
  },
  validationData: { of: 'examples' },
  'callbacks.patience': {
    flag: '--early-stopping <n>',
    help: 'stop after n epochs without a lower validation loss, and restore the best weights (default: off)',
    helpIn: { 'classify train': 'stop after n epochs without a lower validation loss' },
    commands: SAVING,
    isOfCommand: true,
  },
  window: {
    of: 'stream',
    check: integer({ min: 1, max: MAX_SIZE }),
    default: 64,
    recorded: 'value',
    flag: '--window <n>',
    help: 'tokens of each row in one step',
    commands: OF_TEXT,
  },
  batch: {
    check: integer({ min: 1, max: MAX_SIZE }),
    default: 32,
    recorded: 'value',
    flag: '--batch <n>',
    help: 'rows that the text is split into',
    helpIn: { 'classify train': 'texts per step' },
    commands: ALL,
  },
  shuffle: { check: check.boolean, default: true, recorded: 'value' },
  bucketing: { of: 'examples', check: integer({ min: 0, max: MAX_SIZE }), default: 0, recorded: 'value' },
  optimizer: {
    check: (_, value, given) => resolveOptimizer(value as FitOptions['optimizer'] & {}, overridesIn(given)),
    choices: OPTIMIZER_KINDS,
    default: 'adam',
    recorded: 'made',
    flag: '--optimizer <kind>',
    help: 'optimiser',
    commands: ALL,
  },
  learningRate: {
    defaultOfTexts: ADAM_OF_TEXTS,
    recorded: 'within',
    flag: '--lr <x>',
    help: 'learning rate (default: that of the optimiser)',
    helpIn: { 'classify train': `learning rate (default: ${ADAM_OF_TEXTS} for adam, else that of the optimiser)` },
    commands: ALL,
  },
  momentum: {
    recorded: 'within',
    flag: '--momentum <x>',
    help: 'momentum of the optimisers momentum (default: 0.9), sgd and rmsprop (default: 0)',
    commands: OF_TEXT,
  },
  weightDecay: {
    recorded: 'within',
    flag: '--weight-decay <x>',
    help: 'weight decay (default: off; adamw 0.01)',
    commands: ALL,
  },
  schedule: {
    check: (_, value) => resolveSchedule(value as FitOptions['schedule']),
    default: 'constant',
    recorded: 'made',
  },
  'schedule.kind': {
    choices: SCHEDULE_KINDS,
    default: 'constant',
    recorded: 'within',
    flag: '--schedule <kind>',
    help: 'schedule of the learning rate',
    commands: OF_TEXT,
  },
  'schedule.unit': { recorded: 'within' },
  'schedule.warmup': {
    default: 0,
    recorded: 'within',
    flag: '--warmup <n>',
    help: 'steps at the start in which the learning rate rises',
    commands: OF_TEXT,
  },
  'schedule.every': {
    recorded: 'within',
    flag: '--schedule-every <n>',
    help: 'of step and exponential: apply the factor every n steps',
    commands: OF_TEXT,
  },
  'schedule.factor': {
    recorded: 'within',
    flag: '--schedule-factor <x>',
    help: 'factor of step (default: 0.1) and exponential (default: 0.5)',
    commands: OF_TEXT,
  },
  'schedule.length': { recorded: 'within' },
  'schedule.floor': { recorded: 'within' },
  sparse: {
    choices: ['exact', 'lazy'],
    recorded: 'made',
    flag: '--sparse <kind>',
    help: 'how to update rows of a table that a batch does not use (default: exact; with --output sampled: lazy)',
    commands: OF_TEXT,
  },
  precision: {
    choices: ['float32', 'bf16'],
    default: 'float32',
    recorded: 'unless default',
    native: true,
    flag: '--precision <kind>',
    help: 'precision of large matrix products',
    commands: OF_TEXT,
  },
  reduction: {
    choices: ['mean', 'sum'],
    default: 'mean',
    recorded: 'value',
    native: true,
    flag: '--reduction <kind>',
    help: 'minimise the mean or the sum of the losses of a step',
    commands: OF_TEXT,
  },
  clipValue: {
    check: number({ above: 0 }),
    recorded: 'value',
    native: true,
    flag: '--clip-value <x>',
    help: 'clip every gradient to ±x (default: off)',
    commands: OF_TEXT,
  },
  clipNorm: {
    check: number({ above: 0 }),
    recorded: 'value',
    native: true,
    flag: '--clip-norm <x>',
    help: 'scale the gradient to at most this norm (default: off)',
    commands: ALL,
  },
  seed: {
    check: integer({ min: 0 }),
    default: 0,
    recorded: 'value',
    native: true,
    flag: '--seed <n>',
    help: 'seed of all random numbers',
    commands: ALL,
  },
  shards: {
    check: powerOfTwo,
    default: 1,
    recorded: 'unless default',
    native: true,
    flag: '--shards <n>',
    help: 'parts of each batch, whose gradients are added in a fixed tree',
    commands: SAVING,
  },
  distributed: { choices: ['mpi'] },
  threads: {
    check: integer({ min: 1, max: MAX_THREADS }),
    flag: '--threads <n>',
    help: 'threads to compute with (default: all that the process may use)',
    commands: ALL,
  },
  signal: { check: check.abortSignal },
  onProgress: { check: (option, value) => check.callback(option, value as FitOptions['onProgress']) },
  onWarning: { check: (option, value) => check.callback(option, value as FitOptions['onWarning']) },
  callbacks: {},
  checkpoint: {},
  'checkpoint.path': {
    flag: '--checkpoint <file>',
    help: 'save the whole training to this file after each epoch',
    commands: SAVING,
    group: FILES,
    isOfCommand: true,
  },
  'checkpoint.everySteps': {
    flag: '--checkpoint-every <n>',
    help: 'save the checkpoint every n steps instead, and at the end',
    commands: ['train'],
    group: FILES,
    isOfCommand: true,
  },
  resume: {
    flag: '--resume <file>',
    help: 'continue from a checkpoint; options that are not given come from it',
    helpIn: { 'classify train': 'continue from a checkpoint; the model and options that are not given come from it' },
    commands: SAVING,
    group: FILES,
  },
} as const satisfies Readonly<Record<Name, TrainingRow>>;

/** Names of the rows that calls of some data know. */
type NameOf<Kind> = {
  [Option in keyof typeof TRAINING_TABLE]: Option extends `${string}.${string}`
    ? never
    : (typeof TRAINING_TABLE)[Option] extends { readonly of: infer Own }
      ? Own extends Kind
        ? Option
        : never
      : Option;
}[keyof typeof TRAINING_TABLE];

/** The rows with all that any may have. */
export const TRAINING_ROWS: Readonly<Record<Name, TrainingRow>> = TRAINING_TABLE;

/** Options of `LanguageModel.fit`. */
export const FIT_OPTIONS = namesOf(TRAINING_ROWS, ({ of }) => of !== 'examples') as NameOf<'stream'>[];

/** Options of a `fit` of examples. */
export const EXAMPLE_FIT_OPTIONS = namesOf(TRAINING_ROWS, ({ of }) => of !== 'stream') as NameOf<'examples'>[];
