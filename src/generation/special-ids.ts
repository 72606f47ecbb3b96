/** Ids with a special meaning in generation. */

import type { Vocabulary } from '../text/vocabulary';

/** The id of the token that ends a document, -1 for a vocabulary without one. */
export function endIdOf({ endId }: Vocabulary): number {
  return endId ?? -1;
}

/** The unknown token, which has no text. */
export function excludedIds({ unknownId }: Vocabulary): Int32Array {
  return Int32Array.from(unknownId === undefined ? [] : [unknownId]);
}
