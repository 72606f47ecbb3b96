/**
 * Why the native module cannot be loaded, and what to do: looks at what is there, at this process, and at what the
 * dynamic loader said. Each reason has its row in `docs/errors.md`.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { isError } from '../base/builtins';
import { type NativeLoadReason, UnrolledError } from '../base/errors';
import { withoutStop } from '../base/messages/thrown';
import { isAtHome, packageRoot, version } from '../base/package';
import { binaryKind, linkedLibc, ownFormat } from './binary-file';
import { isLater, libcOf, processLibc } from './libc';

const SYSTEM = `${process.platform}-${process.arch}`;

interface Finding {
  reason: NativeLoadReason;
  /** What is wrong, as a sentence without its full stop. */
  what: string;
  /** What to do, as a sentence. */
  advice: string;
}

function failure({ reason, what, advice }: Finding, cause?: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_NATIVE_LOAD', `The native module could not be loaded: ${what}`, {
    ...{ reason, advice },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Names in a folder; none if there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Whether the package is a clone, with all its sources, and not an installed one. */
function isClone(): boolean {
  return existsSync(path.join(packageRoot, 'src', 'index.ts'));
}

/** How a binary is made here, as the end of a sentence. */
function build(): string {
  return isClone() ? 'run `npm run build`' : 'build one here with `npx unrolled build`';
}

/** How to reinstall the package, as the end of a sentence. */
function reinstall(): string {
  return isClone() ? 'run `npm run build`' : 'reinstall the package (`npm install unrolled`)';
}

/** Whether a file is what a build made in the package's folder, and not one that was shipped. */
function isBuiltHere(file: string): boolean {
  return path.dirname(path.dirname(file)) === path.join(packageRoot, 'build');
}

/** What to do about a binary from another system, as a sentence. */
function madeElsewhere(file: string): string {
  if (isBuiltHere(file)) {
    const own = namesIn(path.join(packageRoot, 'prebuilds')).includes(SYSTEM);
    return `It was built on another system: delete the folder "build"${own ? '.' : `, and ${build()}.`}`;
  }
  return `If it was copied from another system, install the package on this one; else ${build()}.`;
}

function isInArchive(place: string): boolean {
  return place.split(/[\\/]/).some((part) => part.endsWith('.asar'));
}

const UNPACK =
  'Keep .node files out of the archive (electron-builder: asarUnpack "**/*.node"; Electron Packager and Forge: ' +
  'asar.unpack "**/*.node"), and ship the folder app.asar.unpacked next to it.';

/** The shipped binary for this process's C library; undefined if there is none. */
export function prebuiltForLibc(): string | undefined {
  const file = path.join(packageRoot, 'prebuilds', SYSTEM, `unrolled.${processLibc()?.name}.node`);
  return existsSync(file) ? file : undefined;
}

/** A binary of the right system for another C library than this process's. */
function wrongLibc(file: string, linked: string): Finding {
  const own = processLibc()?.name ?? 'another';
  return {
    reason: 'wrong-libc',
    what: `${file} is for Linux with ${linked}, but this process runs on ${own}`,
    advice: madeElsewhere(file),
  };
}

/** No file was found that could be loaded. */
function findAbsent(): Finding {
  if (!isAtHome) {
    return {
      reason: 'bundled',
      what: `${packageRoot} is not the folder of the package unrolled; a bundler has put its JavaScript into another file`,
      advice:
        'Leave unrolled out of the bundle and in node_modules (esbuild: external; webpack: externals; Next.js: ' +
        'serverExternalPackages).',
    };
  }
  const prebuilds = path.join(packageRoot, 'prebuilds');
  const systems = namesIn(prebuilds).filter((name) => /^\w+-\w+/.test(name));
  const names = namesIn(path.join(prebuilds, SYSTEM)).filter((name) => name.endsWith('.node'));
  if (names.length > 0) {
    const file = path.join(prebuilds, SYSTEM, names[0] as string);
    return wrongLibc(file, names[0]?.includes('musl') ? 'musl' : 'glibc');
  }
  if (systems.length > 0 && !systems.includes(SYSTEM)) {
    return {
      reason: 'no-binary',
      what: `${prebuilds} has no binary for ${SYSTEM}, only for ${systems.join(', ')}`,
      advice: `If it was installed on another system, install the package on this one; else ${build()}.`,
    };
  }
  if (isInArchive(packageRoot)) {
    return {
      reason: 'asar',
      what: `${packageRoot}, which is in an ASAR archive, has no binary`,
      advice: UNPACK,
    };
  }
  const unfinished = existsSync(path.join(packageRoot, 'build'));
  const state = unfinished ? ', and the build in its folder "build" did not finish' : '';
  return {
    reason: 'incomplete',
    what: `${packageRoot} has no binary${state}`,
    advice:
      unfinished || isClone()
        ? `To make it, ${build()}.`
        : `To get it, ${reinstall()}, or ${build()}. If a tool copied the files that an app needs, let it also copy the ` +
          'folder prebuilds (Next.js: outputFileTracingIncludes).',
  };
}

/** The error for a package without a file to load. */
export function absentBinary(cause: unknown): UnrolledError {
  return failure(findAbsent(), cause);
}

function unreadable(file: string, cause: NodeJS.ErrnoException): Finding {
  if (isInArchive(file)) return { reason: 'asar', what: `${file} cannot be read`, advice: UNPACK };
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return {
      reason: 'not-permitted',
      what: `this process may not read ${file}`,
      advice: 'Give its user the right to read it.',
    };
  }
  return { reason: 'other', what: `${file} cannot be read: ${cause.message}`, advice: `Then ${reinstall()}.` };
}

