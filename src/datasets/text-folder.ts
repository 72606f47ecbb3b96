import { UnrolledError } from '../errors';
import type { Encoding } from '../text/encodings';
import type { LabelledTexts, SourcedExample } from '../text/example';
import { resolveReading } from '../text/text-form';
import * as check from '../validation';
import { readExamples, requireTextsOfFolders, subFolders, textFiles } from './labelled-files';
import { type Split, split } from './split';

/** Options of `textFolder`. */
export interface TextFolderOptions {
  /** The sub-folders to read, in the order of their labels. Default: all, by name. */
  classes?: readonly string[] | undefined;
  /** The fraction of the examples to validate with, as `datasets.split` takes it. Default 0. */
  validation?: number | undefined;
  /** Of the shuffle that parts train and validation. Default 0. */
  seed?: number | undefined;
  /** Of all files. Default `'utf-8'`. */
  encoding?: Encoding | undefined;
  signal?: AbortSignal | undefined;
}

/** What `textFolder` read: all examples in the order of the files, and the two parts that were asked for. */
export interface TextFolder extends LabelledTexts<SourcedExample>, Split<SourcedExample> {}

function resolveClasses(directory: string, found: readonly string[], classes: unknown): readonly string[] {
  if (found.length === 0) {
    throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `${directory} has no sub-folders, one for each class.`, {
      expected: 'one sub-folder for each class',
    });
  }
  if (classes === undefined) return found;
  if (!Array.isArray(classes)) throw check.wrongType('classes', 'an array of names of sub-folders', classes);
  for (const name of classes) {
    if (!found.includes(check.string('classes', name))) {
      throw check.outOfRange('classes', `names of the sub-folders of ${directory} (${found.join(', ')})`, name);
    }
  }
  if (classes.length === 0 || new Set(classes).size !== classes.length) {
    throw check.outOfRange('classes', 'at least one name, none twice', classes);
  }
  return [...classes];
}

/**
 * Labelled texts from a folder with one sub-folder for each class, as in `reviews/neg/1.txt`, `reviews/pos/1.txt`.
 *
 * Classes are the sub-folders by name (by code point, as all names here), or those of `classes` in their order, so that
 * others can be left out. The examples of a class are its `.txt` files, UTF-8 or of the `encoding` asked, with or without a byte-order mark: those of
 * the folder itself by name, then those of folders inside it. Hidden files and folders, links that lead nowhere and
 * links to folders inside a class are passed over. An empty file is an example with the text `''`.
 *
 * With `validation`, `train` and `validation` are the parts of a seeded shuffle; without, `train` has all examples.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ENCODING naming the file and the offset;
 *   ERR_UNROLLED_CORPUS_EMPTY without classes, or for a class without text; ERR_UNROLLED_ABORTED; what `split` throws.
 */
export async function textFolder(directory: string, options?: TextFolderOptions): Promise<TextFolder> {
  const given = check.options('datasets.textFolder', options, ['classes', 'validation', 'seed', 'encoding', 'signal']);
  check.nonEmptyString('directory', directory);
  const validation = check.number('validation', given.validation ?? 0, { min: 0, below: 1 });
  const { seed } = given;
  if (seed !== undefined) check.integer('seed', seed, { min: 0 });
  const { encoding } = resolveReading({ encoding: given.encoding });
  const signal = check.abortSignal('signal', given.signal);

  const classNames = resolveClasses(directory, await subFolders(directory), given.classes);
  const lists = await Promise.all(classNames.map((name) => textFiles(directory, name)));
  const files = lists.flatMap((list, label) => list.map((source) => ({ source, label })));
  const examples = await readExamples(directory, files, { encoding, signal });
  await requireTextsOfFolders(directory, classNames, examples);
  return { classNames, examples, ...split(examples, { validation, seed }) };
}
