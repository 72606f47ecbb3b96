/** The package as npm packs it: what must hold of the tarball, and its installation into an empty folder. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure, quietly, root, run, tool } from '../support.mjs';

const MOST_BYTES = 40e6;
const SCRIPTS_OF_INSTALLATION = ['preinstall', 'install', 'postinstall', 'prepublish', 'prepare'];

/** What every package must hold, as paths in it. */
const WANTED = [
  ...['LICENSE', 'README.md', 'CHANGELOG.md', 'THIRD-PARTY-NOTICES.md', 'CMakeLists.txt', 'package.json'],
  ...['lib/index.js', 'lib/index.mjs', 'lib/index.d.ts', 'lib/text.mjs', 'lib/cli/main.js', 'binding/headers/napi.h'],
  ...['binding/core/CMakeLists.txt', 'binding/node/addon.cpp', 'binding/node/exports.map'],
];
/** npm would compile by it at installation. */
const UNWANTED = /(^|\/)(binding\.gyp|node_modules|build|test|\.env.*|.*\.safetensors)$/;

/** Packs the package and returns the tarball's path. */
export async function pack() {
  const folder = path.join(root, 'build', 'package');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run('npm pack', 'npm', ['pack', '--silent', '--pack-destination', folder], { filter: () => false });
  return path.join(folder, readdirSync(folder)[0]);
}

/** @throws Failure where the tarball is not as it should be. */
export async function checkTarball(tarball) {
  const { ok, output } = quietly('tar', ['-tzf', tarball]);
  if (!ok) throw new Failure(`the package cannot be read:\n${output}`);
  const files = output.split('\n').map((name) => name.replace(/^package\//, ''));
  const missing = WANTED.filter((name) => !files.includes(name));
  if (missing.length > 0) throw new Failure(`the package has no ${missing.join(', ')}.`);
  const surplus = files.filter((name) => UNWANTED.test(name));
  if (surplus.length > 0) throw new Failure(`the package has ${surplus.join(', ')}.`);
  const { scripts } = JSON.parse(quietly('tar', ['-xzOf', tarball, 'package/package.json']).output);
  const found = SCRIPTS_OF_INSTALLATION.filter((name) => scripts[name] !== undefined);
  if (found.length > 0) throw new Failure(`the package runs ${found.join(', ')} at installation.`);
  const bytes = statSync(tarball).size;
  if (bytes > MOST_BYTES) throw new Failure(`the package has ${bytes} bytes, more than ${MOST_BYTES}.`);
  // Both judge how tools of every kind resolve the package and its types.
  await run('publint', process.execPath, [tool('publint', 'src', 'cli.js'), 'run', tarball, '--strict'], {
    filter: (line) => !/^(Running|Linting|Unpacking|All good|Suggestions|1\. The package appears)|^$/.test(line),
  });
  // Not as Node.js 10 resolves: it knows no "exports", by which `unrolled/text` is found.
  const attw = ['--profile', 'node16', '--no-color', '--no-emoji', '--format', 'ascii', tarball];
  await run('attw', process.execPath, [tool('@arethetypeswrong', 'cli', 'dist', 'index.js'), ...attw], {
    filter: (line) => /\(!\)|problem|❌|💀/i.test(line) && !/No problems/.test(line),
  });
  return { bytes, binaries: files.filter((name) => name.endsWith('.node')) };
}

/**
 * Installs a tarball into a new, empty folder, without scripts, and puts the consumers beside it. Returns the folder, which
 * the caller removes.
 */
export async function install(tarball) {
  const folder = mkdtempSync(path.join(tmpdir(), 'unrolled-package-'));
  // With a type, for Deno's sake, which guesses none.
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', tarball];
  await run('npm install', 'npm', args, { cwd: folder, env: { ...process.env, npm_config_nodedir: undefined } });
  const consumers = path.join(root, 'scripts', 'smoke', 'consumers');
  for (const name of readdirSync(consumers)) cpSync(path.join(consumers, name), path.join(folder, name));
  return folder;
}

/** Compiles the TypeScript consumer, as strictly as can be; `out/consumer.js` is what it becomes. */
export async function compileConsumer(folder) {
  // Node's own types, as every user of TypeScript and Node has them.
  mkdirSync(path.join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(tool('@types', 'node'), path.join(folder, 'node_modules', '@types', 'node'));
  await run('The type-check of a consumer', process.execPath, [tool('typescript', 'bin', 'tsc'), '-p', folder]);
  cpSync(path.join(folder, 'check.cjs'), path.join(folder, 'out', 'check.cjs'));
}

/** The environment of a user who has no compiler, nor anything else, on the path. */
export function bareEnvironment(folder, env = {}) {
  const nothing = path.join(folder, 'nothing');
  mkdirSync(nothing, { recursive: true });
  return { PATH: nothing, HOME: folder, TMPDIR: tmpdir(), ...env };
}
