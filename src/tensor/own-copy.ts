/** Copies of what a caller gives to a call that reads it later: the caller may use the arrays again meanwhile. */

import { types } from 'node:util';
import { isPlainObject } from '../base/builtins';
import { firstHole } from '../base/check';
import { allocating } from './tensor-shape';

/** Numbers that a call copies at once, at most, where it reads larger data in turns: about 10 milliseconds' work. */
const MOST_AT_ONCE = 2 ** 22;

/** What a list or an object takes beside its numbers, as numbers. */
const LIST_WORK = 16;

const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as { slice(this: ArrayLike<number>): unknown };

/** Lists and objects in one another, at most: of data, inputs, a sequence, a step. Deeper ones are no data. */
const MOST_DEPTH = 5;

function isTensor(value: object): value is { dtype: unknown; shape: unknown; data: unknown } {
  return 'dtype' in value && 'shape' in value && 'data' in value;
}

/** The parts of an object that may have arrays in them; undefined if it is of a class that is not a tensor. */
function partsOf(value: object): Record<string, unknown> | undefined {
  if (isTensor(value)) return { dtype: value.dtype, shape: value.shape, data: value.data };
  return isPlainObject(value) ? value : undefined;
}

/** The numbers in a value, counted as far as `most`. */
function sizeOf(value: unknown, most: number, depth: number): number {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return 1;
  if (types.isTypedArray(value)) return LIST_WORK + value.length;
  // Of a list of numbers none need be looked at.
  if (Array.isArray(value) && typeof value[0] === 'number') return LIST_WORK + value.length;
  const isArray = Array.isArray(value);
  const parts = isArray ? value : Object.values(partsOf(value) ?? {});
  let size = LIST_WORK + parts.length;
  for (let i = 0; i < parts.length && size <= most; i++) {
    // Nothing more is copied of a list with a hole.
    if (isArray && parts[i] === undefined) break;
    size += sizeOf(parts[i], most - size, depth + 1);
  }
  return size;
}

function copied(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return value;
  // One that was handed to a worker has no elements left, and cannot be copied.
  if (types.isTypedArray(value)) {
    const { length } = value;
    return length === 0 ? value : allocating('an array', length, () => slice.call(value as ArrayLike<number>));
  }
  if (Array.isArray(value)) {
    // Left to whoever reads the list, and refuses the place.
    if (firstHole(value) !== -1) return value;
    return typeof value[0] === 'number' ? value.slice() : value.map((part) => copied(part, depth + 1));
  }
  const parts = partsOf(value);
  if (parts === undefined) return value;
  return Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, copied(part, depth + 1)]));
}

/** The same value with lists and typed arrays of its own, also in objects and in other lists. */
export function ownCopy<Value>(value: Value): Value {
  return copied(value, 0) as Value;
}

/** The same of data that are soon copied; larger ones as they are. */
export function ownCopyIfSmall<Value>(value: Value): Value {
  return sizeOf(value, MOST_AT_ONCE, 0) > MOST_AT_ONCE ? value : ownCopy(value);
}
