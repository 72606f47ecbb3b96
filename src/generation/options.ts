/** Options of everything that draws or searches text, and the reading of them. */

import * as check from '../base/check';
import { MAX_SIZE, resolveSeed } from '../base/resource-limits';
import { CONSTRAINT_OPTIONS, type ConstraintOptions, type ResolvedConstraint, resolveConstraint } from './constraint';
import type { ResolvedStop } from './stop-filter';

/** Conditions that end a text before its `length`. */
export interface StopOptions {
  /**
   * One string or several. The text ends before the first of them, wherever the borders of tokens are: before the
   * one that is complete first, of those the longest.
   */
  stop?: string | readonly string[] | undefined;
  /** Whether the string that ended the text is part of it; false by default. */
  includeStop?: boolean | undefined;
}

/** Options of `sample` and `sampleAll`. */
export interface GenerationOptions extends StopOptions, ConstraintOptions {
  /** Tokens to draw, at most; 200 by default. */
  length?: number | undefined;
  /** Below 1 the likely tokens are drawn more often; 0 takes the likeliest each time. 1 by default. */
  temperature?: number | undefined;
  /** Draws from the k likeliest tokens alone. Off by default. */
  topK?: number | undefined;
  /** Draws from the fewest likeliest tokens that together have this probability. 1 (off) by default. */
  topP?: number | undefined;
  /** The same seed draws the same text, however it is split into pieces; 0 by default. */
  seed?: number | undefined;
  /** Ends generation with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

/** Options of `stream`. */
export interface StreamOptions extends GenerationOptions {
  /** The pieces to yield: small pieces of text (default), or one whole extended grapheme cluster at a time. */
  by?: 'piece' | 'grapheme' | undefined;
  /** Tokens drawn at a time, at most; 8 by default. Fewer come sooner, more take less work. The text is the same. */
  piece?: number | undefined;
}

/** Options of `beam`. */
export interface BeamOptions extends StopOptions, ConstraintOptions {
  /** Continuations followed at once, and returned; 4 by default. 1 takes the likeliest token each time. */
  beams?: number | undefined;
  /** Tokens of a continuation, at most; 200 by default. */
  length?: number | undefined;
  /**
   * Continuations are ranked by `(logProbability + biases) / ((5 + tokens) / 6) ** lengthPenalty`: above 0 favours
   * longer ones. The biases are those of `bias` for their tokens. 0 (off) by default.
   */
  lengthPenalty?: number | undefined;
  /** Ends the search with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

const GENERATION_OPTIONS = [
  'length',
  'temperature',
  'topK',
  'topP',
  'seed',
  'stop',
  'includeStop',
  ...CONSTRAINT_OPTIONS,
  'signal',
] as const satisfies (keyof GenerationOptions)[];

const BEAM_OPTIONS = [
  'beams',
  'length',
  'lengthPenalty',
  'stop',
  'includeStop',
  ...CONSTRAINT_OPTIONS,
  'signal',
] as const satisfies (keyof BeamOptions)[];

const DEFAULT_LENGTH = 200;

/** Tokens of a piece of `stream`. */
const STREAM_PIECE = 8;

export interface ResolvedGeneration {
  draw: { temperature: number; topK: number; topP: number };
  seed: number;
  length: number;
  stop: ResolvedStop;
  constraint: ResolvedConstraint;
  signal: AbortSignal | undefined;
}

export interface ResolvedStream extends ResolvedGeneration {
  by: 'piece' | 'grapheme';
  piece: number;
}

export interface ResolvedBeam {
  search: { beams: number; length: number; lengthPenalty: number };
  stop: ResolvedStop;
  constraint: ResolvedConstraint;
  signal: AbortSignal | undefined;
}

function resolveStop({ stop, includeStop = false }: StopOptions): ResolvedStop {
  const strings: unknown[] = stop === undefined ? [] : Array.isArray(stop) ? [...stop] : [stop];
  const expected = 'a string or an array of strings';
  for (const string of strings) {
    if (typeof string !== 'string') throw check.wrongType('stop', expected, string);
    check.nonEmptyString('stop', string);
    if (/\p{Surrogate}/u.test(string)) throw check.outOfRange('stop', 'whole characters', string);
  }
  return { strings: strings as string[], include: check.boolean('includeStop', includeStop) };
}

function resolveDrawing(given: GenerationOptions): ResolvedGeneration {
  const { length = DEFAULT_LENGTH, temperature = 1, topP = 1 } = given;
  return {
    length: check.integer('length', length, { min: 0 }),
    draw: {
      temperature: check.number('temperature', temperature, { min: 0 }),
      topK: given.topK === undefined ? 0 : check.integer('topK', given.topK, { min: 1 }),
      topP: check.number('topP', topP, { above: 0, max: 1 }),
    },
    seed: resolveSeed(given.seed),
    stop: resolveStop(given),
    constraint: resolveConstraint(given, length),
    signal: check.abortSignal('signal', given.signal),
  };
}

/** @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveGeneration(options: GenerationOptions | undefined): ResolvedGeneration {
  return resolveDrawing(check.options('generation', options, GENERATION_OPTIONS));
}

/** @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveStream(options: StreamOptions | undefined): ResolvedStream {
  const known = [...GENERATION_OPTIONS, 'by', 'piece'] as const;
  const { by = 'piece', piece = STREAM_PIECE, ...given } = check.options('generation', options, known);
  return {
    ...resolveDrawing(given),
    by: check.oneOf('by', by, ['piece', 'grapheme']),
    piece: check.integer('piece', piece, { min: 1 }),
  };
}

/** @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveBeam(options: BeamOptions | undefined): ResolvedBeam {
  const given = check.options('beam', options, BEAM_OPTIONS);
  const { beams = 4, length = DEFAULT_LENGTH, lengthPenalty = 0 } = given;
  return {
    search: {
      beams: check.integer('beams', beams, { min: 1, max: MAX_SIZE }),
      length: check.integer('length', length, { min: 0, max: MAX_SIZE }),
      lengthPenalty: check.number('lengthPenalty', lengthPenalty, { min: 0 }),
    },
    stop: resolveStop(given),
    constraint: resolveConstraint(given, length),
    signal: check.abortSignal('signal', given.signal),
  };
}
