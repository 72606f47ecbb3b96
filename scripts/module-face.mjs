/**
 * Writes `lib/index.mjs` and `lib/index.d.mts`: the ES-module face of the CommonJS package.
 *
 * There is one instance of the package however it is loaded, as the face only hands on what the
 * CommonJS module exports. The names are written out, so that named imports hold in every bundler.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const header = '// Made by scripts/module-face.mjs.\n';

export function writeModuleFace(folder) {
  const require = createRequire(path.join(folder, 'index.js'));
  const names = Object.keys(require('./index.js'))
    .filter((name) => name !== 'default' && name !== '__esModule')
    .sort();
  writeFileSync(
    path.join(folder, 'index.mjs'),
    `${header}export {\n${names.map((name) => `  ${name},\n`).join('')}} from './index.js';\n`,
  );
  writeFileSync(path.join(folder, 'index.d.mts'), `${header}export * from './index.js';\n`);
}
