/**
 * Files of ids: little-endian, 32 bits each. A small JSON file next to a file of ids names its text and vocabulary, and
 * identifies the file, so that it never describes another.
 */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, readFile, utimes } from 'node:fs/promises';
import { endianness } from 'node:os';
import { dirname, join } from 'node:path';
import { inTurns } from '../base/event-loop';
import { cacheFolder } from '../base/files/cache-folder';
import { piecesOf, readInto, writeFrom } from '../base/files/file-pieces';
import {
  absolutePath,
  makeFolder,
  openToRead,
  readError,
  replaceFile,
  withFile,
  writeWhole,
} from '../base/files/files';
import { parseJson } from '../base/json/json-reader';
import { stringifying } from '../base/json/json-writer';
import { type FileState, isSameContent, modifiedMs, stateIn, stateOf } from './file-state';
import type { FileSource } from './token-source';

/** A file of ids. */
export interface IdFile {
  path: string;
  /** Ids in it. */
  count: number;
}

/** Identifies a file of ids among all others. */
export interface IdIdentity {
  state: FileState;
  /** `IdDigest` of its content; undefined of files of earlier releases. */
  digest: string | undefined;
}

/** A file of ids, and what is remembered of the text. */
export interface CountedIdFile {
  file: IdFile;
  identity: IdIdentity;
  /** Tokens of the text that the vocabulary lacks. */
  unknownTokens: number;
}

/** Takes the ids of a text, part by part, and how many tokens of each part were unknown. */
export type WriteIds = (ids: Int32Array, unknownTokens: number) => Promise<void>;

/** The content of the JSON file next to it. */
export interface Description {
  /** Hash of text, form and vocabulary. */
  key: string;
  count: number;
  unknownTokens: number;
  /** Time of the last change of the file of ids in milliseconds. */
  modified: number;
  /** The file of ids; earlier releases have the time alone. */
  ids?: FileState;
  digest?: string | undefined;
  /** The reading that the ids belong to, for a given `idsFile`. */
  reading?: unknown;
}

/** The folder of the ids of texts that were given no other place. */
export async function idFolder(): Promise<string> {
  return join(await cacheFolder(), 'ids');
}

async function pathOf(key: string, path: string | undefined): Promise<string> {
  // Absolute, as the native side may open it when the working directory is another.
  return absolutePath(path ?? join(await idFolder(), `${key}.ids`));
}

/** Path of the description of a file of ids. */
export function descriptionPath(ids: string): string {
  return `${ids}.json`;
}

