/** Texts as ids or as vectors, by a vocabulary of their most frequent tokens. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { atOnce, inTurns } from '../base/event-loop';
import { readWhole, writeWhole } from '../base/files/files';
import { parseJson } from '../base/json/json-reader';
import { PRINTED, printFields } from '../base/messages/formatting';
import { phrase, refer } from '../base/messages/phrase';
import { reasonOf } from '../base/messages/thrown';
import { MAX_SIZE, requireMemory } from '../base/resource-limits';
import { emitWarning } from '../base/warning';
import { abortError } from '../native/cancellation';
import { offsetsOf } from '../tensor/offsets';
import { type Tensor, zeros } from '../tensor/tensor';
import { analyzer, CURRENT_RULE, type WordRule } from './analyzer';
import { type EncodeOptions, joining } from './part-encoding';
import { decodeUtf8 } from './read-text';
import { countTokens, mostFrequent } from './vectorizer-counts';
import {
  type ResolvedVectorizerOptions,
  resolveVectorizerOptions,
  specialTokens,
  TEXT_VECTORIZER_OPTIONS,
  type TextVectorizerOptions,
  type VectorizerOutput,
} from './vectorizer-options';

/** Tokens that are looked up between two turns of the event loop. */
const PART = 1 << 10;

const KIND = 'text-vectorizer';

/** The largest `idf`: without the logarithm, for a token in one of the largest possible number of texts. */
const MAX_IDF = MAX_SIZE;

/** Several sequences in one array: sequence i is `ids[offsets[i] .. offsets[i + 1])`. */
export interface TokenSequences {
  ids: Int32Array;
  /** `[N + 1]` */
  offsets: Int32Array;
}

/** The vectorizer's options, and the inverse document frequencies that a vocabulary for tf-idf needs. */
export interface VectorizerVocabularyOptions extends TextVectorizerOptions {
  /** With `output: 'tf-idf'`: the inverse document frequency of each token of the given list, from 0 to 2^31 - 1. */
  idf?: ArrayLike<number> | undefined;
}

/** Options of `TextVectorizer.adapt`. */
export interface VectorizerAdaptOptions extends TextVectorizerOptions {
  signal?: AbortSignal | undefined;
  /**
   * Called, at most once, where the texts are mostly in a script without spaces between words (Chinese, Japanese, Thai,
   * Lao, Khmer, Burmese) and `split` is `'whitespace'`, which then makes a token of a whole sentence. The default is
   * `process.emitWarning`.
   */
  onWarning?: ((message: string) => void) | undefined;
}

/** A vectorizer as plain data. */
export interface TextVectorizerJSON {
  kind: typeof KIND;
  options: TextVectorizerOptions;
  /**
   * With `split: 'word'`: 2 if texts are split before their punctuation is stripped. Absent in files of the first
   * releases, which stripped it first; vectorizers from such files continue to do so.
   */
  rule?: WordRule;
  /** Padding and unknown included; token i has the id i. */
  vocabulary: string[];
  /** With tf-idf, one per token. */
  idf?: number[];
}

const UNSPACED =
  'Most of the text is in a script without spaces between words, but split is whitespace, so a token is a whole ' +
  "sentence or text: use split 'word' or 'character'.";

function damaged(what: string, cause?: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `The vectorizer is damaged: ${what}`, { cause });
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function requireIterable(texts: unknown): void {
  const value = texts as Partial<Iterable<string> & AsyncIterable<string>> | null | undefined;
  // A string would be iterated as its characters.
  if (typeof texts !== 'string' && (value?.[Symbol.iterator] ?? value?.[Symbol.asyncIterator])) return;
  throw check.wrongType('texts', 'an array or another iterable of strings', texts);
}

/**
 * Turns texts into ids or vectors: it standardizes a text, splits it, and looks up each token. Modelled on Keras's
 * `TextVectorization`.
 *
 * With `output: 'int'` the id 0 is padding (`''`), 1 is the unknown token (`'[UNK]'`), and tokens follow. With the other
 * outputs there is no padding, and 0 is the unknown token. Tokens go by falling frequency, ties by code point (Keras
 * breaks them the other way round). A vectorizer never changes.
 */
export class TextVectorizer {
  /** Token i has the id i; padding and unknown are among them. */
  readonly vocabulary: readonly string[];
  readonly output: VectorizerOutput;
  /** The id of a token that the vocabulary does not have. */
  readonly unknownId: number;
  /** With tf-idf, `[V]`: `ln(1 + N / (1 + n))` for a token in n of N texts; for the unknown token the mean of all. */
  readonly idf: Float64Array | undefined;

