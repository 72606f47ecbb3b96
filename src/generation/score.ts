/** How likely a model holds a text to be, and what it holds likeliest next. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { phrase, refer } from '../base/messages/phrase';
import { cancelledError, withCancellation } from '../native/cancellation';
import { withWeightsOfCall } from '../network/weights-of-call';
import type { TokenCounts } from '../text/token-counts';
import { type Beginnings, joined, noTokens, promptIds, startIds } from './prompt';
import type { Generator } from './sample';
import { endIdOf } from './special-ids';

/** Options of `score`. */
export interface ScoreOptions {
  /**
   * Text that comes before and is not scored, fed as `sample` feeds a prompt. With it every token of the text is scored.
   * Without it nothing comes before the first, which a model of plain text is fed alone, and a model of documents scores
   * as the first of a document.
   */
  context?: string | undefined;
  /** For a model of documents: whether the document ends with the text, so that the end token is also scored. */
  document?: boolean | undefined;
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

/** The result of `score`. Counts are of all tokens of the text, also of those that are not scored. */
export interface TextScore extends TokenCounts {
  /** Sum over the tokens that were scored, in nats. */
  logProbability: number;
  /** Tokens that were scored. */
  tokens: number;
  /** `exp(-logProbability / tokens)` */
  perplexity: number;
  /** For each scored token, if requested. */
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

const SCORE_OPTIONS = ['context', 'document', 'perToken', 'signal'] as const satisfies (keyof ScoreOptions)[];

export interface ResolvedScore {
  context: string | undefined;
  document: boolean;
  perToken: boolean;
  signal: AbortSignal | undefined;
}

/** @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE. */
export function resolveScore(options: ScoreOptions | undefined): ResolvedScore {
  const { context, document = false, perToken = false, signal } = check.options('score', options, SCORE_OPTIONS);
  return {
    context: context === undefined ? undefined : check.string('context', context),
    document: check.boolean('document', document),
    perToken: check.boolean('perToken', perToken),
    signal: check.abortSignal('signal', signal),
  };
}

/**
 * Refuses a text of nothing but unknown tokens, which is not the empty text.
 * @throws ERR_UNROLLED_CORPUS_EMPTY, ERR_UNROLLED_UNKNOWN_TOKEN.
 */
async function requireKnown({ vocabulary }: Beginnings, text: string, signal: AbortSignal | undefined): Promise<void> {
  if (text === '') return;
  const { ids, unknownTokens } = await vocabulary.encodeCountedInTurns(text, signal);
  if (ids.length === 0 && unknownTokens > 0) throw noTokens(vocabulary, text, unknownTokens);
}

/** Ids to feed, those to score after them, and how many of the text's tokens are known. */
async function partsOf(
  generator: Beginnings,
  text: string,
  { context, document, signal }: ResolvedScore,
): Promise<{ before: Int32Array; rest: Int32Array; counts: TokenCounts }> {
  const { vocabulary, documents } = generator;
  if (document && !documents) {
    const kind =
      vocabulary.endId === undefined
        ? 'of plain text'
        : 'of an earlier release, which did not learn how a document begins';
    throw check.outOfRange('document', `left out for a model ${kind}`, document);
  }
  const { ids, ...counts } = await vocabulary.encodeCountedInTurns(text, signal);
  const scored = document ? joined(ids, Int32Array.of(endIdOf(vocabulary))) : ids;
  // A text of nothing but unknown tokens is not the empty document.
  if (ids.length === 0 && (!document || counts.unknownTokens > 0))
    throw noTokens(vocabulary, text, counts.unknownTokens);
  if (documents) return { before: await promptIds(generator, context ?? '', signal), rest: scored, counts };
  if (context !== undefined)
    return { before: await startIds(generator, context, 'context', signal), rest: scored, counts };
  return { before: scored.subarray(0, 1), rest: scored.subarray(1), counts };
}

/**
 * The log-probability of a text from a zero state.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_CORPUS_EMPTY, ERR_UNROLLED_CORPUS_TOO_SHORT for a single token
 *   that nothing comes before, ERR_UNROLLED_OPTION_RANGE for `document` where the model has none,
 *   ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED, ERR_UNROLLED_DISPOSED.
 */
export async function scoreText(generator: Generator, text: string, options: ResolvedScore): Promise<TextScore> {
  const { model, vocabulary, threads } = generator;
  const { perToken, signal } = options;
  const { rest, counts, result } = await withWeightsOfCall(model, 'one', async (weights) => {
    const { before, rest, counts } = await partsOf(generator, text, options);
    if (rest.length === 0) {
      throw new UnrolledError('ERR_UNROLLED_CORPUS_TOO_SHORT', 'The text has 1 token and no context', {
        advice: phrase`Give at least 2 tokens, or a ${refer.option('context')}.`,
        option: 'context',
        expected: 'at least 2 tokens, or a context',
        received: '1 token',
      });
    }
    const call = { ids: joined(before, rest), first: before.length, threads };
    const result = await withCancellation(signal, (cancellation) =>
      weights.use(({ native }) => native.score(call, cancellation)),
    );
    return { rest, counts, result };
  });
  if (result.cancelled) throw cancelledError(model, 'Scoring', signal);
  const { logProbabilities } = result;
  const logProbability = logProbabilities.reduce((sum, value) => sum + value, 0);
  return {
    logProbability,
    tokens: rest.length,
    perplexity: Math.exp(-logProbability / rest.length),
    ...counts,
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
 *   ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_CORPUS_EMPTY if there is nothing to feed,
 *   ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED, ERR_UNROLLED_DISPOSED.
 */
export async function nextTokens(
  generator: Generator,
  text: string,
  count: number,
  options: NextOptions | undefined,
): Promise<NextToken[]> {
  const { model, vocabulary, threads } = generator;
  check.integer('k', count, { min: 1 });
  const given = check.options('next', options, ['signal']);
  const signal = check.abortSignal('signal', given.signal);
  const result = await withWeightsOfCall(model, 'one', async (weights) => {
    await requireKnown(generator, text, signal);
    const call = { ids: await startIds(generator, text, 'text', signal), count, threads };
    return withCancellation(signal, (cancellation) => weights.use(({ native }) => native.next(call, cancellation)));
  });
  if (result.cancelled) throw cancelledError(model, 'Scoring', signal);
  return Array.from(result.ids, (id, i) => {
    const logProbability = result.logProbabilities[i] as number;
    return { token: vocabulary.token(id), id, logProbability, probability: Math.exp(logProbability) };
  });
}
