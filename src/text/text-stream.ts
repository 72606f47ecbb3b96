/** Reads text files of any size in pieces: plain or gzipped, in any encoding, in the requested form. */

import { createHash } from 'node:crypto';
import { type FileHandle, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UnrolledError } from '../base/errors';
import { readInto } from '../base/files/file-pieces';
import { openToRead, readError } from '../base/files/files';
import { abortError } from '../native/cancellation';
import { TextChunks } from './encodings';
import { type FileState, isSameContent, stateIn } from './file-state';
import { GZIP_BYTES, isGzip } from './gzip';
import { emptyError, unpackError } from './read-text';
import { FormChunks, type ResolvedReading } from './text-form';

/** Bytes read at once. */
const CHUNK = 1 << 18;

/** Options of a pass over a file. */
export interface PassOptions {
  signal?: AbortSignal | undefined;
  /** Called with the bytes read so far, and the file's size. */
  onBytes?: ((received: number, total: number) => void) | undefined;
  /** The earlier state of the file, which must not have changed. */
  unchanged?: FileState | undefined;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await openToRead(path);
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** @throws ERR_UNROLLED_FILE_READ for what cannot be read twice: a folder, a pipe, a device. */
async function regularState(file: FileHandle, path: string): Promise<FileState> {
  const stats = await file.stat({ bigint: true });
  if (!stats.isFile()) throw readError(path, new Error('it is not a regular file'));
  return stateIn(stats);
}

/** An open file, and the observer of what is read. */
interface OpenFile {
  file: FileHandle;
  path: string;
  /** Size in bytes; bytes that are appended later are not read. */
  size: number;
  advance: (bytes: number) => void;
}

/** The bytes of a plain file. Each piece is overwritten by the next. */
async function* plainBytes({ file, path, size, advance }: OpenFile) {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let position = 0; position < size; ) {
    const wanted = Math.min(CHUNK, size - position);
    const { bytesRead } = await file.read(buffer, 0, wanted, position).catch((cause) => {
      throw readError(path, cause);
    });
    if (bytesRead === 0) return;
    position += bytesRead;
    advance(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

/** Pieces that live on. */
async function* copies(pieces: AsyncIterable<Uint8Array>) {
  for await (const piece of pieces) yield Buffer.from(piece);
}

/** The bytes that a gzipped file has in it. */
async function* unpackedBytes(file: OpenFile) {
  const unpacked = createGunzip({ chunkSize: CHUNK });
  const packed = Readable.from(copies(plainBytes(file)));
  packed.on('error', (error) => unpacked.destroy(error));
  packed.pipe(unpacked);
  try {
    for await (const chunk of unpacked) yield chunk as Buffer;
  } catch (cause) {
    throw cause instanceof UnrolledError ? cause : unpackError(file.path, cause);
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
}

/**
 * The bytes of a file, decompressed, in pieces that are valid until the next one. Returns the state of the file.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ (also if the file changes meanwhile),
 *   ERR_UNROLLED_ABORTED.
 */
export async function* fileBytes(
  path: string,
  { signal, onBytes, unchanged }: PassOptions,
): AsyncGenerator<Uint8Array, FileState, undefined> {
  const file = await openFile(path);
  try {
    const before = await regularState(file, path);
    if (unchanged !== undefined) requireUnchanged(path, unchanged, before);
    let received = 0;
    const advance = (bytes: number) => {
      received += bytes;
      onBytes?.(received, before.size);
    };
    const start = Buffer.alloc(GZIP_BYTES);
    await readInto(file, 0, start);
    const opened = { file, path, size: before.size, advance };
    for await (const bytes of isGzip(start) ? unpackedBytes(opened) : plainBytes(opened)) {
      if (signal?.aborted) throw abortError(`Reading ${path}`, signal);
      yield bytes;
    }
    const after = await regularState(file, path);
    requireUnchanged(path, before, after);
    return after;
  } finally {
    await file.close();
  }
}

/** The error of a file that is not what it was. */
export function changedError(path: string): UnrolledError {
  return readError(path, new Error('it changed while it was read'));
}

/** @throws ERR_UNROLLED_FILE_READ if a file is not what it was. */
function requireUnchanged(path: string, before: FileState, now: FileState): void {
  if (isSameContent(before, now)) return;
  if (before.device === now.device && before.inode === now.inode) throw changedError(path);
  throw readError(path, new Error('another file took its place while it was read'));
}

/** What there is under a path; undefined if nothing is. */
async function stateAt(path: string): Promise<FileState | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && stateIn(stats);
}

/** The result of a pass over a text. */
export interface PassResult {
  /** The file, after it was read. */
  state: FileState;
  /** Hash of the decompressed bytes, in hexadecimal. */
  sha256: string;
}

/** The consumer of a text that comes in parts. */
interface VisitedParts {
  stableLength: (text: string) => number;
  visit: (part: string) => void | Promise<void>;
}

/**
 * Reads a text file once.
 * @param stableLength how many UTF-16 units of a text that continues may be visited now.
 * @param visit called with each part in its order; the parts together are the text. Left out, the file is only hashed.
 * @throws what `fileBytes` and `TextChunks` throw; ERR_UNROLLED_CORPUS_EMPTY; what `visit` throws, unless the file has
 *   changed, which that follows from.
 */
export async function passOver(
  path: string,
  reading: ResolvedReading,
  options: PassOptions,
  parts?: VisitedParts,
): Promise<PassResult> {
  const before = options.unchanged ?? (await stateAt(path));
  try {
    return await pass(path, reading, options, parts);
  } catch (error) {
    if ((error as UnrolledError).code === 'ERR_UNROLLED_ABORTED') throw error;
    const now = await stateAt(path);
    if (before !== undefined && now !== undefined) requireUnchanged(path, before, now);
    throw error;
  }
}

async function pass(
  path: string,
  reading: ResolvedReading,
  options: PassOptions,
  parts: VisitedParts | undefined,
): Promise<PassResult> {
  const hash = createHash('sha256');
  const decoder = new TextChunks(reading.encoding, path);
  const form = new FormChunks(reading, path);
  let held = '';
  let isEmpty = true;
  const take = async (text: string, isEnd: boolean) => {
    held += text;
    const length = isEnd ? held.length : (parts?.stableLength(held) ?? 0);
    if (length === 0) return;
    isEmpty = false;
    await parts?.visit(held.slice(0, length));
    held = held.slice(length);
  };

  const bytes = fileBytes(path, options);
  try {
    for (;;) {
      const next = await bytes.next();
      if (next.done) {
        if (parts === undefined) return { state: next.value, sha256: hash.digest('hex') };
        await take(form.push(decoder.end()) + form.end(), true);
        if (isEmpty) throw emptyError(path);
        return { state: next.value, sha256: hash.digest('hex') };
      }
      hash.update(next.value);
      if (parts !== undefined) await take(form.push(decoder.push(next.value)), false);
    }
  } finally {
    await bytes.return(undefined as never);
  }
}
