/** Beam search for the likeliest continuations of a prompt. */

import { TextEncoder } from 'node:util';
import { cancelledError, withCancellation } from '../../native/cancellation';
import type { NativeBeamOptions, NativeHypothesis, NativeStop } from '../../native/native';
import type { Vocabulary } from '../../text/vocabulary';
import { Constraint } from '../constraint';
import type { ResolvedBeam } from '../options';
import { startIds } from '../prompt';
import { RowText } from '../row-text';
import type { Generator } from '../sample';
import { endIdOf, excludedIds } from '../special-ids';
import { stopIn } from '../stop-filter';
import { requireBeamMemory } from './memory';
import { searchByStep } from './steps';

/** One continuation that `beam` found. */
export interface BeamResult {
  /** Without the prompt. */
  text: string;
  /**
   * Sum over all its tokens, in nats, including the one that ended it and those of a stop string. Excluded tokens (the
   * unknown one, and those that a constraint excludes) keep their share of the probability, and biases do not count:
   * the result is that of `score`.
   */
  logProbability: number;
  /** The score of the ranking: `logProbability` plus the biases of the tokens, divided as `lengthPenalty` says. */
  score: number;
  /** Whether the end token or a stop string ended it, and not `length`. */
  ended: boolean;
}

/** The byte of a token of bytes that is not an ASCII character. */
const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;

/** The bytes of every token, to find strings in. */
function nativeStop(vocabulary: Vocabulary, strings: readonly string[]): NativeStop {
  const endId = endIdOf(vocabulary);
  const encoder = new TextEncoder();
  const bytesOf = (id: number): Uint8Array => {
    if (id === endId) return new Uint8Array();
    const token = vocabulary.token(id);
    const byte = vocabulary.kind === 'byte' ? BYTE_TOKEN.exec(token)?.[1] : undefined;
    return byte === undefined ? encoder.encode(token) : Uint8Array.of(Number.parseInt(byte, 16));
  };
  const tokens = Array.from({ length: vocabulary.size }, (_, id) => bytesOf(id));
  const offsets = new Int32Array(tokens.length + 1);
  for (const [id, bytes] of tokens.entries()) offsets[id + 1] = (offsets[id] as number) + bytes.length;
  return { strings: [...strings], bytes: Buffer.concat(tokens), offsets };
}

async function searchAtOnce(
  { model }: Generator,
  call: NativeBeamOptions,
  constraint: Constraint | undefined,
  signal: AbortSignal | undefined,
): Promise<NativeHypothesis[]> {
  const bias = constraint?.fixed;
  const options = { ...call, ...(bias !== undefined && { bias }) };
  const result = await withCancellation(signal, (cancellation) => model.native.beam(options, cancellation));
  if (result.cancelled) throw cancelledError(model, 'Beam search', signal);
  return result.hypotheses;
}

/**
 * The continuations found, by falling score.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_CORPUS_EMPTY if there is nothing to feed, ERR_UNROLLED_OUT_OF_MEMORY
 *   for more beams than can be held, ERR_UNROLLED_CALLBACK, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED,
 *   ERR_UNROLLED_DISPOSED.
 */
export async function searchText(
  generator: Generator,
  prompt: string,
  { search, stop, constraint: given, signal }: ResolvedBeam,
): Promise<BeamResult[]> {
  const { model, vocabulary, threads } = generator;
  requireBeamMemory(model, search.beams, vocabulary.size);
  const constraint = Constraint.of(given, vocabulary);
  const call = {
    ...search,
    ids: await startIds(generator, prompt, 'prompt', signal),
    end: endIdOf(vocabulary),
    excluded: excludedIds(vocabulary),
    ...(stop.strings.length > 0 && { stop: nativeStop(vocabulary, stopIn(vocabulary, stop).strings) }),
    leastLength: given.minLength,
    threads,
  };
  const found =
    constraint?.isStepwise && search.length > 0
      ? await searchByStep(generator, prompt, call, constraint, signal)
      : await searchAtOnce(generator, call, constraint, signal);
  return found.map(({ ids, ended, logProbability, score }) => {
    const row = new RowText(vocabulary, stop, given.minLength);
    const text = row.push(ids);
    const isWhole = row.done;
    return { text: isWhole ? text : text + row.end(), logProbability, score, ended: ended || isWhole };
  });
}
