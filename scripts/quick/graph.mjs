/** What reads what: modules by their imports, C++ files by their includes. Paths are from the root, with slashes. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const { posix } = path;

/** Imports that are there when the program runs; those of types are the type-check's. */
const IMPORTS = /^\s*(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s+)?['"](\.{1,2}\/[^'"]+)['"]/gm;
const CALLS = /\b(?:import|require|require\.resolve)\(\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/** A file of the built package, as tests write it: `'lib', 'cli', 'main.js'` or `lib/index.js`. */
const BUILT = /'lib',\s*((?:'[\w-]+',\s*)*)'([\w-]+)\.m?js'|\blib\/((?:[\w-]+\/)*[\w-]+)\.m?js\b/g;

const INCLUDES = /^\s*#\s*include\s+"([^"]+)"/gm;

/** Files of a folder whose names end so. */
function filesOf(root, folder, endings) {
  return readdirSync(path.join(root, folder), { recursive: true })
    .map((name) => posix.join(folder, name.split(path.sep).join('/')))
    .filter((file) => endings.some((ending) => file.endsWith(ending)) && statSync(path.join(root, file)).isFile());
}

function all(text, pattern) {
  return Array.from(text.matchAll(pattern), ([, found]) => found);
}

/** The source of a file of the built package. */
function sourceOf([, folders, name, whole]) {
  const module = whole ?? [...(folders.match(/[\w-]+/g) ?? []), name].join('/');
  return `src/${module}.ts`;
}

/** Modules with what they import, of `src`, tests, benchmarks and examples; texts by path. */
export function readModules(root) {
  const files = ['src', 'test', 'bench', 'examples']
    .flatMap((folder) => filesOf(root, folder, ['.ts']))
    .filter((file) => !file.includes('node_modules') && !file.endsWith('.d.ts'));
  const texts = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
  const edges = new Map();
  for (const [file, text] of texts) {
    const folder = posix.dirname(file);
    const named = [...all(text, IMPORTS), ...all(text, CALLS)].map((name) => posix.join(folder, name));
    const candidates = named.flatMap((name) => [name, `${name}.ts`, `${name}/index.ts`]);
    const built = file.startsWith('test/') ? Array.from(text.matchAll(BUILT), sourceOf) : [];
    edges.set(file, new Set([...candidates, ...built].filter((name) => texts.has(name) && name !== file)));
  }
  return { texts, edges };
}

/**
 * C++ files of the core, the addon and the tests with what they include. A header also reads its source, which is linked
 * to whatever includes it; a source without a header is read by the headers that it includes, as the kernels of an
 * instruction set are by their table.
 */
export function readCpp(root) {
  const files = ['binding', 'test/core'].flatMap((folder) => filesOf(root, folder, ['.cpp', '.h']));
  const texts = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
  const edges = new Map();
  for (const [file, text] of texts) {
    const folders = [posix.dirname(file), 'binding/core', 'test/core', 'binding/node'];
    const found = all(text, INCLUDES).map((name) =>
      folders.map((folder) => posix.join(folder, name)).find((each) => texts.has(each)),
    );
    edges.set(file, new Set(found.filter((name) => name !== undefined && name !== file)));
  }
  for (const file of files.filter((name) => name.startsWith('binding/') && name.endsWith('.cpp'))) {
    const header = file.replace(/\.cpp$/, '.h');
    for (const reader of texts.has(header) ? [header] : edges.get(file)) edges.get(reader).add(file);
  }
  return { texts, edges };
}

/** Of every file that reads `start`, be it by way of others, the number of steps. */
export function distancesTo(edges, start) {
  const readers = new Map();
  for (const [file, targets] of edges) {
    for (const target of targets) readers.set(target, [...(readers.get(target) ?? []), file]);
  }
  const distances = new Map([[start, 0]]);
  for (const queue = [start]; queue.length > 0; ) {
    const file = queue.shift();
    for (const reader of readers.get(file) ?? []) {
      if (distances.has(reader)) continue;
      distances.set(reader, distances.get(file) + 1);
      queue.push(reader);
    }
  }
  return distances;
}
