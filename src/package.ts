/** Where the package lies, and its version. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The package's folder; the same from `src` and from `lib`. */
export const packageRoot = path.resolve(__dirname, '..');

const manifest = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };

/** Version of the package. */
export const version = manifest.version;
