/** Words, emoji and punctuation of a text that `TextVectorizer` cuts by `split: 'word'`, and what is stripped of them. */

import { wordSegments } from './segment-tokenizer';

/** Every ASCII character that is neither letter, digit, space nor control character. */
export const ASCII_PUNCTUATION = '!-\\/:-@[-`{-~';

/** Spaces, controls, and marks without a letter: these are invisible alone. */
const BLANK = /^[\s\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{M}]*$/u;

/** Punctuation of any script; for ASCII and its full-width forms, all symbols. */
const PUNCTUATION = new RegExp(
  `^[\\p{P}${ASCII_PUNCTUATION}\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+$`,
  'u',
);

/** Punctuation that expresses a tone, and so stays. */
const TONE = /^[!?\uff01\uff1f\u061f\u203c\u2047-\u2049]$/;

const HAS_PUNCTUATION = new RegExp(`[${ASCII_PUNCTUATION}]`);

/** ASCII punctuation that is not between two digits, as in 9.5 and 1,000. */
const OUTSIDE_NUMBERS = `(?<!\\p{Nd})[${ASCII_PUNCTUATION}]|[${ASCII_PUNCTUATION}](?!\\p{Nd})`;

const OUTSIDE_NUMBERS_ALL = new RegExp(OUTSIDE_NUMBERS, 'gu');
const OUTSIDE_NUMBERS_ONE = new RegExp(OUTSIDE_NUMBERS, 'u');

/** A token without the punctuation of ASCII; a number keeps its point. */
export function withoutPunctuation(token: string): string {
  return token.replace(OUTSIDE_NUMBERS_ALL, '');
}

/**
 * A word without the punctuation inside it: `it's` becomes `its` and `U.S.A` becomes `USA`, but `end.Next` becomes two
 * words. An apostrophe joins its neighbours; a point joins single letters.
 */
function wordsWithin(word: string): readonly string[] {
  const parts = word.replaceAll(/(?<!\p{Nd})'|'(?!\p{Nd})/gu, '').split(OUTSIDE_NUMBERS_ONE);
  return parts.every((part) => Array.from(part).length <= 1) ? [parts.join('')] : parts;
}

/**
 * The tokens of a text: every segment that shows, a little at a time.
 * @param strip whether punctuation goes; exclamation and question marks stay.
 */
export function* wordTokens(text: string, strip: boolean): Generator<void, string[]> {
  const tokens: string[] = [];
  yield* wordSegments(text, (segment, isWordLike) => {
    if (strip && isWordLike && HAS_PUNCTUATION.test(segment)) tokens.push(...wordsWithin(segment));
    else if (isWordLike || TONE.test(segment)) tokens.push(segment);
    else if (!BLANK.test(segment) && !(strip && PUNCTUATION.test(segment))) tokens.push(segment);
  });
  return tokens;
}

/** The words alone. */
export function* wordsAlone(text: string): Generator<void, string[]> {
  const words: string[] = [];
  yield* wordSegments(text, (segment, isWordLike) => {
    if (isWordLike) words.push(segment);
  });
  return words;
}
