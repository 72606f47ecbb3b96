/**
 * States as JSON and tensors: typed arrays anywhere in a state become tensors of one axis, named by where they stand,
 * and where they stood the JSON says which.
 */

import type { Tensor, TensorArrays, TensorDType } from '../tensor';

/** In the place of an array. */
const MARK = '$tensor';

/** A state taken apart. */
export interface PackedState {
  json: unknown;
  tensors: Map<string, Tensor>;
}

type AnyArray = TensorArrays[TensorDType];

const TYPES: ReadonlyMap<unknown, TensorDType> = new Map<unknown, TensorDType>([
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int8Array, 'int8'],
  [Int16Array, 'int16'],
  [Int32Array, 'int32'],
  [Uint8Array, 'uint8'],
  [Uint16Array, 'uint16'],
  [Uint32Array, 'uint32'],
]);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param name of the tensors' names the first part. */
export function packState(state: unknown, name: string): PackedState {
  const tensors = new Map<string, Tensor>();

  function pack(value: unknown, at: string): unknown {
    if (Array.isArray(value)) return value.map((entry, index) => pack(entry, `${at}.${index}`));
    if (!isRecord(value)) return value;
    const dtype = TYPES.get(value.constructor);
    if (dtype === undefined) {
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, pack(entry, `${at}.${key}`)]));
    }
    const data = value as unknown as AnyArray;
    tensors.set(at, { dtype, shape: [data.length], data });
    return { [MARK]: at };
  }

  return { json: pack(state, name), tensors };
}

/** A state with arrays of its own. */
export function copyState(state: unknown): unknown {
  const { json, tensors } = packState(state, 'state');
  const copies = new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
  return unpackState(json, copies, (name) => new Error(name));
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
