/** A corpus larger than memory: its ids lie in a file. */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { inTurns } from '../event-loop';
import { countWithout } from '../fractions';
import * as check from '../validation';
import { type CountedIdFile, type IdFile, openIdFile, writeIdFile } from './id-file';
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
  /** Where the ids are written, and a small `.json` beside them. Default: a file in the cache folder. */
  idsFile?: string | undefined;
  /** Ends reading with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
  /** Called while the file is read. */
  onProgress?: ((progress: ReadingProgress) => void) | undefined;
}

/** The two parts of a corpus, ranges of its file. */
export interface FileCorpusSplit {
  train: FileSource;
  validation: FileSource;
}

/** Those of a vocabulary that is made from the text; the form is that of the text too. */
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
  'signal',
  'onProgress',
  ...READ_OPTIONS,
  ...TEXT_VOCABULARY_OPTIONS,
] as const satisfies (keyof FileCorpusOptions)[];

/** What of a text file decides its ids. */
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
    throw check.outOfRange(other, 'left out where a vocabulary is given', options[other as 'tokens']);
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

/** What reading a text file gives. */
interface EncodedFile {
  vocabulary: Vocabulary;
  ids: IdFile;
  counts: TokenCounts;
}

function encodedFile(vocabulary: Vocabulary, { file, unknownTokens }: CountedIdFile): EncodedFile {
  const replaced = vocabulary.unknown === 'replace' ? unknownTokens : 0;
  return { vocabulary, ids: file, counts: { knownTokens: file.count - replaced, unknownTokens } };
}

/** Reads the file a first time, and its ids from an earlier run or by a second pass. */
async function encodeFile(
  { path, reading }: Text,
  given: Vocabulary | undefined,
  options: FileCorpusOptions,
): Promise<EncodedFile> {
  const builder = given === undefined ? Vocabulary.builder(vocabularyOptions(options)) : undefined;
  const parts = builder && { settled: builder.settled, visit: builder.addInTurns };
  const found = await passOver(path, reading, passOptions(1, options), parts);
  const vocabulary = given ?? (await (builder as NonNullable<typeof builder>).buildInTurns());

  // The form is that of the reading.
  const { form: _, ...tokens } = vocabulary.toJSON();
  const key = createHash('sha256')
    .update(JSON.stringify({ found, reading, vocabulary: tokens }))
    .digest('hex');
  const idsPath = options.idsFile;
  const earlier = await openIdFile(key, idsPath, vocabulary.unknown === 'error' ? 0 : undefined);
  if (earlier !== undefined) return encodedFile(vocabulary, earlier);
  const written = await writeIdFile(key, idsPath, async (write) => {
    const place = { tokens: 0, lines: 0 };
    const again = await passOver(path, reading, passOptions(2, options), {
      settled: (text) => vocabulary.settled(text),
      visit: async (part) => {
        const encoding = vocabulary.encoding(part, options.signal, place);
        const { ids, knownTokens, unknownTokens } = await inTurns(encoding);
        place.tokens += knownTokens + unknownTokens;
        place.lines += lineFeeds(part);
        await write(ids, unknownTokens);
      },
    });
    if (again.sha256 !== found.sha256) throw changedError(path);
  });
  return encodedFile(vocabulary, written);
}

/** A corpus larger than memory: its ids lie in a file, and are read as they are needed. */
export class FileCorpus {
  readonly name: string;
  /** Of the text file. */
  readonly path: string;
  readonly vocabulary: Vocabulary;
  /** The file of the ids and their number. */
  readonly idsFile: Readonly<IdFile>;
  /** How many tokens of the text the vocabulary knows, and how many not. */
  readonly tokenCounts: Readonly<TokenCounts>;
  readonly #reading: ResolvedReading;

  private constructor(name: string, text: Text, { vocabulary, ids, counts }: EncodedFile) {
    this.name = name;
    this.path = text.path;
    this.vocabulary = vocabulary;
    this.idsFile = ids;
    this.tokenCounts = counts;
    this.#reading = text.reading;
  }

  /**
   * A corpus from a text file of any size, plain or gzipped, in memory that does not grow with it: one pass finds the
   * vocabulary, a second writes the ids to a file, 4 bytes each. An earlier file of ids is taken where text and
   * vocabulary are the same.
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
    // On top of the form it is read in, a text is brought into that of the vocabulary.
    const form = formAfter(reading, vocabulary?.form ?? AS_IT_IS);
    const text = { path, reading: { ...reading, ...form } };
    if (given.idsFile !== undefined) check.nonEmptyString('idsFile', given.idsFile);
    check.abortSignal('signal', given.signal);
    check.callback('onProgress', given.onProgress);
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

  /** Where the ids are. */
  get source(): FileSource {
    return this.#range(0, this.idsFile.count);
  }

  /** The first `floor(N · (1 − validation))` ids train, the rest validate; `0 ≤ validation < 1`. */
  split(validation: number): FileCorpusSplit {
    check.number('validation', validation, { min: 0, below: 1 });
    return this.splitAt(countWithout(this.idsFile.count, validation));
  }

  /**
   * The first ids, so many of them, and the rest.
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
