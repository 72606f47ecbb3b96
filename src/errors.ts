/**
 * Every error the package throws: one class, a closed list of codes, and a paragraph for each code
 * in `docs/errors.md`. A test compares the two lists.
 */

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
  ERR_UNROLLED_NON_FINITE_LOSS: 'Error',
  ERR_UNROLLED_BUSY: 'Error',
  ERR_UNROLLED_DISPOSED: 'Error',
  ERR_UNROLLED_ABORTED: 'AbortError',
  ERR_UNROLLED_PRECISION: 'Error',
  ERR_UNROLLED_OUT_OF_MEMORY: 'Error',
  ERR_UNROLLED_NATIVE_LOAD: 'Error',
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

/** What an error can say beside its message. */
export interface ErrorDetails {
  /** Of ERR_UNROLLED_NATIVE_LOAD: which case it is. */
  reason?: NativeLoadReason;
  /** The option or argument at fault, as the caller wrote it. */
  option?: string;
  /** Options that the message names elsewhere than at its beginning, as it writes them; the command line has flags there. */
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

/** On the errors of every copy of the package that a process has loaded. */
const BRAND = Symbol.for('unrolled.UnrolledError');

/**
 * The class of every error of the package; `code` is stable, the message is for people. `instanceof` knows the errors of
 * another copy of the package too, as a test runner loads one for each file of tests, while all share one native module.
 */
export class UnrolledError extends Error {
  readonly code: ErrorCode;
  declare readonly reason?: NativeLoadReason;
  declare readonly option?: string;
  declare readonly mentions?: readonly string[];
  declare readonly expected?: string;
  declare readonly received?: string;
  declare readonly step?: number;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = ERROR_CODES[code];
    this.code = code;
    if (details.reason !== undefined) this.reason = details.reason;
    if (details.option !== undefined) this.option = details.option;
    if (details.mentions !== undefined) this.mentions = details.mentions;
    if (details.expected !== undefined) this.expected = details.expected;
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
