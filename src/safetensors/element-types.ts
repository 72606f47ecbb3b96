/** The element types of the file format that can be read, and what they become. */

import type { TensorData, TensorDType } from '../tensor';

/** One type of the format. */
export interface ElementType {
  /** Bytes of one element in the file. */
  bytes: number;
  /** Type of the tensor that is read. */
  dtype: TensorDType;
  /** The elements of bytes that are aligned and little-endian, as the host is. */
  decode: (bytes: Uint8Array<ArrayBuffer>) => TensorData<TensorDType>;
}

/** The number of a half-precision bit pattern (IEEE 754 binary16). */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 0x400) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a 32-bit float. */
function decodeBrainFloats(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(bytes.buffer), (bits) => bits << 16).buffer);
}

/** By the name in the file. */
export const ELEMENT_TYPES: ReadonlyMap<unknown, ElementType> = new Map<string, ElementType>([
  ['F64', { bytes: 8, dtype: 'float64', decode: ({ buffer }) => new Float64Array(buffer) }],
  ['F32', { bytes: 4, dtype: 'float32', decode: ({ buffer }) => new Float32Array(buffer) }],
  [
    'F16',
    { bytes: 2, dtype: 'float32', decode: ({ buffer }) => Float32Array.from(new Uint16Array(buffer), halfToNumber) },
  ],
  ['BF16', { bytes: 2, dtype: 'float32', decode: decodeBrainFloats }],
  ['I32', { bytes: 4, dtype: 'int32', decode: ({ buffer }) => new Int32Array(buffer) }],
  ['I16', { bytes: 2, dtype: 'int16', decode: ({ buffer }) => new Int16Array(buffer) }],
  ['I8', { bytes: 1, dtype: 'int8', decode: ({ buffer }) => new Int8Array(buffer) }],
  ['U32', { bytes: 4, dtype: 'uint32', decode: ({ buffer }) => new Uint32Array(buffer) }],
  ['U16', { bytes: 2, dtype: 'uint16', decode: ({ buffer }) => new Uint16Array(buffer) }],
  ['U8', { bytes: 1, dtype: 'uint8', decode: (bytes) => bytes }],
  ['BOOL', { bytes: 1, dtype: 'uint8', decode: (bytes) => bytes }],
]);

/** The name in the file of each type that is written. */
export const FILE_TYPES: Readonly<Record<TensorDType, string>> = {
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
};
