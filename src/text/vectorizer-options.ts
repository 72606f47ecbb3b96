/** What a `TextVectorizer` does to a text, checked and with its defaults. */

import { atOnce } from '../event-loop';
import { MAX_SIZE } from '../limits';
import * as check from '../validation';
import { wordsOf } from './segment-tokenizer';
import { ENGLISH_STOP_WORDS } from './stop-words';
import { formingText, NORMALIZATIONS, type Normalization } from './text-form';
import { partsCutAt } from './text-parts';
import { mostTokens } from './vocabulary-options';

/** Every ASCII character that is neither letter, digit, space nor control character. */
const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/g;

const STANDARDIZERS = {
  'lower-and-strip-punctuation': (text: string) => text.toLowerCase().replace(ASCII_PUNCTUATION, ''),
  lower: (text: string) => text.toLowerCase(),
  'strip-punctuation': (text: string) => text.replace(ASCII_PUNCTUATION, ''),
  none: (text: string) => text,
} as const;

const SPLITTERS = {
  whitespace: (text: string) => listed(runsOf(text)),
  character: listed<string>,
  word: wordsOf,
} as const;

/** Tokens that are made between two turns of the event loop. */
const PART = 1 << 10;

/** What a text has between white space. */
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

/** Characters that no letter's lower case depends on, nor that of letters beyond: spaces, ideographs, syllables of Hangul. */
const UNCASED = /[\t\n\r \u3001\u3002\u4e00-\u9fff\uac00-\ud7a3]/;

const OUTPUTS = ['int', 'multi-hot', 'count', 'tf-idf'] as const;

/** What is done to a text before it is cut. */
export type Standardization = keyof typeof STANDARDIZERS | ((text: string) => string);

/** How a text is cut. */
export type Splitting = keyof typeof SPLITTERS | ((text: string) => readonly string[]);

/** What texts become: ids in the order of the text, or one vector a text with an element for each token. */
export type VectorizerOutput = (typeof OUTPUTS)[number];

/** What a `TextVectorizer` does to a text, and which tokens it knows. */
export interface TextVectorizerOptions {
  /** The most ids there may be, padding and unknown among them; the most frequent tokens are kept. Default: no bound. */
  maxTokens?: number | undefined;
  /** `maxTokens` by the name that `Vocabulary.build` has too. */
  maxSize?: number | undefined;
  /** Unicode's normal form that every text is brought into, before all else. Default `'none'`. */
  normalization?: Normalization | undefined;
  /**
   * `'lower-and-strip-punctuation'` (the default), `'lower'`, `'strip-punctuation'`, `'none'`, or a function. Punctuation
   * is that of ASCII; lower case is Unicode's.
   */
  standardize?: Standardization | undefined;
  /** `'whitespace'` (the default), `'character'` (code points), `'word'` (`Intl.Segmenter`), or a function. */
  split?: Splitting | undefined;
  /** Tokens in a row that make one, with a space between: `3` for one, two and three of them, `[2]` for two alone. */
  ngrams?: number | readonly number[] | undefined;
  /** Default `'int'`. */
  output?: VectorizerOutput | undefined;
  /** With `'int'`: the most ids of a text; what is beyond is cut off. Default: no bound. */
  sequenceLength?: number | undefined;
  /** With `sequenceLength`: whether shorter texts are filled up with the padding id 0. Default false. */
  pad?: boolean | undefined;
  /** Words to leave out, before n-grams are made: `'english'` for `ENGLISH_STOP_WORDS`, or a list. Default: none. */
  stopWords?: 'english' | readonly string[] | undefined;
}

export const TEXT_VECTORIZER_OPTIONS = [
  'maxTokens',
  'maxSize',
  'normalization',
  'standardize',
  'split',
  'ngrams',
  'output',
  'sequenceLength',
  'pad',
  'stopWords',
] as const;

/** The options with what was left out; `undefined` stands for no bound, no normal form and no stop words. */
export interface ResolvedVectorizerOptions {
  readonly maxTokens: number | undefined;
  readonly normalization: Normalization | undefined;
  readonly standardize: Standardization;
  readonly split: Splitting;
  /** The lengths of n-grams. */
  readonly ngrams: readonly number[];
  readonly output: VectorizerOutput;
  readonly sequenceLength: number | undefined;
  readonly pad: boolean;
  readonly stopWords: 'english' | readonly string[] | undefined;
}

/** Token ids before those of the tokens: only sequences of ids can have padding. */
export function specialTokens(output: VectorizerOutput): readonly string[] {
  return output === 'int' ? ['', '[UNK]'] : ['[UNK]'];
}