  readonly #options: ResolvedVectorizerOptions;
  readonly #analyze: ReturnType<typeof analyzer>;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #rule: WordRule;

  private constructor(
    options: ResolvedVectorizerOptions,
    tokens: readonly string[],
    idf: Float64Array | undefined,
    rule: WordRule = CURRENT_RULE,
  ) {
    const special = specialTokens(options.output);
    this.#options = options;
    this.#rule = rule;
    this.#analyze = analyzer(options, rule);
    this.#ids = new Map(tokens.map((token, index) => [token, special.length + index]));
    this.vocabulary = Object.freeze([...special, ...tokens]);
    this.output = options.output;
    this.unknownId = special.length - 1;
    this.idf = idf;
  }

  /**
   * A vectorizer with the vocabulary of these texts. Every now and then it lets the event loop continue. It warns where
   * spaces do not part the words of the texts.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE;
   *   ERR_UNROLLED_CORPUS_EMPTY if the texts have no token; ERR_UNROLLED_ABORTED.
   */
  static async adapt(
    texts: Iterable<string> | AsyncIterable<string>,
    options?: VectorizerAdaptOptions,
  ): Promise<TextVectorizer> {
    const given = check.options('TextVectorizer.adapt', options, [...TEXT_VECTORIZER_OPTIONS, 'signal', 'onWarning']);
    const resolved = resolveVectorizerOptions(given);
    const signal = check.abortSignal('signal', given.signal);
    const warn = check.callback('onWarning', given.onWarning) ?? emitWarning;
    requireIterable(texts);
    const { occurrences, documents, texts: total, script } = await countTokens(texts, resolved, signal);
    if (resolved.split === 'whitespace' && script.isUnspaced) warn(UNSPACED);

    const special = specialTokens(resolved.output);
    const { maxTokens = MAX_SIZE, output } = resolved;
    for (const token of special) occurrences.delete(token);
    const tokens = await inTurns(mostFrequent(occurrences, maxTokens - special.length));
    if (tokens.length === 0) throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', 'The texts have no tokens');
    if (output !== 'tf-idf') return new TextVectorizer(resolved, tokens, undefined);
    const idf = tokens.map((token) => Math.log(1 + total / (1 + (documents.get(token) as number))));
    return new TextVectorizer(resolved, tokens, Float64Array.from([mean(idf), ...idf]));
  }

  /**
   * A vectorizer with a vocabulary that is known already.
   * @param tokens in the order of their ids, with padding and unknown in their places or without both.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE; ERR_UNROLLED_SHAPE if
   *   `idf` has another length than `tokens`.
   */
  static fromVocabulary(tokens: readonly string[], options?: VectorizerVocabularyOptions): TextVectorizer {
    return TextVectorizer.#of(tokens, options, CURRENT_RULE);
  }

