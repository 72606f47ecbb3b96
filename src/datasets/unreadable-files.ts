/** Unreadable files of a folder: one error names them all, or they are skipped and listed. */

import { UnrolledError } from '../base/errors';
import { whyUnreadable } from '../base/files/files';
import { phrase, refer, type Words } from '../base/messages/phrase';
import { counted } from '../base/messages/plurals';
import { adviceAbout } from '../text/encodings';

/** A file that was left out. */
export interface SkippedFile {
  /** Its path below the folder, with `/` between its parts; bytes of a name that are not UTF-8 appear as `\xe9`. */
  readonly source: string;
  /** Why it cannot be read. */
  readonly error: UnrolledError;
}

/** Advice if both options are available. */
function adviceFor({ code, expected }: UnrolledError): Words {
  const out = phrase`leave them out with ${refer.option('skipUnreadable')}.`;
  if (code !== 'ERR_UNROLLED_ENCODING') return phrase`Make them readable, or ${out}`;
  const isUtf8 = expected?.toLowerCase() === 'utf-8';
  const known = adviceAbout(expected);
  const encoding = refer.option('encoding');
  const say = isUtf8 ? phrase`Set ${encoding} to their encoding` : phrase`Set ${encoding} to their actual encoding`;
  return phrase`${known === undefined ? '' : phrase`${known} `}${say}, convert them to UTF-8, or ${out}`;
}

/** Faults of one file. Others, such as too many open files, concern the machine: every file would be skipped. */
const OF_THE_FILE = ['EACCES', 'EPERM', 'EIO', 'EISDIR', 'ELOOP', 'ENOENT', 'ENAMETOOLONG', 'ERR_FS_FILE_TOO_LARGE'];

/** Whether an error of reading is the fault of that one file. */
export function isUnreadable(error: unknown): error is UnrolledError {
  if (!(error instanceof UnrolledError)) return false;
  if (error.code === 'ERR_UNROLLED_ENCODING') return true;
  return OF_THE_FILE.includes((error.cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** Most files that a message names. */
const MOST_NAMED = 5;

/** The fault of a file, in a few words. */
function inShort(error: UnrolledError): string {
  const { code, received } = error;
  if (code === 'ERR_UNROLLED_ENCODING' && received !== undefined) return received;
  return code === 'ERR_UNROLLED_FILE_NOT_FOUND' ? 'no longer there' : whyUnreadable(error);
}

/** The files by name with their faults, the first of many. */
export function listFiles(files: readonly SkippedFile[], most = files.length): string {
  const named = files.slice(0, most).map(({ source, error }) => `${source} (${inShort(error)})`);
  return named.join(', ') + (files.length > most ? ', …' : '');
}

/**
 * The error that names all unreadable files.
 * @param count the number of all files.
 */
export function unreadableFiles(
  directory: string,
  files: readonly SkippedFile[],
  count: number,
  advice?: Words,
): UnrolledError {
  const [{ error: first }] = files as [SkippedFile];
  const fault = `${files.length} of the ${counted(count, 'file')} in ${directory} cannot be read: ${listFiles(files, MOST_NAMED)}`;
  const isBothGiven = advice === undefined;
  return new UnrolledError(first.code, fault, {
    ...(isBothGiven && { option: first.code === 'ERR_UNROLLED_ENCODING' ? 'encoding' : 'skipUnreadable' }),
    ...(first.expected !== undefined && { expected: first.expected }),
    ...(first.received !== undefined && { received: first.received }),
    advice: advice ?? adviceFor(first),
    cause: first,
  });
}
