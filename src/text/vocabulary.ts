/** The tokens of a model and their ids: built from a text, stored with the model, never changed. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { atOnce, inTurns } from '../base/event-loop';
import { PRINTED, printFields } from '../base/messages/formatting';
import { phrase, type Reference, refer } from '../base/messages/phrase';
import { abortError } from '../native/cancellation';
import { extending } from './extended-vocabulary';
import { BEGINNING, type EncodedText, type EncodeOptions, encodingParts, type PartPlace } from './part-encoding';
import {
  AS_IT_IS,
  FORM_OPTIONS,
  type FormOptions,
  formingText,
  formText,
  resolveForm,
  type TextForm,
} from './text-form';
import type { TokenCounts } from './token-counts';
import { TokenList } from './token-list';
import { type Detokenizer, type Encoder, SKIP, type Tokenizer, type UnknownHandler } from './tokenizers/tokenizer';
import { type BuiltVocabulary, type VocabularyContent, VocabularyCounts } from './vocabulary-builder';
import { parseVocabulary, type VocabularyJSON } from './vocabulary-json';
import {
  TOKENIZERS,
  type TokenKind,
  UNKNOWN_POLICIES,
  type UnknownPolicy,
  type VocabularyOptions,
} from './vocabulary-options';

/** UTF-16 units of a text that are looked at for tokens to name in a message. */
const LOOKED_AT = 1000;

/** Begins what is said of a carriage return. */
export const CARRIAGE_RETURN = 'It belongs to a line end that the vocabulary does not have';

/** Turns ids into text one by one; text is held back until a character is whole. */
export interface TokenDecoder {
  /** The text that this id completes, maybe empty. */
  push(id: number): string;
  /** The bytes that were held back; incomplete characters become U+FFFD. */
  end(): string;
}

/** Builds a vocabulary from texts that come one after another. */
export interface VocabularyBuilder {
  /** A text in the form that the vocabulary will keep. */
  formed(text: string): string;
  /** The same, a little at a time. */
  forming(text: string): Generator<void, string>;
  /** Counts the tokens of one more text, which is in that form; none continues from the text before. */
  add(text: string): void;
  /** The same, with turns for the event loop. */
  addInTurns(text: string): Promise<void>;
  /** `Tokenizer.stableLength` of the kind of tokens. */
  stableLength(text: string): number;
  /** @throws what `Vocabulary.build` throws. */
  build(): Vocabulary;
  /** The same, with turns for the event loop. */
  buildInTurns(): Promise<Vocabulary>;
}

/**
 * A list of tokens with their ids from 0.
 *
 * Ids follow the code points of the tokens (of words: falling frequency, ties by code point). A bounded vocabulary has
 * one more id after them for the unknown token, and one with an end token has a last id for the end of a document.
 */
export class Vocabulary {
  readonly kind: TokenKind;
  /** The treatment of a token without an id in `encode`. */
  readonly unknown: UnknownPolicy;
  /** The id of the unknown token, which follows the tokens; undefined if there is none. */
  readonly unknownId: number | undefined;
  /** The id of the end-of-document token, the last one; undefined if there is none. */
  readonly endId: number | undefined;
  /** Number of ids V, the unknown and the end token included. */
  readonly size: number;
  /**
   * How often each id occurs in the text that the vocabulary was built from, `[V]`; undefined for one that was read from
   * a file or from JSON, which has ids alone.
   */
  readonly frequencies: readonly number[] | undefined;
  /**
   * The form that every text is brought into before it is split: the form given when the vocabulary was built
   * (`lineEnds`, `normalization`). Undefined if none was given; then texts are used as they are.
   */
  readonly form: Readonly<TextForm> | undefined;

  readonly #tokens: TokenList;
  readonly #tokenizer: Tokenizer;
  #encoder: Encoder | undefined;
  #ids: Map<string, number> | undefined;

  private constructor(
    { kind, tokens, unknownToken, unknown, endToken, form }: VocabularyContent,
    frequencies: readonly number[] | undefined,
  ) {
    this.kind = kind;
    this.unknown = unknown;
    this.unknownId = unknownToken ? tokens.length : undefined;
    const known = tokens.length + (unknownToken ? 1 : 0);
    this.endId = endToken ? known : undefined;
    this.size = known + (endToken ? 1 : 0);
    this.frequencies = frequencies;
    this.form = form && Object.freeze({ ...form });
    this.#tokens = tokens;
    this.#tokenizer = TOKENIZERS[kind];
  }

