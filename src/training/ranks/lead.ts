/** Rank 0 of a training that several ranks share: it decides, and the others do what it says. */

import { isError } from '../../base/builtins';
import { UnrolledError } from '../../base/errors';
import type { NativeRank, NativeTraining } from '../../native/native';
import { encodeOrder, failureOf, type Order } from './orders';

/** Whether an error is one that a group throws on every rank: none can be told anything after it. */
function isOfGroup(error: unknown): boolean {
  if (!(error instanceof UnrolledError)) return false;
  return error.code === 'ERR_UNROLLED_RANK_LOST' || error.code === 'ERR_UNROLLED_RANKS_DIFFER';
}

function fail(group: NativeRank, reason: unknown): Promise<void> {
  return group.fail('ERR_UNROLLED_RANK_LOST', isError(reason) ? reason.message : String(reason));
}

/** Ends the other ranks, which may wait for this one, with what was thrown here, unless they have it too. */
export async function failTogether(group: NativeRank, reason: unknown): Promise<void> {
  if (!isOfGroup(reason)) await fail(group, reason);
}

export class Lead {
  readonly #group: NativeRank;
  readonly #training: NativeTraining;

  constructor(group: NativeRank, training: NativeTraining) {
    this.#group = group;
    this.#training = training;
  }

  /** Tells the others what they have to do with this rank. */
  async say(order: Order): Promise<void> {
    await this.#training.say(encodeOrder(order));
  }

  /** Sends the others away, with the weights that the model has now. */
  async end(error: unknown): Promise<void> {
    if (isOfGroup(error)) return;
    const failure = error === undefined ? {} : { failure: failureOf(error) };
    try {
      await this.say({ do: 'end', ...failure });
      await this.#training.shareChanges();
    } catch (cannot) {
      // The model was disposed of, say.
      await fail(this.#group, cannot);
    }
  }
}
