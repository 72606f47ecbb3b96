/** Which tests a change is tried by first: the nearest to it, as many as there is time for. */
import path from 'node:path';
import { distancesTo } from './graph.mjs';

const { posix } = path;

/** Seconds that a file of tests is taken to need which was never timed, in TypeScript and of the core. */
const UNTIMED = 5;
const UNTIMED_CORE = 1;

/** How near a test is to a changed file; the lower, the earlier it is run. */
const NAMED = 1;
const DIRECT = 2;
const READER = 2.5;
const MENTION = 3;
const BEYOND = 4;

const EXPORTS = /^export (?:async )?(?:function\*?|class|const|abstract class) (\w+)/gm;

/** The name of a file without its folder and endings. */
function stem(file) {
  return posix.basename(file).replace(/(\.test)?\.\w+$/, '');
}

const isTest = (file) => file.startsWith('test/') && file.endsWith('.test.ts');
const isCoreTest = (file) => file.startsWith('test/core/') && file.endsWith('.cpp') && stem(file) !== 'main';

/** Tests in TypeScript that a changed file may break, with how near they are and why. */
function* nearModules(file, { texts, edges }) {
  if (isTest(file)) yield { test: file, near: 0, why: 'changed' };
  const distances = texts.has(file) ? distancesTo(edges, file) : new Map();
  // A reader's own test tries what it reads, be it two steps away.
  const readers = new Map();
  for (const [reader, distance] of distances) {
    if (distance > 0 && distance <= 2 && !reader.startsWith('test/')) readers.set(stem(reader), { reader, distance });
  }
  const names = Array.from((texts.get(file) ?? '').matchAll(EXPORTS), ([, name]) => name);
  if (file.startsWith('src/cli/')) names.push(`'${stem(file)}'`);
  const mention = names.length === 0 ? undefined : new RegExp(names.map((name) => `(?<!\\w)${name}(?!\\w)`).join('|'));
  for (const [test, text] of texts) {
    if (!isTest(test) || test === file) continue;
    const distance = distances.get(test);
    if (distance === undefined) {
      // Scripts, documents and data are no modules of a test; whoever names one depends on it.
      if (!texts.has(file) && text.includes(posix.basename(file))) yield { test, near: DIRECT, why: `names ${file}` };
    } else if (stem(test) === stem(file)) yield { test, near: NAMED, why: `has the name of ${file}` };
    else if (distance === 1) yield { test, near: DIRECT, why: `imports ${file}` };
    else if (readers.has(stem(test))) {
      const { reader, distance: steps } = readers.get(stem(test));
      yield { test, near: READER + steps - 1, why: `has the name of ${reader}` };
    } else if (mention?.test(text)) yield { test, near: MENTION, why: `uses a name of ${file}` };
    else yield { test, near: BEYOND + distance, why: `reaches ${file}` };
  }
  if (file.endsWith('.md'))
    yield { test: 'test/documents/links.test.ts', near: DIRECT, why: `follows the links of ${file}` };
  if (file.startsWith('binding/')) {
    for (const test of texts.keys()) {
      if (/^test\/(native-(imports|training)|worker|golden|index)\.test\.ts$/.test(test)) {
        yield { test, near: DIRECT, why: `calls what ${file} is a part of` };
      }
    }
  }
}

/** Tests of the core that a changed file may break. A source is known by its header. */
function* nearCore(file, { texts, edges }) {
  if (isCoreTest(file)) yield { test: file, near: 0, why: 'changed' };
  const header = file.replace(/\.cpp$/, '.h');
  const start = texts.has(header) ? header : file;
  const distances = distancesTo(edges, start);
  // `gru_step` is `gruStep` or `GruStep` in a test.
  const mention = new RegExp(`(?<![A-Za-z])${stem(file).replaceAll('_', '_?')}(?![a-z])`, 'i');
  // Kernels are included by names that macros make, which the graph does not have: bf16_packing is tried by bf16.
  const [family] = stem(file).split('_');
  for (const [test, text] of texts) {
    if (!isCoreTest(test) || test === file) continue;
    const distance = distances.get(test);
    if (stem(test) === stem(file)) yield { test, near: NAMED, why: `has the name of ${file}` };
    else if (distance === 1) yield { test, near: DIRECT, why: `includes ${start}` };
    else if (distance !== undefined && mention.test(text)) yield { test, near: MENTION, why: `names ${stem(file)}` };
    else if (distance !== undefined) yield { test, near: BEYOND + distance, why: `reaches ${start}` };
    else if (stem(test).split('_')[0] === family) yield { test, near: BEYOND, why: `is of ${family}` };
  }
}

/** The nearest way from a change to each test, nearest tests first; of two as near the shorter one. */
function ordered(found, times) {
  const nearest = new Map();
  for (const each of found) if (each.near < (nearest.get(each.test)?.near ?? Infinity)) nearest.set(each.test, each);
  const timed = [...nearest.values()].map((each) => ({
    ...each,
    seconds: times[each.test] ?? (isCoreTest(each.test) ? UNTIMED_CORE : UNTIMED),
    isTimed: each.test in times,
  }));
  return timed.sort((a, b) => a.near - b.near || a.seconds - b.seconds || (a.test < b.test ? -1 : 1));
}

/** The nearest of some tests that there is time for; the first is run whatever it takes. */
function within(tests, budget) {
  let left = budget;
  const chosen = tests.filter(({ seconds }, index) => {
    const fits = index === 0 || seconds <= left;
    if (fits) left -= seconds;
    return fits;
  });
  return { chosen, leftOut: tests.length - chosen.length };
}

/**
 * Tests for changed files: of the core for its files, in TypeScript for all others and for a file of the core that no
 * test of the core reaches.
 * @param changed paths from the root.
 * @param modules, cpp as `graph.mjs` reads them.
 * @param times seconds by test.
 * @param budget seconds that the tests may take.
 * @returns `modules` and `core`, each with the tests that are `chosen` and the number of those that are left out, and
 *   whether the tests need the addon built anew.
 */
export function chooseTests({ changed, modules, cpp, times, budget }) {
  const isCore = (file) => /\.(cpp|h)$/.test(file) && /^(binding\/core|test\/core)\//.test(file);
  const ofCore = new Map(changed.filter(isCore).map((file) => [file, [...nearCore(file, cpp)]]));
  const others = changed.filter((file) => (ofCore.get(file) ?? []).length === 0);
  const core = ordered([...ofCore.values()].flat(), times);
  const rest = ordered(
    others.flatMap((file) => [...nearModules(file, modules)]),
    times,
  );
  const share = core.length > 0 && rest.length > 0 ? budget / 2 : budget;
  const addon = others.some((file) => file.startsWith('binding/') || file === 'CMakeLists.txt');
  return { core: within(core, share), modules: within(rest, share), addon };
}

/** The sum of what chosen tests take, in seconds. */
export function secondsOf(chosen) {
  return chosen.reduce((sum, { seconds }) => sum + seconds, 0);
}
