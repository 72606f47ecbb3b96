/**
 * `npm run test:mutations`: puts small faults in copies of the tree, one at a time, and asks whether a test notices.
 *
 *   npm run test:mutations                               those of the record, and new ones up to an equal share of each room
 *   npm run test:mutations -- --only src/text,src/cli    of rooms and the rooms in them
 *   npm run test:mutations -- --ids 0a1b2c3d,4e5f6071    some of the record
 *   npm run test:mutations -- --sample 20 --seed 5       others, by a seed
 *   npm run test:mutations -- --recorded 12 --seed 5     some that are recorded as caught, each by the test that caught it
 *   npm run test:mutations -- --list                     prints the record with what caught each, with --new what would be
 *                                                        drawn, and applies nothing
 *   … --record       keeps the outcomes in test/mutations/record.json
 *   … --new          leaves out what has an outcome
 *   … --seconds 120  for the tests of each, as they take on a machine that is not busy
 *   … --workers 1    how many at a time
 *   … --copies 2     the number of the first copy, where this runs beside another
 *
 * The operators are in `mutations/operators.mjs`. A recorded mutation is found again by its text, in whatever file that is
 * now. What a compiler refuses counts for nothing; an equivalent one, which changes no behaviour, is named in the record
 * by hand, with the reason. StrykerJS does not fit: it knows no C++, draws no equal shares of folders, names a mutation by
 * its place, and puts all of a file's mutations into it at once, which tests that read the sources or count what is loaded
 * would notice.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Copy } from './mutations/copy.mjs';
import { draw, someOf } from './mutations/draw.mjs';
import { inHouse, readRecord, writeRecord } from './mutations/record.mjs';
import { describe, lineNumber, summarize } from './mutations/report.mjs';
import { idOf, isCpp, readHouse, roomOf } from './mutations/sites.mjs';
import { Trials } from './mutations/trial.mjs';
import { distancesTo, readCpp, readModules } from './quick/graph.mjs';
import { asProgram, Failure, root, say } from './support.mjs';

/** Of all rooms together, at least; and what the draw goes by. */
const LEAST = 160;
const SEED = 'unrolled';

/** Recorded ones that are run for every change are quick: seconds, in TypeScript and in C++. */
const QUICK = { typescript: 20, cpp: 60 };
const MOST_CPP = 2;

const BUILD_SECONDS = 1800;

const OPTIONS = {
  only: { type: 'string' },
  ids: { type: 'string' },
  sample: { type: 'string' },
  recorded: { type: 'string' },
  seed: { type: 'string', default: SEED },
  workers: { type: 'string', default: String(availableParallelism()) },
  seconds: { type: 'string', default: '60' },
  copies: { type: 'string', default: '0' },
  record: { type: 'boolean', default: false },
  new: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
};

function parseOptions(args) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    for (const [name, least] of Object.entries({ sample: 1, recorded: 1, seconds: 1, workers: 1, copies: 0 })) {
      if (values[name] === undefined) continue;
      const count = Number(values[name]);
      if (!(Number.isInteger(count) && count >= least)) {
        throw new Error(`--${name} must be a whole number from ${least} on, and is ${JSON.stringify(values[name])}.`);
      }
      values[name] = count;
    }
    return values;
  } catch (error) {
    throw new Failure(error.message);
  }
}

/** The mutations that the options ask for. */
function chosen({ only, ids, sample, recorded, seed, new: onlyNew }, house, record) {
  const { found, lost } = inHouse(record, house);
  if (lost.length > 0) say(`${lost.length} recorded mutations are not found any more: their lines have changed.`);
  const rooms = only?.split(',');
  const isWanted = ({ file }) => rooms?.some((room) => `${roomOf(file)}/`.startsWith(`${room}/`)) ?? true;
  if (recorded !== undefined) {
    const isQuick = ({ file, seconds }) => seconds <= QUICK[isCpp(file) ? 'cpp' : 'typescript'];
    const caught = found.filter((each) => each.outcome === 'caught' && each.how === 'failed' && isQuick(each));
    return someOf(caught.filter(isWanted), { count: recorded, seed, cpp: MOST_CPP });
  }
  if (ids !== undefined) {
    const asked = ids.split(',');
    const unknown = asked.find((id) => !found.some((each) => each.id === id));
    if (unknown !== undefined) throw new Failure(`the record has no mutation ${unknown} that is found in the sources.`);
    return found.filter(({ id }) => asked.includes(id));
  }
  const share = Math.ceil((sample ?? LEAST) / new Set([...house.keys()].map(roomOf)).size);
  const refused = new Set(found.filter(({ outcome }) => outcome === 'refused').map(({ id }) => id));
  const known = new Set(found.map(({ id }) => id));
  const counted = found.filter(({ id }) => !refused.has(id));
  if (sample !== undefined) {
    const others = draw({ house, seed, share, refused: (site) => known.has(idOf(site)) }).filter(isWanted);
    return someOf(others, { count: sample, seed });
  }
  const drawn = draw({ house, seed, share, taken: counted, refused: (site) => refused.has(idOf(site)) });
  return [...(onlyNew ? [] : counted), ...drawn].filter(isWanted);
}

