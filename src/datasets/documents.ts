import { basename, join } from 'node:path';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { giveTurn } from '../base/event-loop';
import { shownPath } from '../base/files/system-names';
import { Corpus, type DocumentsOptions } from '../text/corpus';
import { readMaybeEmpty } from '../text/read-text';
import { AS_IT_IS, READ_OPTIONS, type ReadOptions, type ResolvedReading, resolveReading } from '../text/text-form';
import { linesOf } from '../text/text-parts';
import { entries } from './labelled-files';
import { isUnreadable, type SkippedFile, unreadableFiles } from './unreadable-files';

const FORMATS = ['lines', 'folder', 'jsonl'] as const;

/** How documents lie in a file or folder. */
export type DocumentsFormat = (typeof FORMATS)[number];

/** The options of a corpus, how its files are read, and where the documents are in them. */
export interface DocumentsReadOptions extends DocumentsOptions, ReadOptions {
  /**
   * `'lines'`: a document a line. `'folder'`: a document a file of the folder, in the order of the names, hidden files
   * and folders in it left out. `'jsonl'`: a JSON object a line.
   */
  format: DocumentsFormat;
  /** The field of the objects that has the text. Default `'text'`; of `'jsonl'` only. */
  field?: string | undefined;
  /**
   * Whether to skip files of a folder that cannot be read or have another encoding, and report them to `onSkipped`.
   * Default false: they are an error that names them. For `'folder'` only.
   */
  skipUnreadable?: boolean | undefined;
  /** Called with each file that was left out. */
  onSkipped?: ((file: SkippedFile) => void) | undefined;
}

const OPTIONS = [
  'format',
  'field',
  'skipUnreadable',
  'onSkipped',
  'name',
  ...READ_OPTIONS,
  'tokens',
  'maxTokens',
  'maxSize',
  'minCount',
  'unknown',
] as const satisfies (keyof DocumentsReadOptions)[];

async function readFolder(path: string, options: DocumentsReadOptions, reading: ResolvedReading): Promise<string[]> {
  const files = (await entries(path)).filter(({ kind }) => kind !== 'folder');
  const documents: string[] = [];
  const skipped: SkippedFile[] = [];
  for (const { name } of files) {
    try {
      documents.push(await readMaybeEmpty(join(path, name), reading));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      skipped.push({ source: shownPath(name), error });
    }
  }
  if (skipped.length > 0 && options.skipUnreadable !== true) throw unreadableFiles(path, skipped, files.length);
  for (const file of skipped) options.onSkipped?.(file);
  return documents;
}

function badLine(path: string, line: number, reason: string, cause?: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} cannot be read: line ${line} ${reason}`, {
    expected: 'one JSON object per line',
    received: `line ${line} ${reason}`,
    cause,
  });
}

/** The text of one line of JSON. */
function textOf(path: string, json: string, line: number, field: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw badLine(path, line, `is not valid JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badLine(path, line, `is ${check.show(value)}, not an object`);
  }
  const text: unknown = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
  if (typeof text !== 'string') throw badLine(path, line, `has no string ${JSON.stringify(field)}`);
  return text;
}

async function readDocuments(path: string, options: DocumentsReadOptions): Promise<string[]> {
  const reading = resolveReading(options);
  if (options.format === 'folder') return readFolder(path, options, reading);
  // The corpus brings its documents into their form: JSON may have what that changes in escapes.
  const whole = await readMaybeEmpty(path, { ...reading, ...AS_IT_IS });
  const { format, field = 'text' } = options;
  const documents: string[] = [];
  let number = 0;
  for (const line of linesOf(whole, format === 'lines' ? /\r\n|\n|\r/ : /\n/)) {
    number++;
    if (format === 'lines') documents.push(line);
    else if (line.trim() !== '') documents.push(textOf(path, line, number, field));
    await giveTurn();
  }
  return documents;
}

/**
 * A corpus of documents with their boundaries, from a file (plain or gzipped) or a folder. Documents without text are
 * left out, and so are empty lines. Its default name is that of the file.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ (naming the first line that is not a JSON object with
 *   that field), ERR_UNROLLED_ENCODING (for a folder naming the first such files), ERR_UNROLLED_CORPUS_EMPTY, and the
 *   errors of invalid options.
 */
export async function documents(path: string, options: DocumentsReadOptions): Promise<Corpus> {
  check.nonEmptyString('path', path);
  const given = check.options('datasets.documents', options, OPTIONS);
  check.oneOf('format', given.format, FORMATS);
  if (given.field !== undefined) {
    check.nonEmptyString('field', given.field);
    if (given.format !== 'jsonl') throw check.outOfRange('field', 'left out unless the format is jsonl', given.field);
  }
  if (given.skipUnreadable !== undefined) {
    check.boolean('skipUnreadable', given.skipUnreadable);
    if (given.format !== 'folder')
      throw check.outOfRange('skipUnreadable', 'left out unless the format is folder', given.skipUnreadable);
  }
  check.callback('onSkipped', given.onSkipped);
  const { format, field, encoding, skipUnreadable, onSkipped, ...corpus } = given;
  return Corpus.fromManyDocuments(await readDocuments(path, given), { name: basename(path), ...corpus });
}
