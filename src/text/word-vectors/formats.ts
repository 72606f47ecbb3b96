/** How files of word vectors are laid out: one record a word, cut out of pieces of the file as they come. */

import { isUtf8 } from 'node:buffer';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { counted } from '../../base/messages/plurals';
import { firstInvalidUtf8 } from '../../base/utf8';
import { utf16In } from '../encodings';

/** The longest record. A longer one has lost its line ends, or the file is not one of word vectors. */
const MAX_RECORD_BYTES = 2 ** 20;

const MAX_DIMENSIONS = 2 ** 16;

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];

/** UTF-8's byte-order mark, which some editors write. */
const MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** First bytes of archives in which such files are distributed; GloVe's are zip. */
const ARCHIVES: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['a zip archive', Buffer.from('PK\x03\x04', 'latin1')],
  ['packed by xz', Buffer.from('\xfd7zXZ\0', 'latin1')],
  ['packed by bzip2', Buffer.from('BZh91AY&SY')],
  ['packed by zstd', Buffer.of(0x28, 0xb5, 0x2f, 0xfd)],
];

/** Separator of the fields of a line; columns may be padded. */
const SEPARATORS = /[ \t]+/;

const BYTES_PER_NUMBER = Float32Array.BYTES_PER_ELEMENT;

/** A number in text form, at the start of a line's second field. */
const STARTS_WITH_NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t\r\n]/;

/** A word and its vector, which is read only where the word is wanted. */
export interface VectorRecord {
  readonly word: string;
  read(): Float32Array;
}

/** Cuts one layout into records. */
export interface RecordParser {
  /** Numbers of a vector; undefined before the first record of a layout that does not say. */
  readonly dimensions: number | undefined;
  /** How many words the file says it has; undefined if it does not say. */
  readonly words: number | undefined;
  /** The word for one record in messages. */
  readonly noun: 'line' | 'word';
  /**
   * The record that starts at `start`, and where the next one does; undefined if it is not whole yet.
   * @param isLast whether no more bytes follow.
   */
  next(bytes: Buffer, start: number, isLast: boolean): { record: VectorRecord | undefined; end: number } | undefined;
}

/** The beginning of a file of word vectors. */
interface Header {
  words: number;
  dimensions: number;
  bytes: number;
}

