/** Text that comes in pieces, up to the first stop string. */

import type { Vocabulary } from '../text/vocabulary';

/** The strings that end a text, none of them empty, and whether they are kept. */
export interface ResolvedStop {
  strings: readonly string[];
  include: boolean;
}

/** The strings that end a text, in the form of the vocabulary. */
export function stopIn(vocabulary: Vocabulary, { strings, include }: ResolvedStop): ResolvedStop {
  return { strings: strings.map((string) => vocabulary.formed(string)), include };
}

/** Units at the end of the text that may be the beginning of one of the strings. */
function unfinished(text: string, strings: readonly string[]): number {
  let longest = 0;
  for (const string of strings) {
    for (let length = Math.min(string.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(string.slice(0, length))) longest = length;
    }
  }
  return longest;
}

/** Lets text through until one of the strings is complete; what may be the start of one is held back. */
export class StopFilter {
  readonly #stop: ResolvedStop;
  #held = '';
  #stopped = false;

  constructor(stop: ResolvedStop) {
    this.#stop = stop;
  }

  /** Whether a string was complete; then the text is over. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The part of the text so far that is certain to be in the result, and was not returned before. */
  push(piece: string): string {
    if (this.#stopped) return '';
    const text = this.#held + piece;
    const { strings, include } = this.#stop;
    let end = Number.POSITIVE_INFINITY;
    let start = 0;
    for (const string of strings) {
      const found = text.indexOf(string);
      const foundEnd = found + string.length;
      if (found < 0 || foundEnd > end || (foundEnd === end && found > start)) continue;
      end = foundEnd;
      start = found;
    }
    if (end <= text.length) {
      this.#stopped = true;
      this.#held = '';
      return text.slice(0, include ? end : start);
    }
    const sure = text.length - unfinished(text, strings);
    this.#held = text.slice(sure);
    return text.slice(0, sure);
  }

  /** The text that was held back, if no string was complete. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}
