/** Notes of tokens that a model does not know: what it says of them is not a word on the text. */

import type { LanguageModel } from '../../models/language-model';
import { Corpus } from '../../text/corpus';
import type { TokenCounts } from '../../text/token-counts';
import { note } from '../terminal/output';

/** At this share of unknown tokens and above, a note becomes a warning. */
const MANY = 0.1;

/** `63 of the text's 100 tokens (63 %)`. */
function shareOf({ knownTokens, unknownTokens }: TokenCounts, of: string): string {
  const all = knownTokens + unknownTokens;
  const percent = (100 * unknownTokens) / all;
  // A few unknown tokens are never shown as 0 %, and a few known ones never as 100 %.
  const shown = percent < 1 || percent > 99 ? percent.toPrecision(percent < 1 ? 1 : 3) : percent.toFixed(0);
  return `${unknownTokens} of ${of} ${all} tokens (${shown} %)`;
}

/** Whether a note is a warning. */
function areMany({ knownTokens, unknownTokens }: TokenCounts): boolean {
  return unknownTokens >= MANY * (knownTokens + unknownTokens);
}

/** The article that a note or a warning begins with. */
function the(isWarning: boolean): string {
  return isWarning ? 'Warning: the' : 'The';
}

/** Optional parts of a note. */
export interface UnknownNote {
  /** What was printed about the text, in the plural, if anything was. */
  results?: string;
  /** Advice about many unknown tokens: a sentence. */
  advice?: string;
}

/**
 * Says how many tokens of a text are unknown, if any are, and what the model does with them; warns where they are many.
 * @param of whose tokens, as in `the text's`.
 */
export function noteUnknown(
  { vocabulary: { unknown } }: Pick<LanguageModel, 'vocabulary'>,
  counts: TokenCounts,
  of: string,
  { results, advice }: UnknownNote = {},
): void {
  const { knownTokens, unknownTokens } = counts;
  if (unknownTokens === 0) return;
  const [what, consequence] =
    knownTokens === 0
      ? [`knows none of ${of} tokens (${unknownTokens})`, `${results} mean nothing`]
      : unknown === 'skip'
        ? [`does not know ${shareOf(counts, of)}, and leaves them out`, `${results} are for the rest`]
        : [
            `does not know ${shareOf(counts, of)}, and reads each as the same unknown token`,
            `the more there are, the less ${results} tell about the text`,
          ];
  const isWarning = areMany(counts);
  const message = `${the(isWarning)} model ${what}${results === undefined ? '' : `: ${consequence}`}.`;
  note(advice !== undefined && isWarning ? `${message} ${advice}` : message);
}

/** Prints how many tokens of its own text a bounded vocabulary left out, if any; warns if they are many. */
export function noteLeftOut(counts: TokenCounts): void {
  if (counts.unknownTokens === 0) return;
  const isWarning = areMany(counts);
  const many = isWarning ? '; a low loss may only mean that the model predicts that token' : '';
  const share = shareOf(counts, "the text's");
  note(`${the(isWarning)} vocabulary leaves out ${share}, which the model reads as one unknown token${many}.`);
}

/** Says where a text in memory has line ends that the model does not know, and another reading would have them. */
export function noteLineEnds({ vocabulary }: Pick<LanguageModel, 'vocabulary'>, corpus: unknown): void {
  if (vocabulary.form !== undefined || vocabulary.unknown === 'error' || !(corpus instanceof Corpus)) return;
  if (vocabulary.id('\n') === undefined || vocabulary.id('\r') !== undefined || !corpus.text.includes('\r')) return;
  note(
    "The text's line ends have carriage returns, which the model does not know: --line-ends lf reads them as line feeds.",
  );
}
