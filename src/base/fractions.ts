/**
 * A fraction of a whole, where the fraction was written in decimal. 0.9 of 10 is 9, although `10 · (1 − 0.9)` is less
 * than 1 in doubles: a result that is whole except for its last bits counts as whole.
 */

/** Units in the last place that a product of such a fraction may be off. */
const LAST_BITS = 4 * Number.EPSILON;

function withoutLastBits(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) <= LAST_BITS * value ? whole : value;
}

/** `floor(count · (1 − fraction))`: how many are left where a fraction is taken away. */
export function countWithout(count: number, fraction: number): number {
  return count - Math.ceil(withoutLastBits(count * fraction));
}

/** `round(count · fraction)`, a half upwards. */
export function roundedCount(count: number, fraction: number): number {
  return Math.round(withoutLastBits(2 * count * fraction) / 2);
}
