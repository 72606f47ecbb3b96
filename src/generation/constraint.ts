/**
 * Constraints of the next token, for everything that draws or searches text: which tokens are allowed, and how their
 * logits change.
 */

import { types } from 'node:util';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { phrase, refer } from '../base/messages/phrase';
import type { Vocabulary } from '../text/vocabulary';
import { endIdOf } from './special-ids';

/** A token as `vocabulary.token(id)` writes it, where `''` is the end token; or its id. */
export type TokenChoice = string | number;

/** Some tokens of the vocabulary. */
export type TokenChoices = readonly TokenChoice[] | ReadonlySet<TokenChoice> | Int32Array;

/** A number for some tokens of the vocabulary, or one for each id, `[V]`; minus infinity bars a token. */
export type TokenBias =
  | Readonly<Record<string, number>>
  | ReadonlyMap<TokenChoice, number>
  | readonly number[]
  | Float32Array
  | Float64Array;

/** The state of a text when its next token is chosen. */
export interface GenerationStep {
  /** The prompt of the text, as given. */
  readonly prompt: string;
  /** For `sampleAll` the index of the prompt, from 0; else 0. */
  readonly index: number;
  /** Tokens of the text so far, without the prompt: the number of this step, from 0. */
  readonly position: number;
  /** The ids of the text; a copy. */
  readonly ids: Int32Array;
  /** The text of the ids, up to the last complete character. */
  readonly text: string;
}

/** The constraint of the tokens of a text. */
export interface ConstraintOptions {
  /**
   * The tokens that may come next; all others are excluded. A function is called before each token and returns those of
   * that step, or undefined for all. It must return them synchronously. Off by default.
   */
  allow?: TokenChoices | ((step: GenerationStep) => TokenChoices | undefined) | undefined;
  /**
   * Added to the logits of tokens, before `allow`, `temperature`, `topK` and `topP` in that order. A function is called as
   * that of `allow` is. Off by default.
   */
  bias?: TokenBias | ((step: GenerationStep) => TokenBias | undefined) | undefined;
  /** Tokens before which the text does not end: no end token, and `stop` is looked for after them. 0 by default. */
  minLength?: number | undefined;
}

export const CONSTRAINT_OPTIONS = ['allow', 'bias', 'minLength'] as const satisfies (keyof ConstraintOptions)[];

/** The same, as far as it can be checked without a vocabulary. */
export interface ResolvedConstraint {
  allow: ConstraintOptions['allow'];
  bias: ConstraintOptions['bias'];
  minLength: number;
}

const CHOICES = 'a list of tokens, as text or ids';
const BIAS = 'an object or a Map of numbers by token, or a list with a number for each id';
const MOST_BIAS = 1e30;

function isFunction(value: unknown): value is (...args: never[]) => unknown {
  return typeof value === 'function';
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || types.isTypedArray(value);
}

function requireChoices(option: string, value: unknown, expected: string): TokenChoices {
  if (!isList(value) && !types.isSet(value)) throw check.wrongType(option, expected, value);
  return value as TokenChoices;
}

function requireBias(option: string, value: unknown, expected: string): TokenBias {
  const isPlain = types.isMap(value) || isList(value);
  const isOther = types.isPromise(value) || types.isSet(value) || types.isDate(value);
  if (isOther || (!isPlain && (typeof value !== 'object' || value === null))) {
    throw check.wrongType(option, expected, value);
  }
  return value as TokenBias;
}

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveConstraint(
  { allow, bias, minLength = 0 }: ConstraintOptions,
  length: number,
): ResolvedConstraint {
  if (allow !== undefined && !isFunction(allow)) requireChoices('allow', allow, `${CHOICES}, or a function`);
  if (bias !== undefined && !isFunction(bias)) requireBias('bias', bias, `${BIAS}, or a function`);
  check.integer('minLength', minLength, { min: 0 });
  if (minLength > length) {
    throw check.outOfRange('minLength', phrase`at most ${refer.option('length')}, which is ${length}`, minLength);
  }
  return { allow, bias, minLength };
}

