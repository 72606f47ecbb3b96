/**
 * States as JSON and tensors: typed arrays anywhere in a state become tensors of one axis, named by where they stand,
 * and where they stood the JSON says which.
 */

import type { Tensor, TensorArrays, TensorDType } from '../tensor';
import { arrayDType } from '../tensor-shape';

/** In the place of an array. */
const MARK = '$tensor';

/** A state taken apart. */
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
    if (Array.isArray(value)) return value.map((entry, index) => pack(entry, `${at}.${index}`));
    if (!isRecord(value)) return value;
    const dtype = arrayDType(value);
    if (dtype === undefined) {
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, pack(entry, `${at}.${key}`)]));
    }
    const data = value as unknown as AnyArray;
    tensors.set(at, { dtype, shape: [data.length], data });
    return { [MARK]: at };
  }

  return { json: pack(state, name), tensors };
}

/** The state again; `missing` makes the error for a tensor that is not there. */
export function unpackState(
  json: unknown,
  tensors: ReadonlyMap<string, Tensor>,
  missing: (name: string) => Error,
): unknown {
  if (Array.isArray(json)) return json.map((entry) => unpackState(entry, tensors, missing));
  if (!isRecord(json)) return json;
  const { [MARK]: name } = json;
  if (typeof name !== 'string') {
    return Object.fromEntries(Object.entries(json).map(([key, entry]) => [key, unpackState(entry, tensors, missing)]));
  }
  const tensor = tensors.get(name);
  if (tensor === undefined) throw missing(name);
  return tensor.data;
}