/**
 * Looks at a file before it is loaded, since what is wrong with it may end the process.
 * @throws ERR_UNROLLED_NATIVE_LOAD for one that is unreadable, damaged, of another system, or for another C library.
 */
export function requireLoadable(file: string): void {
  let kind: ReturnType<typeof binaryKind>;
  try {
    kind = binaryKind(file);
  } catch (cause) {
    throw failure(unreadable(file, cause as NodeJS.ErrnoException), cause);
  }
  if (kind === undefined || !kind.complete) {
    const what = kind === undefined ? 'is not a native module' : 'is cut short';
    throw failure({ reason: 'damaged', what: `${file} ${what}`, advice: `Delete it, and ${reinstall()}.` });
  }
  const { format, arch = process.arch } = kind;
  if (format !== ownFormat() || arch !== process.arch) {
    const systems = { ELF: 'Linux', 'Mach-O': 'macOS', PE: 'Windows' };
    throw failure({
      reason: 'wrong-platform',
      what: `${file} is for ${systems[format]} on ${arch}, but this process is ${SYSTEM}`,
      advice: madeElsewhere(file),
    });
  }
  // Before it is loaded: one for the other C library may find all it asks for by name, and crash later.
  const linked = libcOf(file);
  const own = linked === undefined ? undefined : processLibc();
  if (linked !== undefined && own !== undefined && linked !== own.name) throw failure(wrongLibc(file, linked));
}

/** The dynamic loaders' ways to say which library they miss: glibc's, musl's, macOS's; that of Windows does not say. */
const MISSING_LIBRARY =
  /^(\S+): cannot open shared object|loading shared library ([^\s:]+)|Library not loaded: (\S+)|module could not be found/;

const NOT_PERMITTED =
  /failed to map segment|Operation not permitted|Permission denied|code signature|system policy|blocked by/;

