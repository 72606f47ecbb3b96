/** What `console.log` and `util.inspect` print of the package's objects, in a few lines. */

import { inspect } from 'node:util';

/** The name of the method that Node prints an object by: `inspect.custom`, without Node's types in the package's own. */
export const PRINTED: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** Elements of an array that are shown. */
const MOST_ELEMENTS = 6;

/** Columns of equal width: the first `left` are left-aligned, the others right-aligned. */
export function table(rows: readonly (readonly string[])[], left: number): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const aligned = (cell: string, column: number) =>
    column < left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(aligned).join('  ').trimEnd()).join('\n');
}

/** The first and the last entries where there are more than `most`, and how many were left out between them. */
export function ends<Entry>(entries: readonly Entry[], most: number): { first: Entry[]; left: number; last: Entry[] } {
  if (entries.length <= most) return { first: [...entries], left: 0, last: [] };
  const half = Math.floor(most / 2);
  return { first: entries.slice(0, half), left: entries.length - 2 * half, last: entries.slice(-half) };
}

/** A number of things, with a comma between thousands. */
export function showCount(count: number): string {
  return count.toLocaleString('en');
}

/** The first code points of a text, in quotes. */
export function excerpt(text: string, most: number): string {
  const begin = [...text.slice(0, 2 * most)].slice(0, most).join('');
  return begin.length < text.length ? `${JSON.stringify(begin)}…` : JSON.stringify(text);
}

/** A figure with as many digits as a person compares. */
export function showFigure(value: number | undefined): string {
  if (value === undefined) return '';
  const size = Math.abs(value);
  return size === 0 || (size >= 0.001 && size < 1e5) ? value.toFixed(4) : value.toExponential(3);
}

/** How long something will take, about: `about 2m 05s`. */
export function showEstimate(seconds: number): string {
  return seconds > 0 && Math.round(seconds) === 0 ? 'under a second' : `about ${showSeconds(seconds)}`;
}

/** Seconds as a person reads them: `1h 02m`, `2m 05s`, `7s`. */
export function showSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  if (whole >= 60) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${whole}s`;
}

/** A rate without the floating-point noise in its last digits. */
export function showRate(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Fields as Node prints an object of that name; of long arrays in it a few elements. */
export function printFields(name: string, fields: object, options: object): string {
  return `${name} ${inspect(fields, { ...options, maxArrayLength: MOST_ELEMENTS })}`;
}

/** Prints an object with its arrays cut short, on request. Its keys and values do not change. */
export function withShortArrays<Value extends object>(value: Value): Value {
  const print = (_depth: number, options: object) =>
    inspect({ ...value }, { ...options, maxArrayLength: MOST_ELEMENTS });
  return Object.defineProperty(value, PRINTED, { value: print, enumerable: false, configurable: true });
}
