/** Encodes a text in parts, between which the event loop can have turns. */

import { abortError } from '../native/cancellation';
import { allocate } from '../tensor/tensor-shape';
import { lineFeeds, PART_UNITS, tokenParts } from './text-parts';
import { sumCounts, type TokenCounts } from './token-counts';

/** The ids of a text, and how many of its tokens the vocabulary knows. */
export interface EncodedText extends TokenCounts {
  ids: Int32Array;
}

/** Options of encoding with turns of the event loop. */
export interface EncodeOptions {
  /** Ends the work with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

/** Position of a part in a longer text. */
export interface PartPlace {
  /** Tokens before it. */
  tokens: number;
  /** Line ends before it. */
  lines: number;
}

export const BEGINNING: Readonly<PartPlace> = { tokens: 0, lines: 0 };

/** The encoder, for example a vocabulary. */
interface PartEncoder {
  stableLength(text: string): number;
  /** @param whole the text that it is a part of. */
  encodePart(part: string, place: PartPlace, whole: string): EncodedText;
}

/**
 * The same as `encodePart` for a text, computed in parts.
 * @param text in the vocabulary's form.
 * @throws the errors of `encodePart`; ERR_UNROLLED_ABORTED.
 */
export function* encodingParts(
  encoder: PartEncoder,
  text: string,
  { tokens, lines }: PartPlace,
  signal: AbortSignal | undefined,
): Generator<void, EncodedText> {
  if (text.length <= PART_UNITS) return encoder.encodePart(text, { tokens, lines }, text);
  const parts: EncodedText[] = [];
  for (const part of tokenParts(text, (held) => encoder.stableLength(held))) {
    const encoded = encoder.encodePart(part, { tokens, lines }, text);
    parts.push(encoded);
    tokens += encoded.knownTokens + encoded.unknownTokens;
    lines += lineFeeds(part);
    yield;
    if (signal?.aborted) throw abortError('Encoding', signal);
  }
  const ids = yield* joining(parts.map(({ ids }) => ids));
  return { ids, ...sumCounts(parts) };
}

/** Arrays of ids one after another, a little at a time. */
export function* joining(parts: readonly Int32Array[]): Generator<void, Int32Array> {
  const all = allocate(
    'int32',
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
    yield;
  }
  return all;
}
