/** The tests that a mutation is tried by, the nearest first: those of `npm run test:quick`, and more for the addon. */
import path from 'node:path';
import { chooseTests } from '../quick/choice.mjs';
import { roomOf } from './sites.mjs';

const { posix } = path;

const words = (file) =>
  posix
    .basename(file)
    .replace(/(\.test)?\.\w+$/, '')
    .split(/[_-]/);
const isTest = (file) => file.startsWith('test/') && file.endsWith('.test.ts');
/** Tests of load and memory go by what the machine can do, which other mutations keep busy. */
const goesByMachine = (file) => file.startsWith('test/reliability/');
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

/** Tests whose folder or name is that of a file, where the graph of imports does not lead to it. */
function byName(file, modules, times) {
  const folder = roomOf(file).replace(/^src/, 'test');
  const own = new Set(words(file));
  const near = (test) => {
    if (roomOf(test) === folder) return 0;
    if (
      words(test).some((word) => own.has(word)) ||
      roomOf(test)
        .split('/')
        .some((word) => own.has(word))
    )
      return 1;
    return file.startsWith('src/') && folder.startsWith(`${roomOf(test)}/`) && roomOf(test) !== 'test' ? 2 : undefined;
  };
  return [...modules.texts.keys()]
    .filter((each) => isTest(each) && !goesByMachine(each))
    .map((test) => ({ test, seconds: times[test] ?? 5, near: near(test) }))
    .filter((each) => each.near !== undefined)
    .sort((a, b) => a.near - b.near || a.seconds - b.seconds);
}

/** Names of a text that are long enough to say what it is about. */
const namesIn = (text) => new Set(text.match(/[A-Za-z]\w{4,}/g));

/** How much a test speaks of what a file does: the names that both have, a name counting the more the fewer tests have it. */
function kinship(file, tests, texts) {
  const own = namesIn(texts.get(file) ?? '');
  const shared = new Map(
    tests.map(({ test }) => [test, [...namesIn(texts.get(test))].filter((name) => own.has(name))]),
  );
  const holders = new Map();
  for (const names of shared.values()) for (const name of names) holders.set(name, (holders.get(name) ?? 0) + 1);
  return (test) => shared.get(test).reduce((sum, name) => sum + 1 / holders.get(name) ** 2, 0);
}

/** Tests that a file's graph of imports tells apart, in that order; then those that only reach it, the most akin first. */
function byKinship(file, tests, texts) {
  const isNear = ({ why }) => !why.startsWith('reaches');
  const rest = tests.filter((each) => !isNear(each));
  const akin = kinship(file, rest, texts);
  return [...tests.filter(isNear), ...rest.sort((a, b) => akin(b.test) - akin(a.test))];
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
 * @returns `{ core, modules, addon }`: tests as `{ test, seconds }`, and whether those in TypeScript need the addon built.
 */
export function nearestTests(file, { modules, cpp, times, budget }) {
  const all = chooseTests({ changed: [file], modules, cpp, times, budget: Infinity });
  const { addon } = all;
  const found = all.modules.chosen.filter(({ test }) => !goesByMachine(test));
  const core = within(all.core.chosen, 3 * budget);
  let chosen = within(byKinship(file, found, modules.texts), budget);
  if (addon || chosen.length + core.length === 0) {
    const known = new Set(chosen.map(({ test }) => test));
    const more = byName(file, modules, times).filter(({ test }) => !known.has(test));
    chosen = [...chosen, ...within(more, budget)];
  }
  return { core, modules: chosen, addon };
}
