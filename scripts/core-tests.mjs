/** The CMake project of test/core: the tests of the C++ core, and the steps whose instructions are counted. */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { isBuildNews, isConfiguredHere } from './build.mjs';
import { root, run, which } from './support.mjs';

/** Where it is built: in a folder of its own, without Node. */
export const coreTestsFolder = path.join(root, 'build', 'core-tests');

/** Builds a target of it, `all` being the tests; `what` names it in a failure. */
export async function buildCoreTests(what, target = 'all') {
  const folder = coreTestsFolder;
  if (!isConfiguredHere(folder)) {
    rmSync(folder, { force: true, recursive: true });
    await run(
      'CMake',
      'cmake',
      [
        ...['-S', 'test/core', '-B', folder, '-DCMAKE_BUILD_TYPE=Release', '-DCMAKE_EXPORT_COMPILE_COMMANDS=ON'],
        ...['-DUNROLLED_CORE_TESTS=ON', '--no-warn-unused-cli', '--log-level=WARNING'],
        ...(which('ninja') ? ['-G', 'Ninja'] : []),
      ],
      { filter: isBuildNews },
    );
  }
  const jobs = String(availableParallelism());
  await run(what, 'cmake', ['--build', folder, '--target', target, '--parallel', jobs], { filter: isBuildNews });
}
