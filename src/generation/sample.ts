/** Drawing text from a language model, piece by piece, after one prompt or several. */

import * as check from '../base/check';
import type { Network } from '../network/network';
import type { Vocabulary } from '../text/vocabulary';
import { MOST_ROWS, Row } from './batcher';
import { Constraint } from './constraint';
import { GraphemeFilter } from './grapheme-filter';
import type { ResolvedGeneration, ResolvedStream } from './options';
import { type Beginnings, drawFirst, idsOfAll, promptIds } from './prompt';
import { RowConstraint } from './row-constraint';
import { RowText } from './row-text';
import type { TextDrawer } from './text-drawer';

/** A language model's parts that generation needs. */
export interface Generator extends Beginnings {
  model: Network;
  /** 0 is the pool's default. */
  threads: number;
  /** Draws all texts of the model. */
  drawer: TextDrawer;
}

/** Tokens of a piece of `sample`, where nobody waits for the first; and where a stop string may come. */
const SAMPLE_PIECE = 1024;
const STOPPABLE_PIECE = 64;

/** The prompt of a text, and the constraint of its tokens. */
interface Start {
  prompt: string;
  /** The index of the prompt among others. */
  index: number;
  ids: Int32Array;
  constraint: Constraint | undefined;
  /** The call that the text shares with others until its end; by default the text itself. */
  call?: object;
}

/** A text to draw after a prompt; after none it begins with a token that the seed draws. */
function rowOf(
  { ids, constraint, call, ...of }: Start,
  vocabulary: Vocabulary,
  { draw, seed }: ResolvedGeneration,
): Row {
  const own = constraint && new RowConstraint(constraint, vocabulary, of);
  if (ids.length > 0) return new Row(ids, { ...draw, seed }, own, { call });
  own?.ask();
  return new Row(Int32Array.of(drawFirst(vocabulary, seed, own?.native.bias)), { ...draw, seed }, own, {
    begun: true,
    call,
  });
}

/** Draws one text by pieces of up to `piece` tokens, and yields what each adds to it. */
async function* drawText(
  { drawer, vocabulary }: Generator,
  start: Start,
  options: ResolvedGeneration,
  piece: number,
): AsyncGenerator<string, void, undefined> {
  const { length, stop, signal } = options;
  if (length === 0) return;
  const row = rowOf(start, vocabulary, options);
  const text = new RowText(vocabulary, stop, options.constraint.minLength);
  try {
    while (row.position < length && !text.done) {
      const drawn = await drawer.draw(row, { most: length - row.position, piece, signal });
      const added = text.push(drawn);
      yield !text.done && row.position >= length ? added + text.end() : added;
    }
  } finally {
    if (start.call === undefined) drawer.end(row);
  }
}

async function wholeText(generator: Generator, start: Start, options: ResolvedGeneration): Promise<string> {
  let text = '';
  const piece = options.stop.strings.length > 0 ? STOPPABLE_PIECE : SAMPLE_PIECE;
  for await (const added of drawText(generator, start, options, piece)) text += added;
  return text;
}

/** Clusters of the text, each as soon as it is whole. */
async function* graphemes(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  const filter = new GraphemeFilter();
  for await (const text of pieces) yield* filter.push(text);
  yield* filter.end();
}

/**
 * Feeds the prompt from a zero state and yields the text drawn, without the prompt. Where there is nothing to feed, the
 * first token is drawn by the seed alone. The unknown token is never drawn.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN as the vocabulary's `unknown` says, ERR_UNROLLED_MODEL_NOT_FINITE,
 *   ERR_UNROLLED_CALLBACK, ERR_UNROLLED_ABORTED, ERR_UNROLLED_DISPOSED.
 */
export async function* streamText(
  generator: Generator,
  prompt: string,
  options: ResolvedStream,
): AsyncGenerator<string, void, undefined> {
  const constraint = Constraint.of(options.constraint, generator.vocabulary);
  const ids = await promptIds(generator, prompt, options.signal);
  const pieces = drawText(generator, { prompt, index: 0, ids, constraint }, options, options.piece);
  if (options.by === 'grapheme') yield* graphemes(pieces);
  else for await (const text of pieces) if (text !== '') yield text;
}

/** The text that `streamText` yields, as one string. */
export async function sampleText(generator: Generator, prompt: string, options: ResolvedGeneration): Promise<string> {
  const constraint = Constraint.of(options.constraint, generator.vocabulary);
  const ids = await promptIds(generator, prompt, options.signal);
  return wholeText(generator, { prompt, index: 0, ids, constraint }, options);
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
  const constraint = Constraint.of(options.constraint, generator.vocabulary);
  // The list may change while it is read.
  const own = [...prompts];
  const results: string[] = [];
  const read = (prompt: string) => promptIds(generator, prompt, options.signal);
  const waiting = (await idsOfAll(own, read)).entries();
  // As many at once as one call takes: when a text ends, the next one begins.
  const call = {};
  const drawSome = async () => {
    for (const [index, ids] of waiting) {
      const start = { prompt: own[index] as string, index, ids, constraint, call };
      results[index] = await wholeText(generator, start, { ...options, seed: options.seed + index });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(MOST_ROWS, own.length) }, drawSome));
  } finally {
    generator.drawer.end(call);
  }
  return results;
}
