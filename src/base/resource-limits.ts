/** Limits of sizes, so that nothing impossible reaches an allocation. */

import os from 'node:os';
import * as check from './check';
import { UnrolledError } from './errors';
import { phrase, refer, type Words } from './messages/phrase';

/** Largest size of one dimension: what a 32-bit id can number. */
export const MAX_SIZE = 2 ** 31 - 1;

/** Most features of an embedding, of a recurrent layer and of an input of vectors: the core's `largestWidth`. */
export const MAX_WIDTH = 2 ** 24;

/** The largest number of threads in the native pool. */
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

/** Bytes of the limit that the process has not taken yet. Memory of other processes is not known here. */
function memoryLeft(): number {
  return Math.max(0, memoryLimit() - residentMemory());
}

/**
 * Bytes that this process has taken; 0 if the system cannot be asked, for example Linux without a free file descriptor.
 */
function residentMemory(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return 0;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toPrecision(3)} GiB`;
}

/** Bytes that something needs in total, and the bytes of these that are not allocated yet. */
export interface MemoryNeed {
  total: number;
  more: number;
}

/** Whether memory can hold it. */
export function fitsMemory({ total, more }: MemoryNeed): boolean {
  return total <= memoryLimit() && more <= memoryLeft();
}

/**
 * Refuses what memory cannot hold, before it is allocated.
 * @param what subject of the message, as in "A model of 5 parameters".
 * @param option the option to blame.
 * @param advice what to do about it.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY
 */
export function requireMemory(
  what: string,
  bytes: number | MemoryNeed,
  option: string,
  advice: Words = phrase`Lower ${refer.option(option)}`,
): void {
  const need = typeof bytes === 'number' ? { total: bytes, more: bytes } : bytes;
  if (fitsMemory(need)) return;
  const { total, more } = need;
  const [limit, left] = [memoryLimit(), memoryLeft()];
  const isTotal = total > limit;
  const expected = `at most ${gigabytes(isTotal ? limit : left)}`;
  const received = gigabytes(isTotal ? total : more);
  const how = isTotal
    ? `needs ${received}, but this process can have ${expected}`
    : `needs ${received} more, but this process can have ${expected} more of its ${gigabytes(limit)}`;
  throw new UnrolledError('ERR_UNROLLED_OUT_OF_MEMORY', `${what} ${how}`, {
    advice: phrase`${advice}.`,
    ...{ option, expected, received },
  });
}
