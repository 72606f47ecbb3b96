/**
 * The floors of the house: no import of `src`, of types too, and no #include of `binding/core` runs up, or across to another
 * room of its own floor. `npm run lint` holds them. Biome holds that no imports run in a circle.
 *
 * A new room is added to its floor here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Rooms, from the bottom up; those of one entry stand beside each other. */
const SRC = [
  ['base'],
  ['native'],
  ['tensor'],
  ['text', 'layers'],
  ['safetensors', 'datasets', 'logging'],
  ['network'],
  ['data'],
  ['training', 'generation'],
  ['report', 'onnx'],
  ['models'],
  ['callbacks'],
  ['cli', 'index.ts'],
];

const CORE = [
  ['base'],
  ['parallel', 'distributed'],
  ['parameters'],
  ['blas'],
  ['kernels'],
  ['layers', 'optimizers'],
  ['losses'],
  ['model'],
  ['data'],
  ['training', 'inference'],
];

/** Files that a folder of `src` may have beside each other; text and report have many small ones of one kind. */
const MOST_FILES = 16;
const MOST_FILES_OF = { '': 2, text: 40, report: 40 };

const filesIn = (folder, ending) =>
  readdirSync(folder, { recursive: true })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => ending.test(file));

const roomOf = (file) => file.split('/')[0];

/**
 * What stands on no floor, and what does not run down.
 * @param files paths in their house.
 * @param readBy the files that a file reads, as paths in the house.
 */
export function againstFloors(files, floors, readBy) {
  const floorOf = new Map(floors.flatMap((rooms, floor) => rooms.map((room) => [room, floor])));
  const known = new Set(files);
  const faults = [];
  for (const file of files) {
    const floor = floorOf.get(roomOf(file));
    if (floor === undefined) faults.push(`${file} stands on no floor`);
    for (const read of readBy(file)) {
      if (!known.has(read) || roomOf(read) === roomOf(file)) continue;
      if (floorOf.get(roomOf(read)) >= floor) faults.push(`${file} reads ${read}, which is not below it`);
    }
  }
  return faults;
}

/** Folders with more files than may stand beside each other. */
export function crowded(files) {
  const counts = new Map();
  for (const file of files) {
    const folder = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([folder, count]) => count > (MOST_FILES_OF[folder] ?? MOST_FILES))
    .map(([folder, count]) => `src/${folder} has ${count} files; ${MOST_FILES_OF[folder] ?? MOST_FILES} at most`);
}

/** What is wrong with the floors of the project, in words. */
export function floorFaults(root) {
  const src = path.join(root, 'src');
  const sources = filesIn(src, /\.ts$/);
  const isSource = new Set(sources);
  const imports = (file) =>
    [...readFileSync(path.join(src, file), 'utf8').matchAll(/(?:from|import|module)\s+'(\.[^']*)'/g)]
      .map(([, specifier]) => path.posix.join(path.posix.dirname(file), specifier))
      .flatMap((target) => [`${target}.ts`, `${target}/index.ts`].filter((candidate) => isSource.has(candidate)));
  const core = path.join(root, 'binding', 'core');
  const includes = (file) =>
    [...readFileSync(path.join(core, file), 'utf8').matchAll(/#include "([^"]+)"/g)].map(([, target]) => target);
  return [
    ...againstFloors(sources, SRC, imports).map((fault) => `src: ${fault}`),
    ...crowded(sources),
    ...againstFloors(filesIn(core, /\.(h|cpp)$/), CORE, includes).map((fault) => `binding/core: ${fault}`),
  ];
}
