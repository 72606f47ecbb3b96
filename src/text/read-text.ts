/** Text files: UTF-8 with or without a byte-order mark, plain or gzipped. */

import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UnrolledError } from '../errors';
import { readWhole } from '../files';
import * as check from '../validation';
import { firstInvalidUtf8 } from './utf8';

const gunzipAsync = promisify(gunzip);

/**
 * The bytes of a file, decompressed where they begin as gzip does (no UTF-8 text can).
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ (also for damaged compression).
 */
export async function readUnpacked(path: string): Promise<Uint8Array> {
  const bytes = await readWhole(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await gunzipAsync(bytes);
  } catch (cause) {
    throw new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} cannot be decompressed: ${(cause as Error).message}.`, {
      received: path,
      cause,
    });
  }
}

/**
 * Bytes of UTF-8 as text that may be empty, without a byte-order mark; `path` is for messages.
 * @throws ERR_UNROLLED_ENCODING with the offset of the first invalid sequence,
 *   ERR_UNROLLED_FILE_READ where the text is longer than a string can be.
 */
export function decodeUtf8(bytes: Uint8Array, path: string): string {
  if (!isUtf8(bytes)) {
    const offset = firstInvalidUtf8(bytes);
    throw new UnrolledError(
      'ERR_UNROLLED_ENCODING',
      `${path} is not UTF-8: the bytes at offset ${offset} are no character. Convert the file to UTF-8.`,
      { expected: 'UTF-8', received: `0x${(bytes[offset] as number).toString(16)} at offset ${offset}` },
    );
  }
  try {
    return new TextDecoder().decode(bytes);
  } catch (cause) {
    throw new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} is longer than a JavaScript string can be.`, {
      received: `${bytes.length} bytes`,
      cause,
    });
  }
}

/**
 * Bytes of UTF-8 as text, without a byte-order mark; `path` is for messages.
 * @throws what `decodeUtf8` throws, ERR_UNROLLED_CORPUS_EMPTY.
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  const text = decodeUtf8(bytes, path);
  if (text === '') throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `${path} has no text in it.`);
  return text;
}

/**
 * The text of a UTF-8 file, plain or gzipped; a byte-order mark is dropped.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ENCODING, ERR_UNROLLED_CORPUS_EMPTY.
 */
export async function readText(path: string): Promise<string> {
  return decodeText(await readUnpacked(check.nonEmptyString('path', path)), path);
}
