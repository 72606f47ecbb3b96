/** Another realm, as a test runner's sandbox is one: with arrays, maps and errors of its own. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import vm from 'node:vm';
import type * as unrolled from '../../src/index';
import { PACKAGE } from './program';

const LIBRARY = dirname(PACKAGE) + sep;

/** What every test runner gives its sandbox of Node's own; jsdom's has no more. */
const { AbortController, AbortSignal, Buffer, performance, process } = globalThis;
const GIVEN = { AbortController, AbortSignal, Buffer, performance, process };

/** A realm that knows of these values. */
export function newRealm(given: object = {}): vm.Context & { U?: unknown } {
  return vm.createContext({ ...GIVEN, ...given });
}

/** Runs the body of an asynchronous function in a realm. */
export function runIn(realm: vm.Context, body: string): Promise<unknown> {
  return vm.runInContext(`(async () => { ${body} })()`, realm) as Promise<unknown>;
}

/** Loads the built package inside a realm, all but its native module and Node's own modules. */
export function loadIn(realm: vm.Context): typeof unrolled {
  const modules = new Map<string, { exports: unknown }>();
  const load = (file: string): unknown => {
    const known = modules.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(file, module);
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const run = vm.compileFunction(readFileSync(file, 'utf8'), names, { filename: file, parsingContext: realm });
    const outside = createRequire(file);
    const require = (id: string) => {
      const found = outside.resolve(id);
      return found.startsWith(LIBRARY) ? load(found) : outside(id);
    };
    run.call(module.exports, module.exports, require, module, file, dirname(file));
    return module.exports;
  };
  return load(PACKAGE) as typeof unrolled;
}
