/** The smoothed curve: a mean over the values around each. */

import type { Value } from '../page-types';

/**
 * The mean around each value, with weights that fall symmetrically. Near an end the window shrinks on both sides, so
 * that the curve is never biased to one side of its data. Gaps stay gaps.
 * @param half number of values on each side.
 */
export function smoothed(values: readonly Value[], half: number): Value[] {
  return values.map((value, index) => {
    if (value === null) return null;
    const reach = Math.min(half, index, values.length - 1 - index);
    let [sum, mass] = [(reach + 1) * value, reach + 1];
    for (let distance = 1; distance <= reach; distance++) {
      const [before, after] = [values[index - distance], values[index + distance]];
      // If a value is a gap, its counterpart on the other side is also left out.
      if (typeof before !== 'number' || typeof after !== 'number') continue;
      const weight = reach + 1 - distance;
      sum += weight * (before + after);
      mass += 2 * weight;
    }
    return sum / mass;
  });
}
