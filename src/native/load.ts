/** Loads the addon once per environment (main thread or worker) and gives its faults our error class. */

import nodeGypBuild from 'node-gyp-build';
import { ERROR_CODES, type ErrorCode, UnrolledError } from '../errors';
import { packageRoot } from '../package';
import { outOfRange } from '../validation';
import type { NativeAddon, NativeErrorFactory } from './native';

const createError: NativeErrorFactory = (code, message, details) =>
  Object.hasOwn(ERROR_CODES, code)
    ? new UnrolledError(code as ErrorCode, message, details)
    : new UnrolledError('ERR_UNROLLED_INTERNAL', `${message} (${code})`, details);

function loadFailure(cause: unknown): UnrolledError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const target = `${process.platform}-${process.arch}`;
  return new UnrolledError(
    'ERR_UNROLLED_NATIVE_LOAD',
    `The native module could not be loaded. Looked for build/Release/unrolled.node and prebuilds/${target}/ ` +
      `in ${packageRoot}. From a clone run \`npm run build\`; an installed package has no binary for this ` +
      `platform or came incomplete: reinstall it. The reason given: ${reason}`,
    { cause },
  );
}

/** The native side reads these by itself, and takes what it cannot read for absent. */
function checkEnvironment(): void {
  const { UNROLLED_THREADS, UNROLLED_KERNELS = '' } = process.env;
  if (UNROLLED_THREADS !== undefined && !/^[1-9][0-9]*$/.test(UNROLLED_THREADS)) {
    throw outOfRange('UNROLLED_THREADS', 'a whole number at least 1', UNROLLED_THREADS);
  }
  if (UNROLLED_KERNELS !== '' && UNROLLED_KERNELS !== 'blas') {
    throw outOfRange('UNROLLED_KERNELS', 'blas, or left out', UNROLLED_KERNELS);
  }
}

let loaded: NativeAddon | undefined;

/**
 * The addon, loaded at the first call.
 * @throws ERR_UNROLLED_OPTION_RANGE for an UNROLLED_THREADS that is no number of threads and an UNROLLED_KERNELS that is
 *   not known, ERR_UNROLLED_NATIVE_LOAD when there is none for this process or it does not load.
 */
export function addon(): NativeAddon {
  if (loaded === undefined) {
    checkEnvironment();
    try {
      const candidate = nodeGypBuild(packageRoot) as NativeAddon;
      candidate.setErrorFactory(createError);
      loaded = candidate;
    } catch (error) {
      throw loadFailure(error);
    }
  }
  return loaded;
}

/**
 * The file that `addon()` loads.
 * @throws ERR_UNROLLED_NATIVE_LOAD when there is none.
 */
export function addonPath(): string {
  try {
    return nodeGypBuild.resolve(packageRoot);
  } catch (error) {
    throw loadFailure(error);
  }
}
