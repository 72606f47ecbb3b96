/**
 * `npm run test:package`: packs the package, judges the tarball, installs it into an empty folder without scripts, and runs
 * it from CommonJS, an ES module and TypeScript, with no compiler to be found; then under Jest and Vitest, linked too.
 *
 *   npm run test:package                     on the Node.js that runs here
 *   npm run test:package -- --long           on other versions, Bun, Deno, arm64, musl and Windows too, and builds it
 *                                            from the source in the package
 *   npm run test:package -- --only NAME      on one of those (--list names them), or under the test runners alone
 *
 * A runtime whose binary is not in `prebuilds` is skipped by name. `npm run prebuilds -- host` comes before.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { hostTarget, prebuiltFile, targets } from './prebuild/targets.mjs';
import { tryFrameworks } from './smoke/frameworks.mjs';
import { buildFromSource } from './smoke/from-source.mjs';
import { bareEnvironment, checkTarball, compileConsumer, install, pack } from './smoke/package.mjs';
import { hostKernels, runtimes } from './smoke/runtimes.mjs';
import { asProgram, Failure, quietly, root, say } from './support.mjs';

const CONSUMERS = ['consumer.cjs', 'consumer.mjs', path.join('out', 'consumer.js')];
const LONGEST = 15 * 60_000;

/** What is named beside the runtimes. */
const FRAMEWORKS = 'frameworks';
const NAMES = [...runtimes.map(({ name }) => name), FRAMEWORKS];

async function testPackage(args) {
  const { long, only, list } = parseOptions(args);
  if (list) {
    console.log(NAMES.join('\n'));
    return 0;
  }
  const host = hostTarget();
  if (host === undefined || !existsSync(path.join(root, prebuiltFile(host)))) {
    throw new Failure('the package has no binary for this system: npm run prebuilds -- host');
  }
  const tarball = await pack();
  const { bytes, binaries } = await checkTarball(tarball);
  say(`the package has ${(bytes / 1e6).toFixed(1)} MB and ${binaries.length} of ${targets.length} binaries.`);
  const folder = await install(tarball);
  const failed = [];
  try {
    await compileConsumer(folder);
    const here = {
      name: 'node-here',
      target: host.name,
      kernels: hostKernels,
      start: () => ({ words: [process.execPath] }),
    };
    const chosen = runtimes.filter(({ name }) => long || name === only);
    for (const runtime of only === undefined ? [here, ...chosen] : chosen) {
      if (!tryRuntime(runtime, folder)) failed.push(runtime.name);
    }
    if (only === undefined || only === FRAMEWORKS) failed.push(...(await tryFrameworks(folder)));
    if (long && !(await buildFromSource(tarball))) failed.push('build from source');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (failed.length > 0) throw new Failure(`the package failed on ${failed.join(', ')}.`);
  return 0;
}

function parseOptions(args) {
  const flag = { type: 'boolean', default: false };
  try {
    const { values } = parseArgs({ args, options: { long: flag, list: flag, only: { type: 'string' } } });
    if (values.only === undefined || NAMES.includes(values.only)) return values;
    throw new Error(`no runtime ${values.only}; there are ${NAMES.join(', ')}.`);
  } catch (error) {
    throw new Failure(error.message);
  }
}

/** Runs all consumers on a runtime. Returns whether none failed. */
function tryRuntime({ name, target, kernels, start }, folder) {
  if (!existsSync(path.join(root, prebuiltFile(targets.find((candidate) => candidate.name === target))))) {
    say(`${name}: skipped, as there is no binary for ${target}.`);
    return true;
  }
  try {
    const { words, env } = start();
    for (const consumer of CONSUMERS) {
      const { ok, output } = runConsumer([...words, consumer], folder, env);
      if (!ok) throw new Failure(`${consumer}:\n${output}`);
      if (kernels !== undefined && !output.includes(kernels))
        throw new Failure(`it does not run ${kernels}: ${output}`);
      console.log(`${name}: ${output.trim()}`);
    }
    return true;
  } catch (error) {
    say(`${name} failed: ${error.message}`);
    return false;
  }
}

/** Runs a command as `quietly` does, but lets it write into a file: Wine makes nothing of the sockets that Node would give it. */
function runConsumer([command, ...args], folder, env) {
  const file = path.join(folder, 'output.txt');
  const output = openSync(file, 'w');
  try {
    const stdio = ['ignore', output, output];
    const { ok } = quietly(command, args, { cwd: folder, env: bareEnvironment(folder, env), timeout: LONGEST, stdio });
    return { ok, output: readFileSync(file, 'utf8') };
  } finally {
    closeSync(output);
  }
}

await asProgram(import.meta.url, testPackage);
