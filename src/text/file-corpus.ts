/** A corpus larger than memory: its ids lie in a file. */

import { basename } from 'node:path';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { inTurns } from '../base/event-loop';
import { absolutePath, hasContent, isSameFileByAnyName } from '../base/files/files';
import { countWithout } from '../base/fractions';
import { jsonHash } from '../base/json/json-writer';
import {
  type AskedReading,
  askedHash,
  cutOf,
  earlierReading,
  keepBeside,
  keepInCache,
  readingToKeep,
} from './earlier-reading';
import { type FileState, modifiedMs } from './file-state';
import { keepInUse, limitIds, requireIdLimit } from './id-cache';
import {
  type CountedIdFile,
  descriptionPath,
  type IdFile,
  type IdIdentity,
  isDescribed,
  noteUse,
  openIdFile,
  requireSameIds,
  writeIdFile,
} from './id-file';
import {
  AS_IT_IS,
  FORM_OPTIONS,
  formAfter,
  READ_OPTIONS,
  type ReadOptions,
  type ResolvedReading,
  resolveReading,
} from './text-form';
import { lineFeeds } from './text-parts';
import { changedError, type PassOptions, passOver } from './text-stream';
import type { TokenCounts } from './token-counts';
import type { FileSource } from './token-source';
import { Vocabulary } from './vocabulary';
import type { VocabularyOptions } from './vocabulary-options';

/** How far `FileCorpus.read` is. */
export interface ReadingProgress {
  /** 1: finding the vocabulary. 2: writing the ids. */
  pass: 1 | 2;
  /** Bytes of the file read in this pass. */
  received: number;
  /** The file's size in bytes. */
  total: number;
}

/** Options of reading a large file. */
export interface FileCorpusOptions extends ReadOptions, Omit<VocabularyOptions, 'endToken'> {
  /** Default: the file's. */
  name?: string | undefined;
  /** Takes the place of one made from the text: that of a trained model, say. */
  vocabulary?: Vocabulary | undefined;
  /** The file of the ids; a small `.json` is written next to it. Default: a file in the cache folder. */
  idsFile?: string | undefined;
  /** Whether to read the whole text and write its ids again, even if it has not changed. Default false. */
  reread?: boolean | undefined;
  /** Ends reading with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
  /** Called while the file is read; of an unchanged text whose ids are taken again, never. */
  onProgress?: ((progress: ReadingProgress) => void) | undefined;
}

/** The two parts of a corpus, ranges of its file. */
export interface FileCorpusSplit {
  train: FileSource;
  validation: FileSource;
}

/** Options of a vocabulary made from the text. Its form is also the form of the text. */
const TEXT_VOCABULARY_OPTIONS = [
  'tokens',
  'maxTokens',
  'maxSize',
  'minCount',
  'unknown',
] as const satisfies (keyof VocabularyOptions)[];
const OPTIONS = [
  'name',
  'vocabulary',
  'idsFile',
  'reread',
  'signal',
  'onProgress',
  ...READ_OPTIONS,
  ...TEXT_VOCABULARY_OPTIONS,
] as const satisfies (keyof FileCorpusOptions)[];

/** Everything about a text file that decides its ids. */
interface Text {
  path: string;
  reading: ResolvedReading;
}

function requireVocabulary(options: FileCorpusOptions): Vocabulary | undefined {
  const { vocabulary } = options;
  if (vocabulary === undefined) return undefined;
  check.instance('vocabulary', vocabulary, 'a Vocabulary', Vocabulary);
  const other = TEXT_VOCABULARY_OPTIONS.find((option) => options[option as keyof FileCorpusOptions] !== undefined);
  if (other !== undefined)
    throw check.outOfRange(other, 'left out if a vocabulary is given', options[other as 'tokens']);
  return vocabulary;
}

function passOptions(pass: 1 | 2, { signal, onProgress }: FileCorpusOptions): PassOptions {
  return { signal, onBytes: onProgress && ((received, total) => onProgress({ pass, received, total })) };
}

/** The options of a vocabulary that is made from the text, and keeps the form that this is read in. */
function vocabularyOptions(options: FileCorpusOptions): VocabularyOptions {
  const names = [...TEXT_VOCABULARY_OPTIONS, ...FORM_OPTIONS];
  return Object.fromEntries(names.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined));
}

/** The result of reading a text file. */
interface EncodedFile {
  vocabulary: Vocabulary;
  ids: IdFile;
  identity: IdIdentity;
  counts: TokenCounts;
}

