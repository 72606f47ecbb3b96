/** Whole files, read with coded errors and written so that they are never half there. */

import { randomBytes } from 'node:crypto';
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UnrolledError } from './errors';

/** What the system's error numbers mean to a person. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long',
};

function explain(cause: unknown): string {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return EXPLANATIONS[code] ?? message;
}

/** The coded error for a file that could not be read. */
export function readError(path: string, cause: unknown): UnrolledError {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return new UnrolledError('ERR_UNROLLED_FILE_NOT_FOUND', `There is no file ${path}.`, { received: path, cause });
  }
  return new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} cannot be read: ${explain(cause)}.`, {
    received: path,
    cause,
  });
}

function writeError(path: string, cause: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_FILE_WRITE', `${path} cannot be written: ${explain(cause)}.`, {
    received: path,
    cause,
  });
}

/**
 * All bytes of a file.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ.
 */
export async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw readError(path, cause);
  }
}

/**
 * Makes a folder and those above it, where they are not there.
 * @throws ERR_UNROLLED_FILE_WRITE.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** The file that a write to `path` replaces: links are followed, and what is no writable file is refused. */
async function target(path: string): Promise<string> {
  let found: string;
  try {
    found = await realpath(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return path;
    throw cause;
  }
  const stats = await stat(found);
  if (stats.isDirectory()) throw new Error('it is a directory');
  if (!stats.isFile()) throw new Error('it is not a regular file');
  await access(found, constants.W_OK);
  return found;
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
    await access(dirname(await target(path)), constants.W_OK);
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/**
 * Writes a file through `write`, whole or not at all: into a temporary file of the same folder,
 * flushed to the disk, then renamed. On any failure the temporary file goes and an old file stays.
 * @throws ERR_UNROLLED_FILE_WRITE; a coded error of `write` passes through.
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    const destination = await target(path);
    const temporary = join(dirname(destination), `.unrolled-${randomBytes(8).toString('hex')}.tmp`);
    const file = await open(temporary, 'wx');
    try {
      await fill(file, write);
      await rename(temporary, destination);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw cause;
    }
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
