/** Bounds that sizes must keep so that nothing impossible reaches an allocation. */

import os from 'node:os';
import { UnrolledError } from './errors';
import * as check from './validation';

/** Largest size of one dimension: what a 32-bit id can number. */
export const MAX_SIZE = 2 ** 31 - 1;

/** What the native pool takes. */
export const MAX_THREADS = 256;

/** A seed as the native side takes it: a whole number that a double holds exactly; 0 where absent. */
export function resolveSeed(seed: unknown): number {
  return seed === undefined ? 0 : check.integer('seed', seed, { min: 0 });
}

/** A number of threads, or 0 (the pool's own) where absent. */
export function resolveThreads(threads: unknown): number {
  return threads === undefined ? 0 : check.integer('threads', threads, { min: 1, max: MAX_THREADS });
}

/** Bytes this process may have: the control group's limit where there is one, else the machine's memory. */
export function memoryLimit(): number {
  const total = os.totalmem();
  const constrained = process.constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(total, constrained) : total;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toPrecision(3)} GiB`;
}

/**
 * Refuses what memory cannot hold, before it is allocated.
 * @param what subject of the message, as in "A model of 5 parameters".
 * @param option the option to blame.
 * @param advice what to do about it.
 * @param mentions the options that the advice names.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY
 */
export function requireMemory(
  what: string,
  bytes: number,
  option: string,
  advice = `Lower ${option}`,
  mentions: readonly string[] = [option],
): void {
  const limit = memoryLimit();
  if (bytes <= limit) return;
  const expected = `at most ${gigabytes(limit)}`;
  throw new UnrolledError(
    'ERR_UNROLLED_OUT_OF_MEMORY',
    `${what} needs ${gigabytes(bytes)}, and this process can have ${expected}. ${advice}.`,
    { option, mentions, expected, received: gigabytes(bytes) },
  );
}
