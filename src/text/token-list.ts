/** The tokens of a vocabulary, in the order of their ids. */

import { types } from 'node:util';

/** Characters as strings. */
function stringsOf(codePoints: Uint32Array): string[] {
  const strings = new Array<string>(codePoints.length);
  for (const [id, codePoint] of codePoints.entries()) strings[id] = String.fromCodePoint(codePoint);
  return strings;
}

/** Tokens by id. Of characters that were counted there are code points first, and strings once somebody needs them. */
export class TokenList {
  readonly length: number;
  /** Characters and their counts. */
  readonly codePoints: Uint32Array | undefined;
  #strings: readonly string[] | undefined;

  constructor(tokens: readonly string[] | Uint32Array) {
    this.length = tokens.length;
    if (types.isUint32Array(tokens)) this.codePoints = tokens;
    else this.#strings = tokens;
  }

  get strings(): readonly string[] {
    this.#strings ??= stringsOf(this.codePoints as Uint32Array);
    return this.#strings;
  }

  /** The tokens of those ids, in their order. */
  pick(ids: readonly number[]): TokenList {
    const { codePoints } = this;
    if (codePoints !== undefined) return new TokenList(Uint32Array.from(ids, (id) => codePoints[id] as number));
    return new TokenList(ids.map((id) => this.strings[id] as string));
  }

  /** Whether every id means the same in both. */
  equals(other: TokenList): boolean {
    if (this === other) return true;
    if (this.length !== other.length) return false;
    const { codePoints } = other;
    if (this.codePoints !== undefined && codePoints !== undefined) {
      return this.codePoints.every((codePoint, id) => codePoint === codePoints[id]);
    }
    return this.strings.every((token, id) => token === other.strings[id]);
  }
}

/** Number of sets, a power of two, that strings are spread over: one large set blocks for long when it grows. */
const SETS = 1 << 6;

/** Strings that were seen. */
export class SeenStrings {
  readonly #sets = Array.from({ length: SETS }, () => new Set<string>());

  /** Whether a string is seen for the first time. */
  isNew(text: string): boolean {
    const set = this.#sets[text.charCodeAt(text.length - 1) & (SETS - 1)] as Set<string>;
    if (set.has(text)) return false;
    set.add(text);
    return true;
  }
}
