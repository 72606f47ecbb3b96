/** Folders that tests write into. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, where Linux has one: files that are flushed to a disk take their time. */
const IN_MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * Makes a folder before each test of the suite and removes it after; gives paths inside it.
 * @param options.inMemory of hundreds of small files that are soon gone.
 */
export function useFolder({ inMemory = false } = {}): (...segments: string[]) => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(inMemory ? IN_MEMORY : tmpdir(), 'unrolled-test-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return (...segments) => join(folder, ...segments);
}
