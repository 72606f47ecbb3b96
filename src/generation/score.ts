/** How likely a model holds a text to be, and what it holds likeliest next. */

import { cancelledError, withCancellation } from '../cancellation';
import { UnrolledError } from '../errors';
import type { TokenCounts } from '../text/token-counts';
import * as check from '../validation';
import { counted } from '../wording';
import { startIds } from './prompt';
import type { Generator } from './sample';

/** Options of `score`. */
export interface ScoreOptions {
  /**
   * Text that comes before and is not scored, fed as `sample` feeds a prompt: an empty one starts like a new line.
   * With it every token of the text is scored; without, nothing comes before the first, which is fed alone.
   */
  context?: string | undefined;
  /** Whether the log-probability of each token is returned; false by default. */
  perToken?: boolean | undefined;
  /** Ends the work with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

/** A token with its log-probability in nats, given all before it. */
export interface TokenScore {
  token: string;
  logProbability: number;
}

/** What `score` gives; the counts are of all tokens of the text, also those that are not scored. */
export interface TextScore extends TokenCounts {
  /** Sum over the tokens that were scored, in nats. */
  logProbability: number;
  /** Tokens that were scored. */
  tokens: number;
  /** `exp(-logProbability / tokens)` */
  perplexity: number;
  /** Of the tokens that were scored, where asked for. */
  perToken?: TokenScore[];
}

/** Options of `next`. */
export interface NextOptions {
  /** Ends the work with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

/** A token that may come next. */
export interface NextToken extends TokenScore {
  id: number;
  /** `exp(logProbability)` */
  probability: number;
}

const SCORE_OPTIONS = ['context', 'perToken', 'signal'] as const satisfies (keyof ScoreOptions)[];

export interface ResolvedScore {
  context: string | undefined;
  perToken: boolean;
  signal: AbortSignal | undefined;
}

/** @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE. */
export function resolveScore(options: ScoreOptions | undefined): ResolvedScore {
  const { context, perToken = false, signal } = check.options('score', options, SCORE_OPTIONS);
  return {
    context: context === undefined ? undefined : check.string('context', context),
    perToken: check.boolean('perToken', perToken),
    signal: check.abortSignal('signal', signal),
  };
}

/** @param unknown how many tokens of the text were left out. */
function noTokens(unknown: number): UnrolledError {
  const what = unknown === 0 ? 'tokens' : `token that the model knows (${counted(unknown, 'unknown one')})`;
  return new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `The text has no ${what}.`);
}

/**
 * The log-probability of a text from a zero state.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_CORPUS_EMPTY, ERR_UNROLLED_CORPUS_TOO_SHORT for a single token
 *   without context, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED, ERR_UNROLLED_DISPOSED.
 */
export async function scoreText(
  { model, vocabulary, threads }: Generator,
  text: string,
  { context, perToken, signal }: ResolvedScore,
): Promise<TextScore> {
  const { ids: scored, knownTokens, unknownTokens } = vocabulary.encodeCounted(text);
  if (scored.length === 0) throw noTokens(unknownTokens);
  const before = context === undefined ? scored.subarray(0, 1) : startIds(vocabulary, context);
  const rest = context === undefined ? scored.subarray(1) : scored;
  if (rest.length === 0) {
    throw new UnrolledError(
      'ERR_UNROLLED_CORPUS_TOO_SHORT',
      'The text has 1 token, and nothing comes before it. Give at least 2 tokens, or a context.',
      { option: 'context', mentions: ['context'], expected: 'at least 2 tokens, or a context', received: '1 token' },
    );
  }
  const ids = new Int32Array(before.length + rest.length);
  ids.set(before);
  ids.set(rest, before.length);
  const call = { ids, first: before.length, threads };
  const result = await withCancellation(signal, (cancellation) => model.native.score(call, cancellation));
  if (result.cancelled) throw cancelledError(model, 'Scoring', signal);
  const { logProbabilities } = result;
  const logProbability = logProbabilities.reduce((sum, value) => sum + value, 0);
  return {
    logProbability,
    tokens: rest.length,
    perplexity: Math.exp(-logProbability / rest.length),
    knownTokens,
    unknownTokens,
    ...(perToken && {
      perToken: Array.from(rest, (id, i) => ({
        token: vocabulary.token(id),
        logProbability: logProbabilities[i] as number,
      })),
    }),
  };
}

/**
 * The `count` likeliest tokens after a text, by falling probability; of equals the lower id first.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE,
 *   ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED, ERR_UNROLLED_DISPOSED.
 */
export async function nextTokens(
  { model, vocabulary, threads }: Generator,
  text: string,
  count: number,
  options: NextOptions | undefined,
): Promise<NextToken[]> {
  check.integer('k', count, { min: 1 });
  const given = check.options('next', options, ['signal']);
  const signal = check.abortSignal('signal', given.signal);
  const call = { ids: startIds(vocabulary, text), count, threads };
  const result = await withCancellation(signal, (cancellation) => model.native.next(call, cancellation));
  if (result.cancelled) throw cancelledError(model, 'Scoring', signal);
  return Array.from(result.ids, (id, i) => {
    const logProbability = result.logProbabilities[i] as number;
    return { token: vocabulary.token(id), id, logProbability, probability: Math.exp(logProbability) };
  });
}
