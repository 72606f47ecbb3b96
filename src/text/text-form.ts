/** Forms of one text: line ends and Unicode's normal forms, of a whole text and of one that comes in pieces. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { type EncodingName, resolveEncoding } from './encoding-names';
import type { Encoding } from './encodings';
import { PART_UNITS, partsCutAt } from './text-parts';

export const LINE_ENDS = ['keep', 'lf'] as const;
export const NORMALIZATIONS = ['none', 'NFC', 'NFD', 'NFKC', 'NFKD'] as const;

/** What line ends are converted to. */
export type LineEnds = (typeof LINE_ENDS)[number];

/** Unicode's normal form that a text is brought into. */
export type Normalization = (typeof NORMALIZATIONS)[number];

/** The form of a text. */
export interface TextForm {
  lineEnds: LineEnds;
  normalization: Normalization;
}

/** The form that a text is brought into. */
export interface FormOptions {
  /** `'keep'` (default), or `'lf'`: CR LF and CR become LF. */
  lineEnds?: LineEnds | undefined;
  /** Default `'none'`. */
  normalization?: Normalization | undefined;
}

/** How the bytes of a file become a text. */
export interface ReadOptions extends FormOptions {
  /**
   * Any common name of an encoding, default `'utf-8'`. A byte-order mark is dropped; the mark of another encoding is an
   * error.
   */
  encoding?: EncodingName | undefined;
}

/** `ReadOptions` with every value given. */
export interface ResolvedReading extends TextForm {
  encoding: Encoding;
}

/** The names of the options, for functions that take them among others. */
export const FORM_OPTIONS = ['lineEnds', 'normalization'] as const satisfies (keyof FormOptions)[];
export const READ_OPTIONS = ['encoding', ...FORM_OPTIONS] as const satisfies (keyof ReadOptions)[];

/** The form of a text that nothing is done to. */
export const AS_IT_IS: Readonly<TextForm> = { lineEnds: 'keep', normalization: 'none' };

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveForm({ lineEnds, normalization }: FormOptions): TextForm {
  return {
    lineEnds: check.oneOf('lineEnds', lineEnds ?? AS_IT_IS.lineEnds, LINE_ENDS),
    normalization: check.oneOf('normalization', normalization ?? AS_IT_IS.normalization, NORMALIZATIONS),
  };
}

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveReading({ encoding, ...form }: ReadOptions): ResolvedReading {
  return { encoding: resolveEncoding(encoding ?? undefined), ...resolveForm(form) };
}

/** The form that a text has which was brought into one form, and then into another. */
export function formAfter(first: TextForm, then: TextForm): TextForm {
  const lineEnds = first.lineEnds === 'lf' ? 'lf' : then.lineEnds;
  if (then.normalization === 'none') return { lineEnds, normalization: first.normalization };
  // Compatibility replacements are already made, so the second form only decides whether characters are composed.
  const isCompatible = first.normalization.startsWith('NFK');
  return { lineEnds, normalization: isCompatible ? compatible(then.normalization) : then.normalization };
}

function compatible(normalization: Exclude<Normalization, 'none'>): Normalization {
  return normalization.endsWith('C') ? 'NFKC' : 'NFKD';
}

/** Whether a text of one form stays as it is when it is brought into the other. */
export function isInForm(form: TextForm, other: TextForm): boolean {
  const { lineEnds, normalization } = formAfter(form, other);
  return lineEnds === form.lineEnds && normalization === form.normalization;
}

/**
 * A whole text in the requested form.
 * @throws ERR_UNROLLED_OPTION_RANGE for a text that no string can hold in that form.
 */
export function formText(text: string, { lineEnds, normalization }: TextForm): string {
  return normalized(lineEnds === 'lf' ? text.replace(/\r\n?/g, '\n') : text, normalization);
}

/**
 * A text in a normal form, of which some characters become up to eighteen.
 * @throws ERR_UNROLLED_OPTION_RANGE for a text that no string can hold in that form.
 */
export function normalized(text: string, normalization: Normalization): string {
  if (normalization === 'none') return text;
  try {
    return text.normalize(normalization);
  } catch (cause) {
    throw tooLongInForm(text, normalization, cause);
  }
}