function encodedFile(vocabulary: Vocabulary, { file, identity, unknownTokens }: CountedIdFile): EncodedFile {
  const replaced = vocabulary.unknown === 'replace' ? unknownTokens : 0;
  return { vocabulary, ids: file, identity, counts: { knownTokens: file.count - replaced, unknownTokens } };
}

/**
 * Refuses to overwrite the text, or any other file with content, with the ids or the `.json` next to them.
 * @throws ERR_UNROLLED_OPTION_RANGE.
 */
async function requireOtherPlace(path: string, idsFile: string | undefined): Promise<void> {
  if (idsFile === undefined) return;
  const [ids, text] = [absolutePath(idsFile), absolutePath(path)];
  const places = [ids, descriptionPath(ids)];
  const besides = (written: string) => (written === ids ? '' : ' (a .json is written next to the ids)');
  for (const written of places) {
    if (written !== text && !(await isSameFileByAnyName(written, path))) continue;
    throw check.outOfRange('idsFile', `another file than the text, ${path}${besides(written)}`, idsFile);
  }
  if (await isDescribed(ids)) return;
  for (const written of places) {
    if (!(await hasContent(written))) continue;
    const expected = 'a new file, an empty one, or a file of ids with its .json next to it';
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_RANGE',
      `idsFile must be ${expected}, not ${check.show(idsFile)}: ${written} has other content${besides(written)}`,
      {
        advice: 'Give another path, or remove that file.',
        option: 'idsFile',
        expected,
        received: check.show(idsFile),
      },
    );
  }
}

/** Writes the ids by a second pass. */
async function writeIds(
  { path, reading }: Text,
  vocabulary: Vocabulary,
  options: FileCorpusOptions,
  { state, sha256, key, kept }: { state: FileState; sha256: string; key: string; kept: object | undefined },
): Promise<CountedIdFile> {
  const besides = options.idsFile === undefined ? undefined : kept;
  return writeIdFile(
    key,
    options.idsFile,
    async (write) => {
      const place = { tokens: 0, lines: 0 };
      const again = await passOver(
        path,
        reading,
        { ...passOptions(2, options), unchanged: state },
        {
          stableLength: (text) => vocabulary.stableLength(text),
          visit: async (part) => {
            const encoding = vocabulary.encoding(part, options.signal, place);
            const { ids, knownTokens, unknownTokens } = await inTurns(encoding);
            place.tokens += knownTokens + unknownTokens;
            place.lines += lineFeeds(part);
            await write(ids, unknownTokens);
          },
        },
      ).catch((error) => {
        // The text's own vocabulary has all of its tokens.
        const isOwn = options.vocabulary === undefined;
        const isUnknown = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_UNKNOWN_TOKEN';
        throw isOwn && isUnknown ? changedError(path) : error;
      });
      if (again.sha256 !== sha256) throw changedError(path);
    },
    besides,
  );
}

/** The result of an earlier run, or of reading the text. The ids come from an earlier run or from a second pass. */
async function encodeFile(text: Text, given: Vocabulary | undefined, options: FileCorpusOptions): Promise<EncodedFile> {
  const { path, reading } = text;
  const { idsFile, reread = false } = options;
  const ownOptions = vocabularyOptions(options);
  const asking: AskedReading = { path, reading, vocabulary: given, options: ownOptions, idsFile };
  const asked = await askedHash(asking);
  const earlier = reread ? undefined : await earlierReading(asking, asked);
  if (earlier !== undefined) {
    keepInUse(earlier.ids.file.path);
    return encodedFile(earlier.vocabulary, earlier.ids);
  }

  const begun = Date.now();
  const builder = given === undefined ? Vocabulary.builder(ownOptions) : undefined;
  const parts = builder && { stableLength: builder.stableLength, visit: builder.addInTurns };
  const { state, sha256 } = await passOver(path, reading, passOptions(1, options), parts);
  const vocabulary = given ?? (await (builder as NonNullable<typeof builder>).buildInTurns());

  // The form is that of the reading.
  const { form: _, ...tokens } = vocabulary.toJSON();
  const found = { size: state.size, modified: modifiedMs(state), sha256 };
  const key = await inTurns(jsonHash({ found, reading, vocabulary: tokens, ...cutOf(vocabulary.kind) }));
  const kept = await readingToKeep(asking, asked, { state, sha256, key, vocabulary }, begun);

  const there = reread ? undefined : await openIdFile(key, idsFile, vocabulary.unknown === 'error' ? 0 : undefined);
  const ids = there ?? (await writeIds(text, vocabulary, options, { state, sha256, key, kept }));
  keepInUse(ids.file.path);
  if (kept !== undefined && idsFile === undefined) await keepInCache(asking, asked, kept);
  if (kept !== undefined && idsFile !== undefined && there !== undefined) await keepBeside(ids.file.path, kept);
  if (idsFile === undefined) await limitIds(ids.file.path);
  return encodedFile(vocabulary, ids);
}