  /**
   * The vocabulary of a text. Of a long text this takes long, and the event loop waits: the `vocabulary` of
   * `Corpus.fromLongText` is the same.
   * @throws ERR_UNROLLED_CORPUS_EMPTY for an empty text; ERR_UNROLLED_OPTION_RANGE if the bounds
   *   leave no token, or for `unknown: 'replace'` without bounds.
   */
  static build(text: string, options?: VocabularyOptions): Vocabulary {
    check.string('text', text);
    const builder = Vocabulary.builder(options);
    builder.add(builder.formed(text));
    return builder.build();
  }

  /**
   * The same from texts that come one after another.
   * @internal
   */
  static builder(options?: VocabularyOptions): VocabularyBuilder {
    const counts = new VocabularyCounts(options);
    const made = ({ content, frequencies }: BuiltVocabulary) => new Vocabulary(content, frequencies);
    return {
      formed: (text) => counts.formed(text),
      forming: (text) => counts.forming(text),
      add: (text) => counts.add(text),
      addInTurns: (text) => counts.addInTurns(text),
      stableLength: (text) => counts.stableLength(text),
      build: () => made(atOnce(counts.build())),
      buildInTurns: async () => made(await inTurns(counts.build())),
    };
  }

  /**
   * A vocabulary that `toJSON` wrote.
   * @throws ERR_UNROLLED_MODEL_FORMAT for anything else.
   */
  static fromJSON(value: unknown): Vocabulary {
    return Vocabulary.#restored(atOnce(parseVocabulary(value)));
  }

  /**
   * The same, with turns for the event loop.
   * @param frequencies of the text that it was built from, where they are known.
   * @internal
   */
  static async restore(value: unknown, frequencies?: readonly number[]): Promise<Vocabulary> {
    return Vocabulary.#restored(await inTurns(parseVocabulary(value)), frequencies);
  }

