/** Gives a model the weights of its best epoch back. */

import type { Parameters } from '../../flat-layout';
import type { Model } from '../../model';
import { type EpochResult, isBetter, type Monitor } from '../epoch-result';
import { type Callback, monitored, type TrainingControl } from './callback';

interface State {
  best?: number;
  weights?: Parameters;
}

/** Remembers the weights of the best epoch so far, for whoever runs the training to restore however that ends. */
export class BestWeights implements Callback {
  readonly name = 'bestWeights';
  readonly #monitor: Monitor;
  #state: State = {};

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  onStart(): void {
    this.#state = {};
  }

  async onEpochEnd(epoch: EpochResult, { model }: TrainingControl): Promise<void> {
    const value = monitored(epoch, this.#monitor);
    if (isBetter(this.#monitor, value, this.#state.best))
      this.#state = { best: value, weights: await model.parameters() };
  }

  getState(): unknown {
    return this.#state;
  }

  setState(state: unknown): void {
    this.#state = state as State;
  }

  /** Does nothing before the first epoch has ended, or where the model was disposed. */
  async restore(model: Model): Promise<void> {
    const { weights } = this.#state;
    if (weights !== undefined && !model.isDisposed) await model.setParameters(weights);
  }
}
