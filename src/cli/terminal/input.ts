/** Text that comes by argument, from a file, or from standard input. One rule for all commands: an argument is a text. */

import { existsSync } from 'node:fs';
import { Option } from 'commander';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { resolveEncoding } from '../../text/encoding-names';
import { type Encoding, LONGEST_TEXT_BYTES, tooLong } from '../../text/encodings';
import { decodeText, readText, unpacked } from '../../text/read-text';
import { formText, LINE_ENDS, type LineEnds, type ReadOptions, resolveReading } from '../../text/text-form';
import { note } from './output';

/** Values of the options that say where a text comes from. */
export interface InputFlags {
  file?: string;
  encoding?: Encoding;
  lineEnds?: LineEnds;
}

export const TEXT_HELP = 'the text, or - for standard input without its last line end';

export function fileOption(description: string): Option {
  return new Option('--file <path>', description);
}

/** @param of what is read in that encoding. */
export function encodingOption(of: string): Option {
  const names = 'gb18030, gbk, big5, shift_jis, euc-kr, utf-16le, latin1, ... by any common name';
  return new Option('--encoding <name>', `of ${of} (${names}; default: utf-8)`).argParser((name) =>
    resolveEncoding(name, '--encoding'),
  );
}

export function lineEndsOption(): Option {
  const description = "lf turns CR LF and CR into LF (default: keep, or the model's)";
  return new Option('--line-ends <kind>', description).choices(LINE_ENDS);
}

/** A file name: one word, a dot, and an ending of a few letters or digits. */
const FILE_NAME = /^\S*[^\s.]\.[a-z][a-z0-9]{0,6}$/i;

/** A path that says so by its beginning. */
const PATH = /^(?:\.{0,2}|~)\/\S+$/;

/** Notes once that an argument was read as a text, although it may have been meant as a file. */
export function notePaths(texts: readonly string[]): void {
  const path = texts.find(
    (text) => text !== STANDARD_INPUT && (FILE_NAME.test(text) || PATH.test(text) || existsSync(text)),
  );
  if (path !== undefined) note(`${check.show(path)} was read as a text; --file reads a file.`);
}

/**
 * Refuses two sources of text, and none.
 * @param least what there must be, in a message: `a text`, say.
 * @throws ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_OPTION_TYPE.
 */
export function requireSource(isGiven: boolean, { file }: InputFlags, advice: string): void {
  if (file !== undefined) {
    check.nonEmptyString('file', file);
    if (isGiven) throw check.outOfRange('file', 'left out if a text is given', file);
  } else if (!isGiven) {
    throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', `There is no text: ${advice}`, {
      option: 'text',
      expected: 'a text',
    });
  }
}

/** Stands for standard input instead of a file or a text. */
export const STANDARD_INPUT = '-';

/**
 * All of standard input as text, plain or gzipped.
 * @throws what `decodeText` throws; ERR_UNROLLED_FILE_READ for more than a string can hold.
 */
export async function readStandardInput(reading: ReadOptions): Promise<string> {
  const name = 'Standard input';
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > LONGEST_TEXT_BYTES) throw tooLong(name);
  }
  return decodeText(await unpacked(Buffer.concat(parts), name), name, resolveReading(reading));
}

/** Refuses what cannot be one text, before the model is read. */
export function requireOneText(text: string | undefined, flags: InputFlags): void {
  requireSource(text !== undefined, flags, 'give one, or - to read standard input, or --file FILE');
}

/**
 * A text of lines without the end of its last line: editors and `echo` write one, and an argument has none. Also a
 * lone CR is a line end, as for `--line-ends`.
 */
function withoutLastLineEnd(text: string): string {
  return text.replace(/(?:\r\n|\n|\r)$/, '');
}

/**
 * The text to read: an argument as it is, or a file or standard input without its last line end.
 * @throws the errors of `readText`.
 */
export async function readInput(
  text: string | undefined,
  { file, encoding, lineEnds = 'keep' }: InputFlags,
): Promise<string> {
  if (file !== undefined) return withoutLastLineEnd(await readText(file, { encoding, lineEnds }));
  if (text === STANDARD_INPUT) return withoutLastLineEnd(await readStandardInput({ encoding, lineEnds }));
  notePaths([text as string]);
  return formText(text as string, { lineEnds, normalization: 'none' });
}

/**
 * The lines of a file, without their ends.
 * @throws what `readText` throws.
 */
export async function readLines(path: string, encoding: Encoding | undefined): Promise<string[]> {
  return withoutLastLineEnd(await readText(path, { encoding })).split(/\r?\n/);
}