/** The object in a JSON file; an empty one if there is no file. */
export async function readObject(path: string): Promise<Record<string, unknown>> {
  try {
    const value = await parseJson(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether the description next to a file says that this is a file of ids. */
export async function isDescribed(ids: string): Promise<boolean> {
  const { key, count, modified }: Partial<Description> = await readObject(descriptionPath(ids));
  return typeof key === 'string' && typeof count === 'number' && typeof modified === 'number';
}

/** @throws ERR_UNROLLED_FILE_WRITE. */
export async function writeObject(path: string, value: object): Promise<void> {
  await writeWhole(path, Buffer.from(`${await inTurns(stringifying(value))}\n`));
}

/** The digest covers the first `WHOLE_BLOCKS` blocks of this many bytes, then every `BLOCK_STRIDE`-th block. */
const BLOCK = 1 << 20;
const WHOLE_BLOCKS = 64;
const BLOCK_STRIDE = 16;

/** A hash of ids as they are written: of all where they are few, of blocks of them where they are many. */
class IdDigest {
  readonly #hash: Hash = createHash('sha256');
  #position = 0;

  add(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const block = Math.floor(this.#position / BLOCK);
      const length = Math.min(bytes.length - done, (block + 1) * BLOCK - this.#position);
      if (IdDigest.#isHashed(block)) this.#hash.update(bytes.subarray(done, done + length));
      done += length;
      this.#position += length;
    }
  }

  end(): string {
    return this.#hash.update(String(this.#position)).digest('hex');
  }

  /** The digest of a file. */
  static async of(file: FileHandle, size: number): Promise<string> {
    const digest = new IdDigest();
    const block = Buffer.alloc(BLOCK);
    while (digest.#position < size) {
      const at = digest.#position;
      if (IdDigest.#isHashed(at / BLOCK)) {
        const read = await readInto(file, at, block);
        if (read === 0) break;
        digest.add(block.subarray(0, read));
      } else digest.#position = Math.min(size, at + BLOCK);
    }
    return digest.end();
  }

  static #isHashed(block: number): boolean {
    return block < WHOLE_BLOCKS || block % BLOCK_STRIDE === 0;
  }
}

/** The current state of a file whose content still matches `identity`; undefined otherwise. */
async function sameIds(file: FileHandle, { state, digest }: IdIdentity): Promise<FileState | undefined> {
  const now = await stateOf(file);
  if (isSameContent(state, now)) return now;
  // It was copied, or another reading of the same text has written it again.
  const isSame = digest !== undefined && now.size === state.size && (await IdDigest.of(file, now.size)) === digest;
  return isSame ? now : undefined;
}

/**
 * The current state of a file of ids.
 * @throws ERR_UNROLLED_FILE_READ if it has changed, ERR_UNROLLED_FILE_NOT_FOUND.
 */
export async function requireSameIds(path: string, identity: IdIdentity): Promise<FileState> {
  let now: FileState | undefined;
  try {
    now = await withFile(path, (file) => sameIds(file, identity));
  } catch (cause) {
    throw readError(path, cause);
  }
  if (now !== undefined) return now;
  throw readError(path, new Error('it was cut short or replaced after its text was read: read the text again'));
}

/** The identity in the description of a file; undefined if the size of the file differs. */
async function describedIdentity(
  { count, modified, ids, digest }: Partial<Description>,
  file: FileHandle,
): Promise<IdIdentity | undefined> {
  const now = await stateOf(file);
  if (count === undefined || now.size !== 4 * count) return undefined;
  if (ids === undefined) return modifiedMs(now) === modified ? { state: now, digest: undefined } : undefined;
  const state = await sameIds(file, { state: ids, digest });
  return state && { state, digest };
}

/**
 * The file of ids of an earlier run with the same key; undefined if there is none.
 * @param uncounted the number of unknown tokens, for files of earlier releases that do not contain it; undefined if
 *   nobody knows, and such a file is not used.
 */
export async function openIdFile(
  key: string,
  given: string | undefined,
  uncounted: number | undefined,
): Promise<CountedIdFile | undefined> {
  const path = await pathOf(key, given);
  const description: Partial<Description> = await readObject(descriptionPath(path));
  const { key: found, count, unknownTokens = uncounted } = description;
  if (found !== key || count === undefined || typeof unknownTokens !== 'number') return undefined;
  try {
    const identity = await withFile(path, (file) => describedIdentity(description, file));
    return identity && { file: { path, count }, identity, unknownTokens };
  } catch {
    return undefined;
  }
}

/** Says that a file of ids of the cache is in use: the oldest used ones go first. */
export async function noteUse(path: string): Promise<void> {
  const now = new Date();
  await utimes(descriptionPath(path), now, now).catch(() => {});
}

/** Turns ids of this machine's byte order into little-endian ones in their place, or back. */
function asLittleEndian(ids: Int32Array): Int32Array {
  if (endianness() === 'LE') return ids;
  for (const piece of piecesOf(ids)) Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).swap32();
  return ids;
}

/**
 * Writes a file of ids, whole or not at all.
 * @param fill writes the ids, part by part.
 * @param reading stored in the file next to it.
 * @throws ERR_UNROLLED_FILE_WRITE; a coded error of `fill` is passed on.
 */
export async function writeIdFile(
  key: string,
  given: string | undefined,
  fill: (write: WriteIds) => Promise<void>,
  reading: unknown,
): Promise<CountedIdFile> {
  const path = await pathOf(key, given);
  if (given === undefined) await makeFolder(dirname(path));
  let count = 0;
  let unknownTokens = 0;
  const digests = new IdDigest();
  const stats = await replaceFile(path, async (file) => {
    await fill(async (ids, unknown) => {
      count += ids.length;
      unknownTokens += unknown;
      const written = asLittleEndian(ids);
      for (const piece of piecesOf(written)) digests.add(piece);
      await writeFrom(file, written);
    });
  });
  const identity = { state: stateIn(stats), digest: digests.end() };
  const described = { ids: identity.state, digest: identity.digest };
  const description: Description = { key, count, unknownTokens, modified: modifiedMs(identity.state), ...described };
  await writeObject(descriptionPath(path), { ...description, reading });
  return { file: { path, count }, identity, unknownTokens };
}

/** The description of a file of ids with another reading, where the file is still there. */
export async function keepReading(path: string, reading: unknown): Promise<void> {
  const description = await readObject(descriptionPath(path));
  await writeObject(descriptionPath(path), { ...description, reading });
}

/**
 * The ids of a range, fewer where the file ends before.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function readIdRange({ path, first, count }: FileSource): Promise<Int32Array> {
  try {
    const file = await openToRead(path);
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
