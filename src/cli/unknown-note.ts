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
  const [what, consequence] =
    knownTokens === 0
      ? [`knows none of ${of} tokens (${all})`, `${results} say nothing of them`]
      : unknown === 'skip'
        ? [`does not know ${unknownTokens} of ${of} ${all} tokens, and leaves them out`, `${results} are of the rest`]
        : [
            `does not know ${unknownTokens} of ${of} ${all} tokens, and takes each for the same unknown token`,
            `the more there are, the less ${results} say of the text`,
          ];
  note(`The model ${what}${results === undefined ? '' : `: ${consequence}`}.`);
}
