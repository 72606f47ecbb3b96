/**
 * `npm run setup`: installs what is missing, and says nothing when nothing is.
 *
 * npm packages come by `npm ci`. System packages are installed on Debian and Ubuntu as root; anywhere
 * else this says what to install, and fails while something is missing.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { asProgram, Failure, quietly, root, run, say, which } from './support.mjs';

/** Debian's packages: the static single-threaded OpenBLAS, and doctest for the tests of the C++ core. */
const debianPackages = ['libopenblas-serial-dev', 'doctest-dev'];

/** Programs of any origin, and the Debian package that brings each. */
const programs = [
  { names: ['c++', 'g++', 'clang++'], debian: 'g++', what: 'a C++20 compiler' },
  { names: ['make', 'ninja'], debian: 'make', what: 'make or ninja' },
  { names: ['cmake'], debian: 'cmake', what: 'CMake' },
];

/** What to type elsewhere. The first line that fits is shown. */
const elsewhere = [
  { fits: () => process.platform === 'darwin', command: 'xcode-select --install; brew install cmake openblas doctest' },
  {
    fits: () => which('dnf'),
    command: 'sudo dnf install gcc-c++ make cmake openblas-static openblas-devel doctest-devel',
  },
  { fits: () => which('apk'), command: 'apk add g++ make cmake openblas-dev openblas-static doctest-dev' },
  { fits: () => which('pacman'), command: 'sudo pacman -S base-devel cmake openblas doctest' },
  {
    fits: () => which('zypper'),
    command: 'sudo zypper install gcc-c++ make cmake openblas-devel-static doctest-devel',
  },
];

export async function setup() {
  checkNode();
  installSystemPackages();
  await installNpmPackages();
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (!supported)
    throw new Failure(`Node.js ${process.versions.node} is not supported; use 20.19 or later, 22.12 or later.`);
}

function installSystemPackages() {
  const absent = programs.filter((program) => !program.names.some((name) => which(name)));

  if (!isDebian()) {
    const file = openblasHeader();
    const missing = absent.map((program) => program.what);
    if (file === undefined) missing.push('OpenBLAS with its headers');
    if (missing.length === 0) return;
    const command = elsewhere.find((entry) => entry.fits())?.command;
    throw new Failure(
      `missing: ${missing.join(', ')}.\n` +
        (command
          ? `Install it by:\n  ${command}`
          : 'Install a C++20 compiler, CMake 3.18 or later, make or ninja, static OpenBLAS, and doctest.'),
    );
  }

  const packages = [...absent.map((program) => program.debian), ...debianPackages.filter((name) => !isInstalled(name))];
  if (packages.length === 0) return;
  if (process.getuid() !== 0) {
    throw new Failure(`missing: ${packages.join(', ')}.\nInstall it by:\n  sudo apt-get install ${packages.join(' ')}`);
  }
  aptInstall(packages);
}

function aptInstall(packages) {
  say(`installing ${packages.join(', ')} (apt-get) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    quietly('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...packages], { env });
  let result = install();
  if (!result.ok) {
    // The package lists are absent or old.
    quietly('apt-get', ['update', '--quiet'], { env });
    result = install();
  }
  if (!result.ok) throw new Failure(`apt-get could not install ${packages.join(', ')}:\n${result.output.trim()}`);
}

function isDebian() {
  if (process.platform !== 'linux' || !which('apt-get') || !which('dpkg-query')) return false;
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

function isInstalled(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholder.
  const { ok, output } = quietly('dpkg-query', ['--show', '--showformat=${db:Status-Abbrev}', name]);
  return ok && output.startsWith('ii');
}

function openblasHeader() {
  const prefixes = [
    process.env.OPENBLAS_ROOT,
    '/usr',
    '/usr/local',
    '/opt/homebrew/opt/openblas',
    '/usr/local/opt/openblas',
  ];
  return prefixes
    .filter((prefix) => prefix !== undefined)
    .flatMap((prefix) => [path.join(prefix, 'include', 'cblas.h'), path.join(prefix, 'include', 'openblas', 'cblas.h')])
    .find((file) => existsSync(file));
}

async function installNpmPackages() {
  if (npmPackagesMissing(root)) await npmCi(root);
}

/** Installs what the lock file of a folder says. */
export async function npmCi(folder) {
  say('installing npm packages …');
  // No package of ours needs an install script, so none is run.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // Under `npm run` npm says which file it is itself; that needs no shell, on Windows either.
  const npm = process.env.npm_execpath;
  const options = { filter: notEmpty, cwd: folder };
  if (npm?.endsWith('.js')) await run('npm ci', process.execPath, [npm, ...args], options);
  else await run('npm ci', 'npm', args, options);
}

function notEmpty(line) {
  return line.trim() !== '';
}

/** Compares the lock file with npm's own record of what it installed; times of files say little after a checkout. */
export function npmPackagesMissing(folder) {
  const wanted = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')).packages;
  let present;
  try {
    present = JSON.parse(readFileSync(path.join(folder, 'node_modules', '.package-lock.json'), 'utf8')).packages;
  } catch {
    return true;
  }
  return Object.entries(wanted).some(([place, entry]) => {
    if (place === '') return false;
    // Optional packages are those of other systems, but for the one that is here.
    if (present[place] === undefined) return entry.optional !== true;
    return present[place].version !== entry.version;
  });
}

await asProgram(import.meta.url, setup);
