/** Long lists in order, a little at a time. */

/** Elements that are sorted or merged between two turns. */
const PART = 1 << 10;

/** Whether no element comes before the one in front of it. */
function* isSorted<T>(items: readonly T[], compare: (one: T, other: T) => number): Generator<void, boolean> {
  for (let i = 1; i < items.length; i++) {
    if (compare(items[i - 1] as T, items[i] as T) > 0) return false;
    if (i % PART === 0) yield;
  }
  return true;
}

/** Merges the two sorted halves of `from[begin, end)`, split at `middle`, into `to`. The sort is stable. */
function* merge<T>(
  from: readonly T[],
  to: T[],
  [begin, middle, end]: readonly [number, number, number],
  compare: (one: T, other: T) => number,
): Generator<void, void> {
  let [left, right] = [begin, middle];
  for (let i = begin; i < end; i++) {
    const takesLeft = left < middle && (right >= end || compare(from[left] as T, from[right] as T) <= 0);
    to[i] = from[takesLeft ? left++ : right++] as T;
    if (i % PART === 0) yield;
  }
}

/** The sorted list, like `toSorted`; the same list if it is already sorted. */
export function* sorted<T>(items: T[], compare: (one: T, other: T) => number): Generator<void, T[]> {
  if (yield* isSorted(items, compare)) return items;
  let from: T[] = [];
  for (let begin = 0; begin < items.length; begin += PART) {
    from.push(...items.slice(begin, begin + PART).sort(compare));
    yield;
  }
  for (let width = PART; width < items.length; width *= 2) {
    const to: T[] = [];
    for (let begin = 0; begin < items.length; begin += 2 * width) {
      const end = Math.min(begin + 2 * width, items.length);
      yield* merge(from, to, [begin, Math.min(begin + width, items.length), end], compare);
    }
    from = to;
  }
  return from;
}
