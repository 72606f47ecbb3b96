/** The safetensors file format: named tensors with a header of strings. Knows nothing of models. */

import { type FileHandle, open, stat } from 'node:fs/promises';
import { UnrolledError } from '../errors';
import { readError, replaceFile } from '../files';
import { type Tensor, zeros } from '../tensor';
import { compareCodePoints } from '../text/code-points';
import * as check from '../validation';
import { type Refusal, refusalOf } from './faults';
import { encodeHeader, LENGTH_BYTES, parseHeader, readHeaderLength, type TensorEntry } from './header';

/** What a file holds. */
export interface Safetensors {
  /** By name, in the order of their bytes; each with memory of its own. */
  tensors: Map<string, Tensor>;
  metadata: Map<string, string>;
}

/** A tensor from bytes of its own. */
function tensorOf({ type, shape }: TensorEntry, bytes: Uint8Array<ArrayBuffer>): Tensor {
  return { dtype: type.dtype, shape, data: type.decode(bytes) };
}

/**
 * A file's bytes. They depend on names, tensors and metadata alone, not on the order of the maps:
 * tensors go by the code points of their names, and so does the metadata.
 * @throws ERR_UNROLLED_SHAPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  return Buffer.concat(partsOf(tensors, metadata));
}

/** The header, then the bytes of each tensor where they are. */
function partsOf(tensors: ReadonlyMap<string, Tensor>, metadata: ReadonlyMap<string, string>): Uint8Array[] {
  const sorted = [...tensors].sort(([a], [b]) => compareCodePoints(a, b));
  const parts = [encodeHeader(sorted, metadata)];
  for (const [, { data }] of sorted) parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return parts;
}

/**
 * What a file's bytes hold, copied. Half-precision types become `float32`, booleans `uint8`.
 * `source` is what messages call the file.
 * @throws ERR_UNROLLED_MODEL_FORMAT.
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'The data'): Safetensors {
  const refuse = refusalOf(source);
  const dataStart = LENGTH_BYTES + readHeaderLength(bytes, bytes.length, refuse);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), bytes.length - dataStart, refuse);
  const tensors = new Map<string, Tensor>();
  for (const entry of header.entries) {
    const own = new Uint8Array(bytes.subarray(dataStart + entry.begin, dataStart + entry.end));
    tensors.set(entry.name, tensorOf(entry, own));
  }
  return { tensors, metadata: header.metadata };
}

/**
 * Writes a file, whole or not at all.
 * @throws ERR_UNROLLED_FILE_WRITE, and what `encodeSafetensors` throws.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  check.nonEmptyString('path', path);
  const parts = partsOf(tensors, metadata);
  // One by one: no second copy of the tensors is made.
  await replaceFile(path, async (file) => {
    for (const part of parts) await file.writeFile(part);
  });
}

/** Reads so many bytes; memory is only taken for what the file's length allows. */
async function readBytes(
  file: FileHandle,
  position: number,
  length: number,
  refuse: Refusal,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = zeros([length], 'uint8').data as Uint8Array<ArrayBuffer>;
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw refuse('beyondEnd');
    filled += bytesRead;
  }
  return bytes;
}

async function readOpen(file: FileHandle, refuse: Refusal): Promise<Safetensors> {
  const { size } = await file.stat();
  const start = await readBytes(file, 0, Math.min(size, LENGTH_BYTES), refuse);
  const headerLength = readHeaderLength(start, size, refuse);
  const dataStart = LENGTH_BYTES + headerLength;
  const headerBytes = await readBytes(file, LENGTH_BYTES, headerLength, refuse);
  const header = parseHeader(headerBytes, size - dataStart, refuse);
  const tensors = new Map<string, Tensor>();
  for (const entry of header.entries) {
    const bytes = await readBytes(file, dataStart + entry.begin, entry.end - entry.begin, refuse);
    tensors.set(entry.name, tensorOf(entry, bytes));
  }
  return { tensors, metadata: header.metadata };
}

/**
 * Reads a file; its header is checked against the file's length before memory is taken for tensors.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT, ERR_UNROLLED_OUT_OF_MEMORY.
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  let file: FileHandle | undefined;
  try {
    // A pipe would have to be waited for, and has no length.
    const stats = await stat(check.nonEmptyString('path', path));
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is not a regular file');
    file = await open(path);
    return await readOpen(file, refusalOf(path));
  } catch (cause) {
    throw cause instanceof UnrolledError ? cause : readError(path, cause);
  } finally {
    await file?.close();
  }
}