/** A corpus larger than memory: its ids lie in a file, and are read as they are needed. */
export class FileCorpus {
  readonly name: string;
  /** Path of the text file. */
  readonly path: string;
  readonly vocabulary: Vocabulary;
  /** The file of the ids and their number. */
  readonly idsFile: Readonly<IdFile>;
  /** How many tokens of the text the vocabulary knows, and how many not. */
  readonly tokenCounts: Readonly<TokenCounts>;
  readonly #reading: ResolvedReading;
  readonly #identity: IdIdentity;

  private constructor(name: string, text: Text, { vocabulary, ids, identity, counts }: EncodedFile) {
    this.name = name;
    this.path = text.path;
    this.vocabulary = vocabulary;
    this.idsFile = ids;
    this.tokenCounts = counts;
    this.#reading = text.reading;
    this.#identity = identity;
  }

  /**
   * A corpus from a text file of any size, plain or gzipped, in memory that does not grow with it: one pass finds the
   * vocabulary, a second writes the ids to a file, 4 bytes each. An earlier file of ids is taken where text and
   * vocabulary are the same. A text that an earlier run has read with the same options is not even read again where device,
   * inode, size and times are what they were, and blocks all over it too; `reread` reads it all the same. A text that was
   * changed in the last seconds before its reading is not known again. Of ids in the cache the oldest used are removed
   * where they are more than UNROLLED_IDS_LIMIT bytes.
   * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ENCODING with the offset in the file,
   *   ERR_UNROLLED_CORPUS_EMPTY, ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_ABORTED, and what
   *   impossible options throw.
   */
  static async read(path: string, options?: FileCorpusOptions): Promise<FileCorpus> {
    check.nonEmptyString('path', path);
    const given = check.options('FileCorpus.read', options, OPTIONS);
    const name = given.name === undefined ? basename(path) : check.nonEmptyString('name', given.name);
    const vocabulary = requireVocabulary(given);
    const reading = resolveReading(given);
    // A text is first brought into the form in which it is read, then into that of the vocabulary.
    const form = formAfter(reading, vocabulary?.form ?? AS_IT_IS);
    const text = { path, reading: { ...reading, ...form } };
    if (given.idsFile !== undefined) check.nonEmptyString('idsFile', given.idsFile);
    if (given.reread !== undefined) check.boolean('reread', given.reread);
    requireIdLimit();
    check.abortSignal('signal', given.signal);
    check.callback('onProgress', given.onProgress);
    await requireOtherPlace(path, given.idsFile);
    return new FileCorpus(name, text, await encodeFile(text, vocabulary, given));
  }

  /**
   * The same text under another vocabulary; the ids are written to the cache folder.
   * @throws what `read` throws.
   */
  async withVocabulary(
    vocabulary: Vocabulary,
    options: Pick<FileCorpusOptions, 'signal' | 'onProgress'> = {},
  ): Promise<FileCorpus> {
    return FileCorpus.read(this.path, { ...this.#reading, ...options, name: this.name, vocabulary });
  }

  /**
   * The current state of the file of ids.
   * @throws ERR_UNROLLED_FILE_READ if it no longer has the ids of this text, ERR_UNROLLED_FILE_NOT_FOUND.
   * @internal
   */
  async currentIds(): Promise<FileState> {
    const { path } = this.idsFile;
    const state = await requireSameIds(path, this.#identity);
    await noteUse(path);
    return state;
  }

  /** The place of the ids. */
  get source(): FileSource {
    return this.#range(0, this.idsFile.count);
  }

  /** The first `floor(N · (1 − validation))` ids train, the rest validate; `0 ≤ validation < 1`. */
  split(validation: number): FileCorpusSplit {
    check.number('validation', validation, { min: 0, below: 1 });
    return this.splitAt(countWithout(this.idsFile.count, validation));
  }

  /**
   * The first `trained` ids, and the rest.
   * @internal
   */
  splitAt(trained: number): FileCorpusSplit {
    const { count } = this.idsFile;
    return { train: this.#range(0, trained), validation: this.#range(trained, count - trained) };
  }

  #range(first: number, count: number): FileSource {
    return { kind: 'file', path: this.idsFile.path, total: this.idsFile.count, first, count };
  }
}
