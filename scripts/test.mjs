/**
 * `npm test`: sets up, builds, and runs the tests of the C++ core, the type-check, and mocha.
 *
 *   npm test -- --grep vocabulary     arguments go to mocha
 *   npm test -- test/tensor/tensor.test.ts   these files alone, of the tests in TypeScript
 *   npm run test:core                 the C++ core alone
 *   npm run test:core -- --clang      the same, compiled by Clang, as the prebuilt binaries are
 *
 * Files of tests in TypeScript run at the same time, as many as there are processors, but for those that measure what other
 * work would change. The counts of both test runners, and what failed, are left in `build/test-totals.json`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { build } from './build.mjs';
import { buildClangTests, buildCoreTests, clangTestsFolder, coreTestsFolder } from './core-tests.mjs';
import { setup } from './setup.mjs';
import { asProgram, Failure, root, say, status, tool } from './support.mjs';

const buildFolder = path.join(root, 'build');
const totalsFile = path.join(buildFolder, 'test-totals.json');
const timesFile = path.join(buildFolder, 'test-times.json');

/** Files of tests that run one after another: they compare turns of event loops, and count in time that goes by. */
const ALONE = ['test/base/event-loop.test.ts', 'test/reliability/load.test.ts'];

/** The most files at the same time: each may train with as many threads as there are processors. */
const MOST_JOBS = 4;

async function test(args) {
  await setup();
  if (args[0] === '--core') {
    const core = args[1] === '--clang' ? await testCoreByClang() : await testCore();
    return core.ok ? 0 : 1;
  }
  await build();
  rmSync(totalsFile, { force: true });
  mkdirSync(buildFolder, { recursive: true });

  await buildCoreTests('The build of the tests of the core');
  // What the first two print comes in between in whole blocks.
  const [core, types, mocha] = await Promise.all([runCoreTests(coreTestsFolder), checkTypes(), testTypeScript(args)]);

  const { ok: _, ...totals } = sum([core, mocha]);
  if (!types) totals.failures.push('the type-check');
  writeFileSync(totalsFile, `${JSON.stringify(totals)}\n`);
  if (!core.ok) say('the tests of the core failed; see above.');
  if (!types) say('the type-check failed; see above.');
  return core.ok && types && mocha.ok ? 0 : 1;
}

/** Builds the tests of the C++ core and runs them. */
async function testCore() {
  await buildCoreTests('The build of the tests of the core');
  return runCoreTests(coreTestsFolder);
}

async function testCoreByClang() {
  await buildClangTests();
  return runCoreTests(clangTestsFolder);
}

async function runCoreTests(folder) {
  const args = ['--test-dir', folder, '--output-on-failure', '--no-tests=error'];
  const code = await statusInOneBlock('ctest', args, /^$|^Internal ctest changing|^Test project|^Total Test time/);
  return { ok: code === 0, ...countDoctest(path.join(folder, 'Testing', 'Temporary', 'LastTest.log'), code) };
}

/**
 * Adds up doctest's own summaries ("[doctest] test cases: 12 | 12 passed | 0 failed | 0 skipped") in
 * what ctest keeps of the programs' output, and collects the names of the cases that failed, the only
 * ones that it names. A program that crashed wrote no summary, and counts as one failure.
 */
function countDoctest(log, code) {
  const totals = { passed: 0, failed: 0, skipped: 0, failures: [] };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: doctest may colour its summary.
  const text = readFileSync(log, 'utf8').replace(/\x1b\[[0-9;]*m/g, '');
  for (const [, passed, failed, skipped] of text.matchAll(
    /\[doctest\] test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped/g,
  )) {
    totals.passed += Number(passed);
    totals.failed += Number(failed);
    totals.skipped += Number(skipped);
  }
  totals.failures = [...new Set(Array.from(text.matchAll(/^TEST CASE:\s+(.*)$/gm), ([, name]) => name))];
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  if (code === 0 && totals.passed === 0) throw new Failure('the tests of the core ran no test case.');
  return totals;
}

/** What several runs of tests came to. */
function sum(parts) {
  const total = { ok: parts.every(({ ok }) => ok), passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { failures, ...counts } of parts) {
    for (const key of ['passed', 'failed', 'skipped']) total[key] += counts[key];
    total.failures.push(...failures);
  }
  return total;
}

async function checkTypes() {
  const compiler = tool('typescript', 'bin', 'tsc');
  const kept = ['--incremental', '--tsBuildInfoFile', path.join('build', 'check.tsbuildinfo')];
  const args = [compiler, '--project', 'tsconfig.check.json', '--pretty', ...kept];
  return (await statusInOneBlock(process.execPath, args, /^$/)) === 0;
}

/** Runs a command beside others: what it prints, without the lines that `unseen` fits, is shown at its end. */
async function statusInOneBlock(command, args, unseen) {
  const lines = [];
  const filter = (line) => {
    if (!unseen.test(line)) lines.push(line);
    return false;
  };
  const code = await status(command, args, { filter });
  if (lines.length > 0) console.error(lines.join('\n'));
  return code;
}

async function testTypeScript(args) {
  if (args.some((arg) => arg.endsWith('.test.ts'))) return mocha(args);
  const together = testFiles().filter((file) => !ALONE.includes(file));
  const jobs = Math.min(availableParallelism(), MOST_JOBS);
  const parallel = jobs > 1 ? ['--parallel', '--jobs', String(jobs)] : [];
  return sum([await mocha([...parallel, ...args, ...together]), await mocha([...args, ...ALONE])]);
}

/** All files of tests in TypeScript, those first that took long before: one that began last would run on alone. */
function testFiles() {
  let times = {};
  try {
    times = JSON.parse(readFileSync(timesFile, 'utf8'));
  } catch {
    // None yet.
  }
  return readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name.split(path.sep).join('/')}`)
    .sort((a, b) => (times[b] ?? 0) - (times[a] ?? 0) || (a < b ? -1 : 1));
}

async function mocha(args) {
  const file = path.join(buildFolder, 'mocha-totals.json');
  rmSync(file, { force: true });
  const strict = process.env.CI && !args.includes('--parallel') ? ['--forbid-only'] : [];
  const code = await status(process.execPath, [tool('mocha', 'bin', 'mocha.js'), ...strict, ...args], {
    env: { ...process.env, UNROLLED_TEST_TOTALS: file, UNROLLED_TEST_TIMES: timesFile },
  });
  try {
    return { ok: code === 0, ...JSON.parse(readFileSync(file, 'utf8')) };
  } catch {
    // It ended before its last test: the count is not known, the failure is.
    return { ok: false, passed: 0, failed: 1, skipped: 0, failures: ['mocha ended before its last test'] };
  }
}

await asProgram(import.meta.url, test);
