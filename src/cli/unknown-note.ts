/** Notes of tokens that a model does not know: what it says of them is no word on the text. */

import type { LanguageModel } from '../language-model';
import type { TokenCounts } from '../text/token-counts';
import { note } from './output';

/**
 * Says how many tokens of a text are unknown, where any are, and what the model does with them.
 * @param of whose tokens, as in `the text's`.
 * @param results what was printed of the text, in the plural, if anything was.
 */
export function noteUnknown(
  { vocabulary: { unknown } }: LanguageModel,
  { knownTokens, unknownTokens }: TokenCounts,
  of: string,
  results?: string,
): void {
  if (unknownTokens === 0) return;
  const all = knownTokens + unknownTokens;
  const end = (consequence: string) => (results === undefined ? '.' : `: ${results} ${consequence}.`);
  if (knownTokens === 0) {
    note(`The model knows none of ${of} tokens (${all})${end('say nothing of them')}`);
  } else if (unknown === 'skip') {
    note(
      `The model does not know ${unknownTokens} of ${of} ${all} tokens, and leaves them out${end('are of the rest')}`,
    );
  } else {
    const alike = unknownTokens === 1 ? 'takes it for the unknown token' : 'takes each for the same unknown token';
    note(
      `The model does not know ${unknownTokens} of ${of} ${all} tokens, and ${alike}${end('say little of the text')}`,
    );
  }
}
