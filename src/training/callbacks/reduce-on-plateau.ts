/** Lowers the learning rate of a training that gets no better. */

import * as check from '../../base/check';
import { isBetter, MONITORS, type Monitor } from '../epoch-result';
import { type Best, type Callback, monitored, requireBest } from './callback';

/** Options of `reduceOnPlateau`. */
export interface ReduceOnPlateauOptions {
  /** The figure it watches; `'validationLoss'` by default. */
  monitor?: Monitor | undefined;
  /** The factor of the learning rate, below 1; 0.1 by default. */
  factor?: number | undefined;
  /** Epochs without getting better after which it is lowered; 10 by default. */
  patience?: number | undefined;
  /** Epochs after lowering it that do not count; 0 by default. */
  cooldown?: number | undefined;
  /** The smallest scale of the learning rate; 0 by default. */
  minimum?: number | undefined;
  /** The smallest change that counts as an improvement; it must be exceeded. 0 by default. */
  minDelta?: number | undefined;
}

interface State extends Pick<Best, 'best'> {
  epochsWithout: number;
  epochsToCool: number;
}

/**
 * Multiplies the learning rate by `factor` when a figure has not improved for `patience` epochs, in addition to any
 * schedule.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function reduceOnPlateau(options?: ReduceOnPlateauOptions): Callback {
  const known = ['monitor', 'factor', 'patience', 'cooldown', 'minimum', 'minDelta'] as const;
  const given = { factor: 0.1, patience: 10, cooldown: 0, minimum: 0, minDelta: 0, monitor: 'validationLoss' as const };
  for (const [key, value] of Object.entries(check.options('reduceOnPlateau', options, known))) {
    if (value !== undefined) Object.assign(given, { [key]: value });
  }
  const monitor = check.oneOf('monitor', given.monitor, MONITORS);
  const factor = check.number('factor', given.factor, { above: 0, below: 1 });
  const patience = check.integer('patience', given.patience, { min: 1 });
  const cooldown = check.integer('cooldown', given.cooldown, { min: 0 });
  const minimum = check.number('minimum', given.minimum, { min: 0, max: 1 });
  const minDelta = check.number('minDelta', given.minDelta, { min: 0 });
  const fresh = (): State => ({ epochsWithout: 0, epochsToCool: 0 });
  let state = fresh();
  return {
    name: 'reduceOnPlateau',

    onStart() {
      state = fresh();
    },

    onEpochEnd(epoch, control) {
      const value = monitored(epoch, monitor);
      if (isBetter(monitor, value, state.best, minDelta)) {
        state.best = value;
        state.epochsWithout = 0;
      } else if (state.epochsToCool === 0) {
        state.epochsWithout++;
      }
      if (state.epochsToCool > 0) state.epochsToCool--;
      if (state.epochsWithout < patience) return;
      control.learningRateScale = Math.max(control.learningRateScale * factor, minimum);
      state.epochsWithout = 0;
      state.epochsToCool = cooldown;
    },

    getState: () => state,
    setState: (kept) => {
      check.integer('epochsWithout', (kept as State).epochsWithout, { min: 0 });
      check.integer('epochsToCool', (kept as State).epochsToCool, { min: 0 });
      requireBest(kept as State, undefined);
      state = kept as State;
    },
  };
}
