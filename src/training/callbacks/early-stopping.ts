/** Stops training that gets no better. */

import type { Parameters } from '../../flat-layout';
import * as check from '../../validation';
import { counted } from '../../wording';
import { isBetter, MONITORS, type Monitor } from '../epoch-result';
import { type Callback, monitored } from './callback';

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** The figure it watches; `'validationLoss'` by default. */
  monitor?: Monitor | undefined;
  /** Epochs without getting better after which training stops; 1 by default. */
  patience?: number | undefined;
  /** What is better by no more than this is no better; 0 by default. */
  minDelta?: number | undefined;
  /** Whether the model has the weights of the best epoch when training ends by itself; true by default. */
  restoreBest?: boolean | undefined;
}

interface State {
  best?: number;
  bestEpoch?: number;
  epochsWithout: number;
  /** Of the best epoch. */
  weights?: Parameters;
}

/**
 * Stops training once a figure has not become better for `patience` epochs. When training ends by itself, then or at
 * its last step, the model has the weights of its best epoch.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function earlyStopping(options?: EarlyStoppingOptions): Callback {
  const known = ['monitor', 'patience', 'minDelta', 'restoreBest'] as const;
  const given = check.options('earlyStopping', options, known);
  const monitor = check.oneOf('monitor', given.monitor === undefined ? 'validationLoss' : given.monitor, MONITORS);
  const patience = check.integer('patience', given.patience === undefined ? 1 : given.patience, { min: 1 });
  const minDelta = check.number('minDelta', given.minDelta === undefined ? 0 : given.minDelta, { min: 0 });
  const restoreBest = check.boolean('restoreBest', given.restoreBest === undefined ? true : given.restoreBest);
  const fresh = (): State => ({ epochsWithout: 0 });
  let state = fresh();
  return {
    name: 'earlyStopping',

    onStart() {
      state = fresh();
    },

    async onEpochEnd(epoch, control) {
      const value = monitored(epoch, monitor);
      if (isBetter(monitor, value, state.best, minDelta)) {
        state = { best: value, bestEpoch: epoch.epoch, epochsWithout: 0 };
        if (restoreBest) state.weights = await control.model.parameters();
        return;
      }
      state.epochsWithout++;
      if (state.epochsWithout < patience) return;
      const figure = monitor.replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`);
      const failing = state.bestEpoch === undefined ? 'been no finite number' : 'not become better';
      control.stop(`the ${figure} has ${failing} for ${counted(patience, 'epoch')}`);
    },

    async onEnd({ model }) {
      if (state.weights !== undefined) await model.setParameters(state.weights);
    },

    getState: () => state,
    setState: (kept) => {
      check.integer('epochsWithout', (kept as State).epochsWithout, { min: 0 });
      state = kept as State;
    },
  };
}
