/** The folder and the version of the package. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

interface Manifest {
  name: string;
  version: string;
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '.'; // it was removed
  }
}

function readManifest(folder: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
    return manifest.name === 'unrolled' ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Candidates for the package's folder: above the folder of a bundle, or above `src` or `lib`. */
const folders =
  typeof __dirname === 'undefined'
    ? [workingFolder()]
    : [path.resolve(__dirname, '..'), path.resolve(__dirname, '..', '..')];

/**
 * The package's folder, the same from `src` and from `lib`. A bundler that moves this file gives it another folder or
 * removes `__dirname`; then this is not the package's folder, and `manifest` is undefined.
 */
export const packageRoot = folders.find((folder) => readManifest(folder) !== undefined) ?? (folders[0] as string);

const manifest = readManifest(packageRoot);

/** Whether `packageRoot` is this package's folder; false if a bundler has moved its JavaScript elsewhere. */
export const isAtHome = manifest !== undefined;

/** Version of the package; `unknown` where a bundler has moved its JavaScript away from its package.json. */
export const version = manifest?.version ?? 'unknown';