function requireNameOrFunction(option: string, value: unknown, names: object): void {
  if (typeof value === 'function') return;
  if (typeof value !== 'string') throw check.wrongType(option, 'a name or a function', value);
  check.oneOf(option, value, Object.keys(names));
}

function resolveNgrams(ngrams: unknown): readonly number[] {
  const range = { min: 1, max: 100 };
  if (!Array.isArray(ngrams)) {
    return Array.from({ length: check.integer('ngrams', ngrams, range) }, (_, index) => index + 1);
  }
  const lengths = ngrams.map((length) => check.integer('ngrams', length, range));
  if (lengths.length === 0 || new Set(lengths).size !== lengths.length) {
    throw check.outOfRange('ngrams', 'a number, or a list of different numbers', ngrams);
  }
  return lengths;
}

function resolveStopWords(stopWords: unknown): 'english' | readonly string[] | undefined {
  if (stopWords === undefined) return undefined;
  if (!Array.isArray(stopWords)) return check.oneOf('stopWords', stopWords, ['english']);
  return stopWords.map((word) => check.string('stopWords', word));
}

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option. */
export function resolveVectorizerOptions(given: TextVectorizerOptions): ResolvedVectorizerOptions {
  const { standardize = 'lower-and-strip-punctuation', split = 'whitespace', ngrams = 1, output = 'int' } = given;
  const { normalization = 'none', sequenceLength, pad = false, stopWords } = given;
  const [bound, maxTokens] = mostTokens(given);
  check.oneOf('normalization', normalization, NORMALIZATIONS);
  requireNameOrFunction('standardize', standardize, STANDARDIZERS);
  requireNameOrFunction('split', split, SPLITTERS);
  check.oneOf('output', output, OUTPUTS);
  if (maxTokens !== undefined) {
    check.integer(bound, maxTokens, { min: specialTokens(output).length + 1, max: MAX_SIZE });
  }
  if (sequenceLength !== undefined) {
    check.integer('sequenceLength', sequenceLength, { min: 1, max: MAX_SIZE });
    if (output !== 'int') throw check.outOfRange('sequenceLength', "left out for any output but 'int'", sequenceLength);
  }
  if (check.boolean('pad', pad) && sequenceLength === undefined) {
    throw check.outOfRange('pad', 'false where there is no sequenceLength', pad);
  }
  return {
    maxTokens,
    normalization: normalization === 'none' ? undefined : normalization,
    standardize,
    split,
    ngrams: resolveNgrams(ngrams),
    output,
    sequenceLength,
    pad,
    stopWords: resolveStopWords(stopWords),
  };
}

/** Adds runs of `length` tokens to a list, a space between two, a little at a time. */
function* addRuns(tokens: readonly string[], length: number, to: string[]): Generator<void, void> {
  for (let end = length; end <= tokens.length; end++) {
    to.push(length === 1 ? (tokens[end - 1] as string) : tokens.slice(end - length, end).join(' '));
    if (end % PART === 0) yield;
  }
}

/**
 * The function that cuts a text into tokens: normalized, standardized, split, without stop words and empty strings, then
 * as n-grams, all of one length before those of the next. It does so a little at a time, but for functions of the user.
 */
export function analyzer(
  options: ResolvedVectorizerOptions,
): (text: string) => Generator<void, readonly string[], undefined> {
  const { ngrams, normalization = 'none', standardize, split } = options;

  function* standardized(text: string): Generator<void, string> {
    const form = yield* formingText(text, { lineEnds: 'keep', normalization });
    if (typeof standardize === 'function') {
      const result: unknown = standardize(form);
      if (typeof result === 'string') return result;
      throw check.wrongType('standardize', 'a function that returns a string', result);
    }
    if (standardize === 'none') return form;
    const parts: string[] = [];
    for (const part of partsCutAt(form, (text, at) => UNCASED.test(text.charAt(at)))) {
      parts.push(STANDARDIZERS[standardize](part));
      yield;
    }
    return parts.join('');
  }

  function* cut(text: string): Generator<void, readonly string[]> {
    if (typeof split !== 'function') return yield* SPLITTERS[split](text);
    const tokens: unknown = split(text);
    if (Array.isArray(tokens) && tokens.every((token) => typeof token === 'string')) return tokens;
    throw check.wrongType('split', 'a function that returns an array of strings', tokens);
  }

  const given = options.stopWords === 'english' ? ENGLISH_STOP_WORDS : (options.stopWords ?? []);
  // As the texts have them too: "it's" is "its" where punctuation is stripped.
  const left = new Set(['', ...given, ...given.map((word) => atOnce(standardized(word)))]);

  return function* (text) {
    const tokens = yield* listed(yield* cut(yield* standardized(text)), left);
    const all: string[] = [];
    for (const length of ngrams) yield* addRuns(tokens, length, all);
    return all;
  };
}
