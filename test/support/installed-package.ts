/** The package as npm would install it, in a folder of its own, with the native files that a test gives it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { addonPath } from '../../src/native/load';

/** The root of the clone. */
export const ROOT = path.resolve(__dirname, '..', '..');

/** The addon that these tests run on: what the build made, or the prebuilt binary of a release. */
export const BUILT = addonPath();

const MANIFEST = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
};

/** What a process of its own met when it loaded the package. */
export interface LoadResult {
  /** Of the addon, where it loaded. */
  version?: string;
  code?: string;
  reason?: string;
  message?: string;
}

/** The modules that load the addon, and all that they require, by their paths in `lib`. */
function loaderModules(): string[] {
  const found = new Set<string>();
  const add = (module: string) => {
    if (found.has(module)) return;
    found.add(module);
    const source = readFileSync(path.join(ROOT, 'lib', module), 'utf8');
    for (const [, name = ''] of source.matchAll(/require\("(\.[^"]+)"\)/g)) {
      add(path.join(path.dirname(module), `${name}.js`));
    }
  };
  add(path.join('native', 'load.js'));
  return [...found];
}

/**
 * `node_modules/unrolled` in `folder`, without a native file. Returns its path.
 * @param parts of `lib`: `loader` is the modules that `load` runs, and quicker to copy than all.
 */
export function installPackage(folder: string, parts: 'loader' | 'all' = 'loader', manifest: object = {}): string {
  const home = path.join(folder, 'node_modules', 'unrolled');
  const places = parts === 'all' ? [''] : loaderModules();
  for (const place of places) {
    cpSync(path.join(ROOT, 'lib', place), path.join(home, 'lib', place), {
      recursive: true,
      filter: (name) => !name.endsWith('.d.ts'),
    });
  }
  writeFileSync(path.join(home, 'package.json'), JSON.stringify({ ...MANIFEST, ...manifest }));
  for (const name of Object.keys(MANIFEST.dependencies)) {
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(folder, 'node_modules', name), 'dir');
  }
  return home;
}

/** A file in the package, of this content or a link to that file. Returns its path. */
export function put(home: string, name: string, content: Uint8Array | string | { link: string }): string {
  const file = path.join(home, name);
  mkdirSync(path.dirname(file), { recursive: true });
  if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, file);
  else writeFileSync(file, content);
  return file;
}

/**
 * What a process of its own meets when it loads the addon.
 * @param module an installed package, or a module that exports `info`.
 * @param before a program that runs when the module is there, and the addon is not yet.
 */
export function load(module: string, { env = {}, before = '' }: { env?: object; before?: string } = {}): LoadResult {
  const program = `
    const done = (result) => console.log(JSON.stringify(result));
    (async () => {
      const { addon, info = () => addon().info() } = await import(${JSON.stringify(moduleFile(module))});
      ${before}
      done({ version: info().version });
    })().catch(({ code, reason, message }) => done({ code, reason, message }));`;
  // What these tests themselves are told to load.
  const { PREBUILDS_ONLY: _, LIBC: __, ...own } = process.env;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: { ...own, ...env },
  });
  if (status !== 0) throw new Error(`loading ended with ${signal ?? status}: ${stderr}`);
  return JSON.parse(stdout) as LoadResult;
}

function moduleFile(module: string): string {
  const isFile = /\.[cm]js$/.test(module);
  return pathToFileURL(isFile ? module : path.join(module, 'lib', 'native', 'load.js')).href;
}

/**
 * Compiles a shared library that exports `exported`, as a module of Node's may, and reads `imported` where given: of a
 * library `soname` that is not there, at the version `at` of that symbol.
 */
export function compile(
  folder: string,
  { exported = 'napi_register_module_v1', from, flags = [] }: CompileOptions = {},
): string {
  const at = (name: string): string => path.join(folder, name);
  const cc = (...args: string[]) => execFileSync('cc', ['-shared', '-fPIC', '-nostdlib', ...args], { stdio: 'pipe' });
  const libraries: string[] = [];
  let source = `void *${exported}(void) { return 0; }`;
  if (from !== undefined) {
    const version = from.version ?? 'NONE';
    writeFileSync(at('other.c'), 'int other(void) { return 1; }');
    writeFileSync(at('other.map'), `${version} { global: other; };`);
    const script = from.version === undefined ? [] : [`-Wl,--version-script=${at('other.map')}`];
    cc('-o', at('libother.so'), at('other.c'), `-Wl,-soname,${from.soname}`, ...script);
    libraries.push(at('libother.so'));
    source = `int other(void); void *${exported}(void) { return other() ? 0 : 0; }`;
  }
  writeFileSync(at('module.c'), source);
  cc('-o', at('module.node'), at('module.c'), ...libraries, ...flags);
  return at('module.node');
}

interface CompileOptions {
  exported?: string;
  /** The library it needs. */
  from?: { soname: string; version?: string };
  flags?: readonly string[];
}
