/** Bytes of any number to and from open files: the system takes fewer than 2^31 in one call, and Node.js ends the process. */

import { writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** Bytes of one call. */
export const PIECE_BYTES = 1 << 26;

/** The bytes of an array in pieces that one call takes. No view of more than 4 GiB is made, which not every Node.js can. */
export function* piecesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Generator<Uint8Array> {
  for (let begin = 0; begin < byteLength; begin += PIECE_BYTES) {
    yield new Uint8Array(buffer, byteOffset + begin, Math.min(PIECE_BYTES, byteLength - begin));
  }
}

/**
 * Fills an array with the bytes from `position` on.
 * @returns the bytes that were read: fewer than the array has where the file ends before.
 */
export async function readInto(file: FileHandle, position: number, array: ArrayBufferView): Promise<number> {
  let filled = 0;
  for (const piece of piecesOf(array)) {
    for (let done = 0; done < piece.length; ) {
      const { bytesRead } = await file.read(piece, done, piece.length - done, position + filled);
      if (bytesRead === 0) return filled;
      done += bytesRead;
      filled += bytesRead;
    }
  }
  return filled;
}

/** Writes an array's bytes where the last write ended. */
export async function writeFrom(file: FileHandle, array: ArrayBufferView): Promise<void> {
  for (const piece of piecesOf(array)) await file.writeFile(piece);
}

/** The same at once, for a process that ends. */
export function writeFromNow(file: number, array: ArrayBufferView): void {
  for (const piece of piecesOf(array)) {
    for (let done = 0; done < piece.length; ) done += writeSync(file, piece, done, piece.length - done);
  }
}
