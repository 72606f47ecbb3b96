/**
 * What a built-in object is, whichever realm made it. A test runner's sandbox (Jest, `node:vm`) is a realm of its own: it has
 * classes of its own for arrays, maps and errors, so `instanceof` and `constructor` say nothing of what comes from outside.
 * Typed arrays, maps and their like are asked by `util.types`, arrays by `Array.isArray`; the rest is here.
 */

import { types } from 'node:util';
import { UnrolledError } from './errors';

/** Whether a value is an object without a class: of a literal, or without a prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // `Object.prototype` is the only one below which nothing else is.
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'));
}

/** Whether a value is an error; a `DOMException`, as an abort has one for its reason, is no native error. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || Object.prototype.toString.call(value) === '[object DOMException]';
}

/** Whether a value is JavaScript's own `RangeError`, as for a string that is too long, whose name errors of ours have too. */
export function isRangeError(value: unknown): value is RangeError {
  return types.isNativeError(value) && value.name === 'RangeError' && !(value instanceof UnrolledError);
}

/** Whether a value is a signal: by what is used of one, as Node.js asks. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' && [addEventListener, removeEventListener].every((it) => typeof it === 'function')
  );
}
