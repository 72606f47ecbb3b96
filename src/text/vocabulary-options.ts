/** Options of a vocabulary: its kind of tokens and how they are chosen; checked and with their defaults. */

import * as check from '../base/check';
import { phrase, refer } from '../base/messages/phrase';
import { FORM_OPTIONS, type FormOptions, resolveForm, type TextForm } from './text-form';
import { byteTokenizer } from './tokenizers/byte-tokenizer';
import { charTokenizer } from './tokenizers/char-tokenizer';
import { graphemeTokenizer, wordTokenizer } from './tokenizers/segment-tokenizer';
import type { Tokenizer } from './tokenizers/tokenizer';

/** How each kind of token is cut from a text. */
export const TOKENIZERS = {
  char: charTokenizer,
  grapheme: graphemeTokenizer,
  byte: byteTokenizer,
  word: wordTokenizer,
} as const satisfies Record<string, Tokenizer>;

/** The kind of tokens: code points, graphemes, bytes of UTF-8, or words and the text between them. */
export type TokenKind = keyof typeof TOKENIZERS;

/** Every kind of token, as the `tokens` option takes them. */
export const TOKEN_KINDS = Object.keys(TOKENIZERS) as TokenKind[];

/** Every choice of what unseen input does, as the `unknown` option takes them. */
export const UNKNOWN_POLICIES = ['error', 'skip', 'replace'] as const;

/** The treatment of a token without an id in `encode`. */
export type UnknownPolicy = (typeof UNKNOWN_POLICIES)[number];

/** How `Vocabulary.build` chooses tokens, and the form that it keeps for every text. */
export interface VocabularyOptions extends FormOptions {
  /** Default `'char'`. */
  tokens?: TokenKind;
  /** The most ids there may be, the unknown token among them; the most frequent tokens are kept. */
  maxTokens?: number;
  /** An older name of `maxTokens`. */
  maxSize?: number;
  /** The fewest occurrences of a token that is kept. */
  minCount?: number;
  /**
   * Default `'replace'` where `maxTokens` or `minCount` bounds the vocabulary, else `'error'`.
   * `'replace'` needs the unknown token, which only a bounded vocabulary has.
   */
  unknown?: UnknownPolicy;
  /** Whether there is one more id, the last, for the end of a document. Default false; it counts in `maxTokens`. */
  endToken?: boolean;
}

/** The names of the vocabulary's options, for functions that take them among others. */
export const VOCABULARY_OPTIONS = [
  'tokens',
  'maxTokens',
  'maxSize',
  'minCount',
  'unknown',
  'endToken',
  ...FORM_OPTIONS,
] as const satisfies (keyof VocabularyOptions)[];

/** The options with what was left out. */
export interface ResolvedVocabularyOptions {
  kind: TokenKind;
  maxSize: number;
  minCount: number;
  /** Whether there is a bound, and with it an unknown token. */
  isBounded: boolean;
  unknown: UnknownPolicy;
  endToken: boolean;
  /** Undefined where neither line ends nor normal form were given. */
  form: TextForm | undefined;
}

function resolveDeclaredForm(given: FormOptions): TextForm | undefined {
  return FORM_OPTIONS.some((option) => given[option] !== undefined) ? resolveForm(given) : undefined;
}

/**
 * The bound of a vocabulary's size by the name that it was given by.
 * @throws ERR_UNROLLED_OPTION_RANGE if both are given.
 */
export function mostTokens({ maxTokens, maxSize }: Sizes): [name: 'maxTokens' | 'maxSize', most: number | undefined] {
  if (maxSize === undefined) return ['maxTokens', maxTokens];
  if (maxTokens !== undefined)
    throw check.outOfRange(
      'maxSize',
      phrase`left out if ${refer.option('maxTokens')} is given, of which it is an older name`,
      maxSize,
    );
  return ['maxSize', maxSize];
}

interface Sizes {
  maxTokens?: number | undefined;
  maxSize?: number | undefined;
}

/** @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveVocabularyOptions(options: VocabularyOptions | undefined): ResolvedVocabularyOptions {
  const given = check.options('Vocabulary.build', options, VOCABULARY_OPTIONS);
  const isBounded = given.maxTokens !== undefined || given.maxSize !== undefined || given.minCount !== undefined;
  const { tokens: kind = 'char', minCount = 1 } = given;
  const [bound, maxSize = Number.MAX_SAFE_INTEGER] = mostTokens(given);
  const { unknown = isBounded ? 'replace' : 'error', endToken = false } = given;
  check.oneOf('tokens', kind, TOKEN_KINDS);
  check.boolean('endToken', endToken);
  check.integer(bound, maxSize, { min: endToken ? 3 : 2 });
  check.integer('minCount', minCount, { min: 1 });
  check.oneOf('unknown', unknown, UNKNOWN_POLICIES);
  if (unknown === 'replace' && !isBounded) {
    const neither = phrase`neither ${refer.option('maxTokens')} nor ${refer.option('minCount')} is given`;
    throw check.outOfRange('unknown', phrase`error or skip if ${neither}`, unknown);
  }
  return { kind, maxSize, minCount, isBounded, unknown, endToken, form: resolveDeclaredForm(given) };
}
