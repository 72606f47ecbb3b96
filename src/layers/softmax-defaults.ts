/** Defaults of large softmaxes. */

import type { LayerDescription } from '../native/native';

/**
 * The ranks at which the clusters of an adaptive softmax over this many classes begin: the number of classes to the
 * powers ⅔ and ⅚, rounded up. With 74,000 words, 1,763 are in the head, and the clusters begin at 1,763 and 11,421.
 */
export function defaultCutoffs(classes: number): number[] {
  const powers = [classes ** (2 / 3), classes ** (5 / 6)].map(Math.ceil);
  const cutoffs = [...new Set(powers)].filter((cutoff) => cutoff < classes);
  return cutoffs.length > 0 ? cutoffs : [Math.max(1, classes - 1)];
}

/** The default treatment of untouched rows: a sampled softmax leaves nearly all rows untouched. */
export function defaultSparse(layers: readonly LayerDescription[]): 'exact' | 'lazy' {
  const last = layers.at(-1);
  return last?.type === 'dense' && last.samples !== undefined ? 'lazy' : 'exact';
}
