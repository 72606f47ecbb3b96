/** Text files in folders, listed in one order on every machine and read many at a time. */

import { type Dirent, readFile } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UnrolledError } from '../errors';
import { inTurns } from '../event-loop';
import { readError } from '../files';
import { sorted } from '../sorting';
import { compareCodePoints } from '../text/code-points';
import type { Encoding } from '../text/encodings';
import type { SourcedExample } from '../text/example';
import { decodeMaybeEmpty } from '../text/read-text';
import { resolveReading } from '../text/text-form';
import { counted } from '../wording';

/** Files that are open at once. More are no faster, and a process may have about a thousand. */
const CONCURRENT_READS = 32;

/** For small files twice as fast as the function of `node:fs/promises`, which opens a `FileHandle` for each. */
const readFileAsync = promisify(readFile);

/** A file to be read: its path below a folder, with `/` between its parts, and the class it belongs to. */
export interface LabelledFile {
  readonly source: string;
  readonly label: number;
}

/** The coded error of reading that a signal ended. */
export function readingAborted(path: string, signal: AbortSignal): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_ABORTED', `The reading of ${path} was aborted.`, { cause: signal.reason });
}

/** The entries of a folder in the order of their names' code points, hidden ones left out. */
async function entries(folder: string): Promise<Dirent[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    const shown = found.filter(({ name }) => !name.startsWith('.'));
    return await inTurns(sorted(shown, (a, b) => compareCodePoints(a.name, b.name)));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new UnrolledError('ERR_UNROLLED_FILE_NOT_FOUND', `There is no folder ${folder}.`, {
        received: folder,
        cause,
      });
    }
    throw readError(folder, code === 'ENOTDIR' ? new Error('it is not a folder', { cause }) : cause);
  }
}

/** What an entry is, a link followed; nothing where it leads nowhere or in a circle. */
async function kindOf(folder: string, entry: Dirent): Promise<'file' | 'folder' | undefined> {
  const found = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry;
  return found?.isFile() ? 'file' : found?.isDirectory() ? 'folder' : undefined;
}

/**
 * The names of a folder's sub-folders, links among them, by code point.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function subFolders(folder: string): Promise<string[]> {
  const found = await entries(folder);
  const kinds = await Promise.all(found.map((entry) => kindOf(folder, entry)));
  return found.filter((_, index) => kinds[index] === 'folder').map(({ name }) => name);
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
    if (entry.isDirectory()) found.push(...(await otherFiles(directory, path)));
    else if (!isText(entry.name) && (await kindOf(folder, entry)) === 'file') found.push(path);
  }
  return found;
}

/**
 * The `.txt` files below `directory/below`: first its own by name, then those of its sub-folders by name. Links to files
 * are followed, links to folders are not: they may lead in a circle.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function textFiles(directory: string, below: string): Promise<string[]> {
  const folder = join(directory, below);
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of await entries(folder)) {
    const path = `${below}/${entry.name}`;
    if (entry.isDirectory()) folders.push(path);
    else if (isText(entry.name) && (await kindOf(folder, entry)) === 'file') files.push(path);
  }
  for (const inner of folders) files.push(...(await textFiles(directory, inner)));
  return files;
}

async function readText(path: string, encoding: Encoding | undefined): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFileAsync(path);
  } catch (cause) {
    throw readError(path, cause);
  }
  return decodeMaybeEmpty(bytes, path, resolveReading({ encoding }));
}

/**
 * The files' texts in the files' order, a few of them open at a time.
 * @throws ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ENCODING naming file and offset, ERR_UNROLLED_ABORTED.
 */
export async function readExamples(
  directory: string,
  files: readonly LabelledFile[],
  { encoding, signal }: { encoding?: Encoding; signal: AbortSignal | undefined },
): Promise<SourcedExample[]> {
  const texts = new Array<string>(files.length);
  const queue = files.entries();
  let failed = files.length;
  let failure: unknown;

  async function work(): Promise<void> {
    for (const [index, { source }] of queue) {
      if (failed < files.length) return;
      try {
        if (signal?.aborted) throw readingAborted(directory, signal);
        texts[index] = await readText(join(directory, source), encoding);
      } catch (error) {
        // Of several the first in the files' order: every file before it was begun, and is waited for.
        if (index < failed) [failed, failure] = [index, error];
      }
    }
  }

  await Promise.all(Array.from({ length: CONCURRENT_READS }, work));
  if (failed < files.length) throw failure;
  return files.map(({ source, label }, index) => ({ text: texts[index] as string, label, source }));
}

/** The first class without text; undefined where there is none. */
function classWithoutText(classNames: readonly string[], examples: readonly SourcedExample[]): number | undefined {
  const hasText = new Set(examples.filter(({ text }) => text.trim() !== '').map(({ label }) => label));
  const label = classNames.findIndex((_, label) => !hasText.has(label));
  return label === -1 ? undefined : label;
}

function noText(message: string, received?: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `${message}.`, {
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
 * @throws ERR_UNROLLED_CORPUS_EMPTY.
 */
export async function requireTextsOfFolders(
  directory: string,
  classNames: readonly string[],
  examples: readonly SourcedExample[],
): Promise<void> {
  const label = classWithoutText(classNames, examples);
  if (label === undefined) return;
  const name = classNames[label] as string;
  const files = examples.filter((example) => example.label === label).length;
  const others = (await otherFiles(directory, name)).length;
  const found = [
    ...(files > 0 ? [`its ${counted(files, '.txt file')} ${files === 1 ? 'is' : 'are'} empty`] : []),
    ...(others > 0 ? [`it has ${counted(others, 'other file')}, and only .txt files are read`] : []),
  ];
  const all = found.length === 0 ? 'its folder has no files' : found.join('; ');
  throw noText(`The class ${name} has no text in ${directory}: ${all}`, all);
}
