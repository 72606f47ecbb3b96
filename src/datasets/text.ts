import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { Corpus, type CorpusOptions } from '../text/corpus';
import { FileCorpus, type FileCorpusOptions } from '../text/file-corpus';
import { readText } from '../text/read-text';
import type { ReadOptions } from '../text/text-form';
import { VOCABULARY_OPTIONS } from '../text/vocabulary-options';

/** The options of a corpus, and how its file is read. */
export interface TextOptions extends CorpusOptions, ReadOptions {}

const TEXT_OPTIONS = ['name', 'encoding', ...VOCABULARY_OPTIONS] as const satisfies (keyof TextOptions)[];

/**
 * Refuses a folder, and says what reads one.
 * @throws ERR_UNROLLED_FILE_READ.
 */
async function requireNoFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return;
  throw new UnrolledError(
    'ERR_UNROLLED_FILE_READ',
    `${path} is a folder, but a text is one file: join its files, or read them as documents with ` +
      "datasets.documents(path, { format: 'folder' }), or as one sub-folder per class with datasets.textFolder(path)",
    { option: 'path', expected: 'a text file', received: 'a folder' },
  );
}

/**
 * A corpus from a text file, plain or gzipped. Its name is the file's, where none is given.
 * @throws what `readText` and `Corpus.fromText` throw.
 */
export async function text(path: string, options?: TextOptions): Promise<Corpus> {
  const given = check.options('datasets.text', options, TEXT_OPTIONS);
  await requireNoFolder(check.nonEmptyString('path', path));
  const { encoding, ...corpus } = given;
  const { lineEnds, normalization } = corpus;
  // The corpus also keeps the form, for later texts of its model.
  const read = await readText(path, { encoding, lineEnds, normalization });
  return Corpus.fromLongText(read, { name: basename(path), ...corpus });
}

/**
 * A corpus from a text file that may be larger than memory: its ids lie in a file, and are read as training continues.
 * @throws what `FileCorpus.read` throws.
 */
export async function textFile(path: string, options?: FileCorpusOptions): Promise<FileCorpus> {
  await requireNoFolder(check.nonEmptyString('path', path));
  return FileCorpus.read(path, options);
}
