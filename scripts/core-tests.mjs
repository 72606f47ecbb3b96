/** The CMake project of test/core: the tests of the C++ core, and the steps whose instructions are counted. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { configure, isBuildNews, UNITY_BUILD } from './build.mjs';
import { clang, Failure, root, run } from './support.mjs';

/** Where it is built: in a folder of its own, without Node. */
export const coreTestsFolder = path.join(root, 'build', 'core-tests');

/** Where Clang's build of it is. */
export const clangTestsFolder = path.join(root, 'build', 'core-tests-clang');

/** Builds a target of it, `all` being the tests; `what` names it in a failure. */
export function buildCoreTests(what, target = 'all') {
  return buildCoreTestsIn(coreTestsFolder, what, target, { CMAKE_EXPORT_COMPILE_COMMANDS: 'ON' });
}

/** Builds the tests by Clang, of which the compiler of the prebuilt binaries is made. */
export function buildClangTests() {
  const compiler = clang();
  if (compiler === undefined) throw new Failure('Clang is not here: the package clang of Debian has it.');
  const settings = { CMAKE_CXX_COMPILER: compiler, ...UNITY_BUILD };
  return buildCoreTestsIn(clangTestsFolder, "Clang's build of the tests of the core", 'all', settings);
}

/** Builds a target in a folder with settings of CMake's of its own. */
export async function buildCoreTestsIn(folder, what, target, settings) {
  await configure('test/core', folder, { CMAKE_BUILD_TYPE: 'Release', ...settings });
  const jobs = String(availableParallelism());
  await run(what, 'cmake', ['--build', folder, '--target', target, '--parallel', jobs], { filter: isBuildNews });
}
