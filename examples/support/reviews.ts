/** Movie reviews as the bag-of-words tutorials prepare them. */

import type { Example } from '../../src/index';

/**
 * The words of a review: lower case, everything but a–z and the full stop a space, the full stop a word of its own, cut
 * at single spaces. Where two spaces meet, the empty string between them is a word too, as it was in the tutorials.
 */
export function reviewWords(text: string): string[] {
  const letters = text.toLowerCase().replace(/[^a-z.]/g, ' ');
  return letters.replaceAll('.', ' . ').split(' ');
}

/** Positive and negative examples (labels 1 and 0) in turn, positive first; what one class has more comes at the end. */
export function alternating<E extends Example>(examples: readonly E[]): E[] {
  const [negative, positive] = [0, 1].map((wanted) => examples.filter(({ label }) => label === wanted)) as [E[], E[]];
  const pairs = Array.from({ length: Math.max(negative.length, positive.length) }, (_, i) => [
    positive[i],
    negative[i],
  ]);
  return pairs.flat().filter((example) => example !== undefined);
}
