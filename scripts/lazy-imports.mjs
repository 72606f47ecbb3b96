/**
 * Has each module of `lib` load another when it first uses a name of it, and not when it is loaded itself: a program
 * pays at its start for what it uses. Most of what `require('unrolled')` cost was modules that were not used yet.
 *
 * The compiler writes `const x_1 = require("./x");` and `x_1.name` at every use; here the first becomes a function
 * that loads the module once, and the second `x_1().name`. No line moves. The order in which modules are loaded does
 * not matter, as none needs itself by way of others (`test/bundle.test.ts`).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './support.mjs';

/**
 * Modules that say what a fault is. They are loaded with whatever may need them: where no file can be opened any more,
 * that must be told, and no module can be loaded then.
 */
const FOR_FAULTS = [
  'base/errors',
  'base/check',
  'base/files/system-names',
  'base/messages/phrase',
  'base/messages/thrown',
  'base/utf8',
];

/** What other tools made: the script of the report's page, which runs in a browser, and a package in one module. */
const BUNDLES = ['report/page/page', 'onnx/protobuf'];

/** What the compiler makes of `import { a } from` and `import a from`; `import * as a` stays, as a keeps its own name. */
const IMPORT = /^(?:const|var) (\w+_\d+) = ((?:__importDefault\()?require\("([^"]+)"\)\)?);$/gm;

/** What it makes of `export * as a from`. */
const NAMESPACE = /^exports\.(\w+) = (__importStar\(require\("[^"]+"\)\));$/gm;

/** What it makes of `export { a } from`. */
const REEXPORT =
  /^Object\.defineProperty\(exports, "(\w+)", \{ enumerable: true, get: function \(\) \{ return (\w+_\d+\.\w+); \} \}\);$/gm;

/** Defines an export. Node.js looks for names of exports in the text, and drops one whose getter does more than read. */
const DEFINE =
  'const __lazy = (name, get) => Object.defineProperty(exports, name, { enumerable: true, configurable: true, get });';

const once = (name, value) => `let ${name}_; const ${name} = () => (${name}_ ??= ${value});`;

/**
 * A module as the compiler wrote it, with imports that wait.
 * @param source what it was made of: none of the compiler's own names may stand there.
 * @param module its path in `lib`, without its ending.
 */
export function withLazyImports(code, source, module) {
  const lazy = [];
  let text = code.replace(IMPORT, (statement, name, value, specifier) => {
    const target = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(module), specifier) : specifier;
    if (FOR_FAULTS.includes(target)) return statement;
    if (source.includes(name)) throw new Failure(`${module}: the compiler's name ${name} stands in the source too.`);
    lazy.push(name);
    return once(name, value);
  });
  text = text.replace(REEXPORT, '__lazy("$1", () => $2);');
  text = text.replace(NAMESPACE, (_, name, value) => `${once(`__${name}`, value)} __lazy("${name}", __${name});`);
  for (const name of lazy) {
    text = text.replace(new RegExp(`(\\bnew )?\\b${name}\\.`, 'g'), (_, isNew) =>
      isNew ? `new (${name}()).` : `${name}().`,
    );
  }
  const isDefining = text.includes('__lazy("');
  return isDefining ? text.replace('"use strict";\n', `"use strict"; ${DEFINE}\n`) : text;
}

/** Rewrites all that the compiler made. */
export function makeImportsLazy(lib, src) {
  const absent = FOR_FAULTS.filter((module) => !existsSync(path.join(lib, `${module}.js`)));
  if (absent.length > 0)
    throw new Failure(`scripts/lazy-imports.mjs names modules that are gone: ${absent.join(', ')}.`);
  for (const file of readdirSync(lib, { recursive: true })) {
    const module = file.split(path.sep).join('/').replace(/\.js$/, '');
    if (!file.endsWith('.js') || BUNDLES.includes(module)) continue;
    const target = path.join(lib, file);
    const source = readFileSync(path.join(src, `${module}.ts`), 'utf8');
    writeFileSync(target, withLazyImports(readFileSync(target, 'utf8'), source, module));
  }
}
