/** Long plain data as JSON, a little at a time. */

import { createHash } from 'node:crypto';

/** Elements of a list that become text between two turns of the event loop. */
const PART = 1 << 12;

/** The text that `JSON.stringify` gives for plain data, in pieces. */
export function* jsonPieces(value: unknown): Generator<string, void> {
  if (Array.isArray(value)) yield* listPieces(value);
  else if (typeof value === 'object' && value !== null) yield* objectPieces(value);
  else yield JSON.stringify(value);
}

function* listPieces(list: readonly unknown[]): Generator<string, void> {
  yield '[';
  for (let start = 0; start < list.length; start += PART) {
    yield (start === 0 ? '' : ',') + JSON.stringify(list.slice(start, start + PART)).slice(1, -1);
  }
  yield ']';
}

function* objectPieces(object: object): Generator<string, void> {
  let between = '{';
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    yield `${between}${JSON.stringify(name)}:`;
    yield* jsonPieces(value);
    between = ',';
  }
  yield between === '{' ? '{}' : '}';
}

/** The whole text, a little at a time. */
export function* stringifying(value: unknown): Generator<void, string> {
  const pieces: string[] = [];
  for (const piece of jsonPieces(value)) {
    pieces.push(piece);
    yield;
  }
  return pieces.join('');
}

/** The SHA-256 of that text in hexadecimal, a little at a time. */
export function* jsonHash(value: unknown): Generator<void, string> {
  const hash = createHash('sha256');
  for (const piece of jsonPieces(value)) {
    hash.update(piece);
    yield;
  }
  return hash.digest('hex');
}
