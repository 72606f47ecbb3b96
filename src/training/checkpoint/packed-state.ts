/**
 * Stores states as JSON and tensors: each typed array in a state becomes a tensor with one axis, named by its position,
 * and the JSON has a reference in its place. Numbers that JSON does not have (NaN, the infinities and -0) become
 * objects with their name.
 */

import type { Tensor, TensorArrays, TensorDType } from '../../tensor/tensor';
import { arrayDType } from '../../tensor/tensor-shape';

/** Stands for an array. */
const MARK = '$tensor';

/** Stands for a number that JSON does not have. */
const NUMBER = '$number';

/** Around an object that would be read as one of these. */
const LITERAL = '$literal';

const MARKS = [MARK, NUMBER, LITERAL];

/** The numbers that JSON does not have, by name. */
const NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

function packNumber(value: number): unknown {
  if (Object.is(value, -0)) return { [NUMBER]: '-0' };
  return Number.isFinite(value) ? value : { [NUMBER]: String(value) };
}

/** A state, split into JSON and arrays. */
export interface PackedState {
  json: unknown;
  tensors: Map<string, Tensor>;
}

type AnyArray = TensorArrays[TensorDType];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param name of the tensors' names the first part. */
export function packState(state: unknown, name: string): PackedState {
  const tensors = new Map<string, Tensor>();

  function pack(value: unknown, at: string): unknown {
    if (typeof value === 'number') return packNumber(value);
    if (Array.isArray(value)) return value.map((entry, index) => pack(entry, `${at}.${index}`));
    if (!isRecord(value)) return value;
    const dtype = arrayDType(value);
    if (dtype === undefined) {
      const json = Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, pack(entry, `${at}.${key}`)]));
      return MARKS.some((mark) => Object.hasOwn(json, mark)) ? { [LITERAL]: json } : json;
    }
    const data = value as unknown as AnyArray;
    tensors.set(at, { dtype, shape: [data.length], data });
    return { [MARK]: at };
  }

  return { json: pack(state, name), tensors };
}

/** A state with its own copies of arrays. */
export function copyState(state: unknown): unknown {
  const { json, tensors } = packState(state, 'state');
  const copies = new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
  return unpackState(json, copies, (name) => new Error(name));
}

/** The state again, of any depth; `missing` makes the error for a tensor that is not there. */
export function unpackState(
  json: unknown,
  tensors: ReadonlyMap<string, Tensor>,
  missing: (name: string) => Error,
): unknown {
  /** A copy in which the arrays are still those of the given state. */
  const begun: (unknown[] | Record<string, unknown>)[] = [];

  function copied(value: unknown[] | Record<string, unknown>): unknown {
    const copy = Array.isArray(value) ? [...value] : { ...value };
    begun.push(copy);
    return copy;
  }

  function unpacked(value: unknown): unknown {
    if (Array.isArray(value)) return copied(value);
    if (!isRecord(value)) return value;
    const { [MARK]: name, [NUMBER]: number, [LITERAL]: literal } = value;
    if (isRecord(literal)) return copied(literal);
    if (NUMBERS.has(number)) return NUMBERS.get(number);
    if (typeof name !== 'string') return copied(value);
    const tensor = tensors.get(name);
    if (tensor === undefined) throw missing(name);
    return tensor.data;
  }

  const state = unpacked(json);
  for (let copy = begun.pop(); copy !== undefined; copy = begun.pop()) {
    if (Array.isArray(copy)) for (let i = 0; i < copy.length; i++) copy[i] = unpacked(copy[i]);
    else for (const key of Object.keys(copy)) copy[key] = unpacked(copy[key]);
  }
  return state;
}

/** Whether objects and lists are nested this deeply. */
export function isDeeperThan(depth: number, json: unknown): boolean {
  let level: unknown[] = [json];
  for (let i = 0; i < depth && level.length > 0; i++) {
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return level.length > 0;
}
