/** Ids that generation treats in a way of their own. */

import type { Vocabulary } from '../text/vocabulary';

/** The id of the token that ends a document, -1 for a vocabulary without one. */
export function endIdOf({ endId }: Vocabulary): number {
  return endId ?? -1;
}

/** The unknown token, which stands for no text. */
export function excludedIds({ unknownId }: Vocabulary): Int32Array {
  return Int32Array.from(unknownId === undefined ? [] : [unknownId]);
}