/** Reads tokens of one vocabulary. */
class TokenReader {
  readonly vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
  id(option: string, token: unknown): number {
    const { vocabulary } = this;
    if (typeof token === 'number') return check.integer(option, token, { min: 0, max: vocabulary.size - 1 });
    if (typeof token !== 'string') throw check.wrongType(option, 'a token, as text or id', token);
    if (token === '' && vocabulary.endId !== undefined) return vocabulary.endId;
    const id = vocabulary.id(token) ?? vocabulary.id(vocabulary.formed(token));
    if (id !== undefined) return id;
    const expected = `one of the ${vocabulary.size} tokens of the vocabulary`;
    throw new UnrolledError(
      'ERR_UNROLLED_UNKNOWN_TOKEN',
      phrase`${refer.option(option)} must name ${expected}, not ${check.show(token)}`,
      {
        advice: `A token is ${this.#kind()}: name each token separately, and leave out tokens that the model does not know.`,
        option,
        expected,
        received: check.show(token),
      },
    );
  }

  #kind(): string {
    const end = this.vocabulary.endId === undefined ? '' : ", or '' for the end of a document";
    const kinds = { char: 'a character', grapheme: 'a character', byte: 'a byte', word: 'a word' };
    return `${kinds[this.vocabulary.kind]}${end}`;
  }

  /** Bars all but these in `dense`, `[V]`. */
  allow(place: string, choices: TokenChoices, dense: Float64Array): void {
    const kept = new Map<number, number>();
    let index = 0;
    for (const token of choices as Iterable<unknown>) {
      const id = this.id(`allow[${index++}]${place}`, token);
      kept.set(id, dense[id] as number);
    }
    dense.fill(Number.NEGATIVE_INFINITY);
    for (const [id, value] of kept) dense[id] = value;
  }

  /** Adds to `dense`, `[V]`. */
  bias(place: string, bias: TokenBias, dense: Float64Array): void {
    const add = (id: number, named: () => string, value: unknown) => {
      const expected = 'a number from -1e30 to 1e30, or -Infinity';
      if (typeof value !== 'number') throw check.wrongType(named(), expected, value);
      const isBarred = value === Number.NEGATIVE_INFINITY;
      if (!isBarred && !(Math.abs(value) <= MOST_BIAS)) throw check.outOfRange(named(), expected, value);
      dense[id] = (dense[id] as number) + value;
    };
    if (isList(bias)) {
      if (bias.length !== dense.length) {
        throw check.outOfRange(`bias${place}`, `a number for each of the ${dense.length} ids`, bias);
      }
      for (let id = 0; id < bias.length; id++) add(id, () => `bias[${id}]${place}`, bias[id]);
      return;
    }
    const entries: Iterable<[unknown, unknown]> = types.isMap(bias) ? bias.entries() : Object.entries(bias);
    for (const [token, value] of entries) {
      const named = () => `bias[${check.show(token)}]${place}`;
      add(this.id(named(), token), named, value);
    }
  }
}

/** The constraint of the next tokens, for one vocabulary. */
export class Constraint {
  readonly minLength: number;
  /** Whether a function must be called before each token. */
  readonly isStepwise: boolean;
  readonly #given: ResolvedConstraint;
  readonly #reader: TokenReader;
  /** `[V]`, for all steps; undefined if a function decides, or if there is no constraint. */
  readonly #fixed: Float64Array | undefined;

  private constructor(given: ResolvedConstraint, vocabulary: Vocabulary) {
    const { allow, bias, minLength } = given;
    this.minLength = minLength;
    this.#given = given;
    this.#reader = new TokenReader(vocabulary);
    this.isStepwise = isFunction(allow) || isFunction(bias);
    this.#fixed = allow === undefined && bias === undefined ? undefined : this.#dense(undefined);
    if (!this.isStepwise) {
      // The first step's is the narrowest: later ones may end.
      this.#requireOpen(this.#fixed, 0, '');
    }
  }

