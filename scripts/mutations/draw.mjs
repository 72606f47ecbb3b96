/** Which mutations are made: an equal share of every room, by a seed. */
import { transformSync } from 'esbuild';
import { idOf, isCpp, mutated, rank, roomOf, sitesOf } from './sites.mjs';

/** What esbuild makes of a module without its types; undefined if it is no TypeScript. */
function withoutTypes(text) {
  try {
    return transformSync(text, { loader: 'ts', logLevel: 'silent' }).code;
  } catch {
    return undefined;
  }
}

/** Whether the program differs: not where only a type does, or where the text is no program any more. */
export function changesProgram(site, text) {
  if (isCpp(site.file)) return true;
  const code = withoutTypes(mutated(text, site));
  return code !== undefined && code !== withoutTypes(text);
}

/** Places by operator, the operators by turns, so that the frequent ones leave room for the others. */
function* byTurns(sites, seed) {
  const ranked = sites.map((site) => ({ site, place: rank(seed, site) })).sort((a, b) => (a.place < b.place ? -1 : 1));
  const lists = new Map();
  for (const { site } of ranked) lists.set(site.operator, [...(lists.get(site.operator) ?? []), site]);
  for (let left = ranked.length; left > 0; ) {
    for (const list of lists.values()) {
      const site = list.shift();
      if (site === undefined) continue;
      left--;
      yield site;
    }
  }
}

/**
 * Places for each room up to its share. `taken` are those that the record has already and that count for their rooms;
 * `refused` says of a place that the compiler does not take it. Of a line at most one place is drawn.
 */
export function draw({ house, seed, share, taken = [], refused = () => false }) {
  const rooms = new Map();
  for (const [file, text] of house) {
    rooms.set(roomOf(file), [...(rooms.get(roomOf(file)) ?? []), ...sitesOf(file, text)]);
  }
  const drawn = [];
  for (const [room, sites] of [...rooms].sort()) {
    const here = taken.filter(({ file }) => roomOf(file) === room);
    const used = new Set(here.map(lineOf));
    let missing = share - here.length;
    for (const site of byTurns(sites, seed)) {
      if (missing <= 0) break;
      if (used.has(lineOf(site)) || refused(site) || !changesProgram(site, house.get(site.file))) continue;
      used.add(lineOf(site));
      drawn.push({ id: idOf(site), ...site });
      missing--;
    }
  }
  return drawn;
}

const lineOf = ({ file, before, line }) => [file, before, line].join('\0');

/** Some of a list, by a seed; of those in C++ at most `cpp`. */
export function someOf(list, { count, seed, cpp = Infinity }) {
  const ranked = list.map((each) => ({ each, place: rank(seed, each) })).sort((a, b) => (a.place < b.place ? -1 : 1));
  let native = 0;
  return ranked
    .map(({ each }) => each)
    .filter(({ file }) => !isCpp(file) || ++native <= cpp)
    .slice(0, count);
}