  static #of(
    tokens: readonly string[],
    options: VectorizerVocabularyOptions | undefined,
    rule: WordRule,
  ): TextVectorizer {
    const given = check.options('TextVectorizer.fromVocabulary', options, [...TEXT_VECTORIZER_OPTIONS, 'idf']);
    const { idf, ...rest } = given;
    const resolved = resolveVectorizerOptions(rest);
    if (!Array.isArray(tokens)) throw check.wrongType('tokens', 'an array of strings', tokens);
    for (const token of tokens) check.string('tokens', token);

    const special = specialTokens(resolved.output);
    const hasSpecial = special.every((token, id) => tokens[id] === token);
    const own: readonly string[] = hasSpecial ? tokens.slice(special.length) : tokens;
    if (own.length === 0 || new Set([...own, ...special]).size !== own.length + special.length) {
      throw check.outOfRange(
        'tokens',
        `different strings, with ${check.show(special.join(', '))} first or not at all`,
        tokens,
      );
    }
    if (special.length + own.length > (resolved.maxTokens ?? MAX_SIZE)) {
      throw check.outOfRange(
        'maxTokens',
        `at least ${special.length + own.length} for these tokens`,
        resolved.maxTokens,
      );
    }
    const weights = TextVectorizer.#resolveIdf(resolved, tokens, idf);
    if (weights === undefined || hasSpecial) return new TextVectorizer(resolved, own, weights, rule);
    return new TextVectorizer(resolved, own, Float64Array.from([mean(weights), ...weights]), rule);
  }

  static #resolveIdf(
    { output }: ResolvedVectorizerOptions,
    tokens: readonly string[],
    idf: ArrayLike<number> | undefined,
  ): Float64Array | undefined {
    if (output !== 'tf-idf') {
      if (idf !== undefined) throw check.outOfRange('idf', "left out for any output but 'tf-idf'", idf);
      return undefined;
    }
    if (idf === undefined || !(Array.isArray(idf) || ArrayBuffer.isView(idf))) {
      throw check.wrongType('idf', 'an array of numbers for tf-idf', idf);
    }
    if (idf.length !== tokens.length) {
      const [expected, received] = [`${tokens.length} numbers`, `${idf.length}`];
      throw new UnrolledError(
        'ERR_UNROLLED_SHAPE',
        `idf must have one number for each token: ${expected}, not ${received}`,
        {
          option: 'idf',
          expected,
          received,
        },
      );
    }
    return Float64Array.from(idf, (weight) => check.number('idf', weight, { min: 0, max: MAX_IDF }));
  }

  /** Number of ids V, padding and unknown included. */
  get size(): number {
    return this.vocabulary.length;
  }

  /** @internal */
  [PRINTED](depth: number, options: object): string {
    const { output, size, vocabulary, idf } = this;
    if (depth < 0) return `[TextVectorizer of ${size} tokens]`;
    return printFields('TextVectorizer', { output, size, vocabulary, ...(idf !== undefined && { idf }) }, options);
  }

  /** The tokens of a text, known or not, as they are looked up. */
  tokens(text: string): readonly string[] {
    return atOnce(this.#analyze(check.string('text', text)));
  }

  /**
   * The ids of a text's tokens, `[N]`, at most `sequenceLength` of them, and with `pad` exactly as many. A text without
   * tokens has one id, the unknown one, because no sequence may be empty.
   * @throws ERR_UNROLLED_OUT_OF_MEMORY if memory cannot hold the padding.
   */
  encode(text: string): Int32Array {
    return atOnce(this.encoding(text));
  }

  /**
   * The same as `encode`, computed in parts.
   * @internal
   */
  *encoding(text: string): Generator<void, Int32Array> {
    const own = yield* this.encodingUnpadded(text);
    const length = this.#paddedLength(own);
    if (length === own.length) return own;
    this.#requirePadding(length);
    const ids = new Int32Array(length);
    ids.set(own);
    return ids;
  }

  /**
   * The same without padding.
   * @internal
   */
  *encodingUnpadded(text: string): Generator<void, Int32Array> {
    const tokens = yield* this.#analyze(check.string('text', text));
    const { sequenceLength = tokens.length } = this.#options;
    const length = Math.max(1, Math.min(tokens.length, sequenceLength));
    const ids = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      ids[i] = this.#ids.get(tokens[i] as string) ?? this.unknownId;
      if (i % PART === 0) yield;
    }
    return ids;
  }

  /**
   * The ids of many texts in one array; each text is encoded as by `encode`. Many texts take long and block the event
   * loop; `encodeAllInTurns` does not.
   * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE for more ids than an offset can count, ERR_UNROLLED_OUT_OF_MEMORY.
   */
  encodeAll(texts: Iterable<string>): TokenSequences {
    return atOnce(this.#encodingAll(texts, undefined));
  }

  /**
   * The same as `encodeAll`, for any number of texts: the event loop has a turn every few milliseconds.
   * @throws the errors of `encodeAll`; ERR_UNROLLED_ABORTED.
   */
  async encodeAllInTurns(texts: Iterable<string>, options?: EncodeOptions): Promise<TokenSequences> {
    const given = check.options('TextVectorizer.encodeAllInTurns', options, ['signal']);
    // A list may change while it is encoded.
    const own = Array.isArray(texts)
      ? ([...check.list('texts', texts, 'a list of texts', 'a string')] as string[])
      : texts;
    return inTurns(this.#encodingAll(own, check.abortSignal('signal', given.signal)));
  }

  *#encodingAll(texts: Iterable<string>, signal: AbortSignal | undefined): Generator<void, TokenSequences> {
    requireIterable(texts);
    const sequences: Int32Array[] = [];
    for (const text of texts) {
      if (signal?.aborted) throw abortError('Encoding', signal);
      sequences.push(yield* this.encodingUnpadded(text));
      yield;
    }
    const lengths = sequences.map((ids) => this.#paddedLength(ids));
    const offsets = offsetsOf('texts', lengths, 'tokens');
    if (!this.#options.pad) return { ids: yield* joining(sequences), offsets };
    this.#requirePadding(offsets.at(-1) as number);
    const ids = new Int32Array(offsets.at(-1) as number);
    for (const [index, own] of sequences.entries()) {
      ids.set(own, offsets[index]);
      yield;
    }
    return { ids, offsets };
  }

  #paddedLength({ length }: Int32Array): number {
    const { sequenceLength = length, pad } = this.#options;
    return pad ? sequenceLength : length;
  }

  /** @throws ERR_UNROLLED_OUT_OF_MEMORY if memory cannot hold this many padded ids. */
  #requirePadding(length: number): void {
    const advice = phrase`Lower ${refer.option('sequenceLength')}, or leave ${refer.option('pad')} out`;
    requireMemory('Padding of this length', length * Int32Array.BYTES_PER_ELEMENT, 'sequenceLength', advice);
  }

  /**
   * One vector per text, `[N, V]`. With `'multi-hot'`, 1 for each token of the text; with `'count'`, its number of
   * occurrences; with `'frequency'`, this number divided by the number of all tokens, known or not; with `'tf-idf'`,
   * this number times the token's `idf`. A text without tokens is all zeros.
   * @throws ERR_UNROLLED_OPTION_RANGE with `output: 'int'`, ERR_UNROLLED_OUT_OF_MEMORY.
   */
  vectors(texts: readonly string[]): Tensor<'float32'> {
    if (this.output === 'int')
      throw check.outOfRange('output', 'multi-hot, count, frequency or tf-idf for vectors', this.output);
    if (!Array.isArray(texts)) throw check.wrongType('texts', 'an array of strings', texts);
    const advice = phrase`Lower ${refer.option('maxTokens')}, or pass fewer texts at a time`;
    requireMemory(`A matrix of ${texts.length} texts`, texts.length * this.size * 4, 'maxTokens', advice);
    const result = zeros([texts.length, this.size]);
    for (const [index, text] of texts.entries()) {
      const vector = result.data.subarray(index * this.size, (index + 1) * this.size);
      const tokens = this.tokens(text);
      for (const token of tokens) {
        const id = this.#ids.get(token) ?? this.unknownId;
        vector[id] = this.output === 'multi-hot' ? 1 : (vector[id] as number) + 1;
      }
      if (this.output === 'frequency') {
        for (const [id, count] of vector.entries()) if (count > 0) vector[id] = count / tokens.length;
      }
      if (this.idf !== undefined)
        for (const [id, weight] of this.idf.entries()) vector[id] = (vector[id] as number) * weight;
    }
    return result;
  }

  /**
   * The vectorizer as plain data.
   * @throws ERR_UNROLLED_OPTION_TYPE if `standardize` or `split` is a function, which no file can hold.
   */
  toJSON(): TextVectorizerJSON {
    const { standardize, split } = this.#options;
    const isWord = split === 'word' && this.#rule !== 1;
    for (const [option, value] of Object.entries({ standardize, split })) {
      if (typeof value === 'function') throw check.wrongType(option, 'a name if a vectorizer is saved', value);
    }
    return {
      kind: KIND,
      options: { ...this.#options },
      ...(isWord && { rule: this.#rule }),
      vocabulary: [...this.vocabulary],
      ...(this.idf !== undefined && { idf: [...this.idf] }),
    };
  }

  /**
   * A vectorizer that `toJSON` wrote.
   * @throws ERR_UNROLLED_MODEL_FORMAT for anything else.
   */
  static fromJSON(value: unknown): TextVectorizer {
    const { kind, options, rule = 1, vocabulary, idf } = (value ?? {}) as Partial<TextVectorizerJSON>;
    if (kind !== KIND) throw damaged(`its kind is ${check.show(kind)}, not ${check.show(KIND)}`);
    if (typeof options !== 'object' || options === null) throw damaged('it has no options');
    if (rule !== 1 && rule !== 2) throw damaged(`its rule is ${check.show(rule)}, not 1 or 2`);
    try {
      return TextVectorizer.#of(vocabulary as string[], { ...options, ...(idf !== undefined && { idf }) }, rule);
    } catch (cause) {
      throw damaged(reasonOf(cause), cause);
    }
  }

  /**
   * Writes the vectorizer to a file, as JSON, whole or not at all.
   * @throws what `toJSON` throws, ERR_UNROLLED_FILE_WRITE.
   */
  async save(path: string): Promise<void> {
    check.nonEmptyString('path', path);
    await writeWhole(path, Buffer.from(`${JSON.stringify(this)}\n`));
  }

  /**
   * A vectorizer from a file that `save` wrote.
   * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ENCODING, ERR_UNROLLED_MODEL_FORMAT.
   */
  static async load(path: string): Promise<TextVectorizer> {
    const text = await decodeUtf8(await readWhole(check.nonEmptyString('path', path)), path);
    let value: unknown;
    try {
      value = await parseJson(text);
    } catch (cause) {
      throw new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `${path} is not JSON: ${(cause as Error).message}`, {
        cause,
      });
    }
    return TextVectorizer.fromJSON(value);
  }
}
