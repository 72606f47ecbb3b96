/**
 * Files of ids: little-endian, 32 bits each. A small JSON file beside one says of which text and vocabulary it is; it
 * also has the time of the file's last change, so that it is never taken for the description of another.
 */

import { open, readFile, stat } from 'node:fs/promises';
import { endianness } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../cache-folder';
import { piecesOf, readInto, writeFrom } from '../file-pieces';
import { absolutePath, makeFolder, readError, replaceFile, writeWhole } from '../files';
import type { FileSource } from './token-source';

/** A file of ids. */
export interface IdFile {
  path: string;
  /** Ids in it. */
  count: number;
}

/** A file of ids, and what is remembered of the text. */
export interface CountedIdFile {
  file: IdFile;
  /** Tokens of the text that the vocabulary lacks. */
  unknownTokens: number;
}

/** Takes the ids of a text, part by part, and how many tokens of each part were unknown. */
export type WriteIds = (ids: Int32Array, unknownTokens: number) => Promise<void>;

/** What the file beside it says. */
interface Description {
  /** Of text, form and vocabulary. */
  key: string;
  count: number;
  unknownTokens: number;
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

/**
 * The file of ids of an earlier run with the same key; undefined where there is none.
 * @param uncounted how many tokens were unknown where the file does not say so, as those of earlier releases; undefined
 *   where nobody knows, and such a file is not taken.
 */
export async function openIdFile(
  key: string,
  given: string | undefined,
  uncounted: number | undefined,
): Promise<CountedIdFile | undefined> {
  const path = await pathOf(key, given);
  const { key: found, count, unknownTokens = uncounted, modified } = await readDescription(path);
  const stats = await stat(path).catch(() => undefined);
  const isSame = found === key && count !== undefined && stats?.size === 4 * count && stats.mtimeMs === modified;
  return isSame && typeof unknownTokens === 'number' ? { file: { path, count }, unknownTokens } : undefined;
}

/** Turns ids of this machine's byte order into little-endian ones in their place, or back. */
function asLittleEndian(ids: Int32Array): Int32Array {
  if (endianness() === 'LE') return ids;
  for (const piece of piecesOf(ids)) Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).swap32();
  return ids;
}

/**
 * Writes a file of ids, whole or not at all.
 * @param fill hands the ids over, part by part.
 * @throws ERR_UNROLLED_FILE_WRITE; a coded error of `fill` passes through.
 */
export async function writeIdFile(
  key: string,
  given: string | undefined,
  fill: (write: WriteIds) => Promise<void>,
): Promise<CountedIdFile> {
  const path = await pathOf(key, given);
  if (given === undefined) await makeFolder(dirname(path));
  let count = 0;
  let unknownTokens = 0;
  await replaceFile(path, async (file) => {
    await fill(async (ids, unknown) => {
      count += ids.length;
      unknownTokens += unknown;
      await writeFrom(file, asLittleEndian(ids));
    });
  });
  const stats = await stat(path).catch((cause) => {
    throw readError(path, cause);
  });
  const description: Description = { key, count, unknownTokens, modified: stats.mtimeMs };
  await writeWhole(`${path}.json`, Buffer.from(`${JSON.stringify(description)}\n`));
  return { file: { path, count }, unknownTokens };
}

/**
 * The ids of a range, fewer where the file ends before.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function readIdRange({ path, first, count }: FileSource): Promise<Int32Array> {
  try {
    const file = await open(path);
    try {
      const ids = new Int32Array(count);
      const bytes = await readInto(file, 4 * first, ids);
      return asLittleEndian(ids.subarray(0, Math.floor(bytes / 4)));
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}
