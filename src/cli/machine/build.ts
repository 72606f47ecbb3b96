/** `unrolled build`: compiles the addon from the sources in the package, where no prebuilt binary fits. */

import { spawn } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { isError } from '../../base/builtins';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { packageRoot } from '../../base/package';
import { printLine } from '../terminal/output';
import { BUILD_NEEDS } from './build-needs';

function failure(what: string, cause?: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_NATIVE_LOAD', `The native module was not built: ${what}`, {
    advice: BUILD_NEEDS,
    cause,
  });
}

/**
 * Runs a program with its output on standard error.
 * @throws ERR_UNROLLED_NATIVE_LOAD if it cannot be started or fails.
 */
function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 2, 2] });
    child.on('error', (error) => {
      const isMissing = 'code' in error && error.code === 'ENOENT';
      reject(failure(isMissing ? `${program} is missing` : `${program} could not be started`, error));
    });
    child.on('close', (status) => {
      if (status === 0) resolve();
      else reject(failure(`${program} failed (see above)`));
    });
  });
}

/** @throws ERR_UNROLLED_OPTION_RANGE for a folder without a static OpenBLAS, before anything is compiled. */
function requireOpenblas(folder: string): void {
  // CMakeLists.txt looks in this place.
  const isIn = (name: string, place: string) =>
    ['', place, 'openblas-serial'].some((inside) => existsSync(path.join(folder, inside, name)));
  if (isIn('libopenblas.a', 'lib') && isIn('cblas.h', 'include')) return;
  throw check.outOfRange('openblas', 'a folder with include/cblas.h and lib/libopenblas.a', folder);
}

/** The headers of Node-API and the folder for the binary; see CMakeLists.txt. */
async function build({ openblas }: { openblas?: string }): Promise<void> {
  const sources = path.join(packageRoot, 'CMakeLists.txt');
  if (!existsSync(sources)) throw failure(`${sources} is missing: the package is incomplete`);
  if (openblas !== undefined) requireOpenblas(openblas);
  // Apart from the folder that a clone is built in; begun again, as another compiler may be there now.
  const folder = path.join(packageRoot, 'build', 'from-source');
  rmSync(folder, { recursive: true, force: true });
  const settings = ['-DCMAKE_BUILD_TYPE=Release', `-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=${path.join(folder, 'made')}`];
  if (openblas !== undefined) settings.push(`-DUNROLLED_OPENBLAS=${path.resolve(openblas)}`);
  await run('cmake', ['-S', packageRoot, '-B', folder, '--no-warn-unused-cli', ...settings]);
  await run('cmake', ['--build', folder, '--config', 'Release', '--parallel', String(os.availableParallelism())]);
  const made = path.join(folder, 'made', 'unrolled.node');
  const binary = path.join(packageRoot, 'build', 'Release', 'unrolled.node');
  try {
    // It is looked at before it takes the place of one that may work.
    createRequire(__filename)(made);
  } catch (error) {
    throw failure(`the built module does not load: ${isError(error) ? error.message : error}`, error);
  }
  rmSync(path.dirname(binary), { recursive: true, force: true });
  renameSync(path.join(folder, 'made'), path.dirname(binary));
  rmSync(folder, { recursive: true, force: true });
  printLine(binary);
}

export function buildCommand(): Command {
  return new Command('build')
    .option('--openblas <folder>', 'a folder with include/cblas.h and lib/libopenblas.a')
    .action(build);
}
