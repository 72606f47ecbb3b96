/** The interface of a kind of token; `vocabulary.ts` only uses this. */

import type { TokenList } from '../token-list';

/** The distinct tokens of texts, in code-point order, and how often each occurs. */
export interface CountedTokens {
  tokens: TokenList;
  counts: number[];
}

/** A mark instead of an id: the token is left out. */
export const SKIP = -1;

/**
 * Decides what a token without an id becomes: returns the id to take, or `SKIP`, or throws.
 * `position` is the number of tokens before it.
 */
export type UnknownHandler = (token: string, position: number) => number;

/** Counts the tokens of texts. */
export interface TokenCounter {
  /** Counts the tokens of one more text; none continues from the text before. */
  add(text: string): void;
  /** The tokens counted so far, computed in parts. */
  counts(): Generator<void, CountedTokens>;
}

/** Cuts text into tokens and gives each its id. */
export type Encoder = (text: string, onUnknown: UnknownHandler) => Int32Array;

/** Puts tokens back together, piece by piece; what a piece leaves incomplete waits for the next. */
export interface Detokenizer {
  push(ids: ArrayLike<number>): string;
  /** The text that is still held back. */
  end(): string;
}

/** One kind of token. Tokens are strings for every kind, so a vocabulary is a list of strings. */
export interface Tokenizer {
  /** The word for one token in messages. */
  readonly noun: string;
  /** The text that the unknown token decodes to. */
  readonly unknownText: string;
  /** True when ids go by falling frequency, false when they go by code point. */
  readonly byFrequency: boolean;
  /** Whether a string (from a file, say) can be a token of this kind. */
  isToken(token: string): boolean;
  /** A token as a person would recognise it in a message. */
  show(token: string): string;
  counter(): TokenCounter;
  /**
   * How many UTF-16 units of a text that continues can be cut into tokens now, since what follows does not change
   * them: up to all, maybe none. The text must not end inside a surrogate pair.
   */
  stableLength(text: string): number;
  /** An encoder that gives each token its place in the list for an id; it is made a little at a time. */
  encoder(tokens: TokenList): Generator<void, Encoder>;
  /** The way back; the id `tokens.length` is the unknown token. */
  detokenizer(tokens: readonly string[]): Detokenizer;
}

/** The detokenizer of kinds whose tokens are the pieces of the text themselves. */
export function concatenation(tokens: readonly string[], unknownText: string): Detokenizer {
  return {
    push(ids) {
      let text = '';
      for (let i = 0; i < ids.length; i++) text += tokens[ids[i] as number] ?? unknownText;
      return text;
    },
    end: () => '',
  };
}
