/** Recognises tensors. */

import { types } from 'node:util';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { showShape } from './shape-text';
import type { Tensor, TensorArrays, TensorDType } from './types';

/** The typed array of each element type. */
export const CONSTRUCTORS: { readonly [D in TensorDType]: new (length: number) => TensorArrays[D] } = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
};

/**
 * The result of `make`, which allocates a typed array of `length` elements.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY
 */
export function allocating<Result>(dtype: string, length: number, make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    const fault = `There is not enough memory for ${length} elements of ${dtype}`;
    const advice =
      "Process less at a time (a smaller batch, fewer sequences), or raise the process's limit (ulimit -v, ulimit -d).";
    throw new UnrolledError('ERR_UNROLLED_OUT_OF_MEMORY', fault, { advice, received: check.show(length), cause });
  }
}

/**
 * A typed array of zeros.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY
 */
export function allocate<D extends TensorDType>(dtype: D, length: number): TensorArrays[D] {
  return allocating(dtype, length, () => new CONSTRUCTORS[dtype](length));
}

/**
 * Numbers as a new typed array.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY
 */
export function arrayOf<D extends TensorDType>(dtype: D, numbers: ArrayLike<number>): TensorArrays[D] {
  const array = allocate(dtype, numbers.length);
  array.set(numbers);
  return array;
}

/** Whether a value has a tensor's shape and data; `requireTensor` says what is wrong with them. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'shape' in value && 'data' in value;
}

/** A list of numbers: an array or any typed array. */
export function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || types.isTypedArray(value);
}

export const DTYPES = Object.keys(CONSTRUCTORS) as TensorDType[];

const IS_ARRAY: { readonly [D in TensorDType]: (value: unknown) => boolean } = {
  float32: types.isFloat32Array,
  float64: types.isFloat64Array,
  int8: types.isInt8Array,
  int16: types.isInt16Array,
  int32: types.isInt32Array,
  uint8: types.isUint8Array,
  uint16: types.isUint16Array,
  uint32: types.isUint32Array,
};

/** The element type of a typed array of any realm; undefined if no tensor can hold it. */
export function arrayDType(value: unknown): TensorDType | undefined {
  return DTYPES.find((dtype) => IS_ARRAY[dtype](value));
}

export const FLOATS = ['float32', 'float64'] as const;

/** An array of zeros with the same element type and length. */
export function zerosLike<Data extends TensorArrays[TensorDType]>(data: Data, length: number): Data {
  return allocate(arrayDType(data) as TensorDType, length) as Data;
}

export function badShape(fault: string, expected: string, received: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_SHAPE', fault, { expected, received });
}

/** A shape as it was given; its sizes may be anything. */
function showGiven(shape: readonly unknown[]): string {
  return showShape(shape.map((size) => (typeof size === 'number' ? size : check.show(size))));
}

/**
 * The number of elements of a shape.
 * @throws ERR_UNROLLED_SHAPE if a size is not a whole number from 0 or the product is beyond 2^53,
 *   ERR_UNROLLED_OPTION_TYPE for what is not a list.
 */
export function elementCount(shape: readonly number[]): number {
  if (!Array.isArray(shape)) throw check.wrongType('shape', 'a list of whole numbers', shape);
  const isShape = Array.from(shape).every((size) => Number.isSafeInteger(size) && size >= 0);
  const count = isShape ? shape.reduce((product, size) => product * size, 1) : NaN;
  if (!Number.isSafeInteger(count)) {
    throw badShape(`${showGiven(shape)} is not a shape`, 'whole numbers from 0', showGiven(shape));
  }
  return count;
}

/** Why an object is not a tensor of one of these types, first of all its dtype. */
function received(value: unknown, dtypes: readonly TensorDType[]): string {
  const { dtype, shape, data } = value as Partial<Tensor>;
  if (!(isList(data) || Array.isArray(shape))) return check.show(value);
  if (!DTYPES.some((type) => type === dtype)) return `one whose dtype is ${check.show(dtype)}`;
  if (!dtypes.some((type) => type === dtype)) return `one whose dtype is ${dtype}`;
  if (!Array.isArray(shape)) return `one whose shape is ${check.show(shape)}`;
  return `one of ${dtype} whose data is ${check.show(data)}`;
}

function noTensor(option: string, expected: string, came: string): UnrolledError {
  const fault = `${option} must be ${expected}, not ${came}`;
  return new UnrolledError('ERR_UNROLLED_OPTION_TYPE', fault, { option, expected, received: came });
}

/** The words of messages for a tensor of these types. */
function tensorOf(dtypes: readonly TensorDType[]): string {
  return dtypes.length < DTYPES.length ? `a tensor of type ${dtypes.join(' or ')}` : 'a tensor';
}

/**
 * Refuses a tensor without a `dtype`, or of another.
 * @throws ERR_UNROLLED_OPTION_TYPE
 */
export function requireDType(option: string, tensor: { dtype?: unknown }, dtypes: readonly TensorDType[]): void {
  const { dtype } = tensor;
  if (dtypes.some((type) => type === dtype)) return;
  const came = DTYPES.some((type) => type === dtype) ? String(dtype) : check.show(dtype);
  throw noTensor(option, tensorOf(dtypes), `one whose dtype is ${came}`);
}

/**
 * A tensor of one of these types whose number of elements matches its shape.
 * @param expected what it must be, in words for messages.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_SHAPE.
 */
export function requireTensor<D extends TensorDType>(
  option: string,
  value: unknown,
  dtypes: readonly D[],
  expected = tensorOf(dtypes),
): Tensor<D> {
  if (typeof value !== 'object' || value === null) throw check.wrongType(option, expected, value);
  const { dtype, shape, data } = value as Partial<Tensor<D>>;
  const isTyped = dtypes.some((type) => type === dtype && IS_ARRAY[type](data));
  if (!isTyped || !Array.isArray(shape)) throw noTensor(option, expected, received(value, dtypes));
  const [came, takes] = [(data as Tensor<D>['data']).length, elementCount(shape)];
  if (came !== takes) {
    const fault = `${option} has ${came} elements, but its shape ${showShape(shape)} needs ${takes}`;
    throw badShape(fault, `${takes} elements`, `${came} elements`);
  }
  return value as Tensor<D>;
}
