/** Files larger than memory, read from begin to end: plain or gzipped, decompressed on the way. */

import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { createGunzip, type Gunzip } from 'node:zlib';
import { UnrolledError } from '../base/errors';
import { readInto } from '../base/files/file-pieces';
import { openToRead, readError } from '../base/files/files';
import { GZIP_BYTES, isGzip } from './gzip';

const CHUNK_BYTES = 1 << 18;

async function isGzipped(path: string): Promise<boolean> {
  const file = await openToRead(path);
  try {
    // Bytes that were read from a pipe to look at them would be lost.
    const stats = await file.stat();
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is not a regular file');
    const start = Buffer.alloc(GZIP_BYTES);
    await readInto(file, 0, start);
    return isGzip(start);
  } finally {
    await file.close();
  }
}

function streamError(path: string, cause: unknown, signal: AbortSignal | undefined): UnrolledError {
  if (cause instanceof UnrolledError) return cause;
  if (signal?.aborted) {
    return new UnrolledError('ERR_UNROLLED_ABORTED', `The reading of ${path} was aborted`, { cause: signal.reason });
  }
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (!code.startsWith('Z_')) return readError(path, cause);
  return new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} cannot be decompressed: ${message}`, {
    received: path,
    cause,
  });
}

/**
 * The SHA-256 of a file's bytes, as they lie on the disk, in hexadecimal.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ABORTED.
 */
export async function fileSha256(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  try {
    const pieces = createReadStream(path, { highWaterMark: CHUNK_BYTES, ...(signal && { signal }) });
    for await (const piece of pieces) hash.update(piece as Buffer);
  } catch (cause) {
    throw streamError(path, cause, signal);
  }
  return hash.digest('hex');
}

/**
 * Reads a file in pieces, decompressed if it begins like gzip, and gives them to `consume`. If `consume` returns before
 * the end, the rest of the file is not read.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ (also for damaged compression), ERR_UNROLLED_ABORTED;
 *   a coded error of `consume` passes through.
 */
export async function readStreamed<T>(
  path: string,
  signal: AbortSignal | undefined,
  consume: (pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  let streams: [ReadStream, Gunzip | undefined] | undefined;
  try {
    if (signal?.aborted) throw signal.reason;
    const gunzip = (await isGzipped(path)) ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
    const file = createReadStream(path, { highWaterMark: CHUNK_BYTES, ...(signal && { signal }) });
    streams = [file, gunzip];
    // An error before `consume` starts to read waits there. Without a listener it would end the process.
    for (const stream of streams) stream?.on('error', () => {});
    // `pipe` hands on bytes, not errors.
    if (gunzip !== undefined) file.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
    return await consume(gunzip ?? file);
  } catch (cause) {
    throw streamError(path, cause, signal);
  } finally {
    for (const stream of streams ?? []) stream?.destroy();
  }
}
