/** A control group with a limit of memory, where this process may make one. */

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ControlGroup {
  /** A command that runs another inside it. */
  runner: readonly string[];
  /** The most memory that was taken in it, in bytes. */
  readonly peak: number;
  remove(): void;
}

const ROOT = '/sys/fs/cgroup';

/** Names of the files of both versions of control groups: where groups are made, the limit, the peak. */
const VERSIONS = [
  [join(ROOT, 'memory'), 'memory.limit_in_bytes', 'memory.max_usage_in_bytes'],
  [ROOT, 'memory.max', 'memory.peak'],
] as const;

/** A group whose processes may have so many bytes; undefined where none can be made. */
export function controlGroup(bytes: number): ControlGroup | undefined {
  for (const [parent, limit, peak] of VERSIONS) {
    const folder = join(parent, `unrolled-test-${process.pid}`);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    const remove = () => rmdirSync(folder);
    try {
      writeFileSync(join(folder, limit), String(bytes));
      // What is swapped out is no memory that fits.
      if (existsSync(join(folder, 'memory.swap.max'))) writeFileSync(join(folder, 'memory.swap.max'), '0');
    } catch {
      remove();
      continue;
    }
    return {
      runner: ['sh', '-c', `echo $$ > ${folder}/cgroup.procs && exec "$@"`, 'sh'],
      get peak() {
        return Number(readFileSync(join(folder, peak), 'utf8'));
      },
      remove,
    };
  }
  return undefined;
}
