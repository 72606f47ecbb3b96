/** Builds a vocabulary from texts: it counts their tokens and gives ids to those within the limits. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { giveTurn } from '../base/event-loop';
import { keptTokens } from './kept-tokens';
import { AS_IT_IS, formingText, formText } from './text-form';
import { tokenParts } from './text-parts';
import type { TokenList } from './token-list';
import type { TokenCounter, Tokenizer } from './tokenizers/tokenizer';
import type { VocabularyJSON } from './vocabulary-json';
import {
  type ResolvedVocabularyOptions,
  resolveVocabularyOptions,
  TOKENIZERS,
  type VocabularyOptions,
} from './vocabulary-options';

/** Tokens that are looked at between two turns. */
const TOKENS = 1 << 12;

/** The content of a vocabulary. */
export interface VocabularyContent extends Omit<VocabularyJSON, 'tokens'> {
  tokens: TokenList;
}

/** The built vocabulary, and how often each id occurs, `[V]`. */
export interface BuiltVocabulary {
  content: VocabularyContent;
  frequencies: number[];
}

/** Counts the tokens of texts that come one after another. */
export class VocabularyCounts {
  readonly #options: ResolvedVocabularyOptions;
  readonly #tokenizer: Tokenizer;
  readonly #counter: TokenCounter;
  #texts = 0;

  /** @throws what `resolveVocabularyOptions` throws. */
  constructor(options: VocabularyOptions | undefined) {
    this.#options = resolveVocabularyOptions(options);
    this.#tokenizer = TOKENIZERS[this.#options.kind];
    this.#counter = this.#tokenizer.counter();
  }

  /** A text in the vocabulary's form. */
  formed(text: string): string {
    return formText(text, this.#options.form ?? AS_IT_IS);
  }

  /** The same, a little at a time. */
  forming(text: string): Generator<void, string> {
    return formingText(text, this.#options.form ?? AS_IT_IS);
  }

  /** Counts the tokens of one more text, which is in that form; none continues from the text before. */
  add(text: string): void {
    this.#texts++;
    this.#counter.add(text);
  }

  /** The same, with turns for the event loop. */
  async addInTurns(text: string): Promise<void> {
    this.#texts++;
    for (const part of tokenParts(text, (part) => this.stableLength(part))) {
      this.#counter.add(part);
      await giveTurn();
    }
  }

  /** `Tokenizer.stableLength` of the kind of tokens. */
  stableLength(text: string): number {
    return this.#tokenizer.stableLength(text);
  }

  /**
   * The vocabulary of the texts, a little at a time.
   * @throws ERR_UNROLLED_CORPUS_EMPTY, ERR_UNROLLED_OPTION_RANGE if the bounds leave no token.
   */
  *build(): Generator<void, BuiltVocabulary> {
    const { kind, maxSize, minCount, isBounded, unknown, endToken, form } = this.#options;
    const { byFrequency, noun } = this.#tokenizer;
    const { tokens, counts } = yield* this.#counter.counts();
    if (counts.length === 0) throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', 'An empty text has no vocabulary');
    const most = isBounded ? maxSize - (endToken ? 2 : 1) : maxSize;
    const kept = yield* keptTokens(counts, { minCount, maxSize: most, byFrequency });
    if (kept?.length === 0) {
      throw check.outOfRange('minCount', `at most the count of the most frequent ${noun}`, minCount);
    }
    const frequencies = kept === undefined ? counts : kept.map((token) => counts[token] as number);
    // The unknown token counts the tokens that were left out; every text ends in an end token.
    if (isBounded) frequencies.push((yield* sum(counts)) - (yield* sum(frequencies)));
    if (endToken) frequencies.push(this.#texts);
    const content = {
      ...{ kind, tokens: kept === undefined ? tokens : tokens.pick(kept), unknownToken: isBounded, unknown },
      ...(endToken && { endToken: true as const }),
      ...(form !== undefined && { form }),
    };
    return { content, frequencies };
  }
}

function* sum(counts: readonly number[]): Generator<void, number> {
  let all = 0;
  for (const [index, count] of counts.entries()) {
    all += count;
    if (index % TOKENS === 0) yield;
  }
  return all;
}
