/** Copies of a caller's data for a call that reads them later, because the caller may change the arrays meanwhile. */

import { types } from 'node:util';
import { isPlainObject } from '../base/builtins';
import { firstHole } from '../base/check';
import { allocating } from './tensor-shape';

/** Most numbers that a call copies at once before it copies in turns: about 10 milliseconds' work. */
const MOST_AT_ONCE = 2 ** 22;

/** Cost of a list or an object itself, counted in numbers. */
const LIST_WORK = 16;

const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as { slice(this: ArrayLike<number>): unknown };

/** Deepest nesting of lists and objects: of data, inputs, a sequence, a step. Deeper values are not data. */
const MOST_DEPTH = 5;

function isTensor(value: object): value is { dtype: unknown; shape: unknown; data: unknown } {
  return 'dtype' in value && 'shape' in value && 'data' in value;
}

/** The members of an object that may contain arrays; undefined if its class is not that of a tensor. */
function partsOf(value: object): Record<string, unknown> | undefined {
  if (isTensor(value)) return { dtype: value.dtype, shape: value.shape, data: value.data };
  return isPlainObject(value) ? value : undefined;
}

/** The numbers in a value, counted as far as `most`. */
function sizeOf(value: unknown, most: number, depth: number): number {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return 1;
  if (types.isTypedArray(value)) return LIST_WORK + value.length;
  // A list of numbers needs no look at its elements.
  if (Array.isArray(value) && typeof value[0] === 'number') return LIST_WORK + value.length;
  const isArray = Array.isArray(value);
  const parts = isArray ? value : Object.values(partsOf(value) ?? {});
  let size = LIST_WORK + parts.length;
  for (let i = 0; i < parts.length && size <= most; i++) {
    // A list with a hole is not copied further.
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
    // The code that reads the list refuses this element.
    if (firstHole(value) !== -1) return value;
    return typeof value[0] === 'number' ? value.slice() : value.map((part) => copied(part, depth + 1));
  }
  const parts = partsOf(value);
  if (parts === undefined) return value;
  return Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, copied(part, depth + 1)]));
}

/** The same value with its own lists and typed arrays, also inside objects and other lists. */
export function ownCopy<Value>(value: Value): Value {
  return copied(value, 0) as Value;
}

/** The same of data that are soon copied; larger ones as they are. */
export function ownCopyIfSmall<Value>(value: Value): Value {
  return sizeOf(value, MOST_AT_ONCE, 0) > MOST_AT_ONCE ? value : ownCopy(value);
}
