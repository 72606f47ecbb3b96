/** Changes of JSON values and of bytes, as data: what a fuzzer draws, shows and shrinks. */

import fc from 'fast-check';

/** Values that readers stumble over. */
const STRANGE: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', 'constructor', '__proto__', 'toString', [], {}, [[]], [null]),
  fc.constantFrom<unknown>(
    0,
    -0,
    1,
    -1,
    2,
    0.5,
    255,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    1e300,
    -1e300,
  ),
  fc.constantFrom<unknown>(
    'F32',
    'F64',
    'I32',
    'U8',
    'BF16',
    'lstm',
    'gru',
    'rnn',
    'char',
    'word',
    'adaptive',
    'Infinity',
  ),
  fc.integer({ min: -3, max: 70 }),
  fc.double(),
  fc.string({ maxLength: 8, unit: 'grapheme' }),
  fc.string({ maxLength: 4, unit: 'binary' }),
  fc.array(fc.integer({ min: -1, max: 40 }), { maxLength: 6 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One change of a JSON value. `where` picks a place among all of them; `other` a second one. */
export interface JsonChange {
  kind: 'replace' | 'remove' | 'copy' | 'rename' | 'nest' | 'repeat' | 'nudge';
  where: number;
  other: number;
  value: unknown;
}

export const jsonChange: fc.Arbitrary<JsonChange> = fc.record({
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'copy', 'rename', 'nest', 'repeat', 'nudge'),
  where: fc.nat(10_000),
  other: fc.nat(10_000),
  value: STRANGE,
});

/** A place in a JSON value: what holds it, and under which key. */
interface Place {
  holder: Record<string, unknown>;
  key: string;
}

function placesIn(value: unknown, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    found.push({ holder, key });
    placesIn(holder[key], found);
  }
  return found;
}

function set({ holder, key }: Place, value: unknown): void {
  // As JSON.parse does: __proto__ is a key like any other.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Makes the changes, one after another, in a copy. */
export function changedJson(original: unknown, changes: readonly JsonChange[]): unknown {
  const root = { value: structuredClone(original) as unknown };
  for (const { kind, where, other, value } of changes) {
    const places = placesIn(root);
    const place = places[where % places.length] as Place;
    const second = places[other % places.length] as Place;
    const { holder, key } = place;
    if (kind === 'replace') set(place, structuredClone(value));
    else if (kind === 'remove' && Array.isArray(holder)) holder.splice(Number(key), 1);
    else if (kind === 'remove') delete holder[key];
    else if (kind === 'copy') set(place, structuredClone(second.holder[second.key]));
    else if (kind === 'rename' && !Array.isArray(holder)) {
      set({ holder, key: typeof value === 'string' ? value : second.key }, holder[key]);
      delete holder[key];
    } else if (kind === 'nest') set(place, [holder[key]]);
    else if (kind === 'repeat' && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]));
    else if (kind === 'nudge' && typeof holder[key] === 'number') set(place, holder[key] + (other % 2 ? 1 : -1));
    root.value ??= null;
  }
  return root.value;
}

/** One change of bytes; places are fractions of the length. */
export interface ByteChange {
  kind: 'set' | 'flip' | 'insert' | 'remove' | 'cut' | 'copy';
  at: number;
  length: number;
  value: number;
}

export const byteChange: fc.Arbitrary<ByteChange> = fc.record({
  kind: fc.constantFrom('set', 'flip', 'insert', 'remove', 'cut', 'copy'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  length: fc.integer({ min: 1, max: 16 }),
  value: fc.integer({ min: 0, max: 255 }),
});

export function changedBytes(original: Uint8Array, changes: readonly ByteChange[]): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(original);
  for (const { kind, at, length, value } of changes) {
    const place = Math.floor(at * bytes.length);
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
    if (kind === 'set' && bytes.length > 0) bytes[place] = value;
    else if (kind === 'flip' && bytes.length > 0) bytes[place] = (bytes[place] as number) ^ (1 << (value % 8));
    else if (kind === 'insert') bytes = Buffer.concat([before, new Uint8Array(length).fill(value), after]);
    else if (kind === 'remove') bytes = Buffer.concat([before, after.subarray(length)]);
    else if (kind === 'cut') bytes = before;
    else if (kind === 'copy') bytes = Buffer.concat([before, after.subarray(0, length), after]);
  }
  return bytes;
}
