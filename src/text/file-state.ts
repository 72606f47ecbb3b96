/** The state of a file when it was read, which tells later whether it has changed. */

import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { readInto } from '../base/files/file-pieces';

/** The status of a file. Times are in nanoseconds; numbers that JSON cannot represent exactly are decimal strings. */
export interface FileState {
  device: string;
  /** '0' where the file system has none. */
  inode: string;
  /** Bytes. */
  size: number;
  /** Time of the last change of the content. */
  modified: string;
  /** Time of the last change of content, name, or permissions. */
  changed: string;
}

/** The state in the system's status of a file. */
export function stateIn({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return {
    device: BigInt.asUintN(64, dev).toString(),
    inode: BigInt.asUintN(64, ino).toString(),
    size: Number(size),
    modified: mtimeNs.toString(),
    changed: ctimeNs.toString(),
  };
}

/** The state of an open file. */
export async function stateOf(file: FileHandle): Promise<FileState> {
  return stateIn(await file.stat({ bigint: true }));
}

/** The time of the last change in milliseconds, like `Stats.mtimeMs`. */
export function modifiedMs({ modified }: FileState): number {
  const seconds = BigInt(modified) / 1_000_000_000n;
  return Number(seconds) * 1e3 + Number(BigInt(modified) - seconds * 1_000_000_000n) / 1e6;
}

/** Whether both are one file with one content, for all that the system says of content. */
export function isSameContent(one: FileState, other: FileState): boolean {
  return (
    one.device === other.device &&
    one.inode === other.inode &&
    one.size === other.size &&
    one.modified === other.modified
  );
}

/** Whether nothing of it differs. */
export function isSameState(one: FileState, other: FileState): boolean {
  return isSameContent(one, other) && one.changed === other.changed;
}

/**
 * The coarsest clock of a file system, which is FAT's of two seconds, and some more, in milliseconds: a file that was
 * changed so shortly before may be changed again and keep its times.
 */
const COARSEST_CLOCK = 2500;

/** Whether the times of the file would show a later change. They would not if they are now or in the future. */
export function isSettled({ modified, changed }: FileState, now: number): boolean {
  const last = Math.max(Number(BigInt(modified) / 1_000_000n), Number(BigInt(changed) / 1_000_000n));
  return now - last > COARSEST_CLOCK;
}

/** Blocks of a file that are looked at, and the bytes of each. A file of no more is looked at as a whole. */
const SAMPLES = 64;
const SAMPLE_BYTES = 1 << 12;

/** The SHA-256 of blocks spread evenly over an open file, the first and the last among them, in hexadecimal. */
export async function samplesOf(file: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256').update(String(size));
  const block = Buffer.alloc(SAMPLE_BYTES);
  for (let i = 0; i < SAMPLES; i++) {
    const spread = Math.floor((Math.max(0, size - SAMPLE_BYTES) * i) / (SAMPLES - 1));
    const start = size > SAMPLES * SAMPLE_BYTES ? spread : i * SAMPLE_BYTES;
    if (start >= size && i > 0) break;
    hash.update(block.subarray(0, await readInto(file, start, block)));
  }
  return hash.digest('hex');
}
