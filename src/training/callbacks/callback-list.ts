/** The callbacks of one training, and what they ask of it. */

import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { phrase, refer } from '../../base/messages/phrase';
import type { Network } from '../../network/network';
import type { CallbackState } from '../checkpoint/record';
import type { EpochResult } from '../epoch-result';
import type { FitProgress } from '../fit-progress';
import type { Callback, StepResult, TrainedModel, TrainingControl } from './callback';
import { type Holder, hold, isHeldByOther } from './callback-holds';
import { storedState } from './callback-state';

/** What callbacks have asked for since it was last taken. */
export interface Wishes {
  /** The new scale of the learning rate, where it has changed. */
  scale: number | undefined;
  /** Files to write a checkpoint to. */
  checkpoints: readonly string[];
}

/** What a checkpoint has of the callbacks. */
export interface Remembered {
  learningRateScale: number;
  states: CallbackState[];
}

class Control implements TrainingControl {
  readonly model: TrainedModel;
  readonly checkpoints = new Set<string>();
  steps: number;
  stopReason: string | undefined;
  /** Whether checkpoints can no longer be written. */
  isClosed = false;
  #scale: number;

  constructor(model: Network, scale: number, steps: number) {
    this.model = model as TrainedModel;
    this.#scale = scale;
    this.steps = steps;
  }

  get learningRateScale(): number {
    return this.#scale;
  }

  set learningRateScale(scale: number) {
    this.#scale = check.number('learningRateScale', scale, { min: 0 });
  }

  stop(reason: string): void {
    this.stopReason ??= check.nonEmptyString('reason', reason);
  }

  saveCheckpoint(path: string): void {
    check.nonEmptyString('path', path);
    if (this.isClosed) {
      throw new UnrolledError(
        'ERR_UNROLLED_CALLBACK',
        `saveCheckpoint was called when no checkpoint can be written any more: ${path} is not written`,
        {
          advice: 'Call it before the training has ended: in onEnd or onAbort, not in onClose or later.',
          option: 'saveCheckpoint',
          expected: 'a call before onClose',
          received: path,
        },
      );
    }
    this.checkpoints.add(path);
  }
}

/** A callback that has something to remember, beside the name of its state. */
function remembering(callbacks: readonly Callback[]): { callback: Callback; name: string }[] {
  return callbacks.flatMap((callback) => {
    const { name } = callback;
    return name === undefined || callback.getState === undefined ? [] : [{ callback, name }];
  });
}

/** Steps between two calls of `onStep`; infinite where it is never called. */
function stepsBetween({ everySteps, onStep }: Callback): number {
  return onStep === undefined ? Number.POSITIVE_INFINITY : (everySteps ?? 1);
}

/** @throws ERR_UNROLLED_MODEL_FORMAT for a state that the callback cannot take. */
function restoreState(path: string, callback: Callback, state: unknown, control: TrainingControl): void {
  try {
    callback.setState?.(state, control);
  } catch (cause) {
    const why = cause instanceof UnrolledError ? `: ${cause.fault}` : '';
    const fault = `${path}: the state of the callback ${callback.name} is damaged${why}`;
    throw new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', fault, { received: path, cause });
  }
}

export class CallbackList implements Holder {
  readonly #callbacks: readonly Callback[];
  readonly #control: Control;
  #scaleTaken: number;
  #isReleased = false;

  /** @param steps made so far, where a training goes on. */
  constructor(callbacks: readonly Callback[], model: Network, learningRateScale: number, steps = 0) {
    this.#callbacks = callbacks;
    this.#control = new Control(model, learningRateScale, steps);
    this.#scaleTaken = learningRateScale;
  }

  get stopReason(): string | undefined {
    return this.#control.stopReason;
  }

