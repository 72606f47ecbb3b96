/**
 * `npm run test:quick`: the type-check and the nearest tests of what has changed, in about a minute.
 *
 *   npm run test:quick                    of what is not committed yet
 *   npm run test:quick -- origin/main     of what differs from a commit
 *   npm run test:quick -- --list          says what it would run, and how long that takes
 *   npm run test:quick -- --seconds 120   takes so much time for the tests
 *
 * A test is near to a file that it has the name of, imports or uses a name of (`scripts/quick/choice.mjs`). A file of the
 * C++ core has the core's own tests. How long a test takes is remembered in `build/test-times.json`, which `npm test`
 * writes too. It is no `npm test`: what is left out is counted, not run.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative, buildTypeScript } from './build.mjs';
import { buildCoreTests, coreTestsFolder } from './core-tests.mjs';
import { chooseTests, secondsOf } from './quick/choice.mjs';
import { readCpp, readModules } from './quick/graph.mjs';
import { asProgram, Failure, quietly, root, say, status, tool } from './support.mjs';

const timesFile = path.join(root, 'build', 'test-times.json');

/** Seconds for the tests, the rest of a minute being for the type-check and the build. */
const BUDGET = 35;

async function testQuick(args) {
  const { list, seconds, reference } = parseOptions(args);
  const changed = changedSince(reference);
  if (changed.length === 0) {
    say(`nothing differs from ${reference}. Give a commit to compare with: npm run test:quick -- origin/main`);
    return 0;
  }
  const choice = chooseTests({
    changed,
    modules: readModules(root),
    cpp: readCpp(root),
    times: readTimes(),
    budget: seconds,
  });
  const steps = { ...stepsFor(changed), addon: choice.addon };
  describe(changed, reference, steps, choice);
  if (list) return 0;

  const began = Date.now();
  const failed = [];
  const step = async (what, run) => {
    if (!(await run())) failed.push(what);
  };
  if (steps.types) await step('the type-check', checkTypes);
  if (steps.addon) await buildNative();
  if (steps.lib) await buildTypeScript();
  if (choice.core.chosen.length > 0) await step('the tests of the core', () => runCore(choice.core.chosen));
  if (choice.modules.chosen.length > 0) await step('the tests in TypeScript', () => runMocha(choice.modules.chosen));
  const took = `${((Date.now() - began) / 1000).toFixed(0)} s`;
  if (failed.length > 0) throw new Failure(`failed after ${took}: ${failed.join(', ')}.`);
  say(`passed in ${took}. npm test runs all tests.`);
  return 0;
}

function parseOptions(args) {
  try {
    const options = { list: { type: 'boolean', default: false }, seconds: { type: 'string', default: String(BUDGET) } };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const seconds = Number(values.seconds);
    if (!(seconds > 0))
      throw new Error(`--seconds must be a number above 0, and is ${JSON.stringify(values.seconds)}.`);
    if (positionals.length > 1) throw new Error(`give one commit, not ${positionals.join(' and ')}.`);
    return { list: values.list, seconds, reference: positionals[0] ?? 'HEAD' };
  } catch (error) {
    throw new Failure(error.message);
  }
}

/** Files that differ from a commit, new ones among them. */
function changedSince(reference) {
  const git = (...words) => {
    const { ok, output } = quietly('git', words);
    if (!ok) throw new Failure(output.trim());
    return output.split('\0').filter((name) => name !== '');
  };
  const differ = git('diff', '--name-only', '--no-renames', '--diff-filter=d', '-z', reference, '--');
  return [...new Set([...differ, ...git('ls-files', '--others', '--exclude-standard', '-z')])].sort();
}

/** What has to be done before the tests. */
function stepsFor(changed) {
  const some = (pattern) => changed.some((file) => pattern.test(file));
  return {
    types: some(/\.ts$|^tsconfig.*\.json$|^package(-lock)?\.json$/),
    lib: some(/^src\/|^scripts\/(build|module-face|lazy-imports)\.mjs$|^tsconfig\.json$/),
  };
}

function readTimes() {
  try {
    return JSON.parse(readFileSync(timesFile, 'utf8'));
  } catch {
    return {};
  }
}

function describe(changed, reference, steps, { core, modules }) {
  const shown = changed.length > 6 ? [...changed.slice(0, 5), `${changed.length - 5} more`] : changed;
  say(`differs from ${reference}: ${shown.join(', ')}.`);
  const before = [
    steps.types && 'the type-check',
    steps.addon && 'the build of the addon',
    steps.lib && 'the build of lib',
  ];
  if (core.chosen.length > 0) before.push('the build of the core and its tests');
  const doing = before.filter((each) => each);
  if (doing.length > 0) say(`first ${doing.join(', ')}.`);
  for (const [what, { chosen, leftOut }] of Object.entries({ 'of the core': core, 'in TypeScript': modules })) {
    if (chosen.length === 0) continue;
    const untimed = chosen.filter(({ isTimed }) => !isTimed).length;
    const about = `about ${Math.ceil(secondsOf(chosen))} s${untimed > 0 ? `, ${untimed} of them not timed yet` : ''}`;
    say(`then ${chosen.length} files of tests ${what}, ${about}; ${leftOut} that reach the change are left out.`);
    for (const { test, seconds, isTimed, why } of chosen) {
      console.error(`  ${isTimed ? seconds.toFixed(1).padStart(5) : '    ?'} s  ${test}  ${why}`);
    }
  }
  if (core.chosen.length + modules.chosen.length === 0) say('no test reaches it.');
}

async function checkTypes() {
  return (await status(process.execPath, [tool('typescript', 'bin', 'tsc'), '--project', 'tsconfig.check.json'])) === 0;
}

async function runMocha(chosen) {
  mkdirSync(path.dirname(timesFile), { recursive: true });
  const words = [tool('mocha', 'bin', 'mocha.js'), ...chosen.map(({ test }) => test)];
  return (await status(process.execPath, words, { env: { ...process.env, UNROLLED_TEST_TIMES: timesFile } })) === 0;
}

async function runCore(chosen) {
  await buildCoreTests('The build of the tests of the core');
  const times = readTimes();
  let ok = true;
  for (const { test } of chosen) {
    const began = performance.now();
    const { ok: passed, output } = quietly(path.join(coreTestsFolder, 'unrolled_core_tests'), [
      `--source-file=*${test}`,
    ]);
    if (passed && !/test cases:\s*0 \|/.test(output)) times[test] = (performance.now() - began) / 1000;
    else console.error(output);
    ok &&= passed;
  }
  writeFileSync(timesFile, `${JSON.stringify(times)}\n`);
  return ok;
}

await asProgram(import.meta.url, testQuick);
