/**
 * `npm run bench:instructions`: counts the instructions of a few training steps under Valgrind's Callgrind, and fails
 * where they differ from bench/instructions/recorded.json by more than 3 %. Unlike a time, a count does not depend on
 * what else the machine does.
 *
 *   npm run bench:instructions -- --record     writes the counts anew
 *
 * Valgrind knows no AVX-512, so it is the AVX2 kernels that are counted; on every processor it gives out the same one,
 * and OpenBLAS is told which kernels to take. Skipped where the processor has no AVX2 or, outside CI, where Valgrind is
 * absent.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { judge } from '../bench/instructions/judge.ts';
import { buildCoreTests, coreTestsFolder } from './core-tests.mjs';
import { setup } from './setup.mjs';
import { asProgram, Failure, root, say, which } from './support.mjs';

const WORKLOADS = ['W1', 'W3', 'W6'];
const program = path.join(coreTestsFolder, 'unrolled_steps');
const recordFile = path.join(root, 'bench', 'instructions', 'recorded.json');

/** Why nothing can be counted here, or undefined. */
function obstacle() {
  if (process.arch !== 'x64' || process.platform !== 'linux') return 'only Linux on x86-64 is counted';
  if (!/^flags\s*:.*\bavx2\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))) return 'this processor has no AVX2';
  if (which('valgrind')) return undefined;
  if (process.env.CI) throw new Failure('valgrind is missing; on Debian: apt-get install valgrind');
  return 'valgrind is absent (on Debian: apt-get install valgrind)';
}

/** Runs the steps of a workload under Callgrind, which counts in `countedSteps` alone. */
async function count(workload, folder) {
  const output = path.join(folder, workload);
  // Little else of the environment, so that it moves nothing on the stack.
  const env = { PATH: process.env.PATH, OPENBLAS_CORETYPE: 'Haswell' };
  const options = ['--tool=callgrind', '--toggle-collect=*countedSteps*', `--callgrind-out-file=${output}`];
  let told;
  try {
    const { stdout } = await promisify(execFile)('valgrind', [...options, program, workload], { env });
    told = JSON.parse(stdout);
  } catch (error) {
    throw new Failure(`${workload} failed under Valgrind:\n${error.stderr || error.message}`);
  }
  const { kernels, blasCore, blas, compiler, compilerMajor, compilerVersion } = told;
  if (kernels !== 'avx2' || blasCore !== 'Haswell') {
    throw new Failure(`${workload} ran ${kernels} kernels and OpenBLAS's for ${blasCore}, not avx2 and Haswell.`);
  }
  const instructions = Number(/^totals: (\d+)$/m.exec(readFileSync(output, 'utf8'))?.[1]);
  if (!(instructions > 0)) throw new Failure(`Callgrind counted nothing of ${workload}.`);
  const openblas = /OpenBLAS (\S+)/.exec(blas)?.[1];
  return { workload, instructions, toolchain: { compiler, compilerMajor, compilerVersion, openblas } };
}

/** Counts all workloads, as many at a time as there are processors. */
async function countAll() {
  const folder = mkdtempSync(path.join(tmpdir(), 'unrolled-instructions-'));
  try {
    const queue = [...WORKLOADS];
    const counts = [];
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) counts.push(await count(next, folder));
    };
    await Promise.all(Array.from({ length: Math.min(availableParallelism(), WORKLOADS.length) }, worker));
    counts.sort((a, b) => WORKLOADS.indexOf(a.workload) - WORKLOADS.indexOf(b.workload));
    return {
      toolchain: counts[0].toolchain,
      instructions: Object.fromEntries(counts.map(({ workload, instructions }) => [workload, instructions])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readRecord() {
  if (!existsSync(recordFile)) throw new Failure('nothing is recorded: npm run bench:instructions -- --record');
  return JSON.parse(readFileSync(recordFile, 'utf8'));
}

function parseOptions(args) {
  try {
    return parseArgs({ args, options: { record: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new Failure(error.message);
  }
}

async function main(args) {
  const { record } = parseOptions(args);
  const reason = obstacle();
  if (reason !== undefined) {
    if (record) throw new Failure(`nothing can be recorded here: ${reason}.`);
    say(`SKIPPED: instructions are not counted: ${reason}.`);
    return 0;
  }
  await setup();
  await buildCoreTests('The build of the steps', 'unrolled_steps');
  const counted = await countAll();
  if (record) {
    writeFileSync(recordFile, `${JSON.stringify(counted, null, 2)}\n`);
    for (const [name, instructions] of Object.entries(counted.instructions)) say(`${name}: ${instructions} recorded.`);
    return 0;
  }
  const { outcome, lines } = judge(readRecord(), counted);
  for (const line of lines) say(line);
  return outcome === 'failed' ? 1 : 0;
}

await asProgram(import.meta.url, main);
