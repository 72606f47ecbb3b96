/**
 * Files of ids: little-endian, 32 bits each. A small JSON file beside one says of which text and vocabulary it is; it
 * also has the time of the file's last change, so that it is never taken for the description of another.
 */

import { open, readFile, stat } from 'node:fs/promises';
import { endianness } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../cache-folder';
import { absolutePath, makeFolder, readError, replaceFile, writeWhole } from '../files';
import type { FileSource } from './token-source';

/** A file of ids. */
export interface IdFile {
  path: string;
  /** Ids in it. */
  count: number;
}

/** What the file beside it says. */
interface Description {
  /** Of text, form and vocabulary. */
  key: string;
  count: number;
  /** Time of the last change of the file of ids in milliseconds. */
  modified: number;
}

async function pathOf(key: string, path: string | undefined): Promise<string> {
  // Absolute, as the native side may open it when the working directory is another.
  return absolutePath(path ?? join(await cacheFolder(), 'ids', `${key}.ids`));
}

async function readDescription(path: string): Promise<Partial<Description>> {
  try {
    const value: unknown = JSON.parse(await readFile(`${path}.json`, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The file of ids of an earlier run with the same key; undefined where there is none. */
export async function openIdFile(key: string, given: string | undefined): Promise<IdFile | undefined> {
  const path = await pathOf(key, given);
  const { key: found, count, modified } = await readDescription(path);
  const stats = await stat(path).catch(() => undefined);
  const isSame = found === key && count !== undefined && stats?.size === 4 * count && stats.mtimeMs === modified;
  return isSame ? { path, count } : undefined;
}

function littleEndianBytes(ids: Int32Array): Buffer {
  const bytes = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  return endianness() === 'LE' ? bytes : bytes.swap32();
}

/**
 * Writes a file of ids, whole or not at all.
 * @param fill hands the ids over, part by part.
 * @throws ERR_UNROLLED_FILE_WRITE; a coded error of `fill` passes through.
 */
export async function writeIdFile(
  key: string,
  given: string | undefined,
  fill: (write: (ids: Int32Array) => Promise<void>) => Promise<void>,
): Promise<IdFile> {
  const path = await pathOf(key, given);
  if (given === undefined) await makeFolder(dirname(path));
  let count = 0;
  await replaceFile(path, async (file) => {
    await fill(async (ids) => {
      count += ids.length;
      await file.writeFile(littleEndianBytes(ids));
    });
  });
  const stats = await stat(path).catch((cause) => {
    throw readError(path, cause);
  });
  const description: Description = { key, count, modified: stats.mtimeMs };
  await writeWhole(`${path}.json`, Buffer.from(`${JSON.stringify(description)}\n`));
  return { path, count };
}

/**
 * The ids of a range, fewer where the file ends before.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function readIdRange({ path, first, count }: FileSource): Promise<Int32Array> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(4 * count), 0, 4 * count, 4 * first);
      return Int32Array.from({ length: bytesRead >> 2 }, (_, index) => buffer.readInt32LE(4 * index));
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}
