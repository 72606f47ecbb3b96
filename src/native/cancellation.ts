/** Native calls that an `AbortSignal` ends. */

import { UnrolledError } from '../base/errors';
import { phrase, refer } from '../base/messages/phrase';
import { addon } from './load';
import type { NativeCancellation } from './native';

/** What to call when a signal is aborted. */
const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` when `signal` is aborted. A signal has one listener of ours, however many calls it is given to: Node
 * takes more than ten for a leak, and warns.
 * @returns what removes the listener.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {};
  const all = listeners.get(signal) ?? new Set();
  listeners.set(signal, all);
  if (all.size === 0) signal.addEventListener('abort', callListeners, { once: true });
  // A wrapper, because two calls may pass the same function.
  const entry = () => listener();
  all.add(entry);
  return () => {
    all.delete(entry);
    if (all.size === 0) signal.removeEventListener('abort', callListeners);
  };
}

function callListeners(this: AbortSignal): void {
  for (const listener of [...(listeners.get(this) ?? [])]) listener();
}

/**
 * Runs a native call with a cancellation that `signal` sets off. The call itself then ends at a whole step and
 * says so in its result; nothing is thrown here.
 */
export async function withCancellation<T>(
  signal: AbortSignal | undefined,
  call: (cancellation: NativeCancellation) => Promise<T>,
): Promise<T> {
  const { Cancellation } = addon();
  const cancellation = new Cancellation();
  const cancel = () => cancellation.cancel();
  if (signal?.aborted) cancel();
  const remove = onAbort(signal, cancel);
  try {
    return await call(cancellation);
  } finally {
    remove();
  }
}

/**
 * The error of work that a signal ended.
 * @param work subject of the message, as in "Training".
 * @param step the last step made (from 0).
 */
export function abortError(work: string, signal: AbortSignal | undefined, step?: number): UnrolledError {
  const after = step === undefined ? '' : phrase` after ${refer.step(step)}`;
  return new UnrolledError('ERR_UNROLLED_ABORTED', phrase`${work} was aborted${after}`, {
    ...(step !== undefined && { step }),
    cause: signal?.reason,
  });
}

/**
 * The error of a native call on a model that the signal ended.
 * @param step as in `abortError`.
 * @throws ERR_UNROLLED_DISPOSED if the call ended because the model was disposed.
 */
export function cancelledError(
  model: { requireAlive(): void },
  work: string,
  signal: AbortSignal | undefined,
  step?: number,
): UnrolledError {
  model.requireAlive();
  return abortError(work, signal, step);
}
