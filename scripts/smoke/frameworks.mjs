/**
 * The package under real test runners, linked from the clone and installed from the tarball, without any configuration: Jest
 * with CommonJS and with ES modules, each file of tests in a realm of its own; Vitest in Node's realm and in one of its own.
 *
 * The runners are packages of their own in `scripts/smoke/frameworks`, so that nobody else need install them.
 */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { npmCi, npmPackagesMissing } from '../setup.mjs';
import { quietly, root, run, say } from '../support.mjs';

const home = path.join(root, 'scripts', 'smoke', 'frameworks');
const jest = path.join(home, 'node_modules', 'jest', 'bin', 'jest.js');
const vitest = path.join(home, 'node_modules', 'vitest', 'vitest.mjs');

const LONGEST = 10 * 60_000;

const RUNS = [
  { name: 'Jest, CommonJS', words: [jest, 'commonjs.jest'] },
  { name: 'Jest, ES modules', words: ['--experimental-vm-modules', jest, 'module.jest'] },
  { name: 'Vitest', words: [vitest, 'run', 'module.vitest'] },
  { name: 'Vitest in a realm of its own', words: [vitest, 'run', 'module.vitest', '--pool=vmThreads'] },
];

/**
 * Runs the tests under all runners.
 * @param installed a folder that the tarball is installed in.
 * @returns the names of the runs that failed.
 */
export async function tryFrameworks(installed) {
  if (npmPackagesMissing(home)) await npmCi(home);
  const linked = await link();
  try {
    return [...runIn(installed, 'packed'), ...runIn(linked, 'linked')];
  } finally {
    rmSync(linked, { recursive: true, force: true });
  }
}

/** A new folder that the clone is linked into, as the README says. */
async function link() {
  const folder = mkdtempSync(path.join(tmpdir(), 'unrolled-linked-'));
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  await run('npm install', 'npm', ['install', '--no-audit', '--no-fund', '--silent', root], { cwd: folder });
  return folder;
}

function runIn(folder, how) {
  cpSync(path.join(home, 'tests'), path.join(folder, 'tests'), { recursive: true });
  symlinkSync(path.join(home, 'node_modules', 'vitest'), path.join(folder, 'node_modules', 'vitest'), 'dir');
  return RUNS.map((each) => ({ ...each, name: `${each.name}, ${how}` }))
    .filter(({ name, words }) => !passes(name, words, folder))
    .map(({ name }) => name);
}

function passes(name, words, folder) {
  const started = performance.now();
  const env = { ...process.env, CI: 'true', NO_COLOR: '1', FORCE_COLOR: '0' };
  const args = [...words, '--testTimeout=120000'];
  const { ok, output } = quietly(process.execPath, args, { cwd: folder, env, timeout: LONGEST });
  const passed = /^\s*Tests:?\s.*?(\d+) passed/m.exec(output)?.[1];
  if (ok && passed !== undefined) {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${name}: ${passed} tests passed in ${seconds} s`);
    return true;
  }
  say(`${name} failed:\n${output}`);
  return false;
}
