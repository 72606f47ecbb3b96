/** Character encodings: decodes bytes in pieces, and finds the first bytes that are not text. */

import { constants, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { UnrolledError } from '../base/errors';
import { type Phrase, phrase, refer } from '../base/messages/phrase';
import { firstInvalidUtf8 } from '../base/utf8';

/** Every encoding, as the `encoding` option takes them. `latin1` is ISO 8859-1. */
export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'gb18030',
  'gbk',
  'big5',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'latin1',
  'windows-1251',
  'windows-1252',
  'koi8-r',
] as const;

/** Encodings of text files, by name. */
export type Encoding = (typeof ENCODINGS)[number];

const { MAX_STRING_LENGTH } = constants;

/** Bytes of the longest text that a string can hold: of GB18030, four for a unit. */
export const LONGEST_TEXT_BYTES = 4 * MAX_STRING_LENGTH;

/** Advice for a text that no string can hold. */
const LONG_TEXT_ADVICE = phrase`${refer.remedy('keepTextInFile', 'datasets.textFile can read a text of any length, because it leaves the text in its file.')}`;

/** Byte-order marks and the encodings they belong to. */
const MARKS: readonly [encoding: Encoding, mark: readonly number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
  ['gb18030', [0x84, 0x31, 0x95, 0x33]],
];

/** Bytes of the longest mark, and of the longest character of any encoding. */
const LONGEST_MARK = 4;
const LONGEST_CHARACTER = 4;

const NOTHING = new Uint8Array(0);

/**
 * The characters of Windows-1252 at 0x80 to 0x9F; elsewhere it equals ISO 8859-1. Some releases of Node.js decode it as
 * ISO 8859-1.
 */
const WINDOWS_1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/** Bytes that are whole characters as text; throws where they are not. */
type WholeDecoder = (bytes: Uint8Array) => string;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function wholeDecoder(encoding: Encoding): WholeDecoder {
  if (encoding === 'latin1') return (bytes) => asBuffer(bytes).toString('latin1');
  if (encoding === 'windows-1252') {
    return (bytes) =>
      asBuffer(bytes)
        .toString('latin1')
        .replace(/[\u0080-\u009f]/g, (character) => WINDOWS_1252.charAt(character.charCodeAt(0) - 0x80));
  }
  return (bytes) => new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** The text of bytes, or undefined if they are not whole characters; other failures are thrown. */
function tryDecode(decode: WholeDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return undefined;
    throw error;
  }
}

/** The offset of the first bytes that are not a character: the end of the longest prefix that decodes. */
function firstInvalid(decode: WholeDecoder, bytes: Uint8Array): number {
  // The bytes before `good` decode, and no prefix that ends at or after `bad` does. A valid text has the end of a
  // character at the middle or up to three bytes before it.
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 2 * LONGEST_CHARACTER) {
    const middle = Math.floor((good + bad) / 2);
    const end = Array.from({ length: LONGEST_CHARACTER }, (_, back) => middle - back).find(
      (place) => tryDecode(decode, bytes.subarray(good, place)) !== undefined,
    );
    if (end === undefined) bad = middle;
    else good = end;
  }
  for (let end = bad - 1; end > good; end--) {
    if (tryDecode(decode, bytes.subarray(good, end)) !== undefined) return end;
  }
  return good;
}

/** Advice for a text that is not in an encoding, if there is more to say than that it has another. */
const ADVICE: { readonly [encoding in Encoding]?: Phrase } = {
  'utf-8': phrase`Give its ${refer.option('encoding')}, or convert the file to UTF-8.`,
  gbk: phrase`GB18030 has these characters and more: use the ${refer.option('encoding')} gb18030 if the text is Chinese.`,
};

/** Advice for texts that are not in an encoding, by the name that messages use for it. */
export function adviceAbout(name: string | undefined): Phrase | undefined {
  return name === describe('gbk') ? ADVICE.gbk : undefined;
}

