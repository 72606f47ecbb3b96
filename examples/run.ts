/** Runs an example, and says in one line what kept it from working. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { UnrolledError } from '../src/index';

/** Where corpora are looked for when UNROLLED_DATA names no folder: beside the project. */
const DATA = path.join(__dirname, '..', '..', 'shared', 'data');

export function run(main: () => Promise<void>): void {
  const { UNROLLED_DATA = existsSync(DATA) ? DATA : '' } = process.env;
  Object.assign(process.env, { UNROLLED_DATA });
  main().catch((error: unknown) => {
    console.error(error instanceof UnrolledError ? `${error.message} (${error.code})` : error);
    process.exitCode = 1;
  });
}
