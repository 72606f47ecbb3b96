/** The weights that a model had when a call was made, for work of the call that comes after it. */

import type { Network, WeightReader } from './network';
import { SharedCopies, SharedCopy } from './shared-copies';

/** A call that was made. */
class Call {
  readonly #model: Network;
  /** Undefined while the model itself still has the weights. */
  copy: SharedCopy | undefined;

  constructor(model: Network) {
    this.#model = model;
  }

  /** Does native work with the weights of the call: at once where the model still has them. */
  use<T>(work: (model: Network) => Promise<T>): Promise<T> {
    return this.copy === undefined ? work(this.#model) : this.copy.model.then(work);
  }
}

/** The calls of one model. Nothing is copied while its weights stay. */
class Calls implements WeightReader {
  readonly #model: Network;
  readonly #open = new Set<Call>();
  readonly #copies: SharedCopies<SharedCopy>;

  constructor(model: Network) {
    this.#model = model;
    this.#copies = new SharedCopies(() => new SharedCopy(model));
    model.addWeightReader(this);
  }

  /** @param parts whether the call reads the weights more than once. */
  begin(parts: 'one' | 'several'): Call {
    const call = new Call(this.#model);
    if (parts === 'several' && this.#model.isTraining) this.#give(call, this.#copies.besideSteps());
    else this.#open.add(call);
    return call;
  }

  end(call: Call): void {
    this.#open.delete(call);
    if (call.copy !== undefined) this.#copies.leave(call.copy);
  }

  keepWeights(): void {
    this.#copies.change();
    if (this.#open.size === 0) return;
    const copy = this.#copies.copy();
    for (const call of this.#open) this.#give(call, copy);
    this.#open.clear();
  }

  dispose(): void {
    this.#copies.dispose();
  }

  #give(call: Call, copy: SharedCopy): void {
    call.copy = copy;
    copy.join();
  }
}

const callsOf = new WeakMap<Network, Calls>();

/**
 * Runs the work of a call with the current weights. During a training, work in several parts uses the weights of one
 * step, and work in one part those of the latest step.
 * @throws the errors of the work; `use` ERR_UNROLLED_OUT_OF_MEMORY if the weights cannot be copied.
 */
export async function withWeightsOfCall<T>(
  model: Network,
  parts: 'one' | 'several',
  work: (call: Pick<Call, 'use'>) => Promise<T>,
): Promise<T> {
  const calls = callsOf.get(model) ?? new Calls(model);
  callsOf.set(model, calls);
  const call = calls.begin(parts);
  try {
    return await work(call);
  } finally {
    calls.end(call);
  }
}
