/** Saves the training as it continues. */

import * as check from '../../base/check';
import { requireWritable } from '../../base/files/files';
import { isBetter, MONITORS, type Monitor } from '../epoch-result';
import { type Callback, monitored, type StepResult, type TrainingControl } from './callback';

/** Options of `checkpoint`: where, and how often. */
export interface CheckpointOptions {
  /** The file; each checkpoint takes the place of the one before, whole or not at all. */
  path: string;
  /** Saves every `everySteps` steps, and when training ends. */
  everySteps?: number | undefined;
  /** Saves every `everyEpochs` epochs, and when training ends; 1 by default if `everySteps` is not given. */
  everyEpochs?: number | undefined;
  /** Saves only after epochs in which this figure is the best so far. Not together with `everySteps`. */
  keepBest?: Monitor | undefined;
}

/** The callbacks that `checkpoint` has created. */
const saving = new WeakSet<Callback>();

/** Whether a callback was made by `checkpoint`. */
export function savesCheckpoints(callback: Callback): boolean {
  return saving.has(callback);
}

interface State {
  best?: number;
}

/**
 * Writes checkpoints, from which `fit` resumes and which can also be loaded as models. Except with `keepBest`, the last
 * one is written at the end of training: its last step, or where a callback, a signal or leaving the loop ended it.
 * After an error the previous checkpoint stays, because a failed training cannot be continued.
 *
 * A checkpoint is written from a copy of the state while training continues. An existing file is always whole. The
 * newest checkpoint is complete when a loop gets its epoch, when `fit` ends in any way, and before the next checkpoint
 * starts. If a checkpoint cannot be written, training ends with that error, which has the step of the checkpoint.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function checkpoint(options: CheckpointOptions): Callback {
  const given = check.options('checkpoint', options, ['path', 'everySteps', 'everyEpochs', 'keepBest']);
  const path = check.nonEmptyString('checkpoint.path', given.path);
  const { everySteps, keepBest } = given;
  if (everySteps !== undefined) check.integer('checkpoint.everySteps', everySteps, { min: 1 });
  const byDefault = everySteps === undefined ? 1 : 0;
  const everyEpochs =
    given.everyEpochs === undefined
      ? byDefault
      : check.integer('checkpoint.everyEpochs', given.everyEpochs, { min: 1 });
  if (keepBest !== undefined) check.oneOf('checkpoint.keepBest', keepBest, MONITORS);
  if (keepBest !== undefined && everySteps !== undefined) {
    throw check.outOfRange('checkpoint.keepBest', 'left out if everySteps is given', keepBest);
  }
  let state: State = {};
  /** Steps made at the last checkpoint. */
  let savedAt: number | undefined;

  function save(control: TrainingControl): void {
    control.saveCheckpoint(path);
    savedAt = control.steps;
  }

  /** The end is saved too, unless it has been. */
  function saveEnd(control: TrainingControl): void {
    if (keepBest === undefined && savedAt !== control.steps) save(control);
  }

  const callback: Callback = {
    name: 'checkpoint',
    ...(everySteps !== undefined && { everySteps }),

    async onStart() {
      state = {};
      savedAt = undefined;
      await requireWritable(path);
    },

    ...(everySteps !== undefined && { onStep: (_: StepResult, control: TrainingControl) => save(control) }),

    onEpochEnd(epoch, control) {
      if (everyEpochs === 0 || (epoch.epoch + 1) % everyEpochs !== 0) return;
      if (keepBest !== undefined) {
        const value = monitored(epoch, keepBest);
        if (!isBetter(keepBest, value, state.best)) return;
        state = { best: value };
      }
      save(control);
    },

    onEnd: saveEnd,
    onAbort: saveEnd,

    ...(keepBest !== undefined && {
      getState: () => state,
      setState: (kept: unknown) => {
        const { best } = kept as State;
        state = best === undefined ? {} : { best: check.number('best', best) };
      },
    }),
  };
  saving.add(callback);
  return callback;
}
