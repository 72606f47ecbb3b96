/** Offsets of parts that lie one after another in one array: 32-bit numbers below 2^31. */

import * as check from '../base/check';
import { MAX_SIZE } from '../base/resource-limits';
import { allocate } from './tensor-shape';

/**
 * `[N + 1]`: part i is `[offsets[i], offsets[i + 1])`.
 * @param option what messages call all parts together.
 * @param noun of what they have, in the plural.
 * @throws ERR_UNROLLED_OPTION_RANGE for more than an offset can count.
 */
export function offsetsOf(option: string, lengths: ArrayLike<number>, noun = 'elements'): Int32Array {
  const offsets = allocate('int32', lengths.length + 1);
  let end = 0;
  for (let index = 0; index < lengths.length; index++) {
    end += lengths[index] as number;
    if (end > MAX_SIZE) throw check.outOfRange(option, `at most ${MAX_SIZE} ${noun} in all`, end);
    offsets[index + 1] = end;
  }
  return offsets;
}

/** Parts joined in one array, at the offsets of their lengths. */
export function joined(parts: readonly Int32Array[], offsets: Int32Array): Int32Array {
  const all = allocate('int32', offsets.at(-1) as number);
  for (const [index, part] of parts.entries()) all.set(part, offsets[index]);
  return all;
}
