/** Text files as a whole: of any encoding, plain or gzipped. */

import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { inTurns } from '../base/event-loop';
import { readWhole } from '../base/files/files';
import { shownPath } from '../base/files/system-names';
import { LONGEST_TEXT_BYTES, TextChunks, tooLong } from './encodings';
import { isGzip } from './gzip';
import { formingText, type ReadOptions, type ResolvedReading, resolveReading } from './text-form';

const gunzipAsync = promisify(gunzip);

/** Bytes that are decoded between two turns of the event loop. */
const DECODED_AT_ONCE = 1 << 16;

function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}

/** The error of damaged compression. */
export function unpackError(path: string, cause: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} cannot be decompressed: ${(cause as Error).message}`, {
    received: path,
    cause,
  });
}

/**
 * The bytes of a text, decompressed where they begin as gzip does; `path` is for messages.
 * @throws ERR_UNROLLED_FILE_READ for damaged compression, and for more than a text can have.
 */
export async function unpacked(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  try {
    return await gunzipAsync(bytes, { maxOutputLength: LONGEST_TEXT_BYTES });
  } catch (cause) {
    throw codeOf(cause) === 'ERR_BUFFER_TOO_LARGE' ? tooLong(path, cause) : unpackError(path, cause);
  }
}

/**
 * The bytes of a file, decompressed where they begin as gzip does.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ (also for damaged compression).
 */
export async function readUnpacked(path: string): Promise<Uint8Array> {
  const bytes = await readWhole(path).catch((error: UnrolledError) => {
    throw codeOf(error.cause) === 'ERR_FS_FILE_TOO_LARGE' ? tooLong(path, error.cause) : error;
  });
  return unpacked(bytes, path);
}

/** The most bytes that compression adds to data that it cannot shrink. */
const COMPRESSION_BYTES = 1 << 20;

/**
 * The same, for a file with at most `most` unpacked bytes; undefined if it has more.
 * @throws the errors of `readUnpacked`.
 */
export async function readUnpackedUpTo(path: string, most: number): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && found.size > most + COMPRESSION_BYTES) return undefined;
  const bytes = await readWhole(path);
  if (!isGzip(bytes)) return bytes.length > most ? undefined : bytes;
  try {
    return await gunzipAsync(bytes, { maxOutputLength: most });
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw unpackError(path, cause);
  }
}

/** The error of a file without text. */
export function emptyError(path: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `${path} has no text`);
}

function* decoding(bytes: Uint8Array, path: string, reading: ResolvedReading): Generator<void, string> {
  const chunks = new TextChunks(reading.encoding, path);
  const parts: string[] = [];
  for (let begin = 0; begin < bytes.length; begin += DECODED_AT_ONCE) {
    parts.push(chunks.push(bytes.subarray(begin, begin + DECODED_AT_ONCE)));
    yield;
  }
  parts.push(chunks.end());
  try {
    return yield* formingText(parts.join(''), reading);
  } catch (cause) {
    throw tooLong(path, cause);
  }
}

/** Bytes as text of the requested form, maybe empty. The event loop has turns. The errors are those of `decodeText`. */
export async function decodeMaybeEmpty(bytes: Uint8Array, path: string, reading: ResolvedReading): Promise<string> {
  return inTurns(decoding(bytes, path, reading));
}

/**
 * Bytes of UTF-8 as text that may be empty, without a byte-order mark; `path` is for messages.
 * @throws ERR_UNROLLED_ENCODING with the offset of the first invalid sequence,
 *   ERR_UNROLLED_FILE_READ if the text is longer than a string can be.
 */
export async function decodeUtf8(bytes: Uint8Array, path: string): Promise<string> {
  return decodeMaybeEmpty(bytes, path, resolveReading({}));
}

/**
 * Bytes of a text file as text, without a byte-order mark; `path` is for messages.
 * @throws ERR_UNROLLED_ENCODING with the offset of the first invalid sequence, ERR_UNROLLED_CORPUS_EMPTY,
 *   ERR_UNROLLED_FILE_READ if the text is longer than a string can be.
 */
export async function decodeText(bytes: Uint8Array, path: string, reading = resolveReading({})): Promise<string> {
  const text = await decodeMaybeEmpty(bytes, path, reading);
  if (text === '') throw emptyError(path);
  return text;
}

/** The text of a file as `readText`, except that it may be empty. */
export async function readMaybeEmpty(path: string, reading: ResolvedReading): Promise<string> {
  return decodeMaybeEmpty(await readUnpacked(path), shownPath(path), reading);
}

/**
 * The text of a file, plain or gzipped; a byte-order mark is dropped.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ENCODING, ERR_UNROLLED_CORPUS_EMPTY.
 */
export async function readText(path: string, options?: ReadOptions): Promise<string> {
  check.nonEmptyString('path', path);
  const reading = resolveReading(options ?? {});
  return decodeText(await readUnpacked(path), path, reading);
}
