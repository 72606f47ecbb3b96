/** Draws the texts of a model, each to its end with the weights that the model had when it began. */

import type { Network, WeightReader } from '../network/network';
import { SharedCopies, SharedCopy } from '../network/shared-copies';
import type { Vocabulary } from '../text/vocabulary';
import { Batcher, type Row, type Wanted } from './batcher';

/** The weights that a model had once, and what draws the texts that were begun with them. */
class KeptWeights extends SharedCopy {
  readonly batcher: Batcher;

  constructor(model: Network, vocabulary: Vocabulary, threads: number) {
    super(model);
    this.batcher = new Batcher(model, vocabulary, threads, this.model);
  }
}

/** The state of a call that has begun. */
interface Begun {
  batcher: Batcher;
  /** Undefined while the model still has the weights. */
  kept: KeptWeights | undefined;
  /** The node of the call in the list of those that draw with the model itself. */
  open: WeakRef<object> | undefined;
}

/** Calls that may be forgotten before the list is looked through. */
const FORGOTTEN = 1024;

/**
 * Draws the texts of one model. Nothing is copied while the weights stay; where they are about to change, texts that were
 * begun get a copy of those there are, one for all of them. A text that begins while steps are made gets one at once, which
 * those share that begin before it is made.
 */
export class TextDrawer implements WeightReader {
  readonly #model: Network;
  readonly #live: Batcher;
  /** Calls by `Row.call`. */
  readonly #begun = new WeakMap<object, Begun>();
  /** Calls that draw with the model itself. Whoever forgets a text in the middle does not keep it here. */
  #open = new Set<WeakRef<object>>();
  #mostOpen = FORGOTTEN;
  readonly #copies: SharedCopies<KeptWeights>;

  constructor(model: Network, vocabulary: Vocabulary, threads: number) {
    this.#model = model;
    this.#live = new Batcher(model, vocabulary, threads);
    this.#copies = new SharedCopies(() => new KeptWeights(model, vocabulary, threads));
    model.addWeightReader(this);
  }

  /**
   * The next ids of a row, as `Batcher.draw` gives them.
   * @throws what `Batcher.draw` throws; ERR_UNROLLED_OUT_OF_MEMORY if the weights cannot be copied.
   */
  async draw(row: Row, wanted: Wanted): Promise<Int32Array> {
    return this.#beginning(row.call).batcher.draw(row, wanted);
  }

  /**
   * The model with the weights that a call began with, which is a copy if the model has changed since. A call on the
   * model itself must be made at once.
   * @throws ERR_UNROLLED_OUT_OF_MEMORY if the weights cannot be copied.
   */
  kept(call: object): Promise<Network> | undefined {
    return this.#beginning(call).kept?.model;
  }

  /** A row, or all rows of a call, will not be read any more. */
  end(call: object): void {
    const begun = this.#begun.get(call);
    if (begun === undefined) return;
    this.#begun.delete(call);
    if (begun.open !== undefined) this.#open.delete(begun.open);
    if (begun.kept !== undefined) this.#copies.leave(begun.kept);
  }

  keepWeights(): void {
    this.#copies.change();
    const calls = [...this.#open].map((open) => open.deref()).filter((call) => call !== undefined);
    this.#open = new Set();
    if (calls.length === 0) return;
    this.#give(calls, this.#copies.copy());
    this.#live.handOver((row) => this.#begun.get(row.call)?.batcher);
  }

  dispose(): void {
    this.#copies.dispose();
  }

  /** The state of a call, which begins with the current weights. */
  #beginning(call: object): Begun {
    const known = this.#begun.get(call);
    if (known !== undefined) return known;
    const begun: Begun = { batcher: this.#live, kept: undefined, open: undefined };
    this.#begun.set(call, begun);
    if (this.#model.isTraining) this.#give([call], this.#copies.besideSteps());
    else begun.open = this.#opened(call);
    return begun;
  }

  #opened(call: object): WeakRef<object> {
    if (this.#open.size >= this.#mostOpen) {
      for (const open of this.#open) if (open.deref() === undefined) this.#open.delete(open);
      this.#mostOpen = 2 * this.#open.size + FORGOTTEN;
    }
    const open = new WeakRef(call);
    this.#open.add(open);
    return open;
  }

  #give(calls: readonly object[], kept: KeptWeights): void {
    for (const call of calls) {
      const begun = this.#begun.get(call) as Begun;
      Object.assign(begun, { batcher: kept.batcher, kept, open: undefined });
      kept.join();
    }
  }
}
