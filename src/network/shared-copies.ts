/** Copies of a model, each with weights that it had once, for all calls that were made with them. */

import type { Network } from './network';

/** One copy, which goes with the last of its calls. */
export class SharedCopy {
  readonly model: Promise<Network>;
  #calls = 0;

  /** Copies the current weights of the model, independent of later calls. */
  constructor(model: Network) {
    this.model = model.copy();
    // The calls hear of a failure when they use the copy.
    this.model.catch(() => {});
  }

  join(): void {
    this.#calls++;
  }

  /** @returns whether no call is left; the copy is gone then. */
  leave(): boolean {
    if (--this.#calls > 0) return false;
    this.dispose();
    return true;
  }

  dispose(): void {
    this.model.then(
      (model) => model.dispose(),
      () => {},
    );
  }
}

/** The copies of one model. */
export class SharedCopies<Copy extends SharedCopy> {
  readonly #make: () => Copy;
  /** Whoever forgets a call in its midst does not keep its copy here. */
  #all = new Set<WeakRef<Copy>>();
  /** The copy that is being made while a training runs. */
  #making: Copy | undefined;

  constructor(make: () => Copy) {
    this.#make = make;
  }

  /** A copy of the weights there are. */
  copy(): Copy {
    for (const copy of this.#all) if (copy.deref() === undefined) this.#all.delete(copy);
    const copy = this.#make();
    this.#all.add(new WeakRef(copy));
    return copy;
  }

  /** A copy while steps are made, which all calls share that are made before it is there. */
  besideSteps(): Copy {
    if (this.#making !== undefined) return this.#making;
    const copy = this.copy();
    this.#making = copy;
    const forget = () => {
      if (this.#making === copy) this.#making = undefined;
    };
    copy.model.then(forget, forget);
    return copy;
  }

  /** Calls that are made from now on have other weights. */
  change(): void {
    this.#making = undefined;
  }

  /** A call of a copy is over. */
  leave(copy: Copy): void {
    if (copy.leave() && this.#making === copy) this.#making = undefined;
  }

  dispose(): void {
    for (const copy of this.#all) copy.deref()?.dispose();
    this.#all = new Set();
  }
}
