/** The files of the clone, for what makes a copy of it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Failure, quietly, root } from './support.mjs';

/** Files that are or could be in git, as they are, from the root: without what git ignores. */
export function filesOfTree() {
  const { ok, output } = quietly('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    maxBuffer: 2 ** 26,
  });
  if (!ok) throw new Failure(`a copy is made of a clone, and this is none: ${output.trim()}`);
  return output.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
}
