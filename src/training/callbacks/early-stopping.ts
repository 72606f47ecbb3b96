/** Stops training that gets no better. */

import * as check from '../../base/check';
import { counted } from '../../base/messages/plurals';
import { isBetter, MONITORS, type Monitor } from '../epoch-result';
import { type Best, type Callback, monitored, requireBest } from './callback';
import { restoreWeights } from './keep-best';

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** The figure it watches; `'validationLoss'` by default. */
  monitor?: Monitor | undefined;
  /** Epochs without getting better after which training stops; 1 by default. */
  patience?: number | undefined;
  /** The smallest change that counts as an improvement; it must be exceeded. 0 by default. */
  minDelta?: number | undefined;
  /** Whether the model has the weights of the best epoch when training ends, however that is; true by default. */
  restoreBest?: boolean | undefined;
}

/** A callback that `earlyStopping` has created. */
export interface EarlyStopping extends Callback {
  /** The best epoch so far, from 0; undefined before one has ended with a finite figure. */
  readonly bestEpoch: number | undefined;
}

interface State extends Best {
  epochsWithout: number;
}

/**
 * Stops training when a figure has not improved for `patience` epochs. However training ends (in this way, after its
 * last step, by a signal, by an error or by leaving the loop), the model then has the weights of its best epoch, or
 * those of the last step if no epoch has ended yet.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function earlyStopping(options?: EarlyStoppingOptions): EarlyStopping {
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

    get bestEpoch() {
      return state.bestEpoch;
    },

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
      const failing = state.bestEpoch === undefined ? 'not been a finite number' : 'not improved';
      control.stop(`the ${figure} has ${failing} for ${counted(patience, 'epoch')}`);
    },

    async onClose({ model }) {
      if (restoreBest) await restoreWeights(model, state.weights);
    },

    getState: () => state,
    setState: (kept, control) => {
      check.integer('epochsWithout', (kept as State).epochsWithout, { min: 0 });
      requireBest(kept as State, control?.model);
      state = kept as State;
    },
  };
}
