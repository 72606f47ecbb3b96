#!/usr/bin/env node
/**
 * What prebuildify runs in the place of node-gyp: cmake-js, with Zig as the compiler and the trimmed OpenBLAS.
 *
 * prebuildify starts it in the target's own folder and looks for the binary in `build/Release` there; which target it is
 * stands in UNROLLED_PREBUILD. node-gyp's arguments say nothing that is not known by that.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { isBuildNews, UNITY_BUILD } from '../build.mjs';
import { asProgram, Failure, root, run, tool } from '../support.mjs';
import { openblas } from './openblas.mjs';
import { targets } from './targets.mjs';
import { toolchainFile, zigEnvironment } from './zig.mjs';

async function nodeGyp() {
  const target = targets.find(({ name }) => name === process.env.UNROLLED_PREBUILD);
  if (target === undefined) throw new Failure('UNROLLED_PREBUILD names no target; npm run prebuilds sets it.');
  const blas = openblas(target);
  const out = path.resolve('build');
  const settings = {
    CMAKE_TOOLCHAIN_FILE: toolchainFile(target),
    CMAKE_RUNTIME_OUTPUT_DIRECTORY: path.join(out, 'Release'),
    UNROLLED_OPENBLAS: blas,
    UNROLLED_FLOAT64_BLAS: 'OFF',
    ...UNITY_BUILD,
  };
  const env = { ...process.env, ...zigEnvironment };
  const what = `The build of the addon for ${target.name}`;
  const jobs = String(availableParallelism());
  if (existsSync(path.join(out, 'CMakeCache.txt'))) {
    await run(what, 'cmake', ['--build', out, '--parallel', jobs], { filter: isBuildNews, env });
    return;
  }
  const args = [
    ...[tool('cmake-js', 'bin', 'cmake-js'), 'build', '--log-level=error', `--directory=${root}`, `--out=${out}`],
    ...[`--arch=${target.arch}`, `--parallel=${jobs}`],
    ...Object.entries(settings).map(([name, value]) => `--CD${name}=${value}`),
  ];
  await run(what, process.execPath, args, { filter: isBuildNews, env });
}

await asProgram(import.meta.url, nodeGyp);
