/** The options of `LanguageModel`, and the result of `evaluate`. */

import type { TokenCounts } from '../text/token-counts';
import type { Vocabulary } from '../text/vocabulary';
import type { UnknownPolicy } from '../text/vocabulary-options';
import type { NetworkOptions } from './architecture/network-options-table';

/** Options of a new language model. */
export interface LanguageModelOptions extends NetworkOptions {
  vocabulary: Vocabulary;
  /**
   * How often each id occurs, `[V]`, for an adaptive or a sampled output: as the vocabulary counted by default. Only the
   * order counts, and it is kept with the model.
   */
  frequencies?: ArrayLike<number> | undefined;
}

/** Options of `LanguageModel.initFrom`. */
export interface InitOptions extends LanguageModelOptions {
  /**
   * Whether the model learns the tokens of `vocabulary` that the file's vocabulary lacks. The vocabulary is then that
   * of `stored.extendedBy(vocabulary)`, with the file's ids first. Weights of a new token are drawn with `seed`; all
   * other weights are the file's, bit for bit. An adaptive softmax ranks the tokens again, and draws new output weights
   * for tokens that move to another cluster. Default false: then another vocabulary is refused.
   */
  extendVocabulary?: boolean | undefined;
}

/** Options of `LanguageModel.load`. */
export interface LoadOptions extends Pick<NetworkOptions, 'threads'> {
  /** The treatment of unknown tokens, instead of the one in the file; see `Vocabulary.withUnknown`. */
  unknown?: UnknownPolicy | undefined;
}

/** Options of `LanguageModel.evaluate`. */
export interface EvaluationOptions {
  /** Rows the stream is cut into; 1 by default. */
  batch?: number | undefined;
  /** Tokens of a row computed at once; 128 by default. The result does not depend on it. */
  window?: number | undefined;
  threads?: number | undefined;
  /** Ends evaluation with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

/** The result of `evaluate`. Counts are those of the corpus's tokens, without the ends of documents. */
export interface Evaluation extends TokenCounts {
  /** Mean cross-entropy in nats per token. */
  loss: number;
  bitsPerToken: number;
  /** `exp(loss)` */
  perplexity: number;
  /** Targets it is the mean of. */
  tokens: number;
}
