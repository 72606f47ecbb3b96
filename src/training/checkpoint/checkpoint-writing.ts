/** Writes the checkpoints of a training while it continues: one at a time. A failure is reported to the training. */

import { adviceOf, faultOf, UnrolledError } from '../../base/errors';
import { phrase, refer } from '../../base/messages/phrase';

/** The checkpoints that were requested by the end of an epoch. */
const written = new WeakMap<object, Promise<void>>();

/** Resolves when the checkpoints of an epoch's end are on the disk; rejects with what its training will say itself. */
export async function checkpointsOf(epoch: object): Promise<void> {
  await written.get(epoch);
}

function isDisposal(error: unknown): boolean {
  return error instanceof UnrolledError && error.code === 'ERR_UNROLLED_DISPOSED';
}

/** An error of writing, with the step of the checkpoint; the training has gone further by then. */
function toldAt(step: number, error: unknown): unknown {
  if (!(error instanceof UnrolledError)) return error;
  const { code, option, expected, received } = error;
  const advice = adviceOf(error);
  return new UnrolledError(code, phrase`The checkpoint of ${refer.step(step)} was not written: ${faultOf(error)}`, {
    step,
    ...(advice !== undefined && { advice }),
    ...(option !== undefined && { option }),
    ...(expected !== undefined && { expected }),
    ...(received !== undefined && { received }),
    cause: error,
  });
}

/** The checkpoint of one training that is written now, if any. */
export class CheckpointWriting {
  #pending: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;
  #onFailure: () => void = () => {};

  /**
   * Writes; the one before must have ended.
   * @param step the last step made (from 0).
   */
  begin(step: number, write: () => Promise<void>): void {
    const writing = write().catch((error) => {
      // A disposed model has nothing to write.
      if (isDisposal(error)) return;
      this.#failure = { error: toldAt(step, error) };
      this.#onFailure();
      throw this.#failure.error;
    });
    writing.catch(() => {});
    this.#pending = writing;
  }

  /** Lets the receiver of an epoch wait for pending checkpoints. */
  belongsTo(epoch: object): void {
    written.set(epoch, this.#pending);
  }

  /** Calls `listener` where writing fails; until what is returned is called. */
  onFailure(listener: () => void): () => void {
    this.#onFailure = listener;
    return () => {
      this.#onFailure = () => {};
    };
  }

  /** @throws what writing failed with. */
  requireSound(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Waits for the end of what is pending.
   * @throws what it, or one before it, failed with.
   */
  async end(): Promise<void> {
    await this.#pending.catch(() => {});
    this.requireSound();
  }
}
