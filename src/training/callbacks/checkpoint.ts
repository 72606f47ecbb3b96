/** Saves the training as it goes on. */

import { requireWritable } from '../../files';
import * as check from '../../validation';
import { isBetter, MONITORS, type Monitor } from '../epoch-result';
import { type Callback, monitored } from './callback';

/** Options of `checkpoint`: where, and how often. */
export interface CheckpointOptions {
  /** The file; each checkpoint takes the place of the one before, whole or not at all. */
  path: string;
  /** Saves when so many steps more are made. */
  everySteps?: number | undefined;
  /** Saves after each so many epochs; 1 by default, where there is no `everySteps`. */
  everyEpochs?: number | undefined;
  /** Saves only after those of these epochs at which this figure is the best so far. Not with `everySteps`. */
  keepBest?: Monitor | undefined;
}

interface State {
  best?: number;
}

/**
 * Writes checkpoints, from which `fit` resumes and which load as models too. But for `keepBest`, the last one is written
 * where a signal ends training.
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
    throw check.outOfRange('checkpoint.keepBest', 'left out with everySteps', keepBest);
  }
  let state: State = {};
  return {
    name: 'checkpoint',
    ...(everySteps !== undefined && { everySteps }),

    async onStart() {
      state = {};
      await requireWritable(path);
    },

    onStep(_, control) {
      control.saveCheckpoint(path);
    },

    onEpochEnd(epoch, control) {
      if (everyEpochs === 0 || (epoch.epoch + 1) % everyEpochs !== 0) return;
      if (keepBest !== undefined) {
        const value = monitored(epoch, keepBest);
        if (!isBetter(keepBest, value, state.best)) return;
        state = { best: value };
      }
      control.saveCheckpoint(path);
    },

    onAbort(control) {
      if (keepBest === undefined) control.saveCheckpoint(path);
    },

    ...(keepBest !== undefined && {
      getState: () => state,
      setState: (kept: unknown) => {
        const { best } = kept as State;
        state = best === undefined ? {} : { best: check.number('best', best) };
      },
    }),
  };
}