function describe(encoding: Encoding): string {
  return encoding === 'latin1' ? 'ISO 8859-1' : encoding.toUpperCase();
}

/** Whether a file begins as safetensors do, and no text: with eight bytes of a small number, then a JSON object. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0x7b && bytes[9] === 0x22;
}

/** The error of a text that no string can hold. */
export function tooLong(path: string, cause?: unknown): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_FILE_READ',
    `${path} is longer than the longest JavaScript string, ${MAX_STRING_LENGTH} UTF-16 units`,
    { advice: LONG_TEXT_ADVICE, expected: `at most ${MAX_STRING_LENGTH} UTF-16 units`, received: path, cause },
  );
}

/** Bytes of a beginning that are looked at for UTF-16 without a mark, and the fewest that say so. */
const LOOKED_AT = 1024;
const FEWEST_PAIRS = 2;

/** How many pairs of bytes have NUL as the high byte of UTF-16. Text with an occasional NUL has few. */
const MOST_PAIRS = 0.7;

/** Counts what the beginning of a text has at even and at odd offsets, to know UTF-16 that has no mark. */
class Utf16Watch {
  #seen = 0;
  readonly #zeros = [0, 0];

  /** The encoding that the text seems to be in so far. @param isLast whether no more bytes follow. */
  look(bytes: Uint8Array, isLast: boolean): 'utf-16le' | 'utf-16be' | undefined {
    const before = this.#seen;
    for (let i = 0; i < bytes.length && this.#seen < LOOKED_AT; i++) {
      const parity = this.#seen++ % 2;
      if (bytes[i] === 0) this.#zeros[parity] = (this.#zeros[parity] as number) + 1;
    }
    const isDecided = this.#seen === LOOKED_AT ? before < LOOKED_AT : isLast;
    const pairs = Math.floor(this.#seen / 2);
    if (!isDecided || pairs < FEWEST_PAIRS) return undefined;
    const [even, odd] = this.#zeros as [number, number];
    if (odd >= MOST_PAIRS * pairs && even === 0) return 'utf-16le';
    return even >= MOST_PAIRS * pairs && odd === 0 ? 'utf-16be' : undefined;
  }
}

/**
 * The kind of UTF-16 at the beginning of a file with numbers, by its mark and NUL bytes or by these alone; undefined if
 * it is not UTF-16.
 */
export function utf16In(beginning: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = beginning;
  if (beginning.includes(0)) {
    if (first === 0xff && second === 0xfe) return 'utf-16le';
    if (first === 0xfe && second === 0xff) return 'utf-16be';
  }
  return new Utf16Watch().look(beginning, true);
}

/** Decodes one text that comes in pieces. A byte-order mark is dropped. */
export class TextChunks {
  readonly #encoding: Encoding;
  readonly #path: string;
  readonly #decode: WholeDecoder;
  /** Bytes of a character that is not whole yet, or of the beginning. */
  #held: Uint8Array = new Uint8Array(0);
  /** Offset of `#held` in the file. */
  #offset = 0;
  #isBeginning = true;
  readonly #watch: Utf16Watch | undefined;

  /** @param path for messages. */
  constructor(encoding: Encoding, path: string) {
    this.#encoding = encoding;
    this.#path = path;
    this.#decode = wholeDecoder(encoding);
    if (!encoding.startsWith('utf-16')) this.#watch = new Utf16Watch();
  }

  /**
   * The text of the next bytes, as far as their characters are whole. The bytes are not kept.
   * @throws ERR_UNROLLED_ENCODING with the offset of the first invalid bytes, or for a mark of another encoding.
   */
  push(bytes: Uint8Array): string {
    let all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    let fresh = bytes;
    if (this.#isBeginning) {
      if (all.length < LONGEST_MARK) {
        this.#held = Uint8Array.from(all);
        return '';
      }
      if (isSafetensors(all)) throw this.#isModel();
      all = this.#withoutMark(all);
      fresh = all;
    }
    this.#requireNoUtf16(fresh, false);
    const { text, length } = this.#longestWhole(all);
    this.#held = Uint8Array.from(all.subarray(length));
    this.#offset += length;
    return text;
  }

