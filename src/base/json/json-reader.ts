/**
 * Reads JSON like `JSON.parse`, but from bytes and in parts, between which the event loop can have a turn. No function
 * calls itself, so depth takes no stack. It also reports names that `JSON.parse` would lose.
 */

import { isUtf8 } from 'node:buffer';
import { inTurns } from '../event-loop';

/** Bytes between two turns, about: well below a millisecond of work. */
const STRIDE = 1 << 14;

/** Bytes whose encoding is looked at at once. */
const UTF8_STRIDE = 1 << 20;

/**
 * Longest string in bytes that is read at once. A longer string, or one with escapes, is joined in pieces of this many
 * UTF-16 units.
 */
const SHORT = 1 << 12;

/** Strings that are remembered, a power of two; and the longest of them. */
const KNOWN = 1 << 8;
const KNOWN_LENGTH = 16;

/** Objects and lists one in another; each takes memory until it ends. */
const MOST_DEPTH = 100_000;

/** Whole numbers with at most this many digits are exact. */
const EXACT_DIGITS = 15;

/** Units of a text that `JSON.parse` reads in some milliseconds. */
const SHORT_TEXT = 1 << 18;

const [SPACE, TAB, LINE_FEED, CARRIAGE_RETURN] = [0x20, 0x09, 0x0a, 0x0d];
const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, ZERO, NINE] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x30, 0x39];
const [LIST, LIST_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];

const WORDS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const NUMBER_BYTES: ReadonlySet<number | undefined> = new Set(Buffer.from('0123456789+-.eE'));

/** Meanings of the characters after a backslash, except `u`. */
const ESCAPES = new Map([...'"\\/bfnrt'].map((name, i) => [name.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(i)]));

/** A value; and the first name that an object in it has twice, of whose members the last is there. */
export interface JsonReading {
  value: unknown;
  duplicate: string | undefined;
}

/** An object, map or list that has not ended. The same instance is reused for the next one of its depth. */
interface Open {
  list: unknown[] | undefined;
  map: Map<string, unknown> | undefined;
  object: Record<string, unknown> | undefined;
  /** The byte that ends it. */
  end: number;
  /** Name of the member that is being read. */
  name: string;
}

