/** Text files in folders, listed in one order on every machine and read many at a time. */

import { readFile } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compareCodePoints } from '../base/code-points';
import { UnrolledError } from '../base/errors';
import { inTurns } from '../base/event-loop';
import { readError, unreadable } from '../base/files/files';
import { nameOf, shownPath, systemPath } from '../base/files/system-names';
import type { Words } from '../base/messages/phrase';
import { counted } from '../base/messages/plurals';
import { sorted } from '../base/sorting';
import type { Encoding } from '../text/encodings';
import type { SourcedExample } from '../text/example';
import { decodeMaybeEmpty } from '../text/read-text';
import { resolveReading } from '../text/text-form';
import { isUnreadable, type SkippedFile, unreadableFiles } from './unreadable-files';

/** Most files that are open at once. More are not faster, and a process may have about a thousand. */
const CONCURRENT_READS = 32;

/** For small files twice as fast as `readFile` of `node:fs/promises`, which opens a `FileHandle` for each. */
const readFileAsync = promisify(readFile);

/** A file to read: its class, and its path below a folder, with `/` between its parts. Names are those of `nameOf`. */
export interface LabelledFile {
  readonly source: string;
  readonly label: number;
}

/** The coded error of reading that a signal ended. */
export function readingAborted(path: string, signal: AbortSignal): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_ABORTED', `The reading of ${path} was aborted`, { cause: signal.reason });
}

/** An entry of a folder; a name that is not UTF-8 is that of `nameOf`. */
interface Entry {
  name: string;
  kind: 'file' | 'folder' | 'link' | undefined;
}

/**
 * The entries of a folder in the order of their names' code points, hidden ones left out.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function entries(folder: string): Promise<Entry[]> {
  try {
    const found = await readdir(systemPath(folder), { withFileTypes: true, encoding: 'buffer' });
    const shown = found
      .map((entry): Entry => {
        const kind = entry.isSymbolicLink()
          ? 'link'
          : entry.isFile()
            ? 'file'
            : entry.isDirectory()
              ? 'folder'
              : undefined;
        return { name: nameOf(entry.name), kind };
      })
      .filter(({ name }) => !name.startsWith('.'));
    return await inTurns(sorted(shown, (a, b) => compareCodePoints(a.name, b.name)));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const shown = shownPath(folder);
    if (code === 'ENOENT') {
      throw new UnrolledError('ERR_UNROLLED_FILE_NOT_FOUND', `There is no folder ${shown}`, {
        received: shown,
        cause,
      });
    }
    throw readError(shown, code === 'ENOTDIR' ? new Error('it is not a folder', { cause }) : cause);
  }
}

/**
 * The kind of an entry, with links followed. A link stays a link if it is broken, points back to itself, or leads to a
 * place without permission.
 */
async function kindOf(folder: string, { name, kind }: Entry): Promise<Entry['kind']> {
  if (kind !== 'link') return kind;
  const found = await stat(systemPath(join(folder, name))).catch(() => undefined);
  if (found === undefined) return 'link';
  return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : undefined;
}

/**
 * The names of a folder's sub-folders, including links, by code point. A name that is not UTF-8 is that of `nameOf`;
 * `shownPath` makes it readable.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function subFolders(folder: string): Promise<string[]> {
  const found = await entries(folder);
  const kinds = await Promise.all(found.map((entry) => kindOf(folder, entry)));
  return found.filter((_, index) => kinds[index] === 'folder').map(({ name }) => name);
}

/**
 * The links of a folder that cannot be followed, `.txt` ones left out: they may have been meant for sub-folders.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function lostLinks(folder: string): Promise<string[]> {
  const found = (await entries(folder)).filter(({ name, kind }) => kind === 'link' && !isText(name));
  const kinds = await Promise.all(found.map((entry) => kindOf(folder, entry)));
  return found.filter((_, index) => kinds[index] === 'link').map(({ name }) => name);
}

const isText = (name: string) => /\.txt$/i.test(name);

/**
 * The files below `directory/below` that are read as no text, for a message: hidden ones and what links to folders have
 * are left out.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function otherFiles(directory: string, below: string): Promise<string[]> {
  const folder = join(directory, below);
  const found: string[] = [];
  for (const entry of await entries(folder)) {
    const path = `${below}/${entry.name}`;
    if (entry.kind === 'folder') found.push(...(await otherFiles(directory, path)));
    else if (!isText(entry.name) && (await kindOf(folder, entry)) === 'file') found.push(path);
  }
  return found;
}

/**
 * The `.txt` files below `directory/below`: first its own by name, then those of its sub-folders by name. Links to
 * files are followed, links to folders are not: they may form a circle. A link that cannot be followed is a file that
 * cannot be read.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function textFiles(directory: string, below: string): Promise<string[]> {
  const folder = join(directory, below);
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of await entries(folder)) {
    const path = `${below}/${entry.name}`;
    if (entry.kind === 'folder') folders.push(path);
    else if (isText(entry.name)) {
      const kind = await kindOf(folder, entry);
      if (kind === 'file' || kind === 'link') files.push(path);
    }
  }
  for (const inner of folders) files.push(...(await textFiles(directory, inner)));
  return files;
}

/** The error for a file that could not be read: of what was listed and is not there, a link has lost what it led to. */
async function textError(path: string, cause: unknown): Promise<UnrolledError> {
  const shown = shownPath(path);
  const isLink =
    (cause as NodeJS.ErrnoException).code === 'ENOENT' &&
    (await lstat(systemPath(path)).then(
      (found) => found.isSymbolicLink(),
      () => false,
    ));
  if (!isLink) return readError(shown, cause);
  return unreadable(shown, 'the link is broken', cause);
}

