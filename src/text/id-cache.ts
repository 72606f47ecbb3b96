/** The limit of the ids that the cache keeps: the files that were used the longest ago go first. */

import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { environmentVariable } from '../base/environment';
import { readObject } from './id-file';

/** Bytes that are kept where UNROLLED_IDS_LIMIT says nothing. */
const USUAL_LIMIT = 64 * 2 ** 30;

/** Milliseconds after which a temporary file is nobody's. */
const LONGEST_WRITING = 7 * 24 * 3600 * 1000;

/**
 * Bytes of ids that the cache keeps.
 * @throws ERR_UNROLLED_OPTION_RANGE if UNROLLED_IDS_LIMIT is not a number of bytes.
 */
export function requireIdLimit(): number {
  const limit = environmentVariable('UNROLLED_IDS_LIMIT');
  return limit === undefined ? USUAL_LIMIT : Number(limit);
}

/** Files that belong to one file of ids. */
interface Entry {
  names: string[];
  bytes: number;
  /** When one of them was used or written. */
  used: number;
}

/** Files of ids that this process has in use. */
const inUse = new Set<string>();

/** Says that this process may continue to read a file of ids. */
export function keepInUse(path: string): void {
  inUse.add(path);
}

/** The key of a file in the cache: of the ids that it describes or contains. */
async function ownerOf(folder: string, name: string): Promise<string | undefined> {
  if (name.endsWith('.ids')) return name;
  if (name.endsWith('.ids.json')) return name.slice(0, -'.json'.length);
  if (name.startsWith('.unrolled-') && name.endsWith('.tmp')) return name;
  if (!name.endsWith('.text.json')) return undefined;
  const { key } = await readObject(join(folder, name));
  return typeof key === 'string' ? `${key}.ids` : name;
}

async function entriesOf(folder: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for (const name of await readdir(folder)) {
    const [owner, stats] = [await ownerOf(folder, name), await stat(join(folder, name)).catch(() => undefined)];
    if (owner === undefined || !stats?.isFile()) continue;
    const entry = entries.get(owner) ?? { names: [], bytes: 0, used: 0 };
    entry.names.push(name);
    entry.bytes += stats.size;
    entry.used = Math.max(entry.used, stats.mtimeMs);
    entries.set(owner, entry);
  }
  return entries;
}

/** Whether a name is one that a writing process may still have in use. */
function isBeingWritten(owner: string, { used }: Entry): boolean {
  return owner.endsWith('.tmp') && Date.now() - used < LONGEST_WRITING;
}

/**
 * Removes the least recently used ids from the cache until it is within its limit. Ids that this process uses are never
 * removed, and a file that cannot be removed stays.
 * @param path the path of one file in the cache.
 */
export async function limitIds(path: string): Promise<void> {
  const folder = dirname(path);
  const entries = await entriesOf(folder).catch(() => new Map<string, Entry>());
  let left = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0) - requireIdLimit();
  const oldestFirst = [...entries].sort(([, one], [, other]) => one.used - other.used);
  for (const [owner, entry] of oldestFirst) {
    if (left <= 0) return;
    if (inUse.has(join(folder, owner)) || isBeingWritten(owner, entry)) continue;
    // The ids last: without their description they are never taken.
    const names = [...entry.names].sort((one, other) => Number(one === owner) - Number(other === owner));
    for (const name of names) await rm(join(folder, name), { force: true }).catch(() => {});
    left -= entry.bytes;
  }
}
