/** The tests that a mutation is tried by, the nearest first: those of `npm run test:quick`, and more for the addon. */
import path from 'node:path';
import { chooseTests } from '../quick/choice.mjs';
import { roomOf } from './sites.mjs';

const { posix } = path;

/** Tests of a file that are tried at most, by their seconds on a machine that is not busy. */
const BUDGET = 60;

const words = (file) =>
  posix
    .basename(file)
    .replace(/(\.test)?\.\w+$/, '')
    .split(/[_-]/);
const isTest = (file) => file.startsWith('test/') && file.endsWith('.test.ts');
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
    .filter(isTest)
    .map((test) => ({ test, seconds: times[test] ?? 5, near: near(test) }))
    .filter((each) => each.near !== undefined)
    .sort((a, b) => a.near - b.near || a.seconds - b.seconds);
}

/** The first tests that together take so many seconds. */
function within(tests, budget) {
  let left = budget;
  return tests.filter(({ seconds }) => {
    left -= seconds;
    return left >= 0;
  });
}

/** @returns `{ core, modules, addon }`: tests as `{ test, seconds }`, and whether those in TypeScript need the addon built. */
export function nearestTests(file, { modules, cpp, times }) {
  const { core, modules: found, addon } = chooseTests({ changed: [file], modules, cpp, times, budget: BUDGET });
  let chosen = found.chosen;
  if (addon || chosen.length + core.chosen.length === 0) {
    const known = new Set(chosen.map(({ test }) => test));
    const more = byName(file, modules, times).filter(({ test }) => !known.has(test));
    chosen = [...chosen, ...within(more, BUDGET)];
  }
  return { core: core.chosen, modules: chosen, addon };
}
