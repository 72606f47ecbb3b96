/**
 * Tensors as plain data over JavaScript's typed arrays, row-major, and the few helpers a person
 * needs around a model. A tensor of shape `[]` has one element.
 * @module
 */

import * as check from '../base/check';
import { nestedTensor } from './nested-numbers';
import { showShape } from './shape-text';
import { allocate, badShape, DTYPES, elementCount, FLOATS, isList, requireTensor } from './tensor-shape';
import type { NestedNumbers, NestedRows, Tensor, TensorDType } from './types';

export { elementCount } from './tensor-shape';

export type {
  FloatTensor,
  NestedNumbers,
  NestedPlanes,
  NestedRows,
  Tensor,
  TensorArrays,
  TensorData,
  TensorDType,
} from './types';

/** A tensor, or the numbers of one. */
type Given = Tensor | NestedNumbers | NestedRows;

/** Whether a value is a number, a typed array, or a list that is not a tensor. */
function isNested(value: unknown): boolean {
  return isList(value) || typeof value === 'number';
}

/** The value as a tensor; numbers become a tensor of that type. */
function givenTensor<D extends TensorDType>(
  option: string,
  given: Given,
  dtypes: readonly D[],
  dtype: TensorDType = 'float32',
): Tensor<D> {
  return requireTensor(option, isNested(given) ? nestedTensor(option, given, dtype) : given, dtypes);
}

/**
 * A tensor of zeros.
 * @throws ERR_UNROLLED_SHAPE, ERR_UNROLLED_OUT_OF_MEMORY.
 */
export function zeros(shape: readonly number[]): Tensor<'float32'>;
export function zeros<D extends TensorDType>(shape: readonly number[], dtype: D): Tensor<D>;
export function zeros(shape: readonly number[], dtype: TensorDType = 'float32'): Tensor {
  const type = check.oneOf('dtype', dtype, DTYPES);
  const data = allocate(type, elementCount(shape));
  return { dtype: type, shape: [...shape], data };
}

/**
 * A tensor of the numbers in nested arrays.
 * @throws ERR_UNROLLED_SHAPE for arrays of unequal length, ERR_UNROLLED_OPTION_TYPE for what is not a number,
 *   ERR_UNROLLED_OPTION_RANGE for a number that an integer type cannot hold, each with its place.
 */
export function from(values: NestedNumbers): Tensor<'float32'>;
export function from<D extends TensorDType>(values: NestedNumbers, dtype: D): Tensor<D>;
export function from(values: NestedNumbers, dtype: TensorDType = 'float32'): Tensor {
  return nestedTensor('values', values, check.oneOf('dtype', dtype, DTYPES));
}

/**
 * Element `index` along the first axis: a tensor of one axis less that shares its data.
 * @throws ERR_UNROLLED_SHAPE for a tensor without axes, ERR_UNROLLED_OPTION_RANGE for an index outside.
 */
export function row<D extends TensorDType>(tensor: Tensor<D>, index: number): Tensor<D>;
export function row(tensor: NestedNumbers | NestedRows, index: number): Tensor<'float32'>;
export function row(given: Given, index: number): Tensor {
  const tensor = givenTensor('tensor', given, DTYPES);
  const [rows, ...shape] = tensor.shape;
  if (rows === undefined) throw badShape('A tensor without axes has no rows', 'at least one axis', '[]');
  check.integer('index', index, { min: 0, max: rows - 1 });
  const length = elementCount(shape);
  const data = tensor.data.subarray(index * length, (index + 1) * length);
  return { dtype: tensor.dtype, shape, data };
}

/**
 * Ids as one-hot rows: `[…] → […, classes]`, with 1 at each id and 0 elsewhere.
 * @throws ERR_UNROLLED_OPTION_RANGE for an id that is not below `classes`.
 */
export function oneHot(
  ids: Tensor<'int32'> | ArrayLike<number> | NestedNumbers | NestedRows,
  classes: number,
): Tensor<'float32'> {
  check.integer('classes', classes, { min: 1 });
  const given = isNested(ids) ? nestedTensor('ids', ids, 'int32') : ids;
  const { shape, data } = check.isArrayLike(given)
    ? { shape: [given.length], data: given }
    : requireTensor('ids', given, ['int32'], 'a list of ids, or a tensor of type int32');
  const result = zeros([...shape, classes]);
  for (let i = 0; i < data.length; i++) {
    result.data[i * classes + check.integer('id', data[i], { min: 0, max: classes - 1 })] = 1;
  }
  return result;
}

