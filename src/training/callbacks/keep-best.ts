/** Gives a model the weights of its best epoch back. */

import type { Network } from '../../network/network';
import type { Parameters } from '../../network/parameter-layout';
import { type EpochResult, isBetter, type Monitor } from '../epoch-result';
import { type Best, type Callback, monitored, requireBest, type TrainingControl } from './callback';

/** Gives a model the weights of an epoch back; does nothing if none was kept, or where the model was disposed. */
export async function restoreWeights(model: Network, weights: Parameters | undefined): Promise<void> {
  if (weights !== undefined && !model.isDisposed) await model.setParameters(weights);
}

/**
 * Remembers the weights of the best epoch so far. `closing`, which comes last of the callbacks, gives them to the model
 * when training ends.
 */
export class BestWeights implements Callback {
  readonly name = 'bestWeights';
  readonly closing: Callback = { onClose: ({ model }) => restoreWeights(model, this.#state.weights) };
  readonly #monitor: Monitor;
  /** Without `bestEpoch` of checkpoints of earlier releases. */
  #state: Best = {};

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  onStart(): void {
    this.#state = {};
  }

  async onEpochEnd(epoch: EpochResult, { model }: TrainingControl): Promise<void> {
    const value = monitored(epoch, this.#monitor);
    if (isBetter(this.#monitor, value, this.#state.best))
      this.#state = { best: value, bestEpoch: epoch.epoch, weights: await model.parameters() };
  }

  /** The epoch whose weights are kept, from 0. */
  get bestEpoch(): number | undefined {
    return this.#state.bestEpoch;
  }

  getState(): unknown {
    return this.#state;
  }

  setState(state: unknown, control?: TrainingControl): void {
    requireBest(state as Best, control?.model);
    this.#state = state as Best;
  }
}