  /** Number of steps made at which a callback wants to be called next, `end` at most. */
  nextStop(steps: number, end: number): number {
    return this.#callbacks.reduce((next, callback) => {
      const between = stepsBetween(callback);
      return between === Number.POSITIVE_INFINITY ? next : Math.min(next, (Math.floor(steps / between) + 1) * between);
    }, end);
  }

  /**
   * Takes them into this training, until they are released.
   * @throws ERR_UNROLLED_BUSY where one that remembers something is in another training.
   */
  hold(): void {
    hold(this.#callbacks, this);
  }

  async start(): Promise<void> {
    for (const callback of this.#callbacks) await callback.onStart?.(this.#control);
  }

  progress(progress: FitProgress): void {
    for (const callback of this.#callbacks) callback.onProgress?.(progress, this.#control);
  }

  /** Calls those that are due after so many steps. */
  async step(result: StepResult, steps: number): Promise<void> {
    for (const callback of this.#callbacks) {
      if (steps % stepsBetween(callback) === 0) await callback.onStep?.(result, this.#control);
    }
  }

  async epoch(result: EpochResult): Promise<void> {
    for (const callback of this.#callbacks) await callback.onEpochEnd?.(result, this.#control);
  }

  async end(): Promise<void> {
    for (const callback of this.#callbacks) await callback.onEnd?.(this.#control);
  }

  async abort(): Promise<void> {
    for (const callback of this.#callbacks) await callback.onAbort?.(this.#control);
  }

  /**
   * Calls all of them, whatever one throws; the first error is passed on then. Where the model was disposed, some may be in
   * another training by now, and hear no more of this one.
   */
  async close(): Promise<void> {
    this.endWishes();
    const errors: unknown[] = [];
    for (const callback of this.#callbacks) {
      try {
        if (!isHeldByOther(callback, this)) await callback.onClose?.(this.#control);
      } catch (error) {
        errors.push(error);
      }
    }
    this.release();
    if (errors.length > 0) throw errors[0];
  }

  /** Lets other trainings have the callbacks, however this one ended; more than once does nothing more. */
  release(): void {
    this.endWishes();
    this.#isReleased = true;
  }

  get isOver(): boolean {
    return this.#isReleased || this.#control.model.isDisposed;
  }

  /** From now on no checkpoint would be written. */
  endWishes(): void {
    this.#control.isClosed = true;
  }

  /** What was asked for, each wish once. */
  take(): Wishes {
    const { learningRateScale, checkpoints } = this.#control;
    const scale = learningRateScale === this.#scaleTaken ? undefined : learningRateScale;
    const wishes = { scale, checkpoints: [...checkpoints] };
    this.#scaleTaken = learningRateScale;
    checkpoints.clear();
    return wishes;
  }

  /** Steps made so far, as callbacks are told. */
  set steps(steps: number) {
    this.#control.steps = steps;
  }

  /**
   * A copy of what they remember now, whatever they remember later; undefined where it cannot be copied, and so not be
   * written either.
   */
  remember(): Remembered | undefined {
    try {
      return { learningRateScale: this.#control.learningRateScale, states: this.copiedStates };
    } catch {
      return undefined;
    }
  }

  /**
   * Copies of what they remember now, for a checkpoint.
   * @throws ERR_UNROLLED_OPTION_RANGE for what cannot be written.
   */
  get copiedStates(): CallbackState[] {
    return this.states.map(({ state, ...rest }) => ({ ...rest, state: storedState(rest.name, state) }));
  }

  get states(): CallbackState[] {
    return remembering(this.#callbacks).flatMap(({ callback, name }) => {
      const state = callback.getState?.();
      return state === undefined ? [] : [{ name, optional: callback.optional === true, state }];
    });
  }

  /**
   * Gives each callback its state back, those of one name in their order. One that the file does not know starts anew.
   * @throws ERR_UNROLLED_MODEL_MISMATCH where a callback is missing without which the run would be another.
   */
  restore(path: string, states: readonly CallbackState[]): void {
    const left = remembering(this.#callbacks);
    for (const { name, state, optional } of states) {
      const found = left.find((entry) => entry.name === name);
      if (found !== undefined) {
        left.splice(left.indexOf(found), 1);
        restoreState(path, found.callback, state, this.#control);
      } else if (!optional) {
        throw new UnrolledError(
          'ERR_UNROLLED_MODEL_MISMATCH',
          phrase`${path} was trained with ${refer.option(name)}, which is missing now`,
          { advice: 'Give it again to go on as before.', option: 'callbacks', expected: name },
        );
      }
    }
  }
}
