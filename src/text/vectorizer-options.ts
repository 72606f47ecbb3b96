/** The options of a `TextVectorizer`, checked and with their defaults. */

import * as check from '../base/check';
import { phrase, refer } from '../base/messages/phrase';
import { MAX_SIZE } from '../base/resource-limits';
import { NORMALIZATIONS, type Normalization } from './text-form';
import { mostTokens } from './vocabulary-options';

/** Names for `standardize`: whether to lower-case, and whether to strip punctuation. */
export const STANDARDIZATIONS = {
  'lower-and-strip-punctuation': { lower: true, strip: true },
  lower: { lower: true, strip: false },
  'strip-punctuation': { lower: false, strip: true },
  none: { lower: false, strip: false },
} as const;

export const SPLITS = ['whitespace', 'character', 'word'] as const;

const OUTPUTS = ['int', 'multi-hot', 'count', 'frequency', 'tf-idf'] as const;

/** Words to leave out: a list by its name, or the words. */
export type StopWords = 'english' | 'chinese' | readonly string[];

/** The lists of stop words that have a name. */
export const STOP_WORD_LISTS = ['english', 'chinese'] as const satisfies readonly StopWords[];

/** The steps applied to a text, before or after it is split. */
export type Standardization = keyof typeof STANDARDIZATIONS | ((text: string) => string);

/** How a text is cut. */
export type Splitting = (typeof SPLITS)[number] | ((text: string) => readonly string[]);

/** The form of the output: ids in the order of the text, or one vector per text with one element per token. */
export type VectorizerOutput = (typeof OUTPUTS)[number];

/** The options of a `TextVectorizer`: how it processes a text, and which tokens it knows. */
export interface TextVectorizerOptions {
  /** The most ids there may be, padding and unknown among them; the most frequent tokens are kept. Default: no bound. */
  maxTokens?: number | undefined;
  /** `maxTokens` by the name that `Vocabulary.build` has too. */
  maxSize?: number | undefined;
  /** Unicode's normal form that every text is brought into, before all else. Default `'none'`. */
  normalization?: Normalization | undefined;
  /**
   * `'lower-and-strip-punctuation'` (the default), `'lower'`, `'strip-punctuation'`, `'none'`, or a function of the
   * text before it is cut. Lower case is Unicode's. ASCII punctuation is stripped before the text is split at white
   * space or into characters. With `split: 'word'` or a function the text is split first, so a point or comma between
   * digits stays. With `'word'`, punctuation of all scripts is stripped, except exclamation and question marks.
   */
  standardize?: Standardization | undefined;
  /**
   * `'whitespace'` (the default), `'character'` (code points), `'word'` (`Intl.Segmenter`), or a function. `'word'` gives
   * words, numbers, emoji and symbols; punctuation too, unless `standardize` strips it.
   */
  split?: Splitting | undefined;
  /** Tokens in a row that make one, with a space between: `3` for one, two and three of them, `[2]` for two alone. */
  ngrams?: number | readonly number[] | undefined;
  /** Default `'int'`. */
  output?: VectorizerOutput | undefined;
  /** With `'int'`: at most this many ids per text; the rest is cut off. Default: no limit. */
  sequenceLength?: number | undefined;
  /** With `sequenceLength`: whether shorter texts are padded with the id 0. Default false. */
  pad?: boolean | undefined;
  /**
   * Words to leave out, before n-grams are made: `'english'` for `ENGLISH_STOP_WORDS`, `'chinese'` for
   * `CHINESE_STOP_WORDS`, or a list. Default: none.
   */
  stopWords?: StopWords | undefined;
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

/** The options with their defaults; `undefined` means no limit, no normal form and no stop words. */
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
  readonly stopWords: StopWords | undefined;
}

/** Number of special ids before those of the tokens: only sequences of ids can have padding. */
export function specialTokens(output: VectorizerOutput): readonly string[] {
  return output === 'int' ? ['', '[UNK]'] : ['[UNK]'];
}

function requireNameOrFunction(option: string, value: unknown, names: readonly string[]): void {
  if (typeof value === 'function') return;
  if (typeof value !== 'string') throw check.wrongType(option, 'a name or a function', value);
  check.oneOf(option, value, names);
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

function resolveStopWords(stopWords: unknown): StopWords | undefined {
  if (stopWords === undefined) return undefined;
  if (typeof stopWords === 'string') return check.oneOf('stopWords', stopWords, STOP_WORD_LISTS);
  if (Array.isArray(stopWords)) return stopWords.map((word, index) => check.string(`stopWords[${index}]`, word));
  throw check.wrongType('stopWords', `one of ${STOP_WORD_LISTS.join(', ')}, or a list of words`, stopWords);
}

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option. */
export function resolveVectorizerOptions(given: TextVectorizerOptions): ResolvedVectorizerOptions {
  const { standardize = 'lower-and-strip-punctuation', split = 'whitespace', ngrams = 1, output = 'int' } = given;
  const { normalization = 'none', sequenceLength, pad = false, stopWords } = given;
  const [bound, maxTokens] = mostTokens(given);
  check.oneOf('normalization', normalization, NORMALIZATIONS);
  requireNameOrFunction('standardize', standardize, Object.keys(STANDARDIZATIONS));
  requireNameOrFunction('split', split, SPLITS);
  check.oneOf('output', output, OUTPUTS);
  if (maxTokens !== undefined) {
    check.integer(bound, maxTokens, { min: specialTokens(output).length + 1, max: MAX_SIZE });
  }
  if (sequenceLength !== undefined) {
    check.integer('sequenceLength', sequenceLength, { min: 1, max: MAX_SIZE });
    if (output !== 'int') throw check.outOfRange('sequenceLength', "left out for any output but 'int'", sequenceLength);
  }
  if (check.boolean('pad', pad) && sequenceLength === undefined) {
    throw check.outOfRange('pad', phrase`false without ${refer.option('sequenceLength')}`, pad);
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
