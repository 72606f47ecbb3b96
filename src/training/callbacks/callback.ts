/** What a callback of a training is. */

import * as check from '../../base/check';
import type { Network } from '../../network/network';
import { type Parameters, requireParameters } from '../../network/parameter-layout';
import type { EpochResult } from '../epoch-result';
import type { FitProgress } from '../fit-progress';

/** Figures of one step. */
export interface StepResult {
  /** Number of the epoch, from 0. */
  epoch: number;
  /** Number of the step (from 0), over the whole run. */
  step: number;
  /** Mean loss of the step, before its update. */
  loss: number;
  /** Norm of the gradient over all trained parameters, after clipping by value, before clipping by norm. */
  gradientNorm: number;
  learningRate: number;
}

/**
 * What a training hands to its callbacks: a network that is a `Model`, though nothing here knows that class. `model.ts` says
 * so.
 */
export interface TrainedModel extends Network {}

/** What a callback can do to its training. */
export interface TrainingControl {
  /** The model that is trained; idle while callbacks run. */
  readonly model: TrainedModel;
  /** Steps made so far, over the whole run. */
  readonly steps: number;
  /** Multiplies the learning rate, beside the schedule, from the next step on; 1 at first. Kept in checkpoints. */
  learningRateScale: number;
  /** Ends training here; the reason is in the last result. */
  stop(reason: string): void;
  /**
   * Writes a checkpoint of this moment, whole or not at all, once every callback has had this step or epoch; as of
   * `callbacks.checkpoint` beside the steps that follow.
   * @throws ERR_UNROLLED_CALLBACK where it would never be written: in `onClose`, or once training has ended.
   */
  saveCheckpoint(path: string): void;
}

/**
 * Something that is called between two steps of a training: after each epoch, and every `everySteps` steps. Training
 * waits for the promises it returns, and an error it throws ends training and is passed on. A callback that waits for its
 * own training waits for ever.
 *
 * One that remembers something (it has `getState` or `setState`, or comes with the package) is in one training at a time:
 * another that begins meanwhile is refused with ERR_UNROLLED_BUSY. One after the other may have it.
 */
export interface Callback {
  /** What its state is kept under in a checkpoint; none is kept without a name. */
  readonly name?: string;
  /** Whether training may be resumed without it where a checkpoint has its state; false by default. */
  readonly optional?: boolean;
  /** Calls `onStep` whenever the number of steps made is a multiple of it; 1 by default. */
  readonly everySteps?: number;
  /** Before the first step: what is remembered of a training before is forgotten here. */
  onStart?(control: TrainingControl): void | Promise<void>;
  /**
   * Several times a second, while training goes on: the figures of the steps since the last call. Every step is in one
   * call, which comes before those of `onStep` and `onEpochEnd` that follow it. Training does not wait for it, and the
   * model is in use.
   */
  onProgress?(progress: FitProgress, control: TrainingControl): void;
  /** After every step, or every `everySteps` of them. */
  onStep?(step: StepResult, control: TrainingControl): void | Promise<void>;
  /** After validation, in the order of the callbacks. */
  onEpochEnd?(epoch: EpochResult, control: TrainingControl): void | Promise<void>;
  /** Once all steps are made or training was stopped, before the last result is handed out; not after an error. */
  onEnd?(control: TrainingControl): void | Promise<void>;
  /**
   * When a signal ended training at a whole step, or its loop was left after an epoch: the last chance to save it. Not
   * where a callback has not had all that came before.
   */
  onAbort?(control: TrainingControl): void | Promise<void>;
  /**
   * Last of all, however training ended: by itself, by a signal, by an error, or because its loop was left. The model
   * keeps the weights that it is given here; checkpoints are written before.
   */
  onClose?(control: TrainingControl): void | Promise<void>;
  /**
   * All it has to remember: JSON, in which typed arrays, NaN, infinite numbers and -0 may stand too. Properties that are
   * undefined are left out; what would be lost otherwise is refused when a checkpoint is written.
   */
  getState?(): unknown;
  /**
   * Takes back what `getState` gave, after `onStart` of a resumed training, whose `control` comes with it. What it throws
   * refuses the checkpoint as damaged.
   */
  setState?(state: unknown, control?: TrainingControl): void;
}

const METHODS = [
  ...(['onStart', 'onProgress', 'onStep', 'onEpochEnd', 'onEnd', 'onAbort', 'onClose'] as const),
  ...(['getState', 'setState'] as const),
] satisfies (keyof Callback)[];

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function requireCallbacks(callbacks: unknown): readonly Callback[] {
  if (callbacks === undefined) return [];
  if (!Array.isArray(callbacks)) throw check.wrongType('callbacks', 'a list of callbacks', callbacks);
  for (const [index, callback] of callbacks.entries()) {
    const option = `callbacks[${index}]`;
    if (typeof callback !== 'object' || callback === null) throw check.wrongType(option, 'a callback', callback);
    const { name, everySteps } = callback as Callback;
    if (name !== undefined) check.nonEmptyString(`${option}.name`, name);
    if ((callback as Callback).optional !== undefined) check.boolean(`${option}.optional`, callback.optional);
    if (everySteps !== undefined) check.integer(`${option}.everySteps`, everySteps, { min: 1 });
    for (const method of METHODS) {
      check.callback(`${option}.${method}`, (callback as Callback)[method]);
    }
  }
  return callbacks;
}

/** What a callback remembers of the best epoch so far. */
export interface Best {
  /** Its figure. */
  best?: number;
  /** Its number, from 0. */
  bestEpoch?: number;
  /** The model's after it. */
  weights?: Parameters;
}

/**
 * Refuses what no callback remembered of its best epoch.
 * @param model undefined where nobody knows what the weights belong to.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE; for the weights ERR_UNROLLED_MODEL_MISMATCH,
 *   ERR_UNROLLED_SHAPE, ERR_UNROLLED_MODEL_NOT_FINITE.
 */
export function requireBest({ best, bestEpoch, weights }: Best, model: Network | undefined): void {
  const isKnown = best !== undefined || bestEpoch !== undefined || weights !== undefined;
  if (isKnown) check.number('best', best);
  if (bestEpoch !== undefined) check.integer('bestEpoch', bestEpoch, { min: 0 });
  if (weights !== undefined && model !== undefined) requireParameters(weights, model.parameterShapes, model.dtype);
}

/**
 * The value of a figure that a callback watches.
 * @throws ERR_UNROLLED_OPTION_RANGE where training does not have it.
 */
export function monitored(epoch: EpochResult, monitor: keyof EpochResult): number {
  const value = epoch[monitor];
  if (typeof value === 'number') return value;
  const expected = monitor.startsWith('validation')
    ? 'loss without validation data'
    : 'a figure that this training has';
  throw check.outOfRange('monitor', expected, monitor);
}
