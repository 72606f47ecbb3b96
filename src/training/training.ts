/** What `fit` returns: a training whose epochs are taken one by one, or which is waited for. */

import { PRINTED } from '../printing';
import { counted } from '../wording';
import type { EpochResult } from './epoch-result';
import { History } from './history';

/**
 * A training: an async generator of its epochs, and a promise of their `History`. Nothing is trained before it is asked
 * for: by `for await` (or `next`) one epoch at a time, by `await` (or `then`, `catch`, `finally`) to the end.
 *
 * - `await model.fit(…)` trains what is left, once, however often it is waited for; the history has the epochs that were
 *   taken before too. Once a loop was left, it gives the history so far and trains no further.
 * - A loop gets each epoch once, also those that somebody trained by waiting meanwhile.
 * - An error, or a signal's, rejects whoever waits, and is thrown in the loop.
 *
 * The history of all epochs is kept as long as the training itself.
 */
export class Training<Epoch extends EpochResult = EpochResult>
  implements AsyncGenerator<Epoch, void, undefined>, PromiseLike<History>
{
  readonly #source: AsyncGenerator<Epoch, void, undefined>;
  /** Hands the epochs out. */
  readonly #taking: AsyncGenerator<Epoch, void, undefined>;
  readonly #history = new History();
  /** The epoch that is trained now. */
  #running: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  #isOver = false;
  /** Set where nobody wants more of it; settles when it has ended. */
  #leaving: Promise<void> | undefined;
  #outcome: Promise<History> | undefined;

  /**
   * @internal
   * @param source trains an epoch each time it is asked for one.
   */
  constructor(source: AsyncGenerator<Epoch, void, undefined>) {
    this.#source = source;
    this.#taking = this.#take();
  }

  /** Trains an epoch, unless one is there that nobody has taken. */
  next(): Promise<IteratorResult<Epoch, void>> {
    return this.#taking.next();
  }

  /** Ends the training where it is, as leaving a loop does. */
  async return(value?: void | PromiseLike<void>): Promise<IteratorResult<Epoch, void>> {
    const taken = this.#taking.return(value);
    this.#leaving ??= this.#leave(taken);
    await this.#leaving;
    return taken;
  }

  /** Ends it in the same way, and rejects with the error. */
  async throw(error: unknown): Promise<IteratorResult<Epoch, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** `return`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Trains what is left. */
  // biome-ignore lint/suspicious/noThenProperty: so that `await model.fit(…)` trains, as everywhere else.
  then<Result = History, Caught = never>(
    onFulfilled?: ((history: History) => Result | PromiseLike<Result>) | null,
    onRejected?: ((reason: unknown) => Caught | PromiseLike<Caught>) | null,
  ): Promise<Result | Caught> {
    this.#outcome ??= this.#finish();
    return this.#outcome.then(onFulfilled, onRejected);
  }

  /** `then` for errors alone. */
  catch<Caught = never>(
    onRejected?: ((reason: unknown) => Caught | PromiseLike<Caught>) | null,
  ): Promise<History | Caught> {
    return this.then(undefined, onRejected);
  }

  /** `then` for either end. */
  finally(onFinally?: (() => void) | null): Promise<History> {
    return this.then().finally(onFinally);
  }

  get [Symbol.toStringTag](): string {
    return 'Training';
  }

  /** @internal */
  [PRINTED](): string {
    const { length } = this.#history.epochs;
    if (this.#isOver) return `Training of ${counted(length, 'epoch')}, ended`;
    if (length > 0 || this.#running !== undefined) return `Training of ${counted(length, 'epoch')} so far`;
    return 'Training, not begun: await it, or loop over its epochs';
  }

  async *#take(): AsyncGenerator<Epoch, void, undefined> {
    const { epochs } = this.#history;
    for (let taken = 0; ; taken++) {
      while (taken === epochs.length && !this.#isOver) await this.#train();
      if (taken === epochs.length) break;
      yield epochs[taken] as Epoch;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #finish(): Promise<History> {
    while (!this.#isOver && this.#leaving === undefined) await this.#train();
    await this.#leaving;
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#history;
  }

  /** Trains an epoch, the same one for all who wait for it. */
  #train(): Promise<void> {
    this.#running ??= this.#trainEpoch();
    return this.#running;
  }

  async #trainEpoch(): Promise<void> {
    try {
      const { done, value } = await this.#source.next();
      if (done === true) this.#isOver = true;
      else this.#history.push(value);
    } catch (error) {
      this.#isOver = true;
      this.#failure = { error };
    } finally {
      this.#running = undefined;
    }
  }

  /** @param taken settles when all is handed out that was asked for before. */
  async #leave(taken: Promise<unknown>): Promise<void> {
    try {
      await taken;
    } finally {
      await this.#source.return();
      this.#isOver = true;
    }
  }
}
