/** The C++ files of the project, for the formatter and the linter. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './support.mjs';

/** Folders, from the root. */
export const cppFolders = ['binding', path.join('test', 'core'), path.join('bench', 'instructions')];

/** Sources and headers, as paths from the root. */
export function cppFiles() {
  return cppFolders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true })
      .filter((name) => /\.(cc|cpp|h|hpp|inl)$/.test(name))
      .map((name) => path.join(folder, name))
      .sort(),
  );
}
