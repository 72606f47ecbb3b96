/** Places of mutations: rooms of the house, all places in a file, and a recorded place found again by its text. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { maskCpp, maskTypeScript } from './mask.mjs';
import { OPERATORS } from './operators.mjs';

const { posix } = path;

/** Where the rooms are; each of their folders is one. */
const HOUSE = ['src', 'binding/core', 'binding/node'];

export const roomOf = (file) => posix.dirname(file);
export const isCpp = (file) => /\.(?:cpp|h)$/.test(file);
const isSource = (file) => isCpp(file) || (file.endsWith('.ts') && !file.endsWith('.d.ts'));

/** Texts of all sources by their paths from the root. */
export function readHouse(root) {
  const files = HOUSE.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true })
      .map((name) => posix.join(folder, name.split(path.sep).join('/')))
      .filter(isSource),
  );
  return new Map(files.sort().map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
}

/** How often others have their turn is no fault. */
const GIVES_TURN = /% \w+ === 0\) (?:yield|await giveTurn\(\));/;

/** Lines beside a line that are not empty, so that a blank line moves nothing. */
function neighbour(lines, from, step) {
  for (let number = from + step; number >= 0 && number < lines.length; number += step) {
    if (lines[number].trim() !== '') return lines[number];
  }
  return '';
}

/**
 * All places of a file: `{ file, operator, before, line, after, from, to, nth }`, `nth` counting those of a line that are
 * alike, and `start` and `end` in the text.
 */
export function sitesOf(file, text) {
  const masked = (isCpp(file) ? maskCpp : maskTypeScript)(text).split('\n');
  const lines = text.split('\n');
  const sites = [];
  let offset = 0;
  for (const [number, raw] of lines.entries()) {
    const given = { masked: masked[number], raw, before: neighbour(masked, number, -1), isNative: isCpp(file) };
    for (const [operator, { places }] of GIVES_TURN.test(given.masked) ? [] : Object.entries(OPERATORS)) {
      const alike = new Map();
      for (const { start, end, to } of places(given)) {
        const from = raw.slice(start, end);
        const nth = alike.get(from) ?? 0;
        alike.set(from, nth + 1);
        sites.push({
          ...{ file, operator, from, to, nth },
          before: neighbour(lines, number, -1).trim(),
          line: raw.trim(),
          after: neighbour(lines, number, 1).trim(),
          ...{ start: offset + start, end: offset + end },
        });
      }
    }
    offset += raw.length + 1;
  }
  return sites;
}

/** A text with the fault of a place in it. */
export function mutated(text, { start, end, to }) {
  return text.slice(0, start) + to + text.slice(end);
}

/** A number for a place and a seed, the same wherever the file lies. */
export function rank(seed, { file, operator, before, line, after, from, to, nth }) {
  const words = [seed, posix.basename(file), operator, before, line, after, from, to, nth];
  return createHash('sha256').update(words.join('\0')).digest('hex');
}

/** The name of a mutation. */
export const idOf = (site) => rank('', site).slice(0, 8);

/**
 * The place of a recorded mutation in the house as it is now: in its file, else in one of that name, else in any. It is the
 * one whose line is the same, with the more of its neighbours; undefined if there is none, or two that are as good.
 */
export function findAgain(recorded, house, sites = sitesOf) {
  const named = [...house.keys()].filter((file) => posix.basename(file) === posix.basename(recorded.file));
  const withLine = () => [...house.keys()].filter((file) => house.get(file).includes(recorded.line));
  for (const files of [house.has(recorded.file) ? [recorded.file] : [], named, withLine()]) {
    const alike = files
      .filter((file) => isCpp(file) === isCpp(recorded.file))
      .flatMap((file) => sites(file, house.get(file)))
      .filter((site) => ['operator', 'line', 'from', 'to', 'nth'].every((key) => site[key] === recorded[key]))
      .map((site) => ({ site, same: (site.before === recorded.before) + (site.after === recorded.after) }))
      .sort((a, b) => b.same - a.same);
    if (alike.length > 0) return alike[0].same === alike[1]?.same ? undefined : alike[0].site;
  }
  return undefined;
}
