/** The state of a callback in a checkpoint. */

import { types } from 'node:util';
import { isError, isRangeError } from '../../base/builtins';
import { UnrolledError } from '../../base/errors';
import { reasonOf } from '../../base/messages/thrown';
import { arrayDType } from '../../tensor/tensor-shape';
import { copyState } from '../checkpoint/packed-state';

/** Values that JSON loses without an error, and what to store instead. */
const LOST: readonly (readonly [is: (value: object) => boolean, what: string, instead: string])[] = [
  [types.isMap, 'a Map', 'its entries as an array'],
  [types.isSet, 'a Set', 'its elements as an array'],
  [types.isDate, 'a Date', 'its getTime()'],
  [types.isRegExp, 'a regular expression', 'its source'],
  [types.isAnyArrayBuffer, 'an ArrayBuffer', 'a typed array'],
  [(value) => types.isWeakMap(value) || types.isWeakSet(value), 'a weak collection', 'the objects that it refers to'],
  [types.isPromise, 'a promise', 'the value that it resolves to'],
  [types.isBoxedPrimitive, 'an object around a primitive', 'its valueOf()'],
  [isError, 'an error', 'its message'],
  [
    (value) => ArrayBuffer.isView(value) && arrayDType(value) === undefined,
    'an array',
    'a typed array of floats or of integers of 8 to 32 bits',
  ],
  [hasOwnJson, 'an object with toJSON', 'the result of its toJSON()'],
];

/** Whether an object says itself what it is in JSON, as a `URL` or a `History` does; bytes say so too, and are kept. */
function hasOwnJson(value: object): boolean {
  return !ArrayBuffer.isView(value) && typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/** Types of primitive values that JSON loses. */
const LOST_TYPES: Partial<Record<string, readonly [what: string, instead: string]>> = {
  bigint: ['a bigint', 'a number, or a string'],
  function: ['a function', 'the data that it is created from'],
  symbol: ['a symbol', 'its description'],
};

function lost(value: unknown): readonly [what: string, instead: string] | undefined {
  if (typeof value !== 'object') return LOST_TYPES[typeof value];
  if (value === null) return undefined;
  const found = LOST.find(([is]) => is(value));
  return found && [found[1], found[2]];
}

/** An array's elements may not be undefined: in JSON they would be null. */
const UNDEFINED = ['undefined', 'null, or leave it out'] as const;

function placeIn(at: string, key: string, isArray: boolean): string {
  if (isArray) return `${at}[${key}]`;
  return at === '' ? key : `${at}.${key}`;
}

function unreadable(name: string, place: string, cause: unknown): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_CALLBACK',
    `${place} of the callback ${name} cannot be read for a checkpoint: ${reasonOf(cause)}`,
    { option: 'callbacks', expected: 'a state that can be read', cause },
  );
}

/**
 * @throws ERR_UNROLLED_OPTION_TYPE for what a checkpoint would lose, ERR_UNROLLED_CALLBACK for a getter that throws.
 */
function requireKept(name: string, value: unknown, at: string, found = lost(value)): void {
  if (found !== undefined) {
    const [what, instead] = found;
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_TYPE',
      `${inState(at)} of the callback ${name} is ${what}, which a checkpoint cannot hold`,
      {
        advice: `Store ${instead} instead.`,
        option: 'callbacks',
        expected: 'JSON, which may contain typed arrays',
        received: what,
      },
    );
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (!Array.isArray(value)) {
    for (const key of Object.keys(value)) requirePart(name, value, key, placeIn(at, key, false));
    return;
  }
  // Holes too: they have no keys.
  for (let index = 0; index < value.length; index++) requirePart(name, value, index, placeIn(at, `${index}`, true));
}

function inState(at: string): string {
  return at === '' ? 'The state' : `${at} in the state`;
}

function requirePart(name: string, whole: object, key: string | number, at: string): void {
  let part: unknown;
  try {
    part = whole[key as keyof typeof whole];
  } catch (cause) {
    throw unreadable(name, inState(at), cause);
  }
  const isMissing = part === undefined && Array.isArray(whole);
  requireKept(name, part, at, isMissing ? UNDEFINED : lost(part));
}

/**
 * A copy of a callback's state, independent of later changes.
 * @throws ERR_UNROLLED_OPTION_TYPE for a value that a checkpoint would lose, naming its place;
 *   ERR_UNROLLED_OPTION_RANGE for a state that is nested too deeply; ERR_UNROLLED_CALLBACK for one that throws when it
 *   is read.
 */
export function storedState(name: string, state: unknown): unknown {
  try {
    requireKept(name, state, '');
    return copyState(state);
  } catch (cause) {
    if (cause instanceof UnrolledError) throw cause;
    if (!isRangeError(cause)) throw unreadable(name, 'The state', cause);
    const fault = `The state of the callback ${name} is nested too deeply, or too large, for a checkpoint: ${reasonOf(cause)}`;
    throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', fault, { option: 'callbacks', cause });
  }
}
