/** Drawing text from a language model, piece by piece, after one prompt or several. */

import { cancelledError, withCancellation } from '../cancellation';
import type { Model } from '../model';
import type { FloatArray } from '../native/native';
import type { Vocabulary } from '../text/vocabulary';
import * as check from '../validation';
import { GraphemeFilter } from './grapheme-filter';
import type { ResolvedGeneration, ResolvedStream } from './options';
import { endIdOf, excludedIds, startIds, startIdsOfAll } from './prompt';
import { RowText } from './row-text';

/** A language model's parts that generation needs. */
export interface Generator {
  model: Model;
  vocabulary: Vocabulary;
  /** 0 is the pool's default. */
  threads: number;
}

/** Tokens of a piece of `stream`; of `sample`, where nobody waits for the first; and where a stop string may come. */
const STREAM_PIECE = 8;
const SAMPLE_PIECE = 1024;
const STOPPABLE_PIECE = 64;

/** Prompts that are computed together. */
const GROUP = 64;

/** A row that goes on: its number, its seed, and the text of what it has drawn. */
interface Row {
  index: number;
  seed: number;
  text: RowText;
  ids: Int32Array;
}

function concatenated(parts: readonly Int32Array[]): { ids: Int32Array; offsets: Int32Array } {
  const offsets = new Int32Array(parts.length + 1);
  for (const [i, part] of parts.entries()) offsets[i + 1] = (offsets[i] as number) + part.length;
  const ids = new Int32Array(offsets.at(-1) as number);
  for (const [i, part] of parts.entries()) ids.set(part, offsets[i] as number);
  return { ids, offsets };
}

/** The rows of a state `[B, S]` with these numbers. */
function stateRows(state: FloatArray, rows: number, kept: readonly number[]): FloatArray {
  if (kept.length === rows) return state;
  const size = state.length / rows;
  const taken = state.slice(0, size * kept.length);
  for (const [i, row] of kept.entries()) taken.set(state.subarray(row * size, (row + 1) * size), i * size);
  return taken;
}

/**
 * Draws rows by pieces of up to `pieceLength` tokens, row i by the seed `seed + i`; yields what each piece adds to
 * each row's text. A row that has ended takes no more work.
 */
async function* draw(
  { model, vocabulary, threads }: Generator,
  prompts: readonly Int32Array[],
  { length, draw, seed, stop, signal }: ResolvedGeneration,
  pieceLength: number,
): AsyncGenerator<string[], void, undefined> {
  const fixed = { ...draw, excluded: excludedIds(vocabulary), end: endIdOf(vocabulary), threads };
  let rows: Row[] = prompts.map((ids, index) => ({
    index,
    seed: seed + index,
    text: new RowText(vocabulary, stop),
    ids,
  }));
  let state: FloatArray | undefined;
  for (let position = 0; position < length && rows.length > 0; ) {
    const count = Math.min(pieceLength, length - position);
    const call = {
      ...fixed,
      ...concatenated(rows.map((row) => row.ids)),
      ...(state !== undefined && { state }),
      seeds: Float64Array.from(rows, (row) => row.seed),
      count,
      position,
    };
    const piece = await withCancellation(signal, (cancellation) => model.native.generate(call, cancellation));
    if (piece.cancelled) throw cancelledError(model, 'Generation', signal);
    position += count;
    const added = prompts.map(() => '');
    const kept: number[] = [];
    for (const [i, row] of rows.entries()) {
      const drawn = piece.ids[i] as Int32Array;
      let text = row.text.push(drawn);
      row.ids = drawn.subarray(-1);
      if (!row.text.done && position >= length) text += row.text.end();
      if (!row.text.done) kept.push(i);
      added[row.index] = text;
    }
    state = stateRows(piece.state, rows.length, kept);
    rows = kept.map((i) => rows[i] as Row);
    yield added;
  }
}

/** Clusters of the text, each as soon as it is whole. */
async function* graphemes(pieces: AsyncIterable<string[]>): AsyncGenerator<string, void, undefined> {
  const filter = new GraphemeFilter();
  for await (const [text = ''] of pieces) yield* filter.push(text);
  yield* filter.end();
}

async function* texts(pieces: AsyncIterable<string[]>): AsyncGenerator<string, void, undefined> {
  for await (const [text = ''] of pieces) if (text !== '') yield text;
}

function pieceLength({ stop }: ResolvedGeneration): number {
  return stop.strings.length > 0 ? STOPPABLE_PIECE : SAMPLE_PIECE;
}

/**
 * Feeds the prompt from a zero state and yields the text drawn, without the prompt. The unknown token is never drawn.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN as the vocabulary's `unknown` says, ERR_UNROLLED_MODEL_NOT_FINITE,
 *   ERR_UNROLLED_ABORTED, ERR_UNROLLED_DISPOSED.
 */
export async function* streamText(
  generator: Generator,
  prompt: string,
  options: ResolvedStream,
): AsyncGenerator<string, void, undefined> {
  const pieces = draw(generator, [startIds(generator.vocabulary, prompt)], options, STREAM_PIECE);
  yield* options.by === 'grapheme' ? graphemes(pieces) : texts(pieces);
}

/** The text that `streamText` yields, as one string. */
export async function sampleText(generator: Generator, prompt: string, options: ResolvedGeneration): Promise<string> {
  let text = '';
  const prompts = [startIds(generator.vocabulary, prompt)];
  for await (const [piece = ''] of draw(generator, prompts, options, pieceLength(options))) text += piece;
  return text;
}

/**
 * The text that follows each prompt, several computed at once; that of prompt i is drawn by the seed `seed + i`.
 * @throws what `streamText` throws, naming the prompt; ERR_UNROLLED_OPTION_TYPE.
 */
export async function sampleTexts(
  generator: Generator,
  prompts: readonly string[],
  options: ResolvedGeneration,
): Promise<string[]> {
  if (!Array.isArray(prompts)) throw check.wrongType('prompts', 'an array of strings', prompts);
  for (const [i, prompt] of prompts.entries()) check.string(`prompts[${i}]`, prompt);
  const most = Number.MAX_SAFE_INTEGER - Math.max(0, prompts.length - 1);
  check.integer('seed', options.seed, { min: 0, max: most });
  const ids = startIdsOfAll(generator.vocabulary, prompts);
  const results: string[] = [];
  for (let begin = 0; begin < ids.length; begin += GROUP) {
    const group = ids.slice(begin, begin + GROUP);
    const parts = group.map((): string[] => []);
    const seeded = { ...options, seed: options.seed + begin };
    for await (const added of draw(generator, group, seeded, pieceLength(options))) {
      for (const [i, text] of added.entries()) parts[i]?.push(text);
    }
    results.push(...parts.map((part) => part.join('')));
  }
  return results;
}
