/** Corpora that the repository does not carry. */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the corpora: UNROLLED_DATA, else `shared/data` beside the project. */
export const { UNROLLED_DATA: dataFolder = resolve(__dirname, '..', '..', '..', 'shared', 'data') } = process.env;

/** The path of a corpus; where it is missing the running test is skipped, with its name in the title. */
export function requireData(context: Mocha.Context, name: string): string {
  const path = join(dataFolder, name);
  if (!existsSync(path)) {
    if (context.test !== undefined) context.test.title += ` (no ${name} here)`;
    context.skip();
  }
  return path;
}
