/** The types of tensors: plain data over JavaScript's typed arrays. */

import type { DType } from '../native/native';

/** The typed array of each element type. */
export interface TensorArrays {
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
}

/** An element type. */
export type TensorDType = keyof TensorArrays;

/** The typed array that holds elements of type `D`. */
export type TensorData<D extends TensorDType> = TensorArrays[D];

/** Elements of one type with a shape; `data.length` is the product of the shape. */
export interface Tensor<D extends TensorDType = TensorDType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TensorData<D>;
}

/** Numbers in nested arrays of one shape. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** Nested arrays of numbers that stand for a tensor with two axes. */
export type NestedRows = readonly ArrayLike<number>[];

/** The same of three axes. */
export type NestedPlanes = readonly NestedRows[];

/** A tensor of a model's element type. */
export type FloatTensor = Tensor<DType>;

/** Parameters, or their gradients, by PyTorch's names. */
export type Parameters = Record<string, FloatTensor>;