  /**
   * The text of what was held back.
   * @throws as `push` does; also where the bytes end inside a character.
   */
  end(): string {
    const isWhole = this.#isBeginning;
    const rest = isWhole ? this.#withoutMark(this.#held) : this.#held;
    this.#requireNoUtf16(isWhole ? rest : NOTHING, true);
    this.#held = new Uint8Array(0);
    const text = this.#tryDecode(rest);
    if (text === undefined) throw this.#invalid(rest);
    return text;
  }

  #isModel(): UnrolledError {
    return new UnrolledError(
      'ERR_UNROLLED_ENCODING',
      `${this.#path} is not a text: it is a safetensors file, the format of saved models`,
      { expected: 'a text file', received: 'a safetensors file' },
    );
  }

  #requireNoUtf16(bytes: Uint8Array, isLast: boolean): void {
    const found = this.#watch?.look(bytes, isLast);
    if (found === undefined) return;
    throw new UnrolledError(
      'ERR_UNROLLED_ENCODING',
      `${this.#path} looks like ${describe(found)} without a byte-order mark, not like ` +
        `${describe(this.#encoding)}: every second byte is NUL`,
      {
        advice: phrase`Give ${refer.option('encoding')} ${found}.`,
        option: 'encoding',
        expected: this.#encoding,
        received: `${found} without a byte-order mark`,
      },
    );
  }

  #withoutMark(bytes: Uint8Array): Uint8Array {
    this.#isBeginning = false;
    const found = MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte));
    if (found === undefined) return bytes;
    const [encoding, mark] = found;
    if (encoding !== this.#encoding) {
      throw new UnrolledError(
        'ERR_UNROLLED_ENCODING',
        `${this.#path} begins with the byte-order mark of ${describe(encoding)}, but ` +
          `${describe(this.#encoding)} was expected`,
        {
          advice: phrase`Give ${refer.option('encoding')} ${encoding}, or remove the mark.`,
          option: 'encoding',
          expected: this.#encoding,
          received: `a byte-order mark of ${encoding}`,
        },
      );
    }
    this.#offset += mark.length;
    return bytes.subarray(mark.length);
  }

  /** The text of all bytes, without a last character that is incomplete. */
  #longestWhole(bytes: Uint8Array): { text: string; length: number } {
    for (let length = bytes.length; length > bytes.length - LONGEST_CHARACTER && length > 0; length--) {
      const text = this.#tryDecode(bytes.subarray(0, length));
      if (text !== undefined) return { text, length };
    }
    if (bytes.length < LONGEST_CHARACTER) return { text: '', length: 0 };
    throw this.#invalid(bytes);
  }

  #tryDecode(bytes: Uint8Array): string | undefined {
    if (this.#encoding === 'utf-8' && !isUtf8(bytes)) return undefined;
    try {
      return tryDecode(this.#decode, bytes);
    } catch (cause) {
      throw tooLong(this.#path, cause);
    }
  }

  #invalid(bytes: Uint8Array): UnrolledError {
    this.#requireNoUtf16(NOTHING, true);
    const at = this.#encoding === 'utf-8' ? firstInvalidUtf8(bytes) : firstInvalid(this.#decode, bytes);
    const offset = this.#offset + at;
    const name = describe(this.#encoding);
    const advice = ADVICE[this.#encoding] ?? 'Give the encoding that the file really has.';
    return new UnrolledError(
      'ERR_UNROLLED_ENCODING',
      `${this.#path} is not ${name}: the bytes at offset ${offset} are not a character`,
      {
        advice,
        option: 'encoding',
        expected: name,
        received: `0x${(bytes[at] as number).toString(16)} at offset ${offset}`,
      },
    );
  }
}
