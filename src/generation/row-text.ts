/** The text of one row of ids, as they are drawn. */

import type { TokenDecoder, Vocabulary } from '../text/vocabulary';
import type { ResolvedStop } from './options';
import { endIdOf, stopIn } from './prompt';
import { StopFilter } from './stop-filter';

/** Decodes ids up to the end token or a stop string. */
export class RowText {
  readonly #decoder: TokenDecoder;
  readonly #stop: StopFilter;
  readonly #endId: number;
  #done = false;

  constructor(vocabulary: Vocabulary, stop: ResolvedStop) {
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
    let decoded = '';
    for (const id of ids) {
      if (id === this.#endId) return this.#stop.push(decoded) + this.end();
      decoded += this.#decoder.push(id);
    }
    const text = this.#stop.push(decoded);
    this.#done = this.#stop.stopped;
    return text;
  }

  /** What was held back. */
  end(): string {
    this.#done = true;
    return this.#stop.push(this.#decoder.end()) + this.#stop.end();
  }
}
