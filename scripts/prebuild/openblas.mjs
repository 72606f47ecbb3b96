/**
 * OpenBLAS for a target, from Debian's source package: the CBLAS functions in single precision, with the kernels of a few
 * processors, without threads of its own, as a static library.
 *
 * Debian's package for users holds kernels for thirty processors and all of LAPACK. Products in double precision are made
 * by our own kernels (UNROLLED_FLOAT64_BLAS in CMake): they would double size and time here, for gradient checks alone.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { asProgram, Failure, quietly, say, which } from '../support.mjs';
import { aptGet, RELEASE } from './debian.mjs';
import { targets } from './targets.mjs';
import { compilers, prebuildFolder, zigEnvironment } from './zig.mjs';

const settings = [
  ...['NOFORTRAN=1', 'NO_FORTRAN=1', 'NO_LAPACK=1', 'NO_LAPACKE=1', 'NO_SHARED=1', 'NO_EXPRECISION=1'],
  // Threads are ours: any of them may call it, so it hands out its buffers under a lock.
  ...['BUILD_SINGLE=1', 'USE_THREAD=0', 'USE_LOCKING=1', 'NO_AFFINITY=1', 'NUM_THREADS=64'],
];

/** Builds it where it is missing. Returns a folder with `include` and `lib`. */
export function openblas(target) {
  const folder = path.join(prebuildFolder, target.name, 'openblas');
  const wanted = JSON.stringify([RELEASE, settings, target.zig, target.kernels]);
  const stamp = path.join(folder, 'built');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  const source = openblasSource();
  say(`building OpenBLAS for ${target.name} …`);
  const work = path.join(prebuildFolder, target.name, 'openblas-build');
  for (const place of [folder, work]) rmSync(place, { recursive: true, force: true });
  cpSync(source, work, { recursive: true });
  make(target, work, ['libs']);
  make(target, work, ['install', `PREFIX=${folder}`]);
  cpSync(path.join(work, 'LICENSE'), path.join(folder, 'LICENSE'));
  rmSync(work, { recursive: true });
  writeFileSync(stamp, wanted);
  return folder;
}

function make(target, work, goals) {
  if (!which('make')) throw new Failure('make is missing; on Debian: apt-get install make');
  const bin = compilers(target);
  const programs = { CC: 'cc', AR: 'ar', RANLIB: 'ranlib', HOSTCC: 'host-cc' };
  const args = [
    ...[`-j${availableParallelism()}`, 'CROSS=1', ...settings, ...target.kernels],
    ...Object.entries(programs).map(([name, program]) => `${name}=${path.join(bin, program)}`),
  ];
  const env = { ...process.env, ...zigEnvironment };
  // Of the environment's own, these would reach OpenBLAS's Makefile.
  for (const name of ['TARGET', 'CFLAGS', 'LDFLAGS', 'MAKEFLAGS']) delete env[name];
  const { ok, output } = quietly('make', [...args, ...goals], { cwd: work, env, maxBuffer: 2 ** 28 });
  writeFileSync(path.join(prebuildFolder, target.name, `openblas-${goals[0]}.log`), output);
  if (!ok) throw new Failure(`OpenBLAS for ${target.name} could not be built:\n${output.slice(-3000)}`);
}

/** The folder of the sources; got by apt where it is missing, which needs Debian or Ubuntu, and leaves apt's own lists alone. */
function openblasSource() {
  const folder = path.join(prebuildFolder, 'openblas-source');
  const found = () => existsSync(folder) && readdirSync(folder).find((name) => /^OpenBLAS-[\d.]+$/.test(name));
  if (found()) return path.join(folder, found());
  say("getting OpenBLAS's source …");
  mkdirSync(folder, { recursive: true });
  aptGet(folder, 'deb-src', ['source', '--download-only', 'openblas']);
  const archive = readdirSync(folder).find((name) => /\.orig\.tar\./.test(name));
  const { ok, output } = quietly('tar', ['-xf', archive], { cwd: folder });
  if (!ok || !found()) throw new Failure(`OpenBLAS's source could not be unpacked:\n${output}`);
  return path.join(folder, found());
}

await asProgram(import.meta.url, (names) => {
  for (const target of targets.filter(({ name }) => names.length === 0 || names.includes(name))) openblas(target);
});
