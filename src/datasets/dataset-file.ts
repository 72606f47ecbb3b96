/** The file of a dataset: found in a folder, in the cache, or downloaded; always checked. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UnrolledError } from '../base/errors';
import { cacheFolder } from '../base/files/cache-folder';
import { makeFolder } from '../base/files/files';
import { decodeText, readUnpackedUpTo } from '../text/read-text';
import { type DownloadOptions, download } from './download';

/** Facts about the file. */
export interface DatasetFile {
  /** The name of the dataset in messages. */
  name: string;
  /** The names it may have, plain or gzipped; the first is the one in the cache. */
  fileNames: readonly [string, ...string[]];
  /** SHA-256 of its decompressed bytes. */
  sha256: string;
  /** How many there are. */
  bytes: number;
  /** The address of the uncompressed file; undefined if it cannot be downloaded. */
  url?: string | undefined;
}

/** The folders to look in. */
export interface DatasetFileOptions extends DownloadOptions {
  /** A folder to look in first. */
  directory?: string | undefined;
  /** Whether it may be downloaded. */
  download: boolean;
}

function findIn(folders: readonly string[], fileNames: readonly string[]): string | undefined {
  return folders.flatMap((folder) => fileNames.map((name) => join(folder, name))).find((path) => existsSync(path));
}

function another(path: string, expected: string, received: string): UnrolledError {
  const advice = 'Replace or remove it, or read it anyway with datasets.text.';
  return new UnrolledError('ERR_UNROLLED_CHECKSUM', `${path} is not the expected file`, {
    advice,
    expected,
    received,
  });
}

/** The text of a file that must be the one known; a longer one is not read, and not unpacked to its end. */
async function readChecked(path: string, { sha256, bytes: length }: DatasetFile): Promise<string> {
  const expected = `SHA-256 ${sha256}`;
  const bytes = await readUnpackedUpTo(path, length);
  if (bytes === undefined) throw another(path, expected, `more than ${length} bytes`);
  const received = createHash('sha256').update(bytes).digest('hex');
  if (received !== sha256) throw another(path, expected, `SHA-256 ${received}`);
  return decodeText(bytes, path);
}

/**
 * The text of a dataset's file: from `directory`, the folder that UNROLLED_DATA names, the cache, or
 * by a download into the cache, in this order.
 * @throws ERR_UNROLLED_DATASET if it is nowhere, ERR_UNROLLED_CHECKSUM for another file of its name,
 *   and what `download` throws.
 */
export async function readDatasetFile(file: DatasetFile, options: DatasetFileOptions): Promise<string> {
  const { UNROLLED_DATA } = process.env;
  const cache = await cacheFolder();
  const folders = [options.directory, UNROLLED_DATA, cache].filter((folder) => folder !== undefined && folder !== '');
  const found = findIn(folders as string[], file.fileNames);
  if (found !== undefined) return readChecked(found, file);

  if (file.url === undefined || !options.download) {
    const names = file.fileNames.join(' or ');
    throw new UnrolledError('ERR_UNROLLED_DATASET', `The dataset ${file.name} is not on this machine`, {
      advice:
        `Set UNROLLED_DATA to the folder that has ${names} ` +
        `(or pass the folder as directory)${file.url === undefined ? '' : ', or allow the download'}. Looked in ${folders.join(', ')}.`,
      option: 'directory',
      expected: `a folder with ${names}`,
    });
  }
  await makeFolder(cache);
  const path = join(cache, file.fileNames[0]);
  await download(file.url, path, { sha256: file.sha256, maxBytes: file.bytes }, options);
  return readChecked(path, file);
}