function tooLongInForm(text: string, normalization: Normalization, cause: unknown): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_OPTION_RANGE',
    `In the normal form ${normalization} the text is longer than the longest JavaScript string`,
    {
      advice: 'Split the text.',
      option: 'text',
      expected: 'a shorter text',
      received: `${text.length} UTF-16 units`,
      cause,
    },
  );
}

/**
 * `formText`, a little at a time.
 * @throws as `formText`.
 */
export function* formingText(text: string, form: TextForm): Generator<void, string> {
  const { lineEnds, normalization } = form;
  if (lineEnds === 'keep' && normalization === 'none') return text;
  if (text.length <= PART_UNITS) return formText(text, form);
  const canCut = normalization === 'none' ? isOutsideLineEnd : isRunStart;
  const parts: string[] = [];
  for (const part of partsCutAt(text, canCut)) {
    parts.push(formText(part, form));
    yield;
  }
  try {
    return parts.join('');
  } catch (cause) {
    throw tooLongInForm(text, normalization, cause);
  }
}

function isOutsideLineEnd(text: string, at: number): boolean {
  return text.charAt(at) !== '\n' || text.charAt(at - 1) !== '\r';
}

/**
 * Characters besides ASCII that begin a new run in every normal form: nothing before them composes or changes places
 * with them. Letters of Latin, Greek, Cyrillic, Hebrew and Arabic, kana, ideographs, and whole syllables of Hangul.
 */
const RUN_START =
  /[\u00c0-\u024f\u0391-\u03a1\u03a3-\u03c9\u0410-\u044f\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u3000-\u3002\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff0f]/;

/** Whether the unit at that place begins a new run, and no line end continues there. */
function isRunStart(text: string, at: number): boolean {
  return (text.charCodeAt(at) < 0x80 || RUN_START.test(text.charAt(at))) && isOutsideLineEnd(text, at);
}

/** The longest text without such a character that is held back, in UTF-16 units. */
const LONGEST_RUN = 1 << 20;

/**
 * The position at which an unfinished text can be split so that the normal forms of both parts are those of the whole;
 * 0 for none.
 */
function runCut(text: string): number {
  for (let i = text.length - 1; i > 0; i--) {
    if (text.charCodeAt(i) < 0x80 || RUN_START.test(text.charAt(i))) return i;
  }
  return 0;
}

/** Brings a text that comes in pieces into the requested form: together the pieces are `formText` of the whole. */
export class FormChunks {
  readonly #form: ResolvedReading;
  readonly #path: string;
  #heldReturn = '';
  #heldRun = '';

  /** @param path for messages. */
  constructor(form: ResolvedReading, path: string) {
    this.#form = form;
    this.#path = path;
  }

  /**
   * The part of the text so far that later pieces cannot change.
   * @throws ERR_UNROLLED_OPTION_RANGE if a text to normalise cannot be split for a million characters.
   */
  push(text: string): string {
    return this.#normalized(this.#lined(text));
  }

  /** The rest. */
  end(): string {
    const rest = formText(this.#heldRun + this.#heldReturn, this.#form);
    this.#heldRun = '';
    this.#heldReturn = '';
    return rest;
  }

  /** A carriage return at the end waits for the line feed that may follow. */
  #lined(text: string): string {
    if (this.#form.lineEnds === 'keep') return text;
    const all = this.#heldReturn + text;
    this.#heldReturn = all.endsWith('\r') ? '\r' : '';
    return formText(all.slice(0, all.length - this.#heldReturn.length), { lineEnds: 'lf', normalization: 'none' });
  }

  #normalized(text: string): string {
    if (this.#form.normalization === 'none') return text;
    const all = this.#heldRun + text;
    const cut = runCut(all);
    this.#heldRun = all.slice(cut);
    if (this.#heldRun.length > LONGEST_RUN) {
      throw new UnrolledError(
        'ERR_UNROLLED_OPTION_RANGE',
        `${this.#path} cannot be normalised in pieces: it has more than ${LONGEST_RUN} characters in a row without ` +
          'a safe place to split',
        {
          advice: 'Normalise the file first, or read it as a whole.',
          option: 'normalization',
          expected: 'no normal form for this file',
          received: this.#form.normalization,
        },
      );
    }
    return all.slice(0, cut).normalize(this.#form.normalization);
  }
}
