/** The smoothed curve: a mean over the values around each. */

import type { Value } from '../page-types';

/**
 * The mean of the values around each, by weights that fall evenly to both sides. Towards an end as many values are
 * taken on one side as there are on the other, so that the curve never lies to one side of its data. Gaps stay gaps.
 * @param half values on each side.
 */
export function smoothed(values: readonly Value[], half: number): Value[] {
  return values.map((value, index) => {
    if (value === null) return null;
    const reach = Math.min(half, index, values.length - 1 - index);
    let [sum, mass] = [(reach + 1) * value, reach + 1];
    for (let distance = 1; distance <= reach; distance++) {
      const [before, after] = [values[index - distance], values[index + distance]];
      // Beside a gap its counterpart on the other side is left out too.
      if (typeof before !== 'number' || typeof after !== 'number') continue;
      const weight = reach + 1 - distance;
      sum += weight * (before + after);
      mass += 2 * weight;
    }
    return sum / mass;
  });
}
