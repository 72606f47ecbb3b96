import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { shownPath } from '../base/files/system-names';
import type { EncodingName } from '../text/encoding-names';
import type { LabelledTexts, SourcedExample } from '../text/example';
import { resolveReading } from '../text/text-form';
import { readExamples, requireTextsOfFolders, subFolders, textFiles } from './labelled-files';
import { type Split, split } from './split';
import type { SkippedFile } from './unreadable-files';

/** Options of `textFolder`. */
export interface TextFolderOptions {
  /** The sub-folders to read, in the order of their labels. Default: all, by name. */
  classes?: readonly string[] | undefined;
  /** The fraction of the examples to validate with, as `datasets.split` takes it. Default 0. */
  validation?: number | undefined;
  /** The seed of the shuffle that splits train and validation. Default 0. */
  seed?: number | undefined;
  /** The encoding of all files. Default `'utf-8'`. */
  encoding?: EncodingName | undefined;
  /**
   * Whether to skip files that cannot be read or have another encoding, and return them as `skipped`. Default false:
   * they are an error that names them.
   */
  skipUnreadable?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** The result of `textFolder`: all examples in the order of the files, and the two requested parts. */
export interface TextFolder extends LabelledTexts<SourcedExample>, Split<SourcedExample> {
  /** The files that `skipUnreadable` left out, in the order of the files. */
  readonly skipped: readonly SkippedFile[];
}

/** The folders to read, as `subFolders` gives them: all, or those whose shown names are `classes`. */
function resolveFolders(directory: string, found: readonly string[], classes: unknown): readonly string[] {
  if (found.length === 0) {
    throw new UnrolledError(
      'ERR_UNROLLED_CORPUS_EMPTY',
      `${directory} has no sub-folders; it needs one for each class`,
      {
        expected: 'one sub-folder for each class',
      },
    );
  }
  if (classes === undefined) return found;
  if (!Array.isArray(classes)) throw check.wrongType('classes', 'an array of names of sub-folders', classes);
  const shown = found.map(shownPath);
  for (const name of classes) {
    if (!shown.includes(check.string('classes', name))) {
      throw check.outOfRange('classes', `names of the sub-folders of ${directory} (${shown.join(', ')})`, name);
    }
  }
  if (classes.length === 0 || new Set(classes).size !== classes.length) {
    throw check.outOfRange('classes', 'at least one name, each only once', classes);
  }
  return classes.map((name) => found[shown.indexOf(name)] as string);
}

/**
 * Labelled texts from a folder with one sub-folder for each class, as in `reviews/neg/1.txt`, `reviews/pos/1.txt`.
 *
 * Classes are the sub-folders ordered by name (by code point, like all names here), or those of `classes` in that
 * order; other sub-folders are then left out. The examples of a class are its `.txt` files in UTF-8 or the given
 * `encoding`, with or without a byte-order mark: first those of the folder itself by name, then those of folders inside
 * it. Hidden files and folders, and links to folders inside a class, are skipped. A `.txt` link that is broken or
 * points back to itself is an unreadable file. An empty file is an example with the text `''`. Bytes of names that are
 * not UTF-8 appear as `\xe9` in `classNames`, `classes` and `source`.
 *
 * With `validation`, a seeded shuffle splits the examples into `train` and `validation`; without it, `train` has all
 * examples.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ENCODING with the number of such files, and
 *   the names of the first with the offsets; ERR_UNROLLED_CORPUS_EMPTY without classes, or for a class without text;
 *   ERR_UNROLLED_ABORTED; the errors of `split`.
 */
export async function textFolder(directory: string, options?: TextFolderOptions): Promise<TextFolder> {
  const known = ['classes', 'validation', 'seed', 'encoding', 'skipUnreadable', 'signal'] as const;
  const given = check.options('datasets.textFolder', options, known);
  check.nonEmptyString('directory', directory);
  const validation = check.number('validation', given.validation ?? 0, { min: 0, below: 1 });
  const { seed } = given;
  if (seed !== undefined) check.integer('seed', seed, { min: 0 });
  const { encoding } = resolveReading({ encoding: given.encoding });
  const skipUnreadable = check.boolean('skipUnreadable', given.skipUnreadable ?? false);
  const signal = check.abortSignal('signal', given.signal);

  const folders = resolveFolders(directory, await subFolders(directory), given.classes);
  const lists = await Promise.all(folders.map((name) => textFiles(directory, name)));
  const files = lists.flatMap((list, label) => list.map((source) => ({ source, label })));
  const read = await readExamples(directory, files, { encoding, skipUnreadable, signal });
  await requireTextsOfFolders(directory, folders, read);
  return { classNames: folders.map(shownPath), ...read, ...split(read.examples, { validation, seed }) };
}
