/**
 * Every error the package throws: one class, a closed list of codes, and a paragraph for each code
 * in `docs/errors.md`. A test compares the two lists.
 */

import { Phrase, type Reference, type Words } from './messages/phrase';

/** The closed list of codes, each with the built-in name its errors carry. */
export const ERROR_CODES = {
  ERR_UNROLLED_UNKNOWN_OPTION: 'TypeError',
  ERR_UNROLLED_OPTION_TYPE: 'TypeError',
  ERR_UNROLLED_OPTION_RANGE: 'RangeError',
  ERR_UNROLLED_SHAPE: 'RangeError',
  ERR_UNROLLED_UNKNOWN_TOKEN: 'RangeError',
  ERR_UNROLLED_CALLBACK: 'Error',
  ERR_UNROLLED_FILE_NOT_FOUND: 'Error',
  ERR_UNROLLED_FILE_READ: 'Error',
  ERR_UNROLLED_FILE_WRITE: 'Error',
  ERR_UNROLLED_ENCODING: 'Error',
  ERR_UNROLLED_CORPUS_EMPTY: 'Error',
  ERR_UNROLLED_CORPUS_TOO_SHORT: 'Error',
  ERR_UNROLLED_DATASET: 'Error',
  ERR_UNROLLED_DOWNLOAD: 'Error',
  ERR_UNROLLED_CHECKSUM: 'Error',
  ERR_UNROLLED_MODEL_FORMAT: 'Error',
  ERR_UNROLLED_MODEL_MISMATCH: 'Error',
  ERR_UNROLLED_MODEL_NOT_FINITE: 'Error',
  ERR_UNROLLED_EXPORT: 'Error',
  ERR_UNROLLED_NON_FINITE_LOSS: 'Error',
  ERR_UNROLLED_BUSY: 'Error',
  ERR_UNROLLED_DISPOSED: 'Error',
  ERR_UNROLLED_ABORTED: 'AbortError',
  ERR_UNROLLED_PRECISION: 'Error',
  ERR_UNROLLED_OUT_OF_MEMORY: 'Error',
  ERR_UNROLLED_NATIVE_LOAD: 'Error',
  ERR_UNROLLED_MPI: 'Error',
  ERR_UNROLLED_RANKS_DIFFER: 'Error',
  ERR_UNROLLED_RANK_LOST: 'Error',
  ERR_UNROLLED_INTERNAL: 'Error',
} as const;

/** A stable code of `ERROR_CODES`. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The closed list of reasons of ERR_UNROLLED_NATIVE_LOAD, in the order of their table in `docs/errors.md`. */
export const NATIVE_LOAD_REASONS = [
  'no-binary',
  'incomplete',
  'damaged',
  'wrong-platform',
  'wrong-libc',
  'old-glibc',
  'missing-library',
  'instruction-set',
  'not-permitted',
  'bundled',
  'asar',
  'version',
  'other',
] as const;

/** Why the native module could not be loaded: one of `NATIVE_LOAD_REASONS`. */
export type NativeLoadReason = (typeof NATIVE_LOAD_REASONS)[number];

/** What an error can say beside what is wrong. */
export interface ErrorDetails {
  /** What to do about it: a sentence, or several. */
  advice?: string;
  /** Of ERR_UNROLLED_NATIVE_LOAD: which case it is. */
  reason?: NativeLoadReason;
  /** The option or argument at fault, as the caller wrote it. */
  option?: string;
  /** Options that the message names elsewhere than at its beginning, as it writes them. */
  mentions?: readonly string[];
  /** What was expected, in words. */
  expected?: string;
  /** What came instead. */
  received?: string;
  /** The step (from 0) the fault belongs to, of a training or of a text that is drawn. */
  step?: number;
  /** The error below this one. */
  cause?: unknown;
}

/** Details whose texts may be phrases; options that those of the message name are mentioned. */
export interface WordedDetails extends Omit<ErrorDetails, 'advice' | 'expected'> {
  advice?: Words;
  expected?: Words;
}

/** On the errors of every copy of the package that a process has loaded. */
const BRAND = Symbol.for('unrolled.UnrolledError');

