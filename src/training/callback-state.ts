/** What a checkpoint keeps of a callback's state. */

import { types } from 'node:util';
import { isRangeError } from '../builtins';
import { UnrolledError } from '../errors';
import { arrayDType } from '../tensor-shape';
import { copyState } from './packed-state';

/** What JSON loses without a word, and what to keep in its place. */
const LOST: readonly (readonly [is: (value: object) => boolean, what: string, instead: string])[] = [
  [types.isMap, 'a Map', 'its entries as an array'],
  [types.isSet, 'a Set', 'its elements as an array'],
  [types.isDate, 'a Date', 'its getTime()'],
  [types.isRegExp, 'a regular expression', 'its source'],
  [types.isAnyArrayBuffer, 'an ArrayBuffer', 'a typed array'],
  [(value) => types.isWeakMap(value) || types.isWeakSet(value), 'a weak collection', 'what it is about'],
  [types.isPromise, 'a promise', 'what it gives'],
  [
    (value) => ArrayBuffer.isView(value) && arrayDType(value) === undefined,
    'an array',
    'one of floats or of 8 to 32 bits',
  ],
];

function lost(value: unknown): readonly [what: string, instead: string] | undefined {
  if (typeof value === 'bigint') return ['a bigint', 'a number, or a string'];
  if (typeof value !== 'object' || value === null) return undefined;
  const found = LOST.find(([is]) => is(value));
  return found && [found[1], found[2]];
}

/** @throws ERR_UNROLLED_OPTION_TYPE for what a checkpoint would lose. */
function requireKept(name: string, value: unknown, at: string): void {
  const found = lost(value);
  if (found !== undefined) {
    const [what, instead] = found;
    const place = at === '' ? 'The state' : `${at} in the state`;
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_TYPE',
      `${place} of the callback ${name} is ${what}, which a checkpoint cannot hold. Keep ${instead}.`,
      { option: 'callbacks', expected: 'JSON, in which typed arrays may stand', received: what },
    );
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const [key, part] of Object.entries(value)) {
    requireKept(name, part, Array.isArray(value) ? `${at}[${key}]` : at === '' ? key : `${at}.${key}`);
  }
}

/**
 * A copy of a callback's state, whatever becomes of the state.
 * @throws ERR_UNROLLED_OPTION_TYPE for what a checkpoint would lose, naming its place; ERR_UNROLLED_OPTION_RANGE for a
 *   state that is nested too deeply.
 */
export function storedState(name: string, state: unknown): unknown {
  try {
    requireKept(name, state, '');
    return copyState(state);
  } catch (cause) {
    if (!isRangeError(cause)) throw cause;
    const what = `The state of the callback ${name} is nested too deeply, or too large, for a checkpoint: ${cause.message}.`;
    throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', what, { option: 'callbacks', cause });
  }
}
