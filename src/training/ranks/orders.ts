/** What rank 0 tells the other ranks of its training: every native call that all make together, and what came of an epoch. */

import { UnrolledError } from '../../base/errors';
import type { Tensor } from '../../tensor/tensor';
import { packState, unpackState } from '../checkpoint/packed-state';
import type { EpochResult } from '../epoch-result';

/** The parts of an error that ended a training. */
export interface Failure {
  code: UnrolledError['code'];
  fault: string;
  advice?: string;
}

export type Order =
  /** The training begins, perhaps from a state that rank 0 sends. */
  | { do: 'begin'; isResumed: boolean }
  | { do: 'run'; steps: number; lossSum: number }
  | { do: 'validate' }
  | { do: 'scale'; scale: number }
  /** The state is brought together for a checkpoint. */
  | { do: 'save' }
  | { do: 'tell'; epoch: EpochResult }
  | { do: 'end'; failure?: Failure };

/** The order as text, with its arrays and with any number. */
export function encodeOrder(order: Order): string {
  const { json, tensors } = packState(order, 'order');
  const arrays = [...tensors].map(([name, { data }]) => [name, Array.from(data as ArrayLike<number>)]);
  return JSON.stringify({ json, arrays });
}

export function decodeOrder(text: string): Order {
  const { json, arrays } = JSON.parse(text) as { json: unknown; arrays: [string, number[]][] };
  const tensors = arrays.map(([name, values]): [string, Tensor] => {
    return [name, { dtype: 'float64', shape: [values.length], data: Float64Array.from(values) }];
  });
  const missing = (name: string) => new UnrolledError('ERR_UNROLLED_INTERNAL', `rank 0 sent no ${name}`);
  return unpackState(json, new Map(tensors), missing) as Order;
}

/** What is said of the error that ended rank 0's training. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof UnrolledError)) {
    return { code: 'ERR_UNROLLED_RANK_LOST', fault: `Rank 0 ended its training: ${String(error)}` };
  }
  const { code, fault, advice } = error;
  return { code, fault, ...(advice !== undefined && { advice }) };
}
