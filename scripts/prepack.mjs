/**
 * What npm runs before and after it packs the package: puts the headers that the addon is compiled with into
 * `binding/headers`, so that `unrolled build` needs no other package, and takes them away again.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { asProgram, Failure, root } from './support.mjs';

const folder = path.join(root, 'binding', 'headers');

function main([after]) {
  rmSync(folder, { recursive: true, force: true });
  if (after === '--after') return;
  if (!existsSync(path.join(root, 'lib', 'index.mjs'))) throw new Failure('lib is missing: npm run build:ts');
  if (!readdirSync(path.join(root, 'prebuilds'), { recursive: true }).some((name) => name.endsWith('.node'))) {
    throw new Failure('prebuilds has no binary, and the package would not load: npm run prebuilds -- host');
  }
  mkdirSync(folder);
  for (const from of ['node-addon-api', path.join('node-api-headers', 'include')]) {
    const source = path.join(root, 'node_modules', from);
    const headers = readdirSync(source).filter((name) => name.endsWith('.h'));
    for (const name of headers) cpSync(path.join(source, name), path.join(folder, name));
  }
  // Of which functions Node-API has, for Windows.
  const list = path.join(root, 'node_modules', 'node-api-headers', 'def', 'node_api.def');
  cpSync(list, path.join(folder, 'node_api.def'));
}

await asProgram(import.meta.url, main);
