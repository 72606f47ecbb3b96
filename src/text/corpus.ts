/** A text with its vocabulary and ids: what a language model is trained on. */

import * as check from '../validation';
import { VOCABULARY_OPTIONS, Vocabulary, type VocabularyOptions } from './vocabulary';

/** The vocabulary's options, and a name. */
export interface CorpusOptions extends VocabularyOptions {
  /** What messages and reports call the corpus. Default `'text'`. */
  name?: string;
}

/** The two parts of a corpus, views of its ids. */
export interface CorpusSplit {
  train: Int32Array;
  validation: Int32Array;
}

export class Corpus {
  readonly name: string;
  readonly text: string;
  readonly vocabulary: Vocabulary;
  #ids: Int32Array | undefined;

  private constructor(name: string, text: string, vocabulary: Vocabulary) {
    this.name = name;
    this.text = text;
    this.vocabulary = vocabulary;
  }

  /**
   * A corpus with the vocabulary of its own text.
   * @throws what `Vocabulary.build` throws.
   */
  static fromText(text: string, options?: CorpusOptions): Corpus {
    const { name = 'text', ...vocabulary } = check.options('Corpus.fromText', options, ['name', ...VOCABULARY_OPTIONS]);
    return new Corpus(check.nonEmptyString('name', name), text, Vocabulary.build(text, vocabulary));
  }

  /** The same text under another vocabulary: that of a trained model, say. */
  withVocabulary(vocabulary: Vocabulary): Corpus {
    return new Corpus(this.name, this.text, vocabulary);
  }

  /**
   * The ids of the text, `[N]`, encoded at the first use.
   * @throws ERR_UNROLLED_UNKNOWN_TOKEN where the vocabulary lacks a token and does not skip or replace it.
   */
  get ids(): Int32Array {
    this.#ids ??= this.vocabulary.encode(this.text);
    return this.#ids;
  }

  /** The first `floor(N · (1 − validation))` ids train, the rest validate; `0 ≤ validation < 1`. */
  split(validation: number): CorpusSplit {
    check.number('validation', validation, { min: 0, below: 1 });
    const { ids } = this;
    const trained = Math.floor(ids.length * (1 - validation));
    return { train: ids.subarray(0, trained), validation: ids.subarray(trained) };
  }
}
