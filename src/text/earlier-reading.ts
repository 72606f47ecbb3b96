/**
 * Keeps what an earlier run found in a text file, so that an unchanged file need not be read again: the state of the
 * file, hashes of blocks of it, and the vocabulary made from it. It is stored next to the ids, or in a file of its own
 * for ids in the cache.
 */

import { createHash } from 'node:crypto';
import { realpath, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { inTurns } from '../base/event-loop';
import { absolutePath, withFile } from '../base/files/files';
import { jsonHash } from '../base/json/json-writer';
import { type FileState, isSameState, isSettled, samplesOf, stateOf } from './file-state';
import {
  type CountedIdFile,
  descriptionPath,
  idFolder,
  keepReading,
  noteUse,
  openIdFile,
  readObject,
  writeObject,
} from './id-file';
import type { ResolvedReading } from './text-form';
import { Vocabulary } from './vocabulary';
import { resolveVocabularyOptions, type VocabularyOptions } from './vocabulary-options';

/** Changes where a release finds other tokens in a text than the one before. */
const CUT = 2;

/** A requested reading. */
export interface AskedReading {
  path: string;
  reading: ResolvedReading;
  /** The given vocabulary, instead of one made from the text. */
  vocabulary: Vocabulary | undefined;
  /** The options of the vocabulary made from the text. */
  options: VocabularyOptions;
  /** The requested place of the ids. */
  idsFile: string | undefined;
}

/** The stored form of a reading. */
interface KeptReading {
  /** Hash of the request. */
  asked: string;
  text: FileState;
  samples: string;
  /** SHA-256 of the text's bytes, unpacked. */
  sha256: string;
  /** Identity of the file of ids. */
  key: string;
  /** The vocabulary, if it was made from the text. */
  vocabulary?: { tokens: unknown; frequencies: readonly number[] };
  /** Checksum of the other members. */
  sum: string;
}

/** An earlier reading that still holds. */
export interface EarlierReading {
  vocabulary: Vocabulary;
  ids: CountedIdFile;
}

function icuVersion(): string | undefined {
  const { icu } = process.versions;
  return icu;
}

/** A hash of all that decides what a reading finds in a file. */
export async function askedHash({ reading, vocabulary, options }: AskedReading): Promise<string> {
  // The tables of characters and words are part of Node.js and change with its releases.
  const { unicode } = process.versions;
  const wanted = vocabulary === undefined ? resolveVocabularyOptions(options) : { given: vocabulary.toJSON() };
  return inTurns(jsonHash({ cut: CUT, icu: icuVersion(), unicode, reading, wanted }));
}

/** The part of a key that says how words and graphemes were cut: others are cut the same for ever. */
export function cutOf(kind: Vocabulary['kind']): object | undefined {
  return kind === 'word' || kind === 'grapheme' ? { cut: CUT, icu: icuVersion() } : undefined;
}

async function placeInCache(path: string, asked: string): Promise<string> {
  const real = await realpath(path).catch(() => absolutePath(path));
  const name = createHash('sha256').update(`${asked}\n${real}`).digest('hex');
  return join(await idFolder(), `${name}.text.json`);
}

/** Whether a kept reading is whole. */
async function isWhole({ sum, ...rest }: Partial<KeptReading>): Promise<boolean> {
  return typeof sum === 'string' && (await inTurns(jsonHash(rest))) === sum;
}

async function readKept(asking: AskedReading, asked: string): Promise<KeptReading | undefined> {
  const { idsFile } = asking;
  const isInCache = idsFile === undefined;
  const object = await readObject(
    isInCache ? await placeInCache(asking.path, asked) : descriptionPath(absolutePath(idsFile)),
  );
  const { reading: beside } = object;
  const found = isInCache ? object : beside;
  if (typeof found !== 'object' || found === null) return undefined;
  const kept = found as KeptReading;
  return kept.asked === asked && (await isWhole(kept)) ? kept : undefined;
}

/** Whether a file is still what it was when it was read. */
async function isUnchanged(path: string, { text, samples }: KeptReading): Promise<boolean> {
  try {
    return await withFile(path, async (file) => {
      return isSameState(text, await stateOf(file)) && (await samplesOf(file, text.size)) === samples;
    });
  } catch {
    return false;
  }
}

/** The earlier reading of an unchanged text, where there is one and its ids are still there. */
export async function earlierReading(asking: AskedReading, asked: string): Promise<EarlierReading | undefined> {
  const kept = await readKept(asking, asked);
  if (kept === undefined || !(await isUnchanged(asking.path, kept))) return undefined;
  const ids = await openIdFile(kept.key, asking.idsFile, undefined);
  if (ids === undefined) return undefined;
  const { vocabulary: made } = kept;
  const vocabulary = asking.vocabulary ?? (made && (await Vocabulary.restore(made.tokens, made.frequencies)));
  if (vocabulary === undefined) return undefined;
  await noteUse(ids.file.path);
  if (asking.idsFile === undefined) {
    const now = new Date();
    await utimes(await placeInCache(asking.path, asked), now, now).catch(() => {});
  }
  return { vocabulary, ids };
}

/** The result of a reading. */
export interface FoundReading {
  /** The text file after it was read. */
  state: FileState;
  sha256: string;
  key: string;
  vocabulary: Vocabulary;
}

/**
 * The stored form of a reading; undefined if a later change of the text might go unnoticed.
 * @param begun the time at which the reading began, in milliseconds.
 */
export async function readingToKeep(
  asking: AskedReading,
  asked: string,
  { state, sha256, key, vocabulary }: FoundReading,
  begun: number,
): Promise<object | undefined> {
  if (!isSettled(state, begun)) return undefined;
  try {
    const samples = await withFile(asking.path, async (file) => {
      const found = await samplesOf(file, state.size);
      return isSameState(state, await stateOf(file)) ? found : undefined;
    });
    if (samples === undefined) return undefined;
    const made =
      asking.vocabulary === undefined
        ? { vocabulary: { tokens: vocabulary.toJSON(), frequencies: vocabulary.frequencies } }
        : {};
    const kept = { asked, text: state, samples, sha256, key, ...made };
    return { ...kept, sum: await inTurns(jsonHash(kept)) };
  } catch {
    return undefined;
  }
}

/** Keeps a reading in the cache. If the cache is not writable, the next run reads the text again. */
export async function keepInCache(asking: AskedReading, asked: string, kept: object): Promise<void> {
  await writeObject(await placeInCache(asking.path, asked), kept).catch(() => {});
}

/** Keeps a reading next to its existing ids. */
export async function keepBeside(ids: string, kept: object): Promise<void> {
  await keepReading(ids, kept).catch(() => {});
}
