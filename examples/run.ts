/** Runs an example, and says in one line what kept it from working. */

import { UnrolledError } from '../src/index';

export function run(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(error instanceof UnrolledError ? `${error.message} (${error.code})` : error);
    process.exitCode = 1;
  });
}