/** Where an error keeps its parts with what they name. */
const PARTS = Symbol.for('unrolled.UnrolledError.parts');

interface Parts {
  readonly fault: Words;
  readonly advice: Words | undefined;
}

/** A fault as a sentence; one that a caller made of sentences has its end. */
function sentence(fault: string): string {
  return /[.!?]$/.test(fault) ? fault : `${fault}.`;
}

function messageOf(fault: string, advice: string | undefined): string {
  return advice === undefined || advice === '' ? sentence(fault) : `${sentence(fault)} ${advice}`;
}

/** Options that phrases name, but for one that the first begins with. */
function optionsIn({ fault, advice }: Parts): readonly string[] {
  const pieces = [fault, advice].flatMap((part) => (part instanceof Phrase ? part.pieces : ['']));
  const names = pieces
    .slice(1)
    .flatMap((piece) => (typeof piece !== 'string' && piece.kind === 'option' ? piece.name : []));
  return [...new Set(names)];
}

/**
 * The class of every error of the package; `code` is stable, the message is for people: `fault`, then `advice`. `instanceof`
 * knows the errors of another copy of the package too, as a test runner loads one for each file of tests, while all share one
 * native module.
 */
export class UnrolledError extends Error {
  readonly code: ErrorCode;
  /** What is wrong, without a full stop at its end. */
  declare readonly fault: string;
  /** What to do about it, a sentence or several; undefined where the fault says all. */
  declare readonly advice: string | undefined;
  declare readonly reason?: NativeLoadReason;
  declare readonly option?: string;
  declare readonly mentions?: readonly string[];
  declare readonly expected?: string;
  declare readonly received?: string;
  declare readonly step?: number;

  constructor(code: ErrorCode, fault: string, details?: ErrorDetails);
  /** @internal */
  constructor(code: ErrorCode, fault: Words, details?: WordedDetails);
  constructor(code: ErrorCode, fault: Words, details: WordedDetails = {}) {
    const parts: Parts = { fault, advice: details.advice };
    const [wrong, advice] = [String(fault), details.advice?.toString()];
    super(messageOf(wrong, advice), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = ERROR_CODES[code];
    this.code = code;
    // As the message, of which they are the parts: not printed a second time with what else the error has.
    Object.defineProperties(this, { fault: { value: wrong }, advice: { value: advice }, [PARTS]: { value: parts } });
    const mentions = details.mentions ?? optionsIn(parts);
    if (details.reason !== undefined) this.reason = details.reason;
    if (details.option !== undefined) this.option = details.option;
    if (mentions.length > 0) this.mentions = mentions;
    if (details.expected !== undefined) this.expected = String(details.expected);
    if (details.received !== undefined) this.received = details.received;
    if (details.step !== undefined) this.step = details.step;
  }

  /** Whether a value is an error of the package, whichever copy of it made the error. */
  static override [Symbol.hasInstance](value: unknown): value is UnrolledError {
    // biome-ignore-start lint/complexity/noThisInStatic: the class that is asked may be one below this.
    if (this !== UnrolledError) return Function.prototype[Symbol.hasInstance].call(this, value);
    // biome-ignore-end lint/complexity/noThisInStatic: as above.
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  static {
    Object.defineProperty(UnrolledError.prototype, BRAND, { value: true });
  }
}

/** What is wrong, with what it names. */
export function faultOf(error: UnrolledError): Words {
  return partsOf(error).fault;
}

/** What to do, with what it names; undefined where the fault says all. */
export function adviceOf(error: UnrolledError): Words | undefined {
  return partsOf(error).advice;
}

/** The parts of an error; those of another copy may be of a release that had messages alone. */
function partsOf(error: UnrolledError): Parts {
  return (error as { [PARTS]?: Parts })[PARTS] ?? { fault: error.fault ?? error.message, advice: error.advice };
}

/** An error's message with what it names as `say` has it. */
export function saidBy(error: UnrolledError, say: (reference: Reference) => string): string {
  const { fault, advice } = partsOf(error);
  const said = (part: Words) => (part instanceof Phrase ? part.said(say) : part);
  return messageOf(said(fault), advice === undefined ? undefined : said(advice));
}
