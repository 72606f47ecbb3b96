/**
 * `npm run test:extending`: the proof of `docs/extending.md`. Applies each of its examples to a copy of the tree, counts the
 * files that were there before and are touched, builds, and runs the example's own tests.
 *
 *   npm run test:extending                     all of them
 *   npm run test:extending -- optimizer loss   some
 *
 * With ccache in the PATH, what an example leaves as it is need not be compiled again.
 */
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { examples, gitApply } from './extending.mjs';
import { asProgram, Failure, quietly, root, run, say, tool, which } from './support.mjs';
import { filesOfTree } from './tree.mjs';

/** The files of the clone as they are, without what git ignores, in a folder of their own. */
function copyTree() {
  const files = filesOfTree();
  const copy = realpathSync(mkdtempSync(path.join(tmpdir(), 'unrolled-extending-')));
  for (const name of files) {
    mkdirSync(path.dirname(path.join(copy, name)), { recursive: true });
    copyFileSync(path.join(root, name), path.join(copy, name));
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'junction');
  return copy;
}

/** Lets the compiler's cache serve every copy, wherever it is. */
function useCompilerCache(copy) {
  if (!which('ccache')) return;
  process.env.CMAKE_CXX_COMPILER_LAUNCHER ??= 'ccache';
  process.env.CCACHE_BASEDIR = copy;
  process.env.CCACHE_NOHASHDIR = '1';
}

function apply(copy, { name, file }, ...more) {
  const { ok, output } = gitApply(copy, ...more, file);
  if (!ok) throw new Failure(`${name}.patch does not apply:\n${output}`);
}

/** The tests of the core that an example has and has to pass. */
async function testCore(copy, { name, added, alsoCore }) {
  const own = added.filter((file) => /^test\/core\/[^/]+\.cpp$/.test(file)).map((file) => path.basename(file));
  const files = [...own, ...alsoCore];
  if (files.length === 0) return 0;
  const { buildCoreTestsIn } = await import(pathToFileURL(path.join(copy, 'scripts', 'core-tests.mjs')));
  const folder = path.join(copy, 'build', `core-${name}`);
  const chosen = { UNROLLED_TEST_FILES: ['main.cpp', ...files].join(';') };
  await buildCoreTestsIn(folder, `The build of the core with ${name}.patch`, 'unrolled_core_tests', chosen);
  const { ok, output } = quietly(path.join(folder, 'unrolled_core_tests'), ['--no-colors']);
  const cases = Number(/test cases:\s*(\d+)/.exec(output)?.[1] ?? 0);
  if (!ok || cases === 0) throw new Failure(`the core's tests of ${name}.patch failed:\n${output}`);
  return cases;
}

/** Its tests of the package, which need the addon, and those of the command line `lib`. */
async function testPackage(copy, { name, added, alsoMocha }) {
  const own = added.filter((file) => file.endsWith('.test.ts'));
  const files = [...own, ...alsoMocha.map((file) => `test/${file}.test.ts`)];
  const { build } = await import(pathToFileURL(path.join(copy, 'scripts', 'build.mjs')));
  await build();
  const node = (what, ...args) => run(`${what} of ${name}.patch`, process.execPath, args, { cwd: copy });
  await node('The type-check', tool('typescript', 'bin', 'tsc'), '--project', 'tsconfig.check.json');
  const mocha = [tool('mocha', 'bin', 'mocha.js'), '--no-config', '--timeout', '90000', '--fail-zero'];
  await node('The tests', '--import', 'tsx', ...mocha, ...files);
  return files.length;
}

async function check(copy, example) {
  const started = performance.now();
  const { name, file, touches, touched } = example;
  say(`${name}.patch touches ${touched.length} of at most ${touches} files:`);
  console.log(gitApply(copy, '--stat', file).output);
  if (touched.length > touches) throw new Failure(`${name}.patch touches ${touched.length} files, not ${touches}.`);
  apply(copy, example);
  const cases = await testCore(copy, example);
  const files = await testPackage(copy, example);
  apply(copy, example, '--reverse');
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  return { example: name, touches: touched.length, most: touches, 'core cases': cases, 'test files': files, minutes };
}

async function main(names) {
  const all = examples();
  const unknown = names.find((name) => !all.some((example) => example.name === name));
  if (unknown !== undefined) {
    throw new Failure(`there is no example ${unknown}; there are ${all.map(({ name }) => name).join(', ')}.`);
  }
  const copy = copyTree();
  useCompilerCache(copy);
  const rows = [];
  try {
    for (const example of all) {
      if (names.length === 0 || names.includes(example.name)) rows.push(await check(copy, example));
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  console.table(rows);
}

await asProgram(import.meta.url, main);
