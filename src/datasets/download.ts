/** Downloads that are checked before anyone sees them. */

import { createHash } from 'node:crypto';
import { UnrolledError } from '../errors';
import { replaceFile } from '../files';

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes so far. */
  received: number;
  /** Bytes in all; undefined where the server does not say. */
  total: number | undefined;
}

export interface DownloadOptions {
  signal?: AbortSignal | undefined;
  /** Called for every piece that arrives. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

const ADVICE =
  'Try again, or get the file in another way and set UNROLLED_DATA to the folder that has it ' +
  '(the API takes the folder as directory too).';

function downloadError(url: string, reason: string, cause?: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_DOWNLOAD', `${url} could not be downloaded: ${reason}. ${ADVICE}`, {
    received: reason,
    cause,
  });
}

/** What a failed `fetch` means; its own message only says that it failed. */
function fetchError(url: string, cause: unknown, signal: AbortSignal | undefined): UnrolledError {
  if (signal?.aborted)
    return new UnrolledError('ERR_UNROLLED_ABORTED', `The download of ${url} was aborted.`, { cause });
  const { cause: inner, message } = cause as Error;
  const reason = inner instanceof Error && inner.message !== '' ? inner.message : message;
  return downloadError(url, reason, cause);
}

/** The pieces of the file at `url`. */
async function* pieces(url: string, { signal, onProgress }: DownloadOptions): AsyncGenerator<Uint8Array> {
  try {
    const response = await fetch(url, { signal: signal ?? null, headers: { 'accept-encoding': 'identity' } });
    if (!response.ok) throw downloadError(url, `the server answered ${response.status} ${response.statusText}`.trim());
    const length = response.headers.get('content-length');
    const total = length === null ? undefined : Number(length);
    let received = 0;
    for await (const piece of response.body ?? []) {
      received += piece.length;
      onProgress?.({ received, total });
      yield piece;
    }
  } catch (cause) {
    throw cause instanceof UnrolledError ? cause : fetchError(url, cause, signal);
  }
}

/**
 * Downloads a file to `path`, which appears only when the SHA-256 of its bytes is the one given.
 * @throws ERR_UNROLLED_DOWNLOAD, ERR_UNROLLED_CHECKSUM, ERR_UNROLLED_ABORTED, ERR_UNROLLED_FILE_WRITE.
 */
export async function download(
  url: string,
  path: string,
  sha256: string,
  options: DownloadOptions = {},
): Promise<void> {
  await replaceFile(path, async (file) => {
    const hash = createHash('sha256');
    for await (const piece of pieces(url, options)) {
      hash.update(piece);
      await file.writeFile(piece);
    }
    const received = hash.digest('hex');
    if (received !== sha256) {
      throw new UnrolledError('ERR_UNROLLED_CHECKSUM', `${url} is not the file expected. ${ADVICE}`, {
        expected: `SHA-256 ${sha256}`,
        received: `SHA-256 ${received}`,
      });
    }
  });
}