function put({ list, map, object, name }: Open, value: unknown): void {
  if (list !== undefined) list.push(value);
  else if (map !== undefined) map.set(name, value);
  else if (name !== '__proto__') (object as Record<string, unknown>)[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

class Reader {
  readonly #bytes: Buffer;
  readonly #rootIsMap: boolean;
  readonly #strings = new Array<string | undefined>(KNOWN).fill(undefined);
  #at = 0;
  #nextTurn = STRIDE;
  duplicate: string | undefined;

  constructor(bytes: Uint8Array, rootIsMap: boolean) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#rootIsMap = rootIsMap;
  }

  *read(): Generator<void, unknown> {
    const open: Open[] = [];
    let depth = 0;
    for (;;) {
      if (this.#isDue()) yield;
      while (!this.#skipSpace()) yield;
      const byte = this.#bytes[this.#at];
      let last = depth > 0 ? open[depth - 1] : undefined;
      if (byte === OBJECT || byte === LIST) {
        if (depth === MOST_DEPTH) throw this.#fault();
        this.#at++;
        open[depth] ??= { list: undefined, map: undefined, object: undefined, end: 0, name: '' };
        last = open[depth] as Open;
        last.list = byte === LIST ? [] : undefined;
        last.map = byte === OBJECT && this.#rootIsMap && depth === 0 ? new Map() : undefined;
        last.object = byte === OBJECT && last.map === undefined ? {} : undefined;
        last.end = byte === LIST ? LIST_END : OBJECT_END;
        depth++;
        while (!this.#skipSpace()) yield;
        if (this.#bytes[this.#at] !== last.end) {
          if (byte === OBJECT && !this.#shortName(last)) yield* this.#longName(last);
          continue;
        }
      } else {
        const value = byte === QUOTE ? (this.#shortString() ?? (yield* this.#longString())) : this.#scalar();
        if (last === undefined) {
          yield* this.#requireEnd();
          return value;
        }
        put(last, value);
      }
      // A value has ended: it belongs to the object or list around it.
      for (;;) {
        while (!this.#skipSpace()) yield;
        const separator = this.#bytes[this.#at];
        if (separator !== COMMA && separator !== last.end) throw this.#fault();
        this.#at++;
        if (separator === COMMA) {
          if (last.list === undefined && !this.#shortName(last)) yield* this.#longName(last);
          break;
        }
        if (this.#isDue()) yield;
        const value = last.list ?? last.map ?? last.object;
        depth--;
        if (depth === 0) {
          yield* this.#requireEnd();
          return value;
        }
        last = open[depth - 1] as Open;
        put(last, value);
      }
    }
  }

  /** Whether the event loop may be due a turn. */
  #isDue(): boolean {
    if (this.#at < this.#nextTurn) return false;
    this.#nextTurn = this.#at + STRIDE;
    return true;
  }

  #fault(): SyntaxError {
    return new SyntaxError(`invalid JSON at byte ${this.#at}`);
  }

  /** Whether it came to the end of the white space; it goes over so much at once. */
  #skipSpace(): boolean {
    for (const limit = this.#at + STRIDE; this.#at < limit; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return true;
    }
    return false;
  }

  *#requireEnd(): Generator<void, void> {
    while (!this.#skipSpace()) yield;
    if (this.#at < this.#bytes.length) throw this.#fault();
  }

  /** Reads the name of a member and its colon if they are short and complete; else reads nothing. */
  #shortName(last: Open): boolean {
    const start = this.#at;
    const name = this.#skipSpace() && this.#bytes[this.#at] === QUOTE ? this.#shortString() : undefined;
    if (name !== undefined && this.#skipSpace() && this.#bytes[this.#at] === COLON) {
      this.#at++;
      this.#takeName(last, name);
      return true;
    }
    this.#at = start;
    return false;
  }

  *#longName(last: Open): Generator<void, void> {
    while (!this.#skipSpace()) yield;
    if (this.#bytes[this.#at] !== QUOTE) throw this.#fault();
    const name = yield* this.#longString();
    while (!this.#skipSpace()) yield;
    if (this.#bytes[this.#at] !== COLON) throw this.#fault();
    this.#at++;
    this.#takeName(last, name);
  }

  #takeName(last: Open, name: string): void {
    const isTwice = last.map?.has(name) ?? Object.hasOwn(last.object as object, name);
    if (isTwice) this.duplicate ??= name;
    last.name = name;
  }

  /** A string without escapes that ends soon, at its quotation mark; undefined for another, at which it stays. */
  #shortString(): string | undefined {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    let seen = 0;
    let hash = 0;
    for (let end = start; end < start + SHORT; end++) {
      const byte = bytes[end];
      if (byte === QUOTE) {
        this.#at = end + 1;
        return seen < 0x80 && end - start <= KNOWN_LENGTH
          ? this.#known(hash & (KNOWN - 1), start, end)
          : bytes.toString(seen < 0x80 ? 'latin1' : 'utf8', start, end);
      }
      if (byte === undefined || byte === BACKSLASH || byte < SPACE) return undefined;
      seen |= byte;
      hash = (31 * hash + byte) | 0;
    }
    return undefined;
  }

  /** A string of ASCII, which may be the last one of its hash: names and types come again and again. */
  #known(slot: number, start: number, end: number): string {
    const known = this.#strings[slot];
    if (known !== undefined && known.length === end - start) {
      let i = 0;
      while (i < known.length && known.charCodeAt(i) === this.#bytes[start + i]) i++;
      if (i === known.length) return known;
    }
    const text = this.#bytes.toString('latin1', start, end);
    this.#strings[slot] = text;
    return text;
  }

  *#longString(): Generator<void, string> {
    this.#at++;
    const parts: string[] = [];
    const units = new Uint16Array(SHORT + 1);
    let filled = 0;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === QUOTE || filled >= SHORT) {
        parts.push(String.fromCharCode.apply(null, units.subarray(0, filled) as unknown as number[]));
        filled = 0;
        if (byte === QUOTE) break;
        if (this.#isDue()) yield;
      }
      if (byte === undefined || byte < SPACE) throw this.#fault();
      this.#at++;
      if (byte === BACKSLASH) {
        units[filled++] = this.#escaped();
      } else if (byte < 0x80) {
        units[filled++] = byte;
      } else {
        const point = this.#codePoint(byte);
        if (point > 0xffff) units[filled++] = 0xd7c0 + (point >> 10);
        units[filled++] = point > 0xffff ? 0xdc00 + (point & 0x3ff) : point;
      }
    }
    this.#at++;
    return parts.join('');
  }

  /** The UTF-16 unit of an escape, after its backslash. */
  #escaped(): number {
    const byte = this.#bytes[this.#at++] as number;
    const unit = ESCAPES.get(byte);
    if (unit !== undefined) return unit;
    const digits = this.#bytes.toString('latin1', this.#at, this.#at + 4);
    if (byte !== 0x75 || !/^[\da-fA-F]{4}$/.test(digits)) throw this.#fault();
    this.#at += 4;
    return Number.parseInt(digits, 16);
  }

  /** The code point that begins with that byte, of UTF-8 that is valid. */
  #codePoint(first: number): number {
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = first & (0x3f >> more);
    for (let i = 0; i < more; i++) point = (point << 6) | ((this.#bytes[this.#at++] as number) & 0x3f);
    return point;
  }

  /** A number, `true`, `false` or `null`. */
  #scalar(): unknown {
    const start = this.#at;
    const first = this.#bytes[start] === MINUS ? start + 1 : start;
    let end = first;
    let whole = 0;
    for (let byte = this.#bytes[end]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = this.#bytes[++end]) {
      whole = 10 * whole + byte - ZERO;
    }
    const digits = end - first;
    const isPlain = digits > 0 && (digits === 1 || this.#bytes[first] !== ZERO) && digits <= EXACT_DIGITS;
    if (isPlain && !NUMBER_BYTES.has(this.#bytes[end])) {
      this.#at = end;
      return first > start ? -whole : whole;
    }
    return digits > 0 ? this.#number(end) : this.#word();
  }

  /** A number whose first digits end there. */
  #number(digitsEnd: number): number {
    let end = digitsEnd;
    while (NUMBER_BYTES.has(this.#bytes[end])) end++;
    const text = this.#bytes.toString('latin1', this.#at, end);
    if (!NUMBER.test(text)) throw this.#fault();
    this.#at = end;
    return Number(text);
  }

  #word(): unknown {
    for (const [word, value] of WORDS) {
      const end = this.#at + word.length;
      if (this.#bytes.toString('latin1', this.#at, end) !== word) continue;
      this.#at = end;
      return value;
    }
    throw this.#fault();
  }
}

/** Whether bytes are UTF-8. */
export function* isUtf8InParts(bytes: Uint8Array): Generator<void, boolean> {
  for (let begin = 0; begin < bytes.length; ) {
    let end = Math.min(begin + UTF8_STRIDE, bytes.length);
    // Never splits a character. If no split is possible, the part is refused because of that character.
    for (let back = 0; back < 3 && end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80; back++) end--;
    if (!isUtf8(bytes.subarray(begin, end))) return false;
    begin = end;
    yield;
  }
  return true;
}

/**
 * Reads a text of JSON from bytes that are UTF-8.
 * @param rootIsMap makes a map of the outermost object, in the order of the text. All other objects are plain.
 * @throws SyntaxError for everything that `JSON.parse` refuses, and for nesting deeper than 100,000.
 */
export function* readJson(bytes: Uint8Array, rootIsMap = false): Generator<void, JsonReading> {
  const reader = new Reader(bytes, rootIsMap);
  const value = yield* reader.read();
  return { value, duplicate: reader.duplicate };
}

/** The bytes of a text; undefined if it has half a surrogate pair, which UTF-8 cannot encode. */
function* bytesOf(text: string): Generator<void, Uint8Array | undefined> {
  const parts: string[] = [];
  let length = 0;
  for (let begin = 0; begin < text.length; ) {
    let end = begin + STRIDE;
    if ((text.codePointAt(end - 1) ?? 0) > 0xffff) end++;
    const part = text.slice(begin, end);
    if (/\p{Surrogate}/u.test(part)) return undefined;
    parts.push(part);
    length += Buffer.byteLength(part);
    begin = end;
    yield;
  }
  const bytes = Buffer.allocUnsafe(length);
  let written = 0;
  for (const part of parts) {
    written += bytes.write(part, written);
    yield;
  }
  return bytes;
}

function* readText(text: string): Generator<void, unknown> {
  const bytes = yield* bytesOf(text);
  return bytes === undefined ? JSON.parse(text) : (yield* readJson(bytes)).value;
}

/**
 * `JSON.parse` with turns for the event loop.
 * @throws SyntaxError
 */
export async function parseJson(text: string): Promise<unknown> {
  return text.length <= SHORT_TEXT ? JSON.parse(text) : inTurns(readText(text));
}
