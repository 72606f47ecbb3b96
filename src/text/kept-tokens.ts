/** Chooses and orders the tokens of a text that a vocabulary keeps. */

/** Tokens that are looked at between two turns of the event loop. */
const PART = 1 << 12;

export interface TokenBounds {
  /** The fewest occurrences of a token that is kept. */
  minCount: number;
  /**
   * The largest number of tokens to keep. The most frequent ones are kept; of equally frequent ones, those that come
   * first.
   */
  maxSize: number;
  /** Whether they go by falling frequency, ties in the order they had; else all keep their order. */
  byFrequency: boolean;
}

/** The tokens of each count, in their order. */
function* byCount(counts: readonly number[]): Generator<void, Map<number, number[]>> {
  const groups = new Map<number, number[]>();
  for (const [token, count] of counts.entries()) {
    const group = groups.get(count);
    if (group === undefined) groups.set(count, [token]);
    else group.push(token);
    if (token % PART === 0) yield;
  }
  return groups;
}

/**
 * The places of the tokens that are kept, in the order of their ids; undefined for all as they are.
 * @param counts how often each token occurs.
 */
export function* keptTokens(
  counts: readonly number[],
  { minCount, maxSize, byFrequency }: TokenBounds,
): Generator<void, number[] | undefined> {
  if (!byFrequency && minCount <= 1 && maxSize >= counts.length) return undefined;
  const groups = yield* byCount(counts);
  const frequent: number[] = [];
  for (const count of [...groups.keys()].filter((count) => count >= minCount).sort((a, b) => b - a)) {
    for (const token of groups.get(count) as number[]) {
      if (frequent.length === maxSize) break;
      frequent.push(token);
      if (frequent.length % PART === 0) yield;
    }
  }
  if (byFrequency) return frequent;
  const isKept = new Uint8Array(counts.length);
  for (const token of frequent) isKept[token] = 1;
  const kept: number[] = [];
  for (let token = 0; token < counts.length; token++) {
    if (isKept[token] === 1) kept.push(token);
    if (token % PART === 0) yield;
  }
  return kept;
}
