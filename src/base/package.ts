/** Where the package lies, and its version. */

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

/** Where the package may lie: above the folder of a bundle, or above `src` or `lib`. */
const folders =
  typeof __dirname === 'undefined'
    ? [workingFolder()]
    : [path.resolve(__dirname, '..'), path.resolve(__dirname, '..', '..')];

/**
 * The package's folder; the same from `src` and from `lib`. A bundler that puts this file into another makes it a folder
 * of its own, or takes `__dirname` away: then it is not the package's, and `manifest` is undefined.
 */
export const packageRoot = folders.find((folder) => readManifest(folder) !== undefined) ?? (folders[0] as string);

const manifest = readManifest(packageRoot);

/** Whether `packageRoot` is this package's folder; false if a bundler has moved its JavaScript elsewhere. */
export const isAtHome = manifest !== undefined;

/** Version of the package; `unknown` where a bundler has moved its JavaScript away from its package.json. */
export const version = manifest?.version ?? 'unknown';