  /**
   * Undefined if there is no constraint.
   * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
   */
  static of(given: ResolvedConstraint, vocabulary: Vocabulary): Constraint | undefined {
    const isFree = given.allow === undefined && given.bias === undefined && given.minLength === 0;
    return isFree ? undefined : new Constraint(given, vocabulary);
  }

  /** The bias of every token, `[V]`, which is added to the logits; undefined if there is none. */
  get fixed(): Float64Array | undefined {
    return this.#fixed;
  }

  /**
   * Asks the functions what is added to the logits of the next token, `[V]`.
   * @throws ERR_UNROLLED_CALLBACK, and what `of` throws, naming the step.
   */
  at(step: GenerationStep): Float64Array {
    const dense = this.#dense(step);
    this.#requireOpen(dense, step.position, step.text);
    return dense;
  }

  /** The fixed part where there is not a step. */
  #dense(step: GenerationStep | undefined): Float64Array {
    const { allow, bias } = this.#given;
    const dense = this.#fixed?.slice() ?? new Float64Array(this.#reader.vocabulary.size);
    const place = placeOf(step);
    const isDue = (given: unknown) => given !== undefined && (step === undefined) !== isFunction(given);
    if (isDue(bias)) {
      const answer = isFunction(bias) ? this.#asked('bias', bias, step) : bias;
      if (answer !== undefined)
        this.#reader.bias(place, requireBias(`bias${place}`, answer, `${BIAS}, returned synchronously`), dense);
    }
    if (isDue(allow)) {
      const answer = isFunction(allow) ? this.#asked('allow', allow, step) : allow;
      if (answer !== undefined) {
        this.#reader.allow(place, requireChoices(`allow${place}`, answer, `${CHOICES}, returned synchronously`), dense);
      }
    }
    return dense;
  }

  #asked<T>(option: string, ask: (step: GenerationStep) => T, step: GenerationStep | undefined): T {
    try {
      return ask(step as GenerationStep);
    } catch (cause) {
      const why = thrownWords(cause);
      const details = { option, step: step?.position ?? 0, cause };
      throw new UnrolledError(
        'ERR_UNROLLED_CALLBACK',
        phrase`${refer.option(option)}${placeOf(step)} threw: ${why}`,
        details,
      );
    }
  }

  #requireOpen(dense: Float64Array | undefined, position: number, text: string): void {
    const { vocabulary } = this.#reader;
    const barred = position < this.minLength ? endIdOf(vocabulary) : -1;
    for (let id = 0; id < vocabulary.size; id++) {
      if (id === vocabulary.unknownId || id === barred) continue;
      if ((dense?.[id] ?? 0) > Number.NEGATIVE_INFINITY) return;
    }
    const { allow, bias } = this.#given;
    const option = allow !== undefined ? 'allow' : bias !== undefined ? 'bias' : 'minLength';
    const after = text === '' ? '' : `, after ${check.show(`${text.length > 20 ? '…' : ''}${text.slice(-20)}`)}`;
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_RANGE',
      phrase`${refer.option(option)} leaves no token to choose at ${refer.step(position, `step ${position} (from 0)`)}${after}`,
      {
        advice: phrase`Allow at least one token there; the unknown token is never chosen, and the end token only after ${refer.option('minLength')}. Or end the text earlier with ${refer.option('length')} or ${refer.option('stop')}.`,
        option,
        expected: 'at least one token',
        received: 'none',
        step: position,
      },
    );
  }
}

/** The message of a thrown value, which may be anything, even a value that cannot be converted to a string. */
function thrownWords(thrown: unknown): string {
  const message = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : undefined;
  if (typeof message === 'string') return message;
  return typeof thrown === 'string' ? thrown : check.show(thrown);
}

/** Behind the name of an option whose function answered. */
function placeOf(step: GenerationStep | undefined): string {
  return step === undefined ? '' : `, at step ${step.position} (from 0),`;
}