/** The length of the last axis, which must not be empty. */
function lastAxis({ shape }: Tensor): number {
  const length = shape.at(-1);
  if (length === undefined || length === 0) {
    throw badShape('The last axis must not be empty', 'at least one element in the last axis', showShape(shape));
  }
  return length;
}

/**
 * `exp(x) / Σ exp(x)` over the last axis. The largest element is subtracted first, so nothing overflows.
 * @throws ERR_UNROLLED_SHAPE if the last axis is missing or empty.
 */
export function softmax<D extends 'float32' | 'float64'>(logits: Tensor<D>): Tensor<D>;
export function softmax(logits: NestedNumbers | NestedRows): Tensor<'float32'>;
export function softmax(given: Given): Tensor<'float32' | 'float64'> {
  const logits = givenTensor('logits', given, FLOATS);
  const length = lastAxis(logits);
  const result = zeros(logits.shape, logits.dtype);
  for (let start = 0; start < logits.data.length; start += length) {
    const input: Float32Array | Float64Array = logits.data.subarray(start, start + length);
    let largest = -Infinity;
    for (const logit of input) largest = Math.max(largest, logit);
    let sum = 0;
    for (const logit of input) sum += Math.exp(logit - largest);
    for (let i = 0; i < length; i++) result.data[start + i] = Math.exp((input[i] as number) - largest) / sum;
  }
  return result;
}

/**
 * The position of the largest element along the last axis, the first of equals, or of the first NaN if there is one:
 * `[…, N] → […]`.
 * @throws ERR_UNROLLED_SHAPE if the last axis is missing or empty.
 */
export function argMax(given: Tensor | NestedNumbers | NestedRows): Tensor<'int32'> {
  const tensor = givenTensor('tensor', given, DTYPES, 'float64');
  const length = lastAxis(tensor);
  const result = zeros(tensor.shape.slice(0, -1), 'int32');
  for (let i = 0; i < result.data.length; i++) {
    const at = (j: number) => tensor.data[i * length + j] as number;
    let best = 0;
    for (let j = 1; j < length && !Number.isNaN(at(best)); j++) if (!(at(j) <= at(best))) best = j;
    result.data[i] = best;
  }
  return result;
}

/** The largest allowed difference of two elements. */
export interface Tolerance {
  /** Relative to the second tensor's element. Default 1e-5. */
  relative?: number;
  /** Default 1e-8. */
  absolute?: number;
}

/**
 * Whether `|a − b| ≤ absolute + relative · |b|` for every element (NumPy's rule); equal infinities
 * are close, NaN is close to nothing.
 * @throws ERR_UNROLLED_SHAPE for tensors of different shape.
 */
export function allClose(
  one: Tensor | NestedNumbers | NestedRows,
  other: Tensor | NestedNumbers | NestedRows,
  tolerance?: Tolerance,
): boolean {
  const given = check.options('allClose', tolerance, ['relative', 'absolute']);
  const { relative = 1e-5, absolute = 1e-8 } = given;
  check.number('relative', relative, { min: 0 });
  check.number('absolute', absolute, { min: 0 });
  const [a, b] = [givenTensor('a', one, DTYPES, 'float64'), givenTensor('b', other, DTYPES, 'float64')];
  if (a.shape.length !== b.shape.length || a.shape.some((size, axis) => size !== b.shape[axis])) {
    const [left, right] = [showShape(a.shape), showShape(b.shape)];
    throw badShape(`Tensors of shape ${left} and ${right} cannot be compared`, left, right);
  }
  for (let i = 0; i < a.data.length; i++) {
    const left = a.data[i] as number;
    const right = b.data[i] as number;
    if (left === right) continue;
    if (!Number.isFinite(right) || !(Math.abs(left - right) <= absolute + relative * Math.abs(right))) return false;
  }
  return true;
}

/** The elements in nested arrays; a number for shape `[]`. */
export function toArray(tensor: Tensor | NestedNumbers | NestedRows): NestedNumbers {
  const { shape, data } = givenTensor('tensor', tensor, DTYPES, 'float64');
  let next = 0;
  function nested(axis: number): NestedNumbers {
    const size = shape[axis];
    if (size === undefined) return data[next++] as number;
    return Array.from({ length: size }, () => nested(axis + 1));
  }
  return nested(0);
}

/** The position of the first element that is NaN or infinite, or -1. */
export function firstNonFinite(data: Float32Array | Float64Array): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}
