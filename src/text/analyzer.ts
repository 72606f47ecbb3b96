/** How a `TextVectorizer` makes tokens of a text. */

import * as check from '../base/check';
import { atOnce } from '../base/event-loop';
import { CHINESE_STOP_WORDS } from './chinese-stop-words';
import { ENGLISH_STOP_WORDS } from './stop-words';
import { formingText } from './text-form';
import { partsCutAt } from './text-parts';
import { ASCII_PUNCTUATION, withoutPunctuation, wordsAlone, wordTokens } from './tokenizers/word-tokens';
import { type ResolvedVectorizerOptions, STANDARDIZATIONS } from './vectorizer-options';

/**
 * How `split: 'word'` and punctuation go together. By rule 1, that of the first releases, punctuation of ASCII is taken
 * out of the text before it is cut, and words alone are tokens. By rule 2 the text is cut first, and emoji, symbols and
 * the punctuation that stays are tokens too. A file says which; one that does not has the first.
 */
export type WordRule = 1 | 2;

export const CURRENT_RULE = 2 satisfies WordRule;

const EACH_PUNCTUATION = new RegExp(`[${ASCII_PUNCTUATION}]`, 'g');

const NAMED_STOP_WORDS = { english: ENGLISH_STOP_WORDS, chinese: CHINESE_STOP_WORDS };

/** Tokens that are made between two turns of the event loop. */
const PART = 1 << 10;

/** Characters that no letter's lower case depends on, nor that of letters beyond: spaces, ideographs, syllables of Hangul. */
const UNCASED = /[\t\n\r \u3001\u3002\u4e00-\u9fff\uac00-\ud7a3]/;

/** The parts of a text between white space. */
function* runsOf(text: string): Generator<string, void> {
  for (const [run] of text.matchAll(/\S+/g)) yield run;
}

/** Tokens as a list, a little at a time; of a string, its code points. */
function* listed<Token extends string>(
  tokens: Iterable<Token>,
  left: ReadonlySet<string> = new Set(),
): Generator<void, Token[]> {
  const found: Token[] = [];
  let seen = 0;
  for (const token of tokens) {
    if (!left.has(token)) found.push(token);
    if (++seen % PART === 0) yield;
  }
  return found;
}

/** Adds runs of `length` tokens to a list, a space between two, a little at a time. */
function* addRuns(tokens: readonly string[], length: number, to: string[]): Generator<void, void> {
  for (let end = length; end <= tokens.length; end++) {
    to.push(length === 1 ? (tokens[end - 1] as string) : tokens.slice(end - length, end).join(' '));
    if (end % PART === 0) yield;
  }
}

/**
 * The function that splits a text into tokens: it normalizes, standardizes and splits, removes stop words and empty
 * strings, then makes n-grams, shorter ones first. It works in parts, except inside functions of the user.
 */
export function analyzer(
  options: ResolvedVectorizerOptions,
  rule: WordRule = CURRENT_RULE,
): (text: string) => Generator<void, readonly string[], undefined> {
  const { ngrams, normalization = 'none', standardize, split } = options;
  const named = typeof standardize === 'function' ? STANDARDIZATIONS.none : STANDARDIZATIONS[standardize];
  // Only white space and characters may be stripped afterwards: for these, stripped punctuation does not change the
  // other tokens.
  const isCutFirst = typeof split === 'function' || (split === 'word' && rule === 2);
  const stripFirst = named.strip && !isCutFirst;

  function* standardized(text: string): Generator<void, string> {
    const form = yield* formingText(text, { lineEnds: 'keep', normalization });
    if (typeof standardize === 'function') {
      const result: unknown = standardize(form);
      if (typeof result === 'string') return result;
      throw check.wrongType('standardize', 'a function that returns a string', result);
    }
    if (!named.lower && !stripFirst) return form;
    const parts: string[] = [];
    for (const part of partsCutAt(form, (text, at) => UNCASED.test(text.charAt(at)))) {
      const cased = named.lower ? part.toLowerCase() : part;
      parts.push(stripFirst ? cased.replace(EACH_PUNCTUATION, '') : cased);
      yield;
    }
    return parts.join('');
  }

  function cutByFunction(text: string, cut: (text: string) => readonly string[]): readonly string[] {
    const tokens: unknown = cut(text);
    if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === 'string')) {
      throw check.wrongType('split', 'a function that returns an array of strings', tokens);
    }
    return named.strip ? tokens.map(withoutPunctuation) : tokens;
  }

  function* cut(text: string): Generator<void, readonly string[]> {
    if (typeof split === 'function') return cutByFunction(text, split);
    if (split === 'whitespace') return yield* listed(runsOf(text));
    if (split === 'character') return yield* listed(text);
    return yield* rule === 1 ? wordsAlone(text) : wordTokens(text, named.strip);
  }

  /** A stop word in the form of the texts: "it's" is "its" if punctuation is stripped. */
  function asToken(word: string): string {
    const text = atOnce(standardized(word));
    if (!isCutFirst || !named.strip) return text;
    const [token = text, ...more] = typeof split === 'function' ? [withoutPunctuation(text)] : atOnce(cut(text));
    return more.length === 0 ? token : text;
  }

  const { stopWords = [] } = options;
  const given = typeof stopWords === 'string' ? NAMED_STOP_WORDS[stopWords] : stopWords;
  const left = new Set(['', ...given, ...given.map(asToken)]);

  return function* (text) {
    const tokens = yield* listed(yield* cut(yield* standardized(text)), left);
    const all: string[] = [];
    for (const length of ngrams) yield* addRuns(tokens, length, all);
    return all;
  };
}
