/** Writing what an encoder–decoder answers to sources: greedily, or by beam search. */

import { types } from 'node:util';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { MAX_SIZE, resolveThreads } from '../base/resource-limits';
import { isNothing, requireEnd, type SequenceData, toSequences } from '../data/sequences';
import { cancelledError, withCancellation } from '../native/cancellation';
import type { NativeDecodeOptions, NativeInput, NativeSequences } from '../native/native';
import type { Network } from '../network/network';
import { withWeightsOfCall } from '../network/weights-of-call';
import { ownCopyIfSmall } from '../tensor/own-copy';
import { requireBeamMemory } from './beam/memory';

/** Options of `Model.decode`. */
export interface DecodingOptions {
  /** Id that the decoder is fed first. */
  start: number;
  /** Id that ends an answer, another than `start`; it is not in the result. */
  end: number;
  /** Most ids of an answer; 100 by default. */
  length?: number | undefined;
  /** Answers followed at once; 1 (default) takes the likeliest id each time. */
  beams?: number | undefined;
  /** Alpha of the score `logProbability / ((5 + ids) / 6) ** alpha` (Wu et al. 2016); 0 (off) by default. */
  lengthPenalty?: number | undefined;
  /** Ids never written. */
  excluded?: readonly number[] | undefined;
  threads?: number | undefined;
  /** Ends decoding with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

/** One answer. */
export interface Answer {
  /** Without `start` and `end`. */
  ids: Int32Array;
  /** Sum over its ids, and over `end` if it ended by it, in nats. */
  logProbability: number;
  /** The score of the ranking. */
  score: number;
  /** Whether `end` ended it, and not `length`. */
  ended: boolean;
}

const OPTIONS = [
  'start',
  'end',
  'length',
  'beams',
  'lengthPenalty',
  'excluded',
  'threads',
  'signal',
] as const satisfies (keyof DecodingOptions)[];

type Resolved = Omit<NativeDecodeOptions, 'source'> & { signal: AbortSignal | undefined };

/** @throws ERR_UNROLLED_OPTION_TYPE for what is not a list. */
function requireIds(excluded: unknown): ArrayLike<unknown> {
  if (Array.isArray(excluded) || types.isTypedArray(excluded)) return excluded as ArrayLike<unknown>;
  throw check.wrongType('excluded', 'a list of ids', excluded);
}

function resolve(options: DecodingOptions, vocabulary: number): Resolved {
  const given = check.options('Model.decode', options, OPTIONS);
  const { length = 100, beams = 1, lengthPenalty = 0, excluded = [] } = given;
  const id = { min: 0, max: vocabulary - 1 };
  return {
    start: check.integer('start', given.start, id),
    end: requireEnd(check.integer('end', given.end, id), given.start),
    length: check.integer('length', length, { min: 0, max: MAX_SIZE }),
    beams: check.integer('beams', beams, { min: 1, max: MAX_SIZE }),
    lengthPenalty: check.number('lengthPenalty', lengthPenalty, { min: 0 }),
    excluded: Int32Array.from(requireIds(excluded), (one, index) => check.integer(`excluded[${index}]`, one, id)),
    threads: resolveThreads(given.threads),
    signal: check.abortSignal('signal', given.signal),
  };
}

/** One of several sequences, as a batch of one row. */
function sourceOf({ ids, features, offsets }: NativeSequences, index: number): NativeInput {
  const [begin, end] = [offsets[index] as number, offsets[index + 1] as number];
  if (ids !== undefined) return { time: end - begin, ids: ids.slice(begin, end) };
  const all = features as NonNullable<typeof features>;
  const width = all.length / (offsets.at(-1) as number);
  return { time: end - begin, features: all.slice(begin * width, end * width) };
}

function undecodable(needed: string, instead: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_OPTION_RANGE', `decode needs ${needed}: ${instead}`, {
    option: 'decode',
    expected: 'a model with a source, whose input is ids',
  });
}

/**
 * The answers to each source, the best first; at most `beams` of them, all with the weights that the model has now.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE (for a model without a source
 *   too), ERR_UNROLLED_SHAPE, ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED.
 */
export async function decode(model: Network, sources: SequenceData, options: DecodingOptions): Promise<Answer[][]> {
  const { input, source } = model.description;
  if (source === undefined) {
    throw undecodable('a model with a source, but this one has none', 'predict(inputs) gives its outputs');
  }
  if (input.kind !== 'ids') {
    const instead = 'forward({ features, source }) gives its outputs';
    throw undecodable('a model that reads the ids it writes, but this one reads features', instead);
  }
  const { signal, ...resolved } = resolve(options, input.vocabulary);
  requireBeamMemory(model, resolved.beams, input.vocabulary);
  if (isNothing(sources)) return [];
  return withWeightsOfCall(model, 'several', async (weights) => {
    const sequences = await toSequences('sources', ownCopyIfSmall(sources), source, model.dtype);
    const answers: Answer[][] = [];
    for (let index = 0; index + 1 < sequences.offsets.length; index++) {
      const call = { ...resolved, source: sourceOf(sequences, index) };
      const result = await withCancellation(signal, (cancellation) =>
        weights.use(({ native }) => native.decode(call, cancellation)),
      );
      if (result.cancelled) throw cancelledError(model, 'Decoding', signal);
      answers.push(
        result.hypotheses.map(({ ids, bias: _, ...rest }) => ({
          ids: rest.ended ? ids.subarray(0, -1) : ids,
          ...rest,
        })),
      );
    }
    return answers;
  });
}
