/** What a large softmax is where nobody says. */

import type { LayerDescription } from '../native/native';

/**
 * Where the clusters of an adaptive softmax over that many classes begin: at the powers ⅔ and ⅚ of their number,
 * rounded up. So of 74,000 words 1,763 are in the head, and the clusters begin at 1,763 and 11,421.
 */
export function defaultCutoffs(classes: number): number[] {
  const powers = [classes ** (2 / 3), classes ** (5 / 6)].map(Math.ceil);
  const cutoffs = [...new Set(powers)].filter((cutoff) => cutoff < classes);
  return cutoffs.length > 0 ? cutoffs : [Math.max(1, classes - 1)];
}

/** What becomes of untouched rows where nobody says: of a sampled softmax nearly all rows are untouched. */
export function defaultSparse(layers: readonly LayerDescription[]): 'exact' | 'lazy' {
  const last = layers.at(-1);
  return last?.type === 'dense' && last.samples !== undefined ? 'lazy' : 'exact';
}