function damaged(path: string, what: string, expected?: string, received?: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} has no readable word vectors: ${what}`, {
    ...(expected !== undefined && { expected }),
    ...(received !== undefined && { received }),
  });
}

/** Word2vec's first line, `words dimensions`; undefined for anything else. */
function headerOf(path: string, start: Buffer): Header | undefined {
  const found = /^(\d{1,15})[ \t]+(\d{1,15})[ \t]*\r?\n/.exec(start.subarray(0, 40).toString('latin1'));
  if (found === null) return undefined;
  const [words, dimensions] = [Number(found[1]), Number(found[2])];
  if (dimensions === 0 || dimensions > MAX_DIMENSIONS) {
    const expected = `1 to ${MAX_DIMENSIONS} dimensions`;
    throw damaged(path, `line 1 says ${counted(dimensions, 'dimension')}`, expected, String(dimensions));
  }
  return { words, dimensions, bytes: found[0].length };
}

function isSeparator(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function isSpace(byte: number | undefined): boolean {
  return isSeparator(byte) || byte === CARRIAGE_RETURN;
}

/** The position of the last fields of a line, with the spaces before them; undefined if nothing precedes them. */
function beforeFields(bytes: Buffer, start: number, end: number, fields: number): number | undefined {
  let position = end;
  for (let left = fields; left > 0; left--) {
    while (position > start && !isSeparator(bytes[position - 1])) position--;
    if (position === start) return undefined;
    while (position > start && isSeparator(bytes[position - 1])) position--;
  }
  return position;
}

/** The error for a carriage return within a line: lines that end in it alone would become one word. */
function loneReturns(path: string, where: string): UnrolledError {
  const what = `${where} contains a carriage return. End lines with a line feed, or with both`;
  return damaged(path, what, 'lines that end in a line feed', 'a carriage return alone');
}

/** The fields of a line; an empty line has none. */
function fieldsOf(line: Buffer): string[] {
  const text = line.toString('latin1').replace(/[ \t\r]+$/, '');
  return text === '' ? [] : text.split(SEPARATORS);
}

/** How many fields at the end of a line are numbers, the first one left out, which begins a word. */
function numbersAtEnd(fields: readonly string[]): number {
  let count = 0;
  while (count < fields.length - 1 && isNumber(fields[fields.length - 1 - count] as string)) count++;
  return count;
}

/** A number in decimal digits, as C writes one; other notations are JavaScript's own. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a field is; NaN for anything else. */
function numberIn(field: string): number {
  return NUMBER.test(field) ? Number(field) : Number.NaN;
}

function isNumber(field: string): boolean {
  return Number.isFinite(numberIn(field));
}

/**
 * @throws ERR_UNROLLED_ENCODING if the word at that place is not UTF-8. @param where the record, as messages call it.
 */
function wordIn(path: string, bytes: Buffer, start: number, end: number, where: string): string {
  const word = bytes.subarray(start, end);
  if (isUtf8(word)) return word.toString('utf8');
  const at = firstInvalidUtf8(word);
  const byte = `0x${(word[at] as number).toString(16).padStart(2, '0')}`;
  throw new UnrolledError(
    'ERR_UNROLLED_ENCODING',
    `${path} is not UTF-8: byte ${at} of ${where}, ${byte}, is not a character`,
    {
      advice: 'Convert the file to UTF-8, or leave that word out.',
      expected: 'UTF-8',
      received: `${byte} in ${where}`,
    },
  );
}

/**
 * Number of dimensions, from the first two lines of a file without a header: all fields of the first line but one,
 * unless its word has spaces. Then it is the number of numeric fields at the end of the second line. Undefined for an
 * empty line.
 */
function dimensionsOf(first: readonly string[], second: readonly string[]): number | undefined {
  if (first.length === 0) return undefined;
  const [all, numbers] = [first.length - 1, numbersAtEnd(first)];
  if (numbers === all || numbers === 0) return all;
  if (second.length === 0) return numbers;
  const following = numbersAtEnd(second);
  return following > 0 && following <= numbers ? following : all;
}

/** One word per line followed by its numbers, separated by a space or a tab: the text layout of GloVe and word2vec. */
class TextParser implements RecordParser {
  readonly noun = 'line';
  readonly words: number | undefined;
  dimensions: number | undefined;
  readonly #path: string;
  #line: number;

  constructor(path: string, header: Header | undefined) {
    this.#path = path;
    this.words = header?.words;
    this.dimensions = header?.dimensions;
    this.#line = header === undefined ? 0 : 1;
  }

  next(bytes: Buffer, start: number, isLast: boolean): { record: VectorRecord | undefined; end: number } | undefined {
    const lineFeed = bytes.indexOf(LINE_FEED, start);
    if (lineFeed === -1 && !isLast) return undefined;
    const stop = lineFeed === -1 ? bytes.length : lineFeed;
    if (this.dimensions === undefined) {
      // The line after the first says which spaces of the first are its word's, where both fit into the memory kept.
      const second = bytes.indexOf(LINE_FEED, stop + 1);
      if (second === -1 && !isLast && bytes.length - start < MAX_RECORD_BYTES) return undefined;
      const following = bytes.subarray(stop + 1, second === -1 ? bytes.length : second);
      this.dimensions = dimensionsOf(fieldsOf(bytes.subarray(start, stop)), fieldsOf(following));
    }
    this.#line++;
    return { record: this.#record(bytes, start, stop), end: lineFeed === -1 ? stop : stop + 1 };
  }

  #record(bytes: Buffer, start: number, stop: number): VectorRecord | undefined {
    let end = stop;
    while (end > start && isSpace(bytes[end - 1])) end--;
    if (end === start) return undefined;
    const dimensions = this.dimensions ?? 0;
    const line = this.#line;
    // A word may have spaces in it, as some of GloVe's have; numbers are counted from the end.
    const wordEnd = dimensions === 0 ? undefined : beforeFields(bytes, start, end, dimensions);
    const behind = () => fieldsOf(bytes.subarray(start, end)).length - 1;
    if (wordEnd === undefined) throw this.#wrongLength(line, Math.max(dimensions, 1), behind());
    const word = wordIn(this.#path, bytes, start, wordEnd, `line ${line}`);
    if (word.includes('\r')) throw loneReturns(this.#path, `line ${line}`);
    const [, ...more] = word.split(SEPARATORS);
    if (more.length > 0 && more.every(isNumber)) throw this.#wrongLength(line, dimensions, behind());
    return { word, read: () => this.#numbers(bytes.toString('latin1', wordEnd, end).trimStart(), line, dimensions) };
  }

  #numbers(text: string, line: number, dimensions: number): Float32Array {
    const vector = new Float32Array(dimensions);
    for (const [index, field] of text.split(SEPARATORS).entries()) {
      vector[index] = numberIn(field);
      if (Number.isFinite(vector[index])) continue;
      const received = check.show(Buffer.from(field, 'latin1').toString());
      throw damaged(this.#path, `line ${line} has ${received} instead of a number`, 'a finite number', received);
    }
    return vector;
  }

  #wrongLength(line: number, dimensions: number, received: number): UnrolledError {
    const expected = counted(dimensions, 'number');
    const what = `line ${line} has ${counted(received, 'number')} after its word, not ${expected}`;
    return damaged(this.#path, what, expected, String(received));
  }
}

/** Word2vec's binary layout: a word, a space, its numbers as little-endian float32, and perhaps a line end. */
class BinaryParser implements RecordParser {
  readonly noun = 'word';
  readonly words: number;
  readonly dimensions: number;
  readonly #path: string;
  #read = 0;

  constructor(path: string, { words, dimensions }: Header) {
    this.#path = path;
    this.words = words;
    this.dimensions = dimensions;
  }

  next(bytes: Buffer, start: number, isLast: boolean): { record: VectorRecord | undefined; end: number } | undefined {
    const wordStart = bytes[start] === LINE_FEED ? start + 1 : start;
    if (isLast && wordStart === bytes.length) return { record: undefined, end: wordStart };
    const wordEnd = bytes.indexOf(SPACE, wordStart);
    const end = wordEnd + 1 + this.dimensions * BYTES_PER_NUMBER;
    if (wordEnd === -1 || end > bytes.length) {
      if (isLast) throw damaged(this.#path, `it ends inside word ${this.#read + 1} of ${this.words}`);
      return undefined;
    }
    const number = ++this.#read;
    if (number > this.words)
      throw damaged(this.#path, `it continues after the ${counted(this.words, 'word')} that its first line promises`);
    const word = wordIn(this.#path, bytes, wordStart, wordEnd, `word ${number}`);
    return { record: { word, read: () => this.#numbers(bytes, wordEnd + 1, number) }, end };
  }

  #numbers(bytes: Buffer, start: number, number: number): Float32Array {
    const vector = new Float32Array(this.dimensions);
    for (let i = 0; i < vector.length; i++) {
      vector[i] = bytes.readFloatLE(start + i * BYTES_PER_NUMBER);
      if (Number.isFinite(vector[i])) continue;
      throw damaged(this.#path, `word ${number} has ${vector[i]} in its vector`, 'finite numbers', String(vector[i]));
    }
    return vector;
  }
}

/** Whether the first record is a line that ends in as many numbers as the header says. */
function isTextLine(start: Buffer, firstRecord: number, { dimensions }: Header): boolean {
  const end = start.indexOf(LINE_FEED, firstRecord);
  return end !== -1 && numbersAtEnd(fieldsOf(start.subarray(firstRecord, end))) >= dimensions;
}

/** @throws ERR_UNROLLED_ENCODING for UTF-16, ERR_UNROLLED_FILE_READ for an archive: lines might be found in either. */
function requireUtf8(path: string, start: Buffer): void {
  const encoding = utf16In(start)?.toUpperCase();
  if (encoding !== undefined) {
    throw new UnrolledError('ERR_UNROLLED_ENCODING', `${path} is ${encoding}, but word vectors are read as UTF-8`, {
      ...{ expected: 'UTF-8', received: encoding },
      advice: 'Convert the file to UTF-8.',
    });
  }
  const archive = ARCHIVES.find(([, bytes]) => start.subarray(0, bytes.length).equals(bytes));
  if (archive === undefined) return;
  throw damaged(path, `it is ${archive[0]}; unpack it first`, 'a file that is plain or gzipped', archive[0]);
}

/** The layout that a file begins in, by its first piece, and where its first record starts. */
function parserFor(path: string, start: Buffer): [parser: RecordParser, firstRecord: number] {
  const marked = start.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
  const header = headerOf(path, start.subarray(marked));
  if (header === undefined) {
    requireUtf8(path, start);
    return [new TextParser(path, undefined), marked];
  }
  const afterHeader = marked + header.bytes;
  // A header that was put before a file with a mark.
  const isMarked = start.subarray(afterHeader, afterHeader + MARK.length).equals(MARK);
  const firstRecord = afterHeader + (isMarked ? MARK.length : 0);
  const separator = start.subarray(firstRecord).findIndex(isSeparator);
  const second = start.subarray(firstRecord + separator + 1, firstRecord + separator + 40).toString('latin1');
  const isText = separator === -1 || STARTS_WITH_NUMBER.test(`${second}\n`) || isTextLine(start, firstRecord, header);
  return [isText ? new TextParser(path, header) : new BinaryParser(path, header), firstRecord];
}

/** Bytes to look at before the layout is decided: a header and the start of its first record. */
const BYTES_TO_DECIDE = 2 ** 12;

/**
 * The records of a file's pieces, one after another.
 * @throws ERR_UNROLLED_FILE_READ naming the line (in the binary layout the word) that is wrong, ERR_UNROLLED_ENCODING
 *   naming the one whose word is not UTF-8, ERR_UNROLLED_CORPUS_EMPTY for a file without any.
 */
export async function* vectorRecords(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ parser: RecordParser; records: VectorRecord[] }> {
  let parser: RecordParser | undefined;
  let rest: Buffer = Buffer.alloc(0);
  let found = 0;

  function take(isLast: boolean): VectorRecord[] {
    let start = 0;
    if (parser === undefined) [parser, start] = parserFor(path, rest);
    const records: VectorRecord[] = [];
    while (start < rest.length) {
      const next = parser.next(rest, start, isLast);
      if (next === undefined) break;
      if (next.record !== undefined) records.push(next.record);
      start = next.end;
    }
    rest = rest.subarray(start);
    found += records.length;
    if (rest.length <= MAX_RECORD_BYTES) return records;
    if (parser.noun === 'line' && rest.includes(CARRIAGE_RETURN)) throw loneReturns(path, `line ${found + 1}`);
    throw damaged(path, `${parser.noun} ${found + 1} is longer than ${MAX_RECORD_BYTES} bytes`);
  }

  for await (const piece of pieces) {
    rest = rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : Buffer.concat([rest, piece]);
    if (parser === undefined && rest.length < BYTES_TO_DECIDE) continue;
    const records = take(false);
    yield { parser: parser as unknown as RecordParser, records };
  }
  const records = take(true);
  yield { parser: parser as unknown as RecordParser, records };
  if (found === 0) throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `${path} has no word vectors`);
  const { words = found } = parser as unknown as RecordParser;
  if (found !== words) {
    throw damaged(
      path,
      `its first line promises ${counted(words, 'word')}, but it has ${found}`,
      counted(words, 'word'),
      String(found),
    );
  }
}