  static #restored({ tokens, ...json }: VocabularyJSON, frequencies?: readonly number[]): Vocabulary {
    return new Vocabulary({ ...json, tokens: new TokenList(tokens) }, frequencies);
  }

  /**
   * The same ids with another treatment of unknown tokens.
   * @throws ERR_UNROLLED_OPTION_RANGE for `'replace'` without an unknown token.
   */
  withUnknown(unknown: UnknownPolicy): Vocabulary {
    check.oneOf('unknown', unknown, UNKNOWN_POLICIES);
    if (unknown === 'replace' && this.unknownId === undefined) {
      throw check.outOfRange('unknown', 'error or skip for a vocabulary without unknown token', unknown);
    }
    return new Vocabulary({ ...this.#content(), unknown }, this.frequencies);
  }

  /**
   * The same ids, and another form for every text; what is left out stays as it is.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
   */
  withForm(form: FormOptions): Vocabulary {
    const given = check.options('withForm', form, FORM_OPTIONS);
    const { lineEnds = this.form?.lineEnds, normalization = this.form?.normalization } = given;
    return new Vocabulary({ ...this.#content(), form: resolveForm({ lineEnds, normalization }) }, this.frequencies);
  }

  /**
   * The same ids, followed by the tokens of another vocabulary that this one lacks, then by the unknown and the end
   * token if either vocabulary has one. `frequencies` are those of the other's text. For `LanguageModel.initFrom` with
   * `extendVocabulary`.
   * @throws ERR_UNROLLED_OPTION_TYPE for what is not a vocabulary; ERR_UNROLLED_OPTION_RANGE for another kind of
   *   tokens.
   */
  extendedBy(other: Vocabulary): Vocabulary {
    check.instance('other', other, 'a Vocabulary', Vocabulary);
    const { content, frequencies } = atOnce(extending(this, this.#content(), other));
    return new Vocabulary(content, frequencies);
  }

  /**
   * The same, with turns for the event loop.
   * @internal
   */
  async extendedInTurns(other: Vocabulary): Promise<Vocabulary> {
    const { content, frequencies } = await inTurns(extending(this, this.#content(), other));
    return new Vocabulary(content, frequencies);
  }

  /** The vocabulary as plain data, the same for the same tokens. */
  toJSON(): VocabularyJSON {
    return { ...this.#content(), tokens: [...this.#tokens.strings] };
  }

  /**
   * The ids of a text, `[N]`, which is brought into the vocabulary's form first. Tokens without an id are handled as
   * `unknown` says. Of a long text it takes long (words: about a second a megabyte), in which the event loop waits:
   * `encodeInTurns` lets that continue.
   * @throws ERR_UNROLLED_UNKNOWN_TOKEN with `unknown: 'error'`, naming the token and its position.
   */
  encode(text: string): Int32Array {
    return this.encodePart(this.formed(check.string('text', text))).ids;
  }

  /**
   * The same as `encode`, for a text of any length: the event loop has a turn every few milliseconds.
   * @throws the errors of `encode`; ERR_UNROLLED_ABORTED.
   */
  async encodeInTurns(text: string, options?: EncodeOptions): Promise<Int32Array> {
    const given = check.options('Vocabulary.encodeInTurns', options, ['signal']);
    const signal = check.abortSignal('signal', given.signal);
    if (signal?.aborted) throw abortError('Encoding', signal);
    const { ids } = await this.encodeCountedInTurns(text, signal);
    return ids;
  }

  /**
   * How many tokens of a text the vocabulary knows, and how many not. What `unknown` says makes no difference, and
   * nothing is thrown.
   */
  tokenCounts(text: string): TokenCounts {
    let unknownTokens = 0;
    const { length } = this.#encode(this.formed(check.string('text', text)), () => {
      unknownTokens++;
      return SKIP;
    });
    return { knownTokens: length, unknownTokens };
  }

  /**
   * The distinct tokens at a text's beginning that have no id, as messages show them.
   * @internal
   */
  unknownAtBeginning(text: string): string[] {
    const unknown = new Set<string>();
    this.#encode(this.formed(text.slice(0, LOOKED_AT)), (token) => {
      unknown.add(this.#tokenizer.show(token));
      return SKIP;
    });
    return [...unknown];
  }

  /**
   * `encode`, and the counts of the text's tokens, with turns for the event loop.
   * @internal
   */
  async encodeCountedInTurns(text: string, signal: AbortSignal | undefined): Promise<EncodedText> {
    check.string('text', text);
    return inTurns(this.encoding(await inTurns(this.forming(text)), signal));
  }

  /**
   * A text in the vocabulary's form.
   * @internal
   */
  formed(text: string): string {
    return formText(text, this.form ?? AS_IT_IS);
  }

  /**
   * The same, a little at a time.
   * @internal
   */
  forming(text: string): Generator<void, string> {
    return formingText(text, this.form ?? AS_IT_IS);
  }

  /**
   * The same as `encodePart`, computed in parts.
   * @internal
   */
  *encoding(text: string, signal?: AbortSignal, place: PartPlace = BEGINNING): Generator<void, EncodedText> {
    this.#encoder ??= yield* this.#tokenizer.encoder(this.#tokens);
    return yield* encodingParts(this, text, place, signal);
  }

  /**
   * The ids of a text in the vocabulary's form, or of a part of a longer one.
   * @param whole the longer one, as far as it is known.
   * @internal
   */
  encodePart(text: string, place: PartPlace = BEGINNING, whole = text): EncodedText {
    let unknownTokens = 0;
    const ids = this.#encode(text, (token, position) => {
      unknownTokens++;
      if (this.unknown === 'skip') return SKIP;
      if (this.unknown === 'replace') return this.unknownId as number;
      const line = place.lines + this.#lineEndsBefore(text, position) + 1;
      const isOneLine = place.lines === 0 && !whole.includes('\n');
      throw this.#unknownToken(token, place.tokens + position, isOneLine ? undefined : line);
    });
    return { ids, knownTokens: ids.length - (this.unknown === 'replace' ? unknownTokens : 0), unknownTokens };
  }

  /**
   * How many UTF-16 units of a text that continues can be encoded now, since what follows does not change their tokens.
   * @internal
   */
  stableLength(text: string): number {
    return this.#tokenizer.stableLength(text);
  }

  /**
   * The text of ids. Bytes that are not UTF-8 and the unknown token decode to U+FFFD; among words the unknown token is
   * `<unk>`. The end of a document has no text.
   * @throws ERR_UNROLLED_OPTION_RANGE for a number that is not an id.
   */
  decode(ids: ArrayLike<number>): string {
    check.arrayLike('ids', ids, 'a list of ids');
    for (let i = 0; i < ids.length; i++) this.#checkId(ids[i] as number);
    const detokenizer = this.#detokenizer();
    return detokenizer.push(this.#withoutEnds(ids)) + detokenizer.end();
  }

  /** A decoder for ids that come one by one; it never splits a character. */
  decoder(): TokenDecoder {
    const detokenizer = this.#detokenizer();
    return {
      push: (id) => detokenizer.push(this.#withoutEnds([this.#checkId(id)])),
      end: () => detokenizer.end(),
    };
  }

  /**
   * The token of an id. A byte that is not an ASCII character is written as `<0xE4>`; the unknown and the end token are
   * those of `decode`.
   * @throws ERR_UNROLLED_OPTION_RANGE for a number that is not an id.
   */
  token(id: number): string {
    if (this.#checkId(id) === this.endId) return '';
    return this.#tokens.strings[id] ?? this.#tokenizer.unknownText;
  }

  /** The id of a token, as `token` writes it; undefined for a token that has none. */
  id(token: string): number | undefined {
    this.#ids ??= new Map(this.#tokens.strings.map((known, id) => [known, id]));
    return this.#ids.get(token);
  }

  /**
   * Whether every id means the same in both; what unseen input does may differ, and the form of texts.
   * @throws ERR_UNROLLED_OPTION_TYPE for what is not a vocabulary.
   */
  equals(other: Vocabulary): boolean {
    check.instance('other', other, 'a Vocabulary', Vocabulary);
    return (
      this.kind === other.kind &&
      this.unknownId === other.unknownId &&
      this.endId === other.endId &&
      this.size === other.size &&
      this.#tokens.equals(other.#tokens)
    );
  }

  /**
   * The first token, as messages show it, that only one of two vocabularies of a kind has; undefined if none is.
   * @internal
   */
  firstDifference(other: Vocabulary): { shown: string; isHere: boolean } | undefined {
    const here = this.#tokens.strings.find((token) => other.id(token) === undefined);
    const there = other.#tokens.strings.find((token) => this.id(token) === undefined);
    const token = here ?? there;
    return token === undefined ? undefined : { shown: this.#tokenizer.show(token), isHere: here !== undefined };
  }

  /** @internal */
  [PRINTED](depth: number, options: object): string {
    const { kind, unknown, unknownId, endId, size } = this;
    if (depth < 0) return `[Vocabulary of ${size} tokens]`;
    const ids = { ...(unknownId !== undefined && { unknownId }), ...(endId !== undefined && { endId }) };
    const form = this.form && { form: this.form };
    return printFields('Vocabulary', { kind, size, tokens: this.#tokens.strings, unknown, ...ids, ...form }, options);
  }

  #content(): VocabularyContent {
    return {
      kind: this.kind,
      tokens: this.#tokens,
      unknownToken: this.unknownId !== undefined,
      unknown: this.unknown,
      ...(this.endId !== undefined && { endToken: true as const }),
      ...(this.form !== undefined && { form: { ...this.form } }),
    };
  }

  #encode(text: string, onUnknown: UnknownHandler): Int32Array {
    this.#encoder ??= atOnce(this.#tokenizer.encoder(this.#tokens));
    return this.#encoder(text, onUnknown);
  }

  #withoutEnds(ids: ArrayLike<number>): ArrayLike<number> {
    return this.endId === undefined ? ids : Array.prototype.filter.call(ids, (id) => id !== this.endId);
  }

  #detokenizer(): Detokenizer {
    return this.#tokenizer.detokenizer(this.#tokens.strings);
  }

  #checkId(id: number): number {
    const isId = Number.isInteger(id) && id >= 0 && id < this.size;
    return isId ? id : check.integer('id', id, { min: 0, max: this.size - 1 });
  }

  /** Advice for a token without an id. */
  #unknownAdvice(): Reference {
    const done = this.unknownId === undefined ? 'skipped' : 'skipped or replaced';
    return refer.remedy(
      'skipUnknown',
      `Remove it from the text, or have unknown tokens ${done}: vocabulary.withUnknown('skip'), ` +
        "or for a saved model LanguageModel.load(path, { unknown: 'skip' }).",
    );
  }

  /** Line ends in front of the token of that number. */
  #lineEndsBefore(text: string, position: number): number {
    let count = 0;
    // An encoder that knows no tokens reports every token.
    atOnce(this.#tokenizer.encoder(new TokenList([])))(text, (token, at) => {
      if (at < position && token.includes('\n')) count += token.split('\n').length - 1;
      return SKIP;
    });
    return count;
  }

  /** Advice for a carriage return in a text whose line ends differ from the vocabulary's. */
  #lineEndAdvice(token: string): string | Reference {
    if (!token.includes('\r') || this.id('\n') === undefined) return '';
    if (this.form !== undefined) return `${CARRIAGE_RETURN}: convert its line ends to LF. `;
    return refer.remedy('readLineEnds', `${CARRIAGE_RETURN}: give lineEnds: 'lf' when reading the text. `);
  }

  #unknownToken(token: string, position: number, line: number | undefined): UnrolledError {
    const { noun } = this.#tokenizer;
    const shown = this.#tokenizer.show(token);
    const inLine = line === undefined ? '' : refer.line(line, `, in line ${line},`);
    return new UnrolledError(
      'ERR_UNROLLED_UNKNOWN_TOKEN',
      phrase`The ${noun} ${shown} at position ${position} (from 0, in ${noun}s)${inLine} is not in ${refer.vocabulary}`,
      {
        option: 'text',
        expected: `one of the ${this.size} tokens of the vocabulary`,
        received: shown,
        advice: phrase`${this.#lineEndAdvice(token)}${this.#unknownAdvice()}`,
      },
    );
  }
}
