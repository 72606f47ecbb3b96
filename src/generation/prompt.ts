/** What generation needs from a model's vocabulary: how text begins, how it ends, and which ids are never drawn. */

import { adviceOf, faultOf, UnrolledError } from '../base/errors';
import { phrase, refer } from '../base/messages/phrase';
import { counted } from '../base/messages/plurals';
import { Random, RandomUse } from '../base/random';
import type { Vocabulary } from '../text/vocabulary';
import { endIdOf } from './special-ids';

/** How the texts of a language model begin. */
export interface Beginnings {
  vocabulary: Vocabulary;
  /** Whether the end token also precedes each document. */
  documents: boolean;
}

/**
 * The ids that a prompt feeds: in a model of documents those of the beginning of a document, else those of the prompt,
 * and for an empty prompt the line end. Empty if there is no line end either.
 */
export async function promptIds(
  { vocabulary, documents }: Beginnings,
  prompt: string,
  signal: AbortSignal | undefined,
): Promise<Int32Array> {
  const { ids } = await vocabulary.encodeCountedInTurns(prompt, signal);
  if (documents) return joined(Int32Array.of(endIdOf(vocabulary)), ids);
  if (ids.length > 0) return ids;
  const lineEnd = vocabulary.id('\n');
  if (lineEnd !== undefined) return Int32Array.of(lineEnd);
  // A model of documents that an earlier release saved begins as it did there.
  return vocabulary.endId === undefined ? ids : Int32Array.of(0);
}

/** Tokens that a message names. */
const MOST_NAMED = 5;

/**
 * The error for a text of which nothing is left.
 * @param unknown how many of its tokens were left out.
 * @param option what it is: text, prompt or context.
 */
export function noTokens(vocabulary: Vocabulary, text: string, unknown: number, option = 'text'): UnrolledError {
  if (unknown === 0) return new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `The ${option} has no tokens`);
  const all = vocabulary.unknownAtBeginning(text);
  const named = all.slice(0, MOST_NAMED).join(', ') + (all.length > MOST_NAMED ? ', …' : '');
  return new UnrolledError(
    'ERR_UNROLLED_CORPUS_EMPTY',
    `The ${option} has no token that the model knows (${counted(unknown, 'unknown one')}: ${named})`,
    { option, expected: 'at least one token that the model knows', received: named },
  );
}

/**
 * The same where something has to be fed, since nothing is drawn.
 * @param option what an error names.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_CORPUS_EMPTY, ERR_UNROLLED_ABORTED.
 */
export async function startIds(
  beginnings: Beginnings,
  prompt: string,
  option: string,
  signal: AbortSignal | undefined,
): Promise<Int32Array> {
  const ids = await promptIds(beginnings, prompt, signal);
  if (ids.length > 0) return ids;
  const { unknownTokens } = await beginnings.vocabulary.encodeCountedInTurns(prompt, signal);
  if (unknownTokens > 0) throw noTokens(beginnings.vocabulary, prompt, unknownTokens, option);
  throw new UnrolledError(
    'ERR_UNROLLED_CORPUS_EMPTY',
    `The ${option} has no tokens, and the model's vocabulary has no line end to start from`,
    {
      advice: `Give a ${option} of at least one token.`,
      option,
      expected: 'at least one token',
      received: 'none',
    },
  );
}

/** An error about one of several prompts, which it names; others, and that of a signal, as they are. */
export function ofPrompt(i: number, error: unknown): unknown {
  if (!(error instanceof UnrolledError) || error.code === 'ERR_UNROLLED_ABORTED') return error;
  const { code, expected, received } = error;
  const advice = adviceOf(error);
  return new UnrolledError(code, phrase`${refer.prompt(i)}: ${faultOf(error)}`, {
    option: `prompts[${i}]`,
    ...(advice !== undefined && { advice }),
    ...(expected !== undefined && { expected }),
    ...(received !== undefined && { received }),
    cause: error,
  });
}

/** The results of `read` for several prompts. An error names its prompt. */
export async function idsOfAll(
  prompts: readonly string[],
  read: (prompt: string) => Promise<Int32Array>,
): Promise<Int32Array[]> {
  const all: Int32Array[] = [];
  for (const [i, prompt] of prompts.entries()) {
    try {
      all.push(await read(prompt));
    } catch (error) {
      throw ofPrompt(i, error);
    }
  }
  return all;
}

/** A byte within a character, with which no text begins. */
const CONTINUATION = /^<0x[89AB]/;

/**
 * The first token of a text that nothing comes before, drawn by the seed, evenly from all that are text, or as `bias`
 * (`[V]`) weighs them.
 */
export function drawFirst(vocabulary: Vocabulary, seed: number, bias?: Float64Array): number {
  const known = Array.from({ length: vocabulary.unknownId ?? vocabulary.endId ?? vocabulary.size }, (_, id) => id);
  const first = known.filter((id) => vocabulary.kind !== 'byte' || !CONTINUATION.test(vocabulary.token(id)));
  const ids = first.length > 0 ? first : known;
  const drawn = new Random(seed, RandomUse.firstToken).uniform();
  if (bias === undefined) return ids[Math.floor(drawn * ids.length)] as number;
  const isOpen = (id: number) => (bias[id] as number) > Number.NEGATIVE_INFINITY;
  const open = ids.some(isOpen) ? ids.filter(isOpen) : known.filter(isOpen);
  const most = open.reduce((most, id) => Math.max(most, bias[id] as number), Number.NEGATIVE_INFINITY);
  const weights = open.map((id) => Math.exp((bias[id] as number) - most));
  let left = drawn * weights.reduce((sum, weight) => sum + weight, 0);
  const place = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return open.at(place) as number;
}

/** Ids one after another. */
export function joined(...parts: readonly Int32Array[]): Int32Array {
  const ids = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    ids.set(part, end);
    end += part.length;
  }
  return ids;
}
