/** The CMake project of test/core: the tests of the C++ core, and the steps whose instructions are counted. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { configure, isBuildNews } from './build.mjs';
import { root, run } from './support.mjs';

/** Where it is built: in a folder of its own, without Node. */
export const coreTestsFolder = path.join(root, 'build', 'core-tests');

/** Builds a target of it, `all` being the tests; `what` names it in a failure. */
export async function buildCoreTests(what, target = 'all') {
  const folder = coreTestsFolder;
  await configure('test/core', folder, { CMAKE_BUILD_TYPE: 'Release', CMAKE_EXPORT_COMPILE_COMMANDS: 'ON' });
  const jobs = String(availableParallelism());
  await run(what, 'cmake', ['--build', folder, '--target', target, '--parallel', jobs], { filter: isBuildNews });
}
