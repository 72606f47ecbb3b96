/**
 * `lib/text.mjs`: what a page needs of texts (`src/text/browser`) in one module without any of Node's. The few functions of Node.js
 * that it calls stand in `scripts/text-bundle`; what is in modules that it does not use stays away.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, root } from './support.mjs';

const folder = path.join(root, 'scripts', 'text-bundle');

/** Modules of Node.js that are used in a page; of all others only names are left, in functions that nobody calls. */
const USED = ['node:util', 'node:timers', 'node:os', 'node:buffer'];

/** Every module is left out of which nothing is used; others than those of this package are stood in for. */
const withoutNode = {
  name: 'without Node.js',
  setup(build) {
    build.onResolve({ filter: /^[a-z@]/ }, ({ path: name, kind }) => {
      if (kind === 'entry-point') return undefined;
      if (USED.includes(name)) return { path: path.join(folder, 'modules.mjs'), sideEffects: false };
      return { path: name, namespace: 'absent', sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
    build.onResolve({ filter: /^\./ }, async ({ path: name, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === 'known') return undefined;
      const found = await build.resolve(name, { importer, resolveDir, kind, pluginData: 'known' });
      return { ...found, sideEffects: false };
    });
  },
};

/** Writes the bundle and the types of its face. */
export async function bundleText(lib) {
  const { build } = await import('esbuild');
  const outfile = path.join(lib, 'text.mjs');
  await build({
    entryPoints: [path.join(root, 'src', 'text', 'browser', 'index.ts')],
    banner: { js: '// Made by scripts/text-bundle.mjs from src/text/browser.' },
    inject: [path.join(folder, 'globals.mjs')],
    plugins: [withoutNode],
    tsconfigRaw: {},
    outfile,
    ...{ bundle: true, format: 'esm', platform: 'browser', target: 'es2022', charset: 'ascii', logLevel: 'warning' },
  });
  writeFileSync(
    path.join(lib, 'text.d.mts'),
    "// Made by scripts/text-bundle.mjs.\nexport * from './text/browser/index.js';\n",
  );
  const code = readFileSync(outfile, 'utf8');
  if (/\brequire\(|\bfrom ["']/.test(code)) throw new Failure('lib/text.mjs loads another module.');
}
