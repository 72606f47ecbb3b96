/** Ids to train on where only the speed matters. */

import { zeros } from '../../tensor/tensor';

/**
 * Ids that are the same each time (a linear congruential generator): evenly spread over the vocabulary, or `zipfian`, as
 * the words of a text are: id r with the probability log((r + 2) / (r + 1)) / log(V + 1).
 */
export function randomIds(count: number, vocabulary: number, zipfian: boolean): Int32Array {
  const ids = zeros([count], 'int32').data;
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const uniform = state / 2 ** 32;
    const place = zipfian ? (vocabulary + 1) ** uniform - 1 : uniform * vocabulary;
    ids[i] = Math.min(Math.floor(place), vocabulary - 1);
  }
  return ids;
}
