/** The peers that unrolled is compared with run in Python; they may be absent. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Exit status of a script whose package is absent; see `peer.py`. */
export const ABSENT = 77;

const DEBIANS_OWN = '/usr/bin/python3';

const { UNROLLED_PYTHON } = process.env;

/** The interpreter: UNROLLED_PYTHON, else Debian's own, which sees Debian's packages, else the one on PATH. */
export const python = UNROLLED_PYTHON || (existsSync(DEBIANS_OWN) ? DEBIANS_OWN : 'python3');

/** The interpreter that has ONNX, Keras and TensorBoard: the environment that `npm run onnx-runtimes` makes outranks Debian's. */
const ONNX_ENVIRONMENT = join(__dirname, '..', '..', 'build', 'prebuild', 'onnx', 'bin', 'python');
export const runtimePython = UNROLLED_PYTHON || (existsSync(ONNX_ENVIRONMENT) ? ONNX_ENVIRONMENT : python);

/** What a peer needs is not on this machine. The message says what. */
export class PeerAbsentError extends Error {
  override readonly name = 'PeerAbsentError';
}

/** An environment in which scripts compute on one thread: NumPy's and PyTorch's libraries read these when they load. */
export function pythonEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
}

/**
 * Runs a script on one thread and returns its standard output.
 * @throws PeerAbsentError; an error with the script's standard error where it failed.
 */
export function runPython(script: string, ...args: string[]): Promise<string> {
  return runPythonOf(python, script, ...args);
}

/** The same of another interpreter. */
export async function runPythonOf(python: string, script: string, ...args: string[]): Promise<string> {
  const env = pythonEnvironment();
  try {
    const { stdout } = await promisify(execFile)(python, ['-B', script, ...args], { env, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { code, stdout } = error as { code?: number | string; stdout?: string };
    if (code === 'ENOENT') throw new PeerAbsentError(`${python} is absent`);
    if (code === ABSENT) throw new PeerAbsentError(stdout?.trim());
    throw error;
  }
}

/** In `before`: skips the suite, with the reason in its title, where a peer that is tried is absent. */
export async function skipIfAbsent(context: Mocha.Context, tried: Promise<unknown>): Promise<void> {
  try {
    await tried;
  } catch (error) {
    if (!(error instanceof PeerAbsentError)) throw error;
    const suite = context.test?.parent;
    if (suite !== undefined) suite.title += ` (${error.message})`;
    context.skip();
  }
}

/** In `before`: skips the suite where Python or one of its modules is absent. */
export function requirePython(context: Mocha.Context, ...modules: string[]): Promise<void> {
  return requirePythonOf(python, context, ...modules);
}

/** The same of another interpreter. */
export function requirePythonOf(python: string, context: Mocha.Context, ...modules: string[]): Promise<void> {
  return skipIfAbsent(context, runPythonOf(python, join(__dirname, 'peer.py'), ...modules));
}
