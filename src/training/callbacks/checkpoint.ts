/** Saves the training as it continues. */

import * as check from '../../base/check';
import { requireWritable } from '../../base/files/files';
import { isBetter, MONITORS, type Monitor } from '../epoch-result';
import { type Callback, monitored, type StepResult, type TrainingControl } from './callback';

/** Options of `checkpoint`: where, and how often. */
export interface CheckpointOptions {
  /** The file; each checkpoint takes the place of the one before, whole or not at all. */
  path: string;
  /** Saves whenever so many steps more are made, and when training ends. */
  everySteps?: number | undefined;
  /** Saves after each so many epochs, and when training ends; 1 by default, where there is no `everySteps`. */
  everyEpochs?: number | undefined;
  /** Saves only after those of these epochs at which this figure is the best so far. Not with `everySteps`. */
  keepBest?: Monitor | undefined;
}

/** Those that `checkpoint` made. */
const saving = new WeakSet<Callback>();

/** Whether a callback was made by `checkpoint`. */
export function savesCheckpoints(callback: Callback): boolean {
  return saving.has(callback);
}

interface State {
  best?: number;
}

/**
 * Writes checkpoints, from which `fit` resumes and which load as models too. But for `keepBest`, the last one is of the
 * training's end: its last step, where a callback or a signal ended it, or where its loop was left. After an error the
 * one before stays: what cannot continue is no place to continue from.
 *
 * A checkpoint is written beside the training, from a copy of its state. A file that is there is always whole; the newest
 * is there when a loop is handed its epoch, when `fit` ends, however it ends, and before the next one is begun. Where
 * one cannot be written, training ends with that error, which has the step of the checkpoint.
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
