/** Text that comes in pieces, up to the first stop string. */

import type { Vocabulary } from '../text/vocabulary';

/** What ends a text: strings, none of them empty, and whether they are kept. */
export interface ResolvedStop {
  strings: readonly string[];
  include: boolean;
}

/** What ends a text, as the texts of the vocabulary have it. */
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

  /** Whether a string was complete, so that nothing more comes through. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The part of the text so far that is sure to be in the result, and has not been returned before. */
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

  /** What was held back, where no string was complete. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}
