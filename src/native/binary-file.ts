/**
 * Reads what the file of a native module says about itself, without loading it. A file that was cut short must never be
 * loaded: on Linux the dynamic loader maps what the headers promise, and a read after the end of the file kills the
 * process.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isLater, type Libc } from './libc';

/** The kind of a shared library. */
export interface BinaryKind {
  format: 'ELF' | 'Mach-O' | 'PE';
  /** Named as in `process.arch`, others as `0x…`; undefined for a file for several processors. */
  arch: string | undefined;
  /** Whether all that the headers promise is there; looked at in 64-bit ELF files alone. */
  complete: boolean;
}

/** Enough bytes for the headers that are read: those of the file, and a table of a few dozen segments. */
const HEADER_BYTES = 4096;

const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
const MACH_PROCESSORS: Readonly<Record<number, string>> = { 16777223: 'x64', 16777228: 'arm64' };
const PE_MACHINES: Readonly<Record<number, string>> = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' };

function named(names: Readonly<Record<number, string>>, value: number): string {
  return names[value] ?? `0x${value.toString(16)}`;
}

/** Whether an ELF file of `size` bytes is long enough for its segments and its table of sections, which is its end. */
function isWholeElf(header: Buffer, size: number): boolean {
  const sectionsEnd = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
  if (sectionsEnd > size) return false;
  const [table, entryBytes, entries] = [
    Number(header.readBigUInt64LE(32)),
    header.readUInt16LE(54),
    header.readUInt16LE(56),
  ];
  for (let entry = 0; entry < entries; ++entry) {
    const at = table + entry * entryBytes;
    if (at + 40 > header.length) return at + 40 <= size;
    if (Number(header.readBigUInt64LE(at + 8)) + Number(header.readBigUInt64LE(at + 32)) > size) return false;
  }
  return true;
}

function elfKind(header: Buffer, size: number): BinaryKind | undefined {
  const [is64Bit, isLittleEndian] = [header[4] === 2, header[5] === 1];
  if (header.length < 64) return undefined;
  const machine = isLittleEndian ? header.readUInt16LE(18) : header.readUInt16BE(18);
  const complete = !is64Bit || !isLittleEndian || isWholeElf(header, size);
  return { format: 'ELF', arch: named(ELF_MACHINES, machine), complete };
}

function peKind(header: Buffer): BinaryKind | undefined {
  if (header.length < 64) return undefined;
  const at = header.readUInt32LE(60);
  if (at + 6 > header.length || header.readUInt32LE(at) !== 0x4550) return undefined;
  return { format: 'PE', arch: named(PE_MACHINES, header.readUInt16LE(at + 4)), complete: true };
}

/**
 * The kind of the file at `path`; undefined if it is no shared library of any system, or is too short to tell.
 * @throws the file system's error if it cannot be read.
 */
export function binaryKind(path: string): BinaryKind | undefined {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(HEADER_BYTES);
    const header = buffer.subarray(0, readSync(descriptor, buffer, 0, HEADER_BYTES, 0));
    if (header.length < 8) return undefined;
    if (header.readUInt32BE(0) === 0x7f454c46) return elfKind(header, size);
    if (header.readUInt16BE(0) === 0x4d5a) return peKind(header);
    if (header.readUInt32LE(0) === 0xfeedfacf) {
      return { format: 'Mach-O', arch: named(MACH_PROCESSORS, header.readUInt32LE(4)), complete: true };
    }
    if (header.readUInt32BE(0) === 0xcafebabe) return { format: 'Mach-O', arch: undefined, complete: true };
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** The format of this system's shared libraries. */
export function ownFormat(): BinaryKind['format'] {
  if (process.platform === 'darwin') return 'Mach-O';
  return process.platform === 'win32' ? 'PE' : 'ELF';
}

/** Bytes of a binary that are searched at a time, and the overlap of two pieces, so that no name is split. */
const PIECE_BYTES = 2 ** 18;
const SHARED_BYTES = 32;

/**
 * The C library that an ELF file was linked with, and for glibc the latest version that it needs. Only glibc has versions
 * of symbols. Reads the whole file, so call it only for a file that did not load.
 */
export function linkedLibc(path: string): Libc {
  let version: string | undefined;
  const descriptor = openSync(path, 'r');
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let at = 0, read = PIECE_BYTES; read === PIECE_BYTES; at += PIECE_BYTES - SHARED_BYTES) {
      read = readSync(descriptor, piece, 0, PIECE_BYTES, at);
      for (const [, found = ''] of piece.toString('latin1', 0, read).matchAll(/GLIBC_(\d+\.\d+)/g)) {
        if (version === undefined || isLater(found, version)) version = found;
      }
    }
  } finally {
    closeSync(descriptor);
  }
  return version === undefined ? { name: 'musl' } : { name: 'glibc', version };
}
