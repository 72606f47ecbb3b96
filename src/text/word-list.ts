/** Words between single spaces, each with an id: the vocabulary of the from-scratch tutorials. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { PRINTED, printFields } from '../base/messages/formatting';

/** A word list as plain data. */
export interface WordListJSON {
  kind: 'words';
  /** Word i has the id i. */
  words: string[];
}

/** Words between single spaces, each with an id: the vocabulary of the from-scratch tutorials. */
export class WordList {
  readonly words: readonly string[];
  readonly #ids: Map<string, number>;

  /**
   * @param words in the order of their ids.
   * @throws ERR_UNROLLED_OPTION_RANGE for an empty list or a word that occurs twice.
   */
  constructor(words: readonly string[]) {
    this.words = words.map((word) => check.string('words', word));
    this.#ids = new Map(this.words.map((word, id) => [word, id]));
    if (words.length === 0 || this.#ids.size !== words.length) {
      throw check.outOfRange('words', 'a list of different words', words);
    }
  }

  /**
   * The list that `toJSON` wrote.
   * @throws ERR_UNROLLED_MODEL_FORMAT for anything else.
   */
  static fromJSON(value: unknown): WordList {
    const words: unknown = (value as Partial<WordListJSON> | null)?.words;
    const isDamaged =
      !Array.isArray(words) ||
      words.length === 0 ||
      words.some((word) => typeof word !== 'string') ||
      new Set(words).size !== words.length;
    if (isDamaged) {
      throw new UnrolledError(
        'ERR_UNROLLED_MODEL_FORMAT',
        'The word list is damaged: it is not a list of different words',
      );
    }
    return new WordList(words);
  }

  /** Number of ids. */
  get size(): number {
    return this.words.length;
  }

  /** The list as plain data. */
  toJSON(): WordListJSON {
    return { kind: 'words', words: [...this.words] };
  }

  /** @internal */
  [PRINTED](depth: number, options: object): string {
    const { size, words } = this;
    return depth < 0 ? `[WordList of ${size} words]` : printFields('WordList', { size, words }, options);
  }

  /**
   * The ids of a text's words, `[N]`.
   * @throws ERR_UNROLLED_UNKNOWN_TOKEN naming the word and its position.
   */
  encode(text: string): Int32Array {
    return Int32Array.from(check.string('text', text).split(' '), (word, position) => {
      const id = this.#ids.get(word);
      if (id !== undefined) return id;
      throw new UnrolledError(
        'ERR_UNROLLED_UNKNOWN_TOKEN',
        `The word ${check.show(word)} at position ${position} (from 0, in words) is not in the list`,
        {
          advice: 'Remove it from the text, or create the list with this word.',
          option: 'text',
          expected: `one of the ${this.size} words`,
          received: check.show(word),
        },
      );
    });
  }
}
