/** The epochs of a training as a loop takes them, which others may wait for too. */

import { checkpointsOf } from './checkpoint/checkpoint-writing';
import type { EpochResult } from './epoch-result';
import type { History } from './history';

/** Trains an epoch for each request, and yields it once. */
export class Epochs<Epoch extends EpochResult> implements AsyncGenerator<Epoch, void, undefined> {
  readonly #source: AsyncGenerator<Epoch, void, undefined>;
  readonly #taking: AsyncGenerator<Epoch, void, undefined>;
  #history: History | undefined;
  /** Trained, and not handed out. */
  readonly #untaken: Epoch[] = [];
  /** The epoch that is trained now. */
  #running: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  #isOver = false;
  /** Whether an epoch is handed out once its checkpoints are written. */
  #waits = true;
  /** Set where nobody wants more of it; settles when it has ended. */
  #leaving: Promise<void> | undefined;

  /**
   * @param source trains an epoch for each request.
   * @param history receives every epoch, until it is released.
   */
  constructor(source: AsyncGenerator<Epoch, void, undefined>, history: History) {
    this.#source = source;
    this.#history = history;
    this.#taking = this.#take();
  }

  next(): Promise<IteratorResult<Epoch, void>> {
    return this.#taking.next();
  }

  async return(value?: void | PromiseLike<void>): Promise<IteratorResult<Epoch, void>> {
    const taken = this.#taking.return(value);
    this.#leaving ??= this.#leave(taken);
    await this.#leaving;
    return taken;
  }

  async throw(error: unknown): Promise<IteratorResult<Epoch, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Nobody can ask for the history any more. */
  forget(): void {
    this.#history = undefined;
  }

  /** From now on an epoch is yielded while its checkpoints are written. */
  handOutAhead(): void {
    this.#waits = false;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Trains what is left, unless it was left. A loop is handed these epochs as well. */
  async finish(): Promise<void> {
    while (!this.#isOver && this.#leaving === undefined) await this.#train();
    await this.#leaving;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async *#take(): AsyncGenerator<Epoch, void, undefined> {
    for (;;) {
      while (this.#untaken.length === 0 && !this.#isOver) await this.#train();
      const epoch = this.#untaken.shift();
      if (epoch === undefined) break;
      // A failed write is reported by the training, at the next request.
      const isWritten =
        !this.#waits ||
        (await checkpointsOf(epoch).then(
          () => true,
          () => false,
        ));
      if (isWritten) yield epoch;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Trains an epoch, the same one for all who wait for it. */
  #train(): Promise<void> {
    this.#running ??= this.#trainEpoch();
    return this.#running;
  }

  async #trainEpoch(): Promise<void> {
    try {
      const { done, value } = await this.#source.next();
      if (done === true) {
        this.#isOver = true;
        return;
      }
      this.#untaken.push(value);
      this.#history?.push(value);
    } catch (error) {
      this.#isOver = true;
      this.#failure = { error };
    } finally {
      this.#running = undefined;
    }
  }

  /** @param taken settles when all earlier requests are answered. */
  async #leave(taken: Promise<unknown>): Promise<void> {
    try {
      await taken;
    } finally {
      await this.#source.return();
      this.#isOver = true;
    }
  }
}
