/** What `fit` returns: a training whose epochs are taken one by one, or which is waited for. */

import { PRINTED } from '../base/messages/printing';
import { counted } from '../base/messages/wording';
import type { EpochResult } from './epoch-result';
import { Epochs } from './epochs';
import { History } from './history';

/**
 * A loop continues with its epochs where nobody has the training any more: it takes no memory for those before then.
 */
const unreachable = new FinalizationRegistry((epochs: { forget(): void }) => epochs.forget());

/**
 * A training: an async generator of its epochs, and a promise of their `History`. Nothing is trained before it is asked
 * for: by `for await` (or `next`) one epoch at a time, by `await` (or `then`, `catch`, `finally`) to the end.
 *
 * - `await model.fit(…)` trains what is left, once, however often it is waited for; the history has the epochs that were
 *   taken before too. Once a loop was left, it gives the history so far and trains no further.
 * - A loop gets each epoch once, also those that were trained since somebody waits.
 * - An error, or a signal's, rejects whoever waits, and is thrown in the loop.
 */
export class Training<Epoch extends EpochResult = EpochResult>
  implements AsyncGenerator<Epoch, void, undefined>, PromiseLike<History>
{
  readonly #history = new History();
  readonly #epochs: Epochs<Epoch>;
  #outcome: Promise<History> | undefined;

  /**
   * @internal
   * @param source trains an epoch each time it is asked for one.
   */
  constructor(source: AsyncGenerator<Epoch, void, undefined>) {
    this.#epochs = new Epochs(source, this.#history);
    unreachable.register(this, this.#epochs);
  }

  /** Trains an epoch, unless there is one that no loop was given. */
  next(): Promise<IteratorResult<Epoch, void>> {
    return this.#epochs.next();
  }

  /** Ends the training where it is, as leaving a loop does. */
  return(value?: void | PromiseLike<void>): Promise<IteratorResult<Epoch, void>> {
    return this.#epochs.return(value);
  }

  /** Ends it in the same way, and rejects with the error. */
  throw(error: unknown): Promise<IteratorResult<Epoch, void>> {
    return this.#epochs.throw(error);
  }

  /** Its epochs for a loop, which does not keep the training itself and so not its history. */
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

  /** `then` for whatever end. */
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
