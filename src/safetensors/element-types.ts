/** The element types of the file format that can be read, and what they become. */

import type { TensorDType } from '../tensor/tensor';

/** One type of the format. */
export interface ElementType {
  /** Bytes of one element in the file. */
  bytes: number;
  /** Type of the tensor that is read. */
  dtype: TensorDType;
  /**
   * For 16-bit floats: converts `halves` to the wider floats of JavaScript and writes them to `to`. Absent if the bytes
   * are the elements.
   */
  widen?: (halves: Uint16Array, to: Float32Array) => void;
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

function widenHalves(halves: Uint16Array, to: Float32Array): void {
  for (let i = 0; i < halves.length; i++) to[i] = halfToNumber(halves[i] as number);
}

/** bfloat16 is the upper half of a 32-bit float. */
function widenBrainFloats(halves: Uint16Array, { buffer, byteOffset, length }: Float32Array): void {
  const bits = new Uint32Array(buffer, byteOffset, length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] as number) << 16;
}

/** Element types by their name in the file. */
export const ELEMENT_TYPES: ReadonlyMap<unknown, ElementType> = new Map<string, ElementType>([
  ['F64', { bytes: 8, dtype: 'float64' }],
  ['F32', { bytes: 4, dtype: 'float32' }],
  ['F16', { bytes: 2, dtype: 'float32', widen: widenHalves }],
  ['BF16', { bytes: 2, dtype: 'float32', widen: widenBrainFloats }],
  ['I32', { bytes: 4, dtype: 'int32' }],
  ['I16', { bytes: 2, dtype: 'int16' }],
  ['I8', { bytes: 1, dtype: 'int8' }],
  ['U32', { bytes: 4, dtype: 'uint32' }],
  ['U16', { bytes: 2, dtype: 'uint16' }],
  ['U8', { bytes: 1, dtype: 'uint8' }],
  ['BOOL', { bytes: 1, dtype: 'uint8' }],
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
