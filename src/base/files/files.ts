/** Whole files: reads with coded errors, and writes that never leave half a file. */

import { randomBytes } from 'node:crypto';
import { type BigIntStats, closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, type Stats } from 'node:fs';
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UnrolledError } from '../errors';
import { shownPath, systemPath } from './system-names';

/** The system's error codes in words. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'the link points back to itself',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
};

function explain(cause: unknown): string {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return EXPLANATIONS[code] ?? message;
}

/** Why files cannot be read, by their errors. */
const reasons = new WeakMap<UnrolledError, string>();

/** The coded error for a file that is there, and cannot be read for a reason in a few words. */
export function unreadable(path: string, reason: string, cause: unknown): UnrolledError {
  const error = new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} cannot be read: ${reason}`, {
    received: path,
    cause,
  });
  reasons.set(error, reason);
  return error;
}

/** Why a file cannot be read, without its name where the error has that alone. */
export function whyUnreadable(error: UnrolledError): string {
  return reasons.get(error) ?? error.fault;
}

/** The coded error for a file that could not be read. */
export function readError(path: string, cause: unknown): UnrolledError {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return new UnrolledError('ERR_UNROLLED_FILE_NOT_FOUND', `There is no file ${path}`, { received: path, cause });
  }
  return unreadable(path, explain(cause), cause);
}

/** The coded error for a file that could not be written. */
export function writeError(path: string, cause: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_FILE_WRITE', `${path} cannot be written: ${explain(cause)}`, {
    received: path,
    cause,
  });
}

/**
 * Opens a file to read. A pipe without a writer, for which the system would wait for ever where no signal ends it, is
 * open at once too.
 */
export function openToRead(path: string): Promise<FileHandle> {
  // Windows has no such flag.
  return open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
}

/** The result of `use`, during which the file is open. */
export async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await openToRead(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/**
 * All bytes of a file.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await readFile(systemPath(path));
  } catch (cause) {
    throw readError(shownPath(path), cause);
  }
}

/**
 * Makes a folder and those above it, where they are not there.
 * @throws ERR_UNROLLED_FILE_WRITE.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** `mkdir` with `recursive` never ends where a file system takes no folders, as /proc. */
async function makeFolders(path: string): Promise<void> {
  if ((await statIfThere(path))?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolders(parent);
  try {
    await mkdir(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Another process may have created it meanwhile.
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code === 'ENOENT') throw new Error('no folder can be created there', { cause });
    throw cause;
  }
}

/** The status of what is at a path, with links followed; undefined if there is nothing. */
async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/**
 * The absolute form of a path.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND if it is relative to a working folder that was removed.
 */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw new UnrolledError(
      'ERR_UNROLLED_FILE_NOT_FOUND',
      `${path} is relative to the working folder, which was removed`,
      {
        advice: 'Change to a folder that exists, or give an absolute path.',
        expected: 'a working folder that exists, or an absolute path',
        received: path,
        cause,
      },
    );
  }
}

/** The path at which a new file is created. A dangling link is followed. */
async function missingTarget(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : missingTarget(resolve(await realpath(dirname(path)), link));
}

/** A file to write. */
interface Target {
  path: string;
  /** Permissions of the existing file; undefined if there is none. */
  mode: number | undefined;
}

/** The file that a write to `path` replaces. Links are followed; anything but a writable file is refused. */
async function target(path: string): Promise<Target> {
  // The system follows links that lead to no path, such as /dev/stdout for a pipe; `realpath` does not.
  const stats = await statIfThere(path);
  if (stats === undefined) return { path: await missingTarget(path), mode: undefined };
  if (stats.isDirectory()) throw new Error('it is a directory');
  if (!stats.isFile()) throw new Error('it is not a regular file');
  await access(path, constants.W_OK);
  return { path: await realpath(path), mode: stats.mode & 0o7777 };
}

/** Whether both paths lead to one file that is there. */
export async function isSameFile(first: string, second: string): Promise<boolean> {
  const [one, other] = await Promise.all([first, second].map((path) => realpath(path).catch(() => undefined)));
  return one !== undefined && one === other;
}

/** Whether both paths lead to the same existing file, under any of its names. */
export async function isSameFileByAnyName(first: string, second: string): Promise<boolean> {
  if (await isSameFile(first, second)) return true;
  const [one, other] = await Promise.all(
    [first, second].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  // A file system without inodes says 0 of every file.
  return one !== undefined && other !== undefined && one.ino !== 0n && one.ino === other.ino && one.dev === other.dev;
}

/** Whether there is a regular file with something in it. */
export async function hasContent(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size > 0;
}

/** Whether a write to one path would take the place of what is, or will be, under the other. */
export async function isSamePlace(first: string, second: string): Promise<boolean> {
  return absolutePath(first) === absolutePath(second) || isSameFile(first, second);
}

async function fill(file: FileHandle, write: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Refuses a path that a later write would fail at, before the work whose result it is for.
 * @throws ERR_UNROLLED_FILE_WRITE.
 */
export async function requireWritable(path: string): Promise<void> {
  try {
    const { path: destination } = await target(path);
    await access(dirname(destination), constants.W_OK);
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** Functions that finish the writing of files which must be whole even if the process exits first. */
const unfinished = new Set<() => void>();

function finishAll(): void {
  for (const finish of unfinished) finish();
}

/** Does work; where the process exits before it has ended, `finish` is called. */
async function orAtExit<Result>(finish: () => void, work: () => Promise<Result>): Promise<Result> {
  if (unfinished.size === 0) process.on('exit', finishAll);
  unfinished.add(finish);
  try {
    return await work();
  } finally {
    unfinished.delete(finish);
    if (unfinished.size === 0) process.off('exit', finishAll);
  }
}

/** The name of a file that becomes the one at `destination` once it is whole. */
function temporaryFor(destination: string): string {
  return join(dirname(destination), `.unrolled-${randomBytes(8).toString('hex')}.tmp`);
}

/** Runs `replaceFile` at once, instead of a write that has not ended. A failure can no longer be reported. */
function replaceNow({ path, mode }: Target, begun: string, write: (file: number) => void): void {
  const temporary = temporaryFor(path);
  try {
    const file = openSync(temporary, 'wx');
    try {
      if (mode !== undefined) fchmodSync(file, mode);
      write(file);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch {
    rmSync(temporary, { force: true });
  }
  rmSync(begun, { force: true });
}

/**
 * Writes a file through `write`, whole or not at all: into a temporary file of the same folder, which is flushed to the
 * disk and then renamed over the old file. It keeps the permissions of the old file. On any failure the temporary file
 * is removed and the old file stays.
 * @param writeNow writes the same synchronously; called if the process exits before the file is written.
 * @returns the status of the written file, even if another file has taken its name since.
 * @throws ERR_UNROLLED_FILE_WRITE; a coded error of `write` passes through.
 */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  writeNow?: (file: number) => void,
): Promise<BigIntStats> {
  try {
    const { path: destination, mode } = await target(path);
    const temporary = temporaryFor(destination);
    const replace = async () => {
      const file = await open(temporary, 'wx');
      try {
        if (mode !== undefined) await file.chmod(mode);
        await fill(file, write);
        const written = await stat(temporary, { bigint: true });
        await rename(temporary, destination);
        return written;
      } catch (cause) {
        await rm(temporary, { force: true });
        throw cause;
      }
    };
    if (writeNow === undefined) return await replace();
    return await orAtExit(() => replaceNow({ path: destination, mode }, temporary, writeNow), replace);
  } catch (cause) {
    throw cause instanceof UnrolledError ? cause : writeError(path, cause);
  }
}

/**
 * Writes bytes to a file, whole or not at all.
 * @throws ERR_UNROLLED_FILE_WRITE.
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await replaceFile(path, (file) => file.writeFile(bytes));
}