async function readText(path: string, encoding: Encoding | undefined): Promise<string> {
  const shown = shownPath(path);
  let bytes: Uint8Array;
  try {
    bytes = await readFileAsync(systemPath(path));
  } catch (cause) {
    throw await textError(path, cause);
  }
  return decodeMaybeEmpty(bytes, shown, resolveReading({ encoding }));
}

/** How files are read. */
export interface FilesReading {
  encoding?: Encoding | undefined;
  /** Leaves out files that cannot be read, and gives them as `skipped`. */
  skipUnreadable?: boolean;
  /** Advice about unreadable files, for a message. */
  advice?: Words;
  signal: AbortSignal | undefined;
}

/**
 * The texts of the files, in order. Only a few files are open at a time. All are read, so that an error names all
 * unreadable ones.
 * @throws ERR_UNROLLED_ENCODING and ERR_UNROLLED_FILE_READ naming the first files, ERR_UNROLLED_ABORTED; errors of the
 *   machine, for example too many open files.
 */
export async function readExamples(
  directory: string,
  files: readonly LabelledFile[],
  { encoding, skipUnreadable = false, advice, signal }: FilesReading,
): Promise<{ examples: SourcedExample[]; skipped: SkippedFile[] }> {
  const texts = new Array<string | undefined>(files.length);
  const errors = new Array<UnrolledError | undefined>(files.length);
  const queue = files.entries();
  let isEnded = false;

  async function work(): Promise<void> {
    for (const [index, { source }] of queue) {
      if (isEnded) return;
      try {
        if (signal?.aborted) throw readingAborted(directory, signal);
        texts[index] = await readText(join(directory, source), encoding);
      } catch (error) {
        if (!isUnreadable(error)) {
          isEnded = true;
          throw error;
        }
        errors[index] = error;
      }
    }
  }

  await Promise.all(Array.from({ length: CONCURRENT_READS }, work));
  const skipped = files.flatMap(({ source }, index) => {
    const error = errors[index];
    return error === undefined ? [] : [{ source: shownPath(source), error }];
  });
  if (skipped.length > 0 && !skipUnreadable) throw unreadableFiles(shownPath(directory), skipped, files.length, advice);
  const examples = files.flatMap(({ source, label }, index) => {
    const text = texts[index];
    return text === undefined ? [] : [{ text, label, source: shownPath(source) }];
  });
  return { examples, skipped };
}

/** The first class without text; undefined if every class has text. */
function classWithoutText(classNames: readonly string[], examples: readonly SourcedExample[]): number | undefined {
  const hasText = new Set(examples.filter(({ text }) => text.trim() !== '').map(({ label }) => label));
  const label = classNames.findIndex((_, label) => !hasText.has(label));
  return label === -1 ? undefined : label;
}

function noText(fault: string, received?: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', fault, {
    expected: 'at least one .txt file with text in it',
    ...(received !== undefined && { received }),
  });
}

/**
 * Refuses classes that nothing could be learnt of.
 * @throws ERR_UNROLLED_CORPUS_EMPTY naming the first class without text.
 */
export function requireTexts(where: string, classNames: readonly string[], examples: readonly SourcedExample[]): void {
  const label = classWithoutText(classNames, examples);
  if (label !== undefined) throw noText(`The class ${classNames[label]} has no text in ${where}`);
}

/**
 * `requireTexts` for classes that are the sub-folders of a folder: says what the class has instead.
 * @param folders the classes' folders, as `subFolders` gives them.
 * @throws ERR_UNROLLED_CORPUS_EMPTY.
 */
export async function requireTextsOfFolders(
  directory: string,
  folders: readonly string[],
  { examples, skipped }: { examples: readonly SourcedExample[]; skipped: readonly SkippedFile[] },
): Promise<void> {
  const label = classWithoutText(folders, examples);
  if (label === undefined) return;
  const name = folders[label] as string;
  const shown = shownPath(name);
  const files = examples.filter((example) => example.label === label).length;
  const left = skipped.filter(({ source }) => source.startsWith(`${shown}/`)).length;
  const others = (await otherFiles(directory, name)).length;
  const found = [
    ...(files > 0 ? [`its ${counted(files, '.txt file')} ${files === 1 ? 'is' : 'are'} empty`] : []),
    ...(left > 0 ? [`${counted(left, '.txt file')} cannot be read and ${left === 1 ? 'was' : 'were'} left out`] : []),
    ...(others > 0 ? [`it has ${counted(others, 'other file')}, and only .txt files are read`] : []),
  ];
  const all = found.length === 0 ? 'its folder has no files' : found.join('; ');
  throw noText(`The class ${shown} has no text in ${directory}: ${all}`, all);
}
