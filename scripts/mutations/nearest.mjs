/** The tests that a mutation is tried by, the nearest first: those of `npm run test:quick`, and more for the addon. */
import path from 'node:path';
import { chooseTests } from '../quick/choice.mjs';
import { roomOf } from './sites.mjs';

const { posix } = path;

/** The words of a file's name, in the singular. */
const words = (file) =>
  posix
    .basename(file)
    .replace(/(\.test)?\.\w+$/, '')
    .split(/[_-]/)
    .map((word) => word.replace(/s$/, ''));
const isTest = (file) => file.startsWith('test/') && file.endsWith('.test.ts');
/** Tests of load, memory and time go by what the machine can do, which other mutations keep busy. */
const goesByMachine = (file) => /^test\/reliability\/|\/event-loop\.test\.ts$/.test(file);
/** A package is made of `lib`, and so is the command line that a test starts. */
const USES_LIB = /'lib'|\blib\/[\w/-]*\.m?js\b/;

/** Whether a test, or what it imports of `test/`, uses the built package. */
export function usesLib(test, { texts, edges }, seen = new Set()) {
  if (seen.has(test) || !test.startsWith('test/')) return false;
  seen.add(test);
  return (
    USES_LIB.test(texts.get(test) ?? '') ||
    [...(edges.get(test) ?? [])].some((each) => usesLib(each, { texts, edges }, seen))
  );
}

/** The folder of the tests of a file's folder. */
const mirrorOf = (file) => roomOf(file).replace(/^src/, 'test');

/**
 * How far a test is from a file by their places: 0 for a test of its folder, which may be one file with the folder's name, 1
 * for one of the folder above, 2 for others.
 */
function distanceTo(file, test) {
  const mirror = mirrorOf(file);
  if (roomOf(test) === mirror || test === `${mirror}.test.ts`) return 0;
  return roomOf(test) === posix.dirname(mirror) ? 1 : 2;
}

/** Names of a text that are long enough to say what it is about. */
const namesIn = (text) => new Set(text.match(/[A-Za-z]\w{4,}/g));

/** How much a test speaks of what a file does: the names that both have, a name counting the more the fewer tests have it. */
function kinship(source, tests, texts) {
  const own = namesIn(source);
  const shared = new Map(
    tests.map(({ test }) => [test, [...namesIn(texts.get(test))].filter((name) => own.has(name))]),
  );
  const holders = new Map();
  for (const names of shared.values()) for (const name of names) holders.set(name, (holders.get(name) ?? 0) + 1);
  return (test) => shared.get(test).reduce((sum, name) => sum + 1 / holders.get(name) ** 2, 0);
}

/**
 * Tests that are near by a name or by an import, in that order; then those that only reach a file, those of its own folder
 * first, then those of the folder above, and of these the most akin first.
 */
function byKinship(file, tests, texts) {
  const isNear = ({ why }) => !/^(?:reaches|uses a name of) /.test(why);
  const rest = tests.filter((each) => !isNear(each));
  const akin = kinship(texts.get(file) ?? '', rest, texts);
  const distance = ({ test }) => distanceTo(file, test);
  return [...tests.filter(isNear), ...rest.sort((a, b) => distance(a) - distance(b) || akin(b.test) - akin(a.test))];
}

/** All tests, where no import leads to a file: those of its folder, with a word of its name, and then the most akin. */
function byName(file, source, { modules, times }) {
  const own = new Set(words(file));
  const near = (test) => {
    if (distanceTo(file, test) === 0) return 0;
    return [...words(test), ...roomOf(test).split('/')].some((word) => own.has(word)) ? 1 : 2;
  };
  const tests = [...modules.texts.keys()]
    .filter((each) => isTest(each) && !goesByMachine(each))
    .map((test) => ({ test, seconds: times[test] ?? 5 }));
  const akin = kinship(source, tests, modules.texts);
  return tests.sort((a, b) => near(a.test) - near(b.test) || akin(b.test) - akin(a.test));
}

/** The first tests that together take so many seconds; the first whatever it takes. */
function within(tests, budget) {
  let left = budget;
  return tests.filter(({ seconds }, index) => {
    const fits = index === 0 || seconds <= left;
    if (fits) left -= seconds;
    return fits;
  });
}

/**
 * @param graphs what reads what, the seconds that tests take on a machine that is not busy, and how many of them a file is
 *   worth.
 * @returns `{ core, modules, addon, lib }`: tests as `{ test, seconds }`, and whether those in TypeScript need the addon, or
 *   `lib`, built. A source that no import leads to is a part of `lib`, as the script of the report's page is. What the
 *   core's own tests do not notice, those in TypeScript may.
 */
export function nearestTests(file, { modules, cpp, times, budget }) {
  const all = chooseTests({ changed: [file], modules, cpp, times, budget: Infinity });
  const addon = file.startsWith('binding/');
  const found = all.modules.chosen.filter(({ test }) => !goesByMachine(test));
  const core = within(all.core.chosen, 3 * budget);
  let chosen = within(byKinship(file, found, modules.texts), budget);
  const lib = !addon && chosen.length === 0;
  if (addon || lib) {
    const known = new Set(chosen.map(({ test }) => test));
    const source = (cpp.texts.get(file) ?? modules.texts.get(file)) || '';
    const more = byName(file, source, { modules, times }).filter(({ test }) => !known.has(test));
    chosen = [...chosen, ...within(more, budget)];
  }
  return { core, modules: chosen, addon, lib };
}
