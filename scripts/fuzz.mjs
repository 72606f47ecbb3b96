/**
 * `npm run fuzz`: the fuzzers of `test/fuzz`, each in a process of its own.
 *
 *   npm run fuzz -- --seconds 30              all of them; the C++ ones where clang is there
 *   npm run fuzz -- api command-line          some of them
 *   npm run fuzz -- --typescript              those that need no compiler
 *
 * Two run at a time. What one finds is shown; inputs of the C++ ones are left in `build/fuzz`.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildTypeScript, configure, isBuildNews, UNITY_BUILD } from './build.mjs';
import { asProgram, clang, Failure, root, run, say, status } from './support.mjs';

const TYPESCRIPT = ['safetensors', 'model-files', 'api', 'command-line', 'cutting'];

/** Targets of the C++ core, with the longest input of each. */
const CORE = { description: 700, 'id-file': 400 };

const buildFolder = path.join(root, 'build', 'fuzz');
const corpora = path.join(root, 'test', 'fuzz', 'corpus');

async function buildCore() {
  const settings = { CMAKE_CXX_COMPILER: clang(), UNROLLED_OPTIMIZATION: '-O1', ...UNITY_BUILD };
  await configure('test/fuzz/core', buildFolder, settings);
  await run('The build of the fuzzers', 'cmake', ['--build', buildFolder, '--parallel', '2'], { filter: isBuildNews });
}

/** Fuzzes for so long and keeps what reaches new code in `build`; the inputs of the repository are only read. */
function fuzzCore(target, seconds) {
  const found = path.join(buildFolder, 'found', target);
  mkdirSync(found, { recursive: true });
  return status(
    path.join(buildFolder, `fuzz_${target.replace('-', '_')}`),
    [
      ...[
        `-max_total_time=${seconds}`,
        `-max_len=${CORE[target]}`,
        '-timeout=30',
        '-verbosity=0',
        '-print_final_stats=1',
      ],
      ...[`-artifact_prefix=${buildFolder}/${target}-`, found, path.join(corpora, target)],
    ],
    { env: { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' } },
  );
}

function fuzzTypeScript(target, seconds) {
  const file = path.join('test', 'fuzz', `${target}.ts`);
  return status(process.execPath, ['--import', 'tsx', file, '--seconds', String(seconds)]);
}

/** Runs two jobs at a time; gives the names of those that failed. */
async function inPairs(jobs) {
  const failed = [];
  const worker = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const [name, work] = job;
      if ((await work()) !== 0) failed.push(name);
    }
  };
  await Promise.all([worker(), worker()]);
  return failed;
}

export async function fuzz(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { seconds: { type: 'string', default: '30' }, typescript: { type: 'boolean', default: false } },
  });
  const all = [...TYPESCRIPT, ...(values.typescript ? [] : Object.keys(CORE))];
  const targets = positionals.length > 0 ? positionals : all;
  const unknown = targets.find((target) => !TYPESCRIPT.includes(target) && !Object.hasOwn(CORE, target));
  if (unknown !== undefined) throw new Failure(`there is no fuzzer ${unknown}; there are ${all.join(', ')}.`);
  if (!existsSync(path.join(root, 'lib', 'index.js'))) await buildTypeScript();
  const ofCore = targets.filter((target) => Object.hasOwn(CORE, target));
  const isSkipped = ofCore.length > 0 && clang() === undefined;
  if (isSkipped) say(`skipped, for want of clang: ${ofCore.join(', ')}.`);
  else if (ofCore.length > 0) await buildCore();
  const jobs = targets
    .filter((target) => !(isSkipped && ofCore.includes(target)))
    .map((target) => [
      target,
      () => (ofCore.includes(target) ? fuzzCore(target, values.seconds) : fuzzTypeScript(target, values.seconds)),
    ]);
  const failed = await inPairs(jobs);
  if (failed.length > 0) throw new Failure(`fuzzing found something: ${failed.join(', ')}.`);
  return 0;
}

await asProgram(import.meta.url, fuzz);
