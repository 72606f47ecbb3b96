/** Native calls that an `AbortSignal` ends. */

import { UnrolledError } from './errors';
import { addon } from './native/load';
import type { NativeCancellation } from './native/native';

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
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await call(cancellation);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/**
 * The error of work that a signal ended.
 * @param work subject of the message, as in "Training".
 * @param step the last step made (from 0).
 */
export function abortError(work: string, signal: AbortSignal | undefined, step?: number): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_ABORTED',
    `${work} was aborted${step === undefined ? '' : ` after step ${step}`}.`,
    {
      ...(step !== undefined && { step }),
      cause: signal?.reason,
    },
  );
}

/**
 * The error of a native call on a model that the signal ended.
 * @param step as of `abortError`.
 * @throws ERR_UNROLLED_DISPOSED where the call ended because the model was disposed of meanwhile.
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
