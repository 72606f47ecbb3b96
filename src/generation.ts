/** Drawing text from a language model, piece by piece. */

import { abortError, withCancellation } from './cancellation';
import { resolveSeed } from './limits';
import type { Model } from './model';
import type { FloatArray, NativeGenerateOptions } from './native/native';
import type { Vocabulary } from './text/vocabulary';
import * as check from './validation';

/** Options of `sample` and `stream`. */
export interface GenerationOptions {
  /** Tokens to draw; 200 by default. */
  length?: number | undefined;
  /** Below 1 the likely tokens are drawn more often; 0 takes the likeliest each time. 1 by default. */
  temperature?: number | undefined;
  /** Draws from the k likeliest tokens alone. Off by default. */
  topK?: number | undefined;
  /** Draws from the fewest likeliest tokens that together have this probability. 1 (off) by default. */
  topP?: number | undefined;
  /** The same seed draws the same text, in whatever pieces; 0 by default. */
  seed?: number | undefined;
  /** Ends generation with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

const GENERATION_OPTIONS = [
  'length',
  'temperature',
  'topK',
  'topP',
  'seed',
  'signal',
] as const satisfies (keyof GenerationOptions)[];

type Draw = Pick<NativeGenerateOptions, 'temperature' | 'topK' | 'topP' | 'seed' | 'excluded'>;

interface ResolvedGeneration {
  draw: Omit<Draw, 'excluded'>;
  length: number;
  signal: AbortSignal | undefined;
}

/** @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveGeneration(options: GenerationOptions | undefined): ResolvedGeneration {
  const given = check.options('generation', options, GENERATION_OPTIONS);
  const { length = 200, temperature = 1, topP = 1 } = given;
  return {
    length: check.integer('length', length, { min: 0 }),
    draw: {
      temperature: check.number('temperature', temperature, { min: 0 }),
      topK: given.topK === undefined ? 0 : check.integer('topK', given.topK, { min: 1 }),
      topP: check.number('topP', topP, { above: 0, max: 1 }),
      seed: resolveSeed(given.seed),
    },
    signal: check.abortSignal('signal', given.signal),
  };
}

/** An empty prompt starts like a new line, or with the first id where the vocabulary has no line end. */
function startIds(vocabulary: Vocabulary, prompt: string): Int32Array {
  const ids = vocabulary.encode(prompt);
  return ids.length > 0 ? ids : Int32Array.of(vocabulary.id('\n') ?? 0);
}

/**
 * Feeds the prompt from a zero state and draws, in pieces of up to `pieceLength` tokens. The unknown token is
 * never drawn.
 * @returns the text drawn, without the prompt; a piece may hold back bytes until their character is whole.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN as the vocabulary's `unknown` says, ERR_UNROLLED_ABORTED.
 */
export async function* generate(
  model: Model,
  vocabulary: Vocabulary,
  prompt: string,
  { length, draw, signal }: ResolvedGeneration,
  pieceLength: number,
): AsyncGenerator<string, void, undefined> {
  const excluded = Int32Array.from(vocabulary.unknownId === undefined ? [] : [vocabulary.unknownId]);
  const decoder = vocabulary.decoder();
  let ids = startIds(vocabulary, prompt);
  let state: FloatArray | undefined;
  for (let position = 0; position < length; ) {
    const count = Math.min(pieceLength, length - position);
    const call = { ...draw, excluded, ids, count, position, ...(state !== undefined && { state }) };
    const piece = await withCancellation(signal, (cancellation) => model.native.generate(call, cancellation));
    if (piece.cancelled) {
      model.requireAlive();
      throw abortError('Generation', signal);
    }
    let text = '';
    for (const id of piece.ids) text += decoder.push(id);
    if (text !== '') yield text;
    position += count;
    ids = piece.ids.subarray(-1);
    state = piece.state;
  }
  const rest = decoder.end();
  if (rest !== '') yield rest;
}
