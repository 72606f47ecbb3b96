/** The safetensors file format: named tensors with a header of strings. Knows nothing of models. */

import { type FileHandle, open, stat } from 'node:fs/promises';
import * as check from '../base/check';
import { compareCodePoints } from '../base/code-points';
import { UnrolledError } from '../base/errors';
import { atOnce, giveTurn, inTurns } from '../base/event-loop';
import { PIECE_BYTES, piecesOf, readInto, writeFrom, writeFromNow } from '../base/files/file-pieces';
import { readError, replaceFile } from '../base/files/files';
import { requireMemory } from '../base/resource-limits';
import { type Tensor, zeros } from '../tensor/tensor';
import { type Refusal, refusalOf } from './faults';
import { encodeHeader, LENGTH_BYTES, parseHeader, readHeaderLength, type TensorEntry } from './header';

/** Tensors that are read between two turns of the event loop, where none needs the file. */
const PART = 1 << 6;

/** The content of a file. */
export interface Safetensors {
  /** By name, in the order of their bytes; each has its own memory. */
  tensors: Map<string, Tensor>;
  metadata: Map<string, string>;
}

/**
 * The arrays to fill for a tensor, with its bytes in their order; all bytes are there when the generator ends. 16-bit
 * floats are widened a piece at a time.
 */
function* arraysToFill({ type, begin, end }: TensorEntry, { data }: Tensor): Generator<ArrayBufferView> {
  if (type.widen === undefined) {
    yield data;
    return;
  }
  const halves = new Uint16Array(Math.min(PIECE_BYTES, end - begin) / type.bytes);
  for (let first = 0; first < data.length; first += halves.length) {
    const to = data.subarray(first, first + halves.length) as Float32Array;
    const piece = halves.subarray(0, to.length);
    yield piece;
    type.widen(piece, to);
  }
}

/** A tensor of zeros for an entry. */
function tensorFor({ type, shape }: TensorEntry): Tensor {
  return zeros(shape, type.dtype);
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
  return Buffer.concat(partsOf(tensors, metadata).flatMap((part) => [...piecesOf(part)]));
}

/** The header, then the tensors' own arrays. */
function partsOf(tensors: ReadonlyMap<string, Tensor>, metadata: ReadonlyMap<string, string>): ArrayBufferView[] {
  const sorted = [...tensors].sort(([a], [b]) => compareCodePoints(a, b));
  return [encodeHeader(sorted, metadata), ...sorted.map(([, { data }]) => data)];
}

/**
 * The content of a file's bytes, copied. Half-precision types become `float32`, booleans `uint8`. Messages call the
 * file `source`.
 * @throws ERR_UNROLLED_MODEL_FORMAT.
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'The data'): Safetensors {
  const refuse = refusalOf(source);
  const dataStart = LENGTH_BYTES + readHeaderLength(bytes, bytes.length, refuse);
  const header = atOnce(parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), bytes.length - dataStart, refuse));
  const tensors = new Map<string, Tensor>();
  for (const entry of header.entries) {
    const tensor = tensorFor(entry);
    let position = dataStart + entry.begin;
    for (const { buffer, byteOffset, byteLength } of arraysToFill(entry, tensor)) {
      new Uint8Array(buffer, byteOffset, byteLength).set(bytes.subarray(position, position + byteLength));
      position += byteLength;
    }
    tensors.set(entry.name, tensor);
  }
  return { tensors, metadata: header.metadata };
}

/**
 * Writes a file, whole or not at all. With `evenAtExit` it is written even if the process exits first.
 * @throws ERR_UNROLLED_FILE_WRITE, and what `encodeSafetensors` throws.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
  { evenAtExit = false }: { evenAtExit?: boolean } = {},
): Promise<void> {
  check.nonEmptyString('path', path);
  const parts = partsOf(tensors, metadata);
  // One by one: no second copy of the tensors is made.
  const write = async (file: FileHandle) => {
    for (const part of parts) await writeFrom(file, part);
  };
  const writeNow = (file: number) => {
    for (const part of parts) writeFromNow(file, part);
  };
  await replaceFile(path, write, evenAtExit ? writeNow : undefined);
}

/** Fills an array with the bytes from `position` on, which the file's length allows. */
async function fill(file: FileHandle, position: number, array: ArrayBufferView, refuse: Refusal): Promise<void> {
  if ((await readInto(file, position, array)) < array.byteLength) throw refuse('beyondEnd');
}

/** @throws ERR_UNROLLED_OUT_OF_MEMORY if memory cannot hold the tensors. */
function requireTensorMemory(path: string, entries: readonly TensorEntry[]): void {
  const bytes = entries.reduce((sum, { type, begin, end }) => sum + (end - begin) * (type.widen ? 2 : 1), 0);
  requireMemory(`Reading ${path}`, bytes, 'path', 'Read it on a machine with more memory');
}

async function readOpen(file: FileHandle, path: string): Promise<Safetensors> {
  const refuse = refusalOf(path);
  const { size } = await file.stat();
  const start = new Uint8Array(Math.min(size, LENGTH_BYTES));
  await fill(file, 0, start, refuse);
  const headerBytes = new Uint8Array(readHeaderLength(start, size, refuse));
  await fill(file, LENGTH_BYTES, headerBytes, refuse);
  const dataStart = LENGTH_BYTES + headerBytes.length;
  const header = await inTurns(parseHeader(headerBytes, size - dataStart, refuse));
  requireTensorMemory(path, header.entries);
  const tensors = new Map<string, Tensor>();
  for (const entry of header.entries) {
    const tensor = tensorFor(entry);
    let position = dataStart + entry.begin;
    for (const array of arraysToFill(entry, tensor)) {
      await fill(file, position, array, refuse);
      position += array.byteLength;
    }
    tensors.set(entry.name, tensor);
    // Tensors without elements need no read.
    if (tensors.size % PART === 0) await giveTurn();
  }
  return { tensors, metadata: header.metadata };
}

/**
 * Reads a file. The header is checked against the length of the file before memory is allocated for tensors.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT, ERR_UNROLLED_OUT_OF_MEMORY.
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  let file: FileHandle | undefined;
  try {
    // A pipe would have to be waited for, and has no length.
    const stats = await stat(check.nonEmptyString('path', path));
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is not a regular file');
    file = await open(path);
    return await readOpen(file, path);
  } catch (cause) {
    throw cause instanceof UnrolledError ? cause : readError(path, cause);
  } finally {
    await file?.close();
  }
}
