/** The constraint of the tokens of one text, while it is drawn. */

import type { TokenDecoder, Vocabulary } from '../text/vocabulary';
import type { Constraint, GenerationStep } from './constraint';

export class RowConstraint {
  readonly #constraint: Constraint;
  readonly #of: Pick<GenerationStep, 'prompt' | 'index'>;
  readonly #decoder: TokenDecoder;
  /** Room for the ids of the text, of which there are `#count`. */
  #ids = new Int32Array(64);
  #count = 0;
  #text = '';
  #bias: Float64Array | undefined;

  constructor(constraint: Constraint, vocabulary: Vocabulary, of: Pick<GenerationStep, 'prompt' | 'index'>) {
    this.#constraint = constraint;
    this.#of = of;
    this.#decoder = vocabulary.decoder();
    this.#bias = constraint.fixed;
  }

  /** Whether `ask` is due before each token. */
  get isStepwise(): boolean {
    return this.#constraint.isStepwise;
  }

  /** The constraint of the next token. */
  get native(): { leastLength: number; bias?: Float64Array } {
    return { leastLength: this.#constraint.minLength, ...(this.#bias !== undefined && { bias: this.#bias }) };
  }

  /** @throws what `Constraint.at` throws. */
  ask(): void {
    if (!this.isStepwise) return;
    const ids = this.#ids;
    const position = this.#count;
    this.#bias = this.#constraint.at({
      ...this.#of,
      ...{ position, text: this.#text },
      get ids() {
        return ids.slice(0, position);
      },
    });
  }

  /** Takes ids that were drawn. */
  push(ids: Int32Array): void {
    if (!this.isStepwise) return;
    if (this.#count + ids.length > this.#ids.length) {
      const room = new Int32Array(2 * (this.#count + ids.length));
      room.set(this.#ids);
      this.#ids = room;
    }
    this.#ids.set(ids, this.#count);
    this.#count += ids.length;
    for (const id of ids) this.#text += this.#decoder.push(id);
  }
}
