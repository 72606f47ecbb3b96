/**
 * Checks that recognise built-in objects of any realm. The sandbox of a test runner (Jest, `node:vm`) is a realm with
 * its own classes for arrays, maps and errors, so `instanceof` and `constructor` are wrong for values from outside.
 * `util.types` recognises typed arrays, maps and the like, and `Array.isArray` recognises arrays; the other checks are
 * here.
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

/** Whether a value is an error. A `DOMException`, which is the reason of an abort, is not a native error. */
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