/** Why a complete file for the right system did not load. */
function findRefused(file: string, said: string): Finding {
  const own = processLibc();
  const linked = own === undefined ? undefined : linkedLibc(file);
  if (own !== undefined && linked !== undefined && own.name !== linked.name) return wrongLibc(file, linked.name);

  const wanted = linked?.version ?? /`GLIBC_([\d.]+)' not found/.exec(said)?.[1];
  if (wanted !== undefined && own?.version !== undefined && isLater(wanted, own.version)) {
    return {
      reason: 'old-glibc',
      what: `${file} needs glibc ${wanted}, but this system has ${own.version}`,
      advice: `Use a newer release of the system (or a newer base image), or ${build()}.`,
    };
  }
  if (/CPU ISA level|Illegal instruction/.test(said)) {
    return {
      reason: 'instruction-set',
      what: `${file} was built for a newer processor than this one`,
      advice: `To have one for this processor, ${build()}.`,
    };
  }
  if (NOT_PERMITTED.test(said)) {
    return {
      reason: 'not-permitted',
      what: `the system does not let this process run code from ${file}`,
      advice: 'Move node_modules to a file system that is not mounted noexec, or allow it in the security policy.',
    };
  }
  const missing = MISSING_LIBRARY.exec(said);
  if (missing !== null) {
    return {
      reason: 'missing-library',
      what: `${file} needs the library ${missing.slice(1).find(Boolean) ?? '(unnamed)'}, which this system does not have`,
      advice: `Install it, or ${build()}.`,
    };
  }
  if (/did not self-register|undefined symbol|symbol not found|valid Win32 application|truncated/i.test(said)) {
    return {
      reason: 'damaged',
      what: `${file} is not the complete native module of unrolled`,
      advice: `Delete it, and ${reinstall()}.`,
    };
  }
  return { reason: 'other', what: `the system refuses ${file}`, advice: `If nothing else helps, ${build()}.` };
}

/** The dynamic loaders' and the systems' words for no memory; glibc's loader may leave them out. */
const NO_MEMORY = /Cannot allocate memory(?! in static TLS)|Out of memory|Not enough memory|paging file is too small/i;
const NOT_MAPPED = /failed to map segment from shared object$/;

/** Whether the system gives this process this many bytes. */
function isLeft(bytes: number): boolean {
  try {
    return new ArrayBuffer(bytes).byteLength === bytes;
  } catch {
    return false;
  }
}

/** The error for a file that the loader had no memory for; undefined if that was not why. */
function noMemoryFor(file: string, cause: unknown, said: string): UnrolledError | undefined {
  const { size } = statSync(file);
  if (!NO_MEMORY.test(said) && !(NOT_MAPPED.test(said) && !isLeft(2 * size))) return undefined;
  const megabytes = Math.ceil(size / 2 ** 20);
  return new UnrolledError(
    'ERR_UNROLLED_OUT_OF_MEMORY',
    `The native module could not be loaded: it takes ${megabytes} MiB of address space, but the system gives this ` +
      'process no more',
    {
      advice: 'Raise its limit (ulimit -v, ulimit -d), or load the module before other code takes the memory.',
      cause,
    },
  );
}

/** Node.js was started with an option that forbids native modules. */
const DISABLED: Finding = {
  reason: 'not-permitted',
  what: 'Node.js was started with an option that forbids native modules',
  advice: 'Leave out --no-addons; together with --permission give --allow-addons.',
};

/** The error for a file that passed `requireLoadable`, and did not load. */
export function refusedBinary(file: string, cause: unknown): UnrolledError {
  const said = isError(cause) ? cause.message : String(cause);
  const noMemory = noMemoryFor(file, cause, said);
  if (noMemory !== undefined) return noMemory;
  const isDisabled = isError(cause) && 'code' in cause && cause.code === 'ERR_DLOPEN_DISABLED';
  const { advice, ...finding } = isDisabled ? DISABLED : findRefused(file, said);
  return failure({ ...finding, advice: `${advice} The system says: ${withoutStop(said)}.` }, cause);
}

/**
 * A binary and JavaScript of two releases must not meet: what crosses between them may have changed.
 * @throws ERR_UNROLLED_NATIVE_LOAD if they do.
 */
export function requireSameVersion(file: string, binaryVersion: string | undefined): void {
  if (!isAtHome || binaryVersion === version) return;
  throw failure({
    reason: 'version',
    what: `${file} has version ${binaryVersion ?? 'unknown'}, but the JavaScript has ${version}`,
    advice: isBuiltHere(file) ? `Build it again: ${build()}.` : `Parts of two releases are mixed: ${reinstall()}.`,
  });
}
