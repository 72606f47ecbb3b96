/** The return value of `fit`: a training whose epochs are read one by one, or which is awaited. */

import { PRINTED } from '../base/messages/formatting';
import { counted } from '../base/messages/plurals';
import type { EpochResult } from './epoch-result';
import { Epochs } from './epochs';
import { History } from './history';

/**
 * A loop continues with its epochs where nobody has the training any more: it takes no memory for those before then.
 */
const unreachable = new FinalizationRegistry((epochs: { forget(): void }) => epochs.forget());

/**
 * A training: an async generator of its epochs, and a promise of their `History`. Training runs only on request: `for
 * await` (or `next`) trains one epoch at a time, `await` (or `then`, `catch`, `finally`) trains to the end.
 *
 * - `await model.fit(…)` trains the rest, once, however often it is awaited; the history also has the epochs that were
 *   read before. After a loop was left, it gives the history so far and trains no further.
 * - A loop gets each epoch once, also those that were trained because of an `await`.
 * - An error, or that of a signal, rejects every `await` and is thrown in the loop.
 */
export class Training<Epoch extends EpochResult = EpochResult>
  implements AsyncGenerator<Epoch, void, undefined>, PromiseLike<History>
{
  readonly #history = new History();
  readonly #epochs: Epochs<Epoch>;
  #outcome: Promise<History> | undefined;

  /**
   * @internal
   * @param source trains an epoch for each request.
   */
  constructor(source: AsyncGenerator<Epoch, void, undefined>) {
    this.#epochs = new Epochs(source, this.#history);
    unreachable.register(this, this.#epochs);
  }

  /** Trains an epoch, unless there is one that no loop was given. */
  next(): Promise<IteratorResult<Epoch, void>> {
    return this.#epochs.next();
  }

  /** Ends the training at this point, like leaving a loop. */
  return(value?: void | PromiseLike<void>): Promise<IteratorResult<Epoch, void>> {
    return this.#epochs.return(value);
  }

  /** Ends it in the same way, and rejects with the error. */
  throw(error: unknown): Promise<IteratorResult<Epoch, void>> {
    return this.#epochs.throw(error);
  }

  /** Its epochs for a loop. They keep no reference to the training, and so none to its history. */
  [Symbol.asyncIterator](): AsyncGenerator<Epoch, void, undefined> {
    return this.#epochs;
  }

  /** `return`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#epochs[Symbol.asyncDispose]();
  }

  /**
   * The same training, whose epochs a loop is handed while their checkpoints are written.
   * @internal
   */
  ahead(): this {
    this.#epochs.handOutAhead();
    return this;
  }

  /** Trains what is left. */
  // biome-ignore lint/suspicious/noThenProperty: so that `await model.fit(…)` trains.
  then<Result = History, Caught = never>(
    onFulfilled?: ((history: History) => Result | PromiseLike<Result>) | null,
    onRejected?: ((reason: unknown) => Caught | PromiseLike<Caught>) | null,
  ): Promise<Result | Caught> {
    this.#outcome ??= this.#finish();
    return this.#outcome.then(onFulfilled, onRejected);
  }

  /** `then` for an error alone. */
  catch<Caught = never>(
    onRejected?: ((reason: unknown) => Caught | PromiseLike<Caught>) | null,
  ): Promise<History | Caught> {
    return this.then(undefined, onRejected);
  }

  /** `then` for any outcome. */
  finally(onFinally?: (() => void) | null): Promise<History> {
    return this.then().finally(onFinally);
  }

  /** `'Training'`. */
  get [Symbol.toStringTag](): string {
    return 'Training';
  }

  /** @internal */
  [PRINTED](): string {
    const { length } = this.#history.epochs;
    const epochs = `Training of ${counted(length, 'epoch')}`;
    if (this.#epochs.isOver) return `${epochs}, ended`;
    if (length > 0 || this.#epochs.isRunning) return `${epochs} so far`;
    return 'Training, not started: await it, or loop over its epochs';
  }

  async #finish(): Promise<History> {
    await this.#epochs.finish();
    return this.#history;
  }
}
