/** The text of one row of ids, as they are drawn. */

import type { TokenDecoder, Vocabulary } from '../text/vocabulary';
import { endIdOf } from './special-ids';
import type { ResolvedStop } from './stop-filter';
import { StopFilter, stopIn } from './stop-filter';

/** Decodes ids up to the end token or a stop string. */
export class RowText {
  readonly #decoder: TokenDecoder;
  readonly #stop: StopFilter;
  readonly #endId: number;
  /** Tokens left in which no stop string is looked for. */
  #free: number;
  /** Whether a character began in them that is not whole. */
  #straddles = false;
  #done = false;

  constructor(vocabulary: Vocabulary, stop: ResolvedStop, minLength: number) {
    this.#free = minLength;
    this.#decoder = vocabulary.decoder();
    this.#stop = new StopFilter(stopIn(vocabulary, stop));
    this.#endId = endIdOf(vocabulary);
  }

  /** Whether the text has ended. */
  get done(): boolean {
    return this.#done;
  }

  /** The text that these ids make sure of. Bytes wait for their character, and what may begin a stop string. */
  push(ids: Int32Array): string {
    let free = '';
    let decoded = '';
    for (const id of ids) {
      if (id === this.#endId) return free + this.#stop.push(decoded) + this.end();
      const piece = this.#decoder.push(id);
      if (this.#free > 0) {
        this.#free--;
        this.#straddles = piece === '';
        free += piece;
      } else if (this.#straddles && piece !== '') {
        this.#straddles = false;
        const [first = '', ...others] = piece;
        free += first;
        decoded += others.join('');
      } else {
        decoded += piece;
      }
    }
    const text = free + this.#stop.push(decoded);
    this.#done = this.#stop.stopped;
    return text;
  }

  /** The text that was held back. */
  end(): string {
    this.#done = true;
    return this.#stop.push(this.#decoder.end()) + this.#stop.end();
  }
}
