/** Small validators for options. Each returns the value with its type, or throws a coded error. */

import { isAbortSignal } from './builtins';
import { type ErrorCode, UnrolledError } from './errors';
import { phrase, refer, type Words } from './messages/phrase';
import { didYouMean } from './messages/suggestions';

/** Whether a value has elements and a number of them, as arrays, typed arrays and their like have. */
export function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return typeof value === 'object' && value !== null && 'length' in value && Number.isSafeInteger(value.length);
}

/** The value as a person would recognise it in a message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object (${value.constructor?.name ?? 'no prototype'})`;
  return String(value);
}

function refused(
  code: ErrorCode,
  option: string,
  expected: Words,
  value: unknown,
  advice?: Words | undefined,
): UnrolledError {
  return new UnrolledError(code, phrase`${refer.option(option)} must be ${expected}, not ${show(value)}`, {
    ...{ option, expected, received: show(value) },
    ...(advice !== undefined && { advice }),
  });
}

/** The error for a value of the wrong type. */
export function wrongType(option: string, expected: Words, value: unknown): UnrolledError {
  return refused('ERR_UNROLLED_OPTION_TYPE', option, expected, value);
}

/** A class of the package. */
// biome-ignore lint/complexity/noBannedTypes: a class whose constructor is private has no type but this.
interface OwnClass<T> extends Function {
  readonly prototype: T;
}

/**
 * An object of one of these classes of the package. One of another copy of the package is refused as such: its private fields
 * are out of reach.
 */
export function instance<T extends object>(
  option: string,
  value: unknown,
  expected: string,
  ...classes: readonly OwnClass<T>[]
): T {
  if (classes.some((Own) => value instanceof Own)) return value as T;
  const name = (value as object | null | undefined)?.constructor?.name;
  if (!classes.some((Own) => Own.name === name)) throw wrongType(option, expected, value);
  throw new UnrolledError(
    'ERR_UNROLLED_OPTION_TYPE',
    phrase`${refer.option(option)} must be ${expected}, made by this copy of the package, not by another one`,
    {
      advice:
        'Make it with the same copy that uses it, or load only one copy: "npm ls unrolled" lists the installed copies.',
      option,
      expected: `${expected}, made by this copy of the package`,
      received: `a ${name} of another copy`,
    },
  );
}

/** The error for a value of the right type that is not allowed. */
export function outOfRange(option: string, expected: Words, value: unknown): UnrolledError {
  return refused('ERR_UNROLLED_OPTION_RANGE', option, expected, value);
}

/** Bounds of a number; `above` and `below` are exclusive. */
export interface Range {
  min?: number;
  max?: number;
  above?: number;
  below?: number;
}

function describe(noun: string, { min, max, above, below }: Range): string {
  const bounds: string[] = [];
  if (min !== undefined) bounds.push(`at least ${min}`);
  if (above !== undefined) bounds.push(`above ${above}`);
  if (max !== undefined) bounds.push(`at most ${max}`);
  if (below !== undefined) bounds.push(`below ${below}`);
  return bounds.length === 0 ? noun : `${noun} ${bounds.join(' and ')}`;
}

function within(value: number, { min, max, above, below }: Range): boolean {
  return (
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below)
  );
}

/** A finite number inside the range. */
export function number(option: string, value: unknown, range: Range = {}): number {
  const expected = describe('a finite number', range);
  if (typeof value !== 'number') throw wrongType(option, expected, value);
  if (!Number.isFinite(value) || !within(value, range)) throw outOfRange(option, expected, value);
  return value;
}

/** A whole number inside the range. */
export function integer(option: string, value: unknown, range: Range = {}): number {
  const expected = describe('a whole number', range);
  if (typeof value !== 'number') throw wrongType(option, expected, value);
  if (!Number.isSafeInteger(value) || !within(value, range)) throw outOfRange(option, expected, value);
  return value;
}

/** A list of whole numbers, each inside the range. */
export function integers(option: string, value: unknown, range: Range = {}): readonly number[] {
  if (!Array.isArray(value)) throw wrongType(option, 'an array of whole numbers', value);
  for (const [index, each] of value.entries()) integer(`${option}[${index}]`, each, range);
  return value as number[];
}

export function boolean(option: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrongType(option, 'true or false', value);
  return value;
}

export function string(option: string, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(option, 'a string', value);
  return value;
}

/** A string that says something: a path, a name. */
export function nonEmptyString(option: string, value: unknown): string {
  if (string(option, value) === '') throw outOfRange(option, 'a string that is not empty', value);
  return value as string;
}

export function oneOf<const T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  if ((choices as readonly unknown[]).includes(value)) return value as T;
  const expected = `one of ${choices.join(', ')}`;
  if (typeof value !== 'string') throw wrongType(option, expected, value);
  throw refused('ERR_UNROLLED_OPTION_RANGE', option, expected, value, didYouMean(value, choices));
}

/** An object, and no list. */
export function object(option: string, value: unknown, expected = 'an object'): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(option, expected, value);
  return value;
}

/**
 * The first hole of an array, or undefined; -1 if there is none. Call this first: `map`, `slice` and the like visit
 * every index of a sparse array, of which there may be 2^32.
 */
export function firstHole(list: readonly unknown[]): number {
  for (let i = 0; i < list.length; i++) if (list[i] === undefined) return i;
  return -1;
}

/** An array with something at every place. */
export function list(option: string, value: unknown, expected: string, ofEach: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongType(option, expected, value);
  const hole = firstHole(value);
  if (hole !== -1) throw wrongType(`${option}[${hole}]`, ofEach, undefined);
  return value;
}

/** A list of strings. */
export function strings(option: string, value: unknown, expected = 'a list of strings'): readonly string[] {
  const isList = Array.isArray(value) && firstHole(value) === -1 && value.every((each) => typeof each === 'string');
  if (!isList) throw wrongType(option, expected, value);
  return value as string[];
}

/** Something with elements and a number of them: an array, a typed array. */
export function arrayLike<T>(option: string, value: ArrayLike<T>, expected: string): ArrayLike<T> {
  if (!isArrayLike(value)) throw wrongType(option, expected, value);
  return value;
}

export function callback<T>(option: string, value: T | undefined): T | undefined {
  if (value !== undefined && typeof value !== 'function') throw wrongType(option, 'a function', value);
  return value;
}

export function abortSignal(option: string, value: unknown): AbortSignal | undefined {
  if (value !== undefined && !isAbortSignal(value)) throw wrongType(option, 'an AbortSignal', value);
  return value;
}

/**
 * The options as a plain object whose every key is known; an absent argument is an empty object.
 * @throws ERR_UNROLLED_OPTION_TYPE when it is not an object, ERR_UNROLLED_UNKNOWN_OPTION for a key not listed.
 */
export function options<T extends object>(
  where: string,
  value: T | undefined,
  known: readonly (keyof T & string)[],
): T {
  if (value === undefined) return {} as T;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(`options of ${where}`, 'an object', value);
  }
  for (const key of Object.keys(value)) {
    if (!(known as readonly string[]).includes(key)) {
      const hint = didYouMean(key, known, (name) => refer.option(name));
      const list = phrase`It knows ${refer.options(known)}.`;
      throw new UnrolledError(
        'ERR_UNROLLED_UNKNOWN_OPTION',
        phrase`${where} has no option ${refer.option(key, JSON.stringify(key))}`,
        {
          ...{ option: key, expected: known.join(', '), received: key },
          advice: hint === undefined ? list : phrase`${hint} ${list}`,
        },
      );
    }
  }
  return value;
}
