/** Loads the addon once per environment (main thread or worker) and gives its faults our error class. */

import { createRequire } from 'node:module';
import path from 'node:path';
import nodeGypBuild from 'node-gyp-build';
import { environmentVariable } from '../base/environment';
import { ERROR_CODES, type ErrorCode, UnrolledError } from '../base/errors';
import { phrase, refer } from '../base/messages/phrase';
import { packageRoot } from '../base/package';
import { libcOf } from './libc';
import { absentBinary, prebuiltForLibc, refusedBinary, requireLoadable, requireSameVersion } from './load-failure';
import type { NativeAddon, NativeErrorFactory } from './native';
import { ofThisRealm } from './realm';

/** The core's errors, with what they name. */
const createError: NativeErrorFactory = (code, fault, { advice, predicate, ...details }) => {
  const { option, step } = details;
  const named = option === undefined || predicate === undefined ? fault : phrase`${refer.option(option)} ${predicate}`;
  const placed = step === undefined ? named : phrase`${named} at ${refer.step(step)}`;
  const isKnown = Object.hasOwn(ERROR_CODES, code);
  const isOfLoss = code === 'ERR_UNROLLED_NON_FINITE_LOSS';
  return new UnrolledError(
    isKnown ? (code as ErrorCode) : 'ERR_UNROLLED_INTERNAL',
    isKnown ? placed : phrase`${placed} (${code})`,
    {
      ...details,
      ...(advice !== undefined && { advice: isOfLoss ? phrase`${refer.remedy('lowerRate', advice)}` : advice }),
    },
  );
};

/** The native side reads these variables itself, and ignores values that it cannot read. */
function checkEnvironment(): void {
  environmentVariable('UNROLLED_THREADS');
  environmentVariable('UNROLLED_KERNELS');
}

/** Loads the file, which `requireLoadable` has looked at. */
function loadFile(file: string): NativeAddon {
  try {
    // Not `require`, which a bundler would replace.
    return createRequire(path.join(packageRoot, 'package.json'))(file);
  } catch (error) {
    throw refusedBinary(file, error);
  }
}

let loaded: NativeAddon | undefined;

/**
 * The addon. The first call loads it.
 * @throws ERR_UNROLLED_OPTION_RANGE for an UNROLLED_THREADS that is not a number of threads and an UNROLLED_KERNELS
 *   that is not known, ERR_UNROLLED_NATIVE_LOAD, with its `reason`, when there is none for this process or it does not
 *   load.
 */
export function addon(): NativeAddon {
  if (loaded === undefined) {
    checkEnvironment();
    const file = addonPath();
    requireLoadable(file);
    const candidate = loadFile(file);
    requireSameVersion(file, candidate.info?.().version);
    candidate.setErrorFactory(createError);
    loaded = ofThisRealm(candidate);
  }
  return loaded;
}

/**
 * The file that `addon()` loads: the one that node-gyp-build finds, or a shipped one for this process's C library.
 * node-gyp-build recognises musl only on Alpine.
 * @throws ERR_UNROLLED_NATIVE_LOAD when there is none.
 */
export function addonPath(): string {
  let found: string;
  try {
    found = nodeGypBuild.resolve(packageRoot);
  } catch (error) {
    const file = prebuiltForLibc();
    if (file !== undefined) return file;
    throw absentBinary(error);
  }
  return libcOf(found) === undefined ? found : (prebuiltForLibc() ?? found);
}
