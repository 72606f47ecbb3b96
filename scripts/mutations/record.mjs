/** The record of mutations, `test/mutations/record.json`: what was put in, and what has caught it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support.mjs';
import { findAgain, sitesOf } from './sites.mjs';

const file = path.join(root, 'test', 'mutations', 'record.json');

/** What the record keeps of a mutation, in this order. */
const KEPT = [
  'id',
  'file',
  'operator',
  'before',
  'line',
  'after',
  'from',
  'to',
  'nth',
  'outcome',
  'by',
  'title',
  'how',
  'seconds',
  'reason',
];

export function readRecord() {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

export function writeRecord(mutations) {
  const kept = mutations.map((each) =>
    Object.fromEntries(KEPT.filter((key) => key in each).map((key) => [key, each[key]])),
  );
  kept.sort((a, b) => (a.file + a.id < b.file + b.id ? -1 : 1));
  mkdirSync(path.dirname(file), { recursive: true });
  // In one step, since another run may read it.
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(kept, null, 2)}\n`);
  renameSync(temporary, file);
}

/**
 * Recorded mutations as places of the house as it is now.
 * @returns `found`, with their files and places, and `lost`, whose line is written otherwise now.
 */
export function inHouse(record, house) {
  const known = new Map();
  const sites = (name, text) => {
    if (!known.has(name)) known.set(name, sitesOf(name, text));
    return known.get(name);
  };
  const found = [];
  const lost = [];
  for (const each of record) {
    const site = findAgain(each, house, sites);
    if (site === undefined) lost.push(each);
    else found.push({ ...each, ...site });
  }
  return { found, lost };
}