function readTimes() {
  try {
    return JSON.parse(readFileSync(path.join(root, 'build', 'test-times.json'), 'utf8'));
  } catch {
    return {};
  }
}

const isNamed = (file, other) => path.basename(file) === path.posix.basename(other);

/** The test that has caught a mutation, as the tests to run; undefined for one that none has. */
function caughtBy({ by, outcome }, times) {
  if (outcome !== 'caught') return undefined;
  const isOfCore = by.endsWith('.cpp');
  // It may have moved.
  const moved = () => readdirSync(path.join(root, 'test'), { recursive: true }).find((name) => isNamed(name, by));
  const now = existsSync(path.join(root, by)) ? by : `test/${moved()?.split(path.sep).join('/')}`;
  if (!existsSync(path.join(root, now))) return undefined;
  const test = [{ test: now, seconds: times[now] ?? 10 }];
  return { core: isOfCore ? test : [], modules: isOfCore ? [] : test };
}

async function testMutations(args) {
  const options = parseOptions(args);
  const house = readHouse(root);
  const record = readRecord();
  const mutations = chosen(options, house, record);
  const show = (each) => console.log(describe(each, lineNumber(house.get(each.file), each)));
  if (options.list) {
    const listed = options.new || options.sample ? mutations : mutations.filter(({ outcome }) => outcome !== undefined);
    for (const each of listed) show(each);
    summarize(listed);
    return 0;
  }
  // What runs in a copy has a group of processes of its own, which Ctrl-C does not reach: it ends with this process.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  const times = readTimes();
  const cpp = readCpp(root);
  const trials = new Trials(house, { modules: readModules(root), cpp, times, budget: options.seconds });
  const waiting = quickestFirst(
    mutations.filter(({ outcome }) => outcome !== 'equivalent'),
    cpp,
  );
  const done = mutations.filter(({ outcome }) => outcome === 'equivalent');
  for (const each of done) show(each);

  const work = async (number) => {
    if (waiting.length === 0) return;
    const copy = new Copy(number, BUILD_SECONDS);
    await copy.prepare();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await tried(next, { trials, copy, times, isRecorded: options.recorded !== undefined });
      done.push(result);
      show(result);
      if (options.record) writeRecord(merged(readRecord(), done));
    }
  };
  const workers = Math.min(options.workers, waiting.length);
  await Promise.all(Array.from({ length: workers }, (_, number) => work(options.copies + number)));
  return summarize(done) ? 0 : 1;
}

/** In TypeScript, where nothing is compiled, before C++; there those before others whose file fewer sources include. */
function quickestFirst(mutations, { edges }) {
  const isHeader = (file) => file.endsWith('.h');
  const includes = new Map([...edges].map(([file, targets]) => [file, new Set([...targets].filter(isHeader))]));
  const cost = ({ file }) => {
    if (!isCpp(file)) return 0;
    return [...distancesTo(includes, file).keys()].filter((reader) => !isHeader(reader)).length;
  };
  return mutations
    .map((each) => ({ each, cost: cost(each) }))
    .sort((a, b) => a.cost - b.cost)
    .map(({ each }) => each);
}

/** A mutation with its outcome. What has caught it once is asked first. */
async function tried(mutation, { trials, copy, times, isRecorded }) {
  const { outcome: _outcome, by: _by, title: _title, how: _how, reason: _reason, ...place } = mutation;
  const began = performance.now();
  const before = caughtBy(mutation, times);
  let result = before === undefined ? undefined : await trials.of(mutation, copy, before);
  if (result?.outcome !== 'caught' && !(isRecorded && result !== undefined)) result = await trials.of(mutation, copy);
  return { ...place, ...result, seconds: Number(((performance.now() - began) / 1000).toFixed(1)) };
}

/** The record with new outcomes in the place of the old ones. */
function merged(record, done) {
  const fresh = new Map(done.map((each) => [each.id, each]));
  return [...record.filter(({ id }) => !fresh.has(id)), ...fresh.values()];
}

await asProgram(import.meta.url, testMutations);
