/** A text, or documents, with a vocabulary and ids: what a language model is trained on. */

import { inspect } from 'node:util';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { atOnce, inTurns } from '../base/event-loop';
import { countWithout } from '../base/fractions';
import { excerpt, PRINTED } from '../base/messages/formatting';
import { counted } from '../base/messages/plurals';
import { abortError } from '../native/cancellation';
import { offsetsOf } from '../tensor/offsets';
import { type EncodedText, type EncodeOptions, joining } from './part-encoding';
import { sumCounts, type TokenCounts } from './token-counts';
import type { TokenSource } from './token-source';
import { Vocabulary } from './vocabulary';
import { VOCABULARY_OPTIONS, type VocabularyOptions } from './vocabulary-options';

/** The vocabulary's options, and a name. */
export interface CorpusOptions extends VocabularyOptions {
  /** Name of the corpus in messages and reports. Default `'text'`. */
  name?: string;
}

/** The options of a corpus of documents, whose vocabulary always has an end token. */
export type DocumentsOptions = Omit<CorpusOptions, 'endToken'>;

/** The two parts of a corpus, views of its ids. */
export interface CorpusSplit {
  train: Int32Array;
  validation: Int32Array;
  /** `Corpus.boundaries` of each part; absent if the corpus is one text. */
  boundaries?: { train: Int32Array; validation: Int32Array };
}

const CORPUS_OPTIONS = ['name', ...VOCABULARY_OPTIONS] as const satisfies (keyof CorpusOptions)[];
const DOCUMENTS_OPTIONS = CORPUS_OPTIONS.filter((option) => option !== 'endToken');

/** Code points of the text that are printed. */
const MOST_SHOWN = 60;

/** Ids with the boundaries of their documents, where there are documents. */
interface Encoded {
  ids: Int32Array;
  boundaries: Int32Array | undefined;
  counts: TokenCounts;
}

function* encodeText(text: string, vocabulary: Vocabulary, signal?: AbortSignal): Generator<void, Encoded> {
  const { ids, ...counts } = yield* vocabulary.encoding(text, signal);
  return { ids, boundaries: undefined, counts };
}

/** The ids of each document followed by the end token, in one array. */
function* encodeDocuments(
  documents: readonly string[],
  vocabulary: Vocabulary,
  signal?: AbortSignal,
): Generator<void, Encoded> {
  const parts: EncodedText[] = [];
  for (const document of documents) {
    parts.push(yield* vocabulary.encoding(document, signal));
    yield;
    if (signal?.aborted) throw abortError('Encoding', signal);
  }
  const boundaries = offsetsOf(
    'documents',
    parts.map(({ ids }) => ids.length + 1),
    'tokens',
  );
  const end = Int32Array.of(vocabulary.endId as number);
  const ids = yield* joining(parts.flatMap((part) => [part.ids, end]));
  return { ids, boundaries, counts: sumCounts(parts) };
}

/** A text's name, and what builds its vocabulary. */
function textOf(text: string, options: CorpusOptions | undefined) {
  const { name = 'text', ...vocabulary } = check.options('Corpus.fromText', options, CORPUS_OPTIONS);
  check.nonEmptyString('name', name);
  const builder = Vocabulary.builder(vocabulary);
  check.string('text', text);
  return { name, builder };
}

/** The documents with text, and what builds their vocabulary. */
function documentsOf(documents: readonly string[], options: DocumentsOptions | undefined) {
  const { name = 'text', ...vocabulary } = check.options('Corpus.fromDocuments', options, DOCUMENTS_OPTIONS);
  check.nonEmptyString('name', name);
  if (!Array.isArray(documents)) throw check.wrongType('documents', 'an array of strings', documents);
  const kept = documents.filter((document, i) => check.string(`documents[${i}]`, document) !== '');
  const builder = Vocabulary.builder({ ...vocabulary, endToken: true });
  if (kept.length === 0) {
    throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `The corpus "${name}" has no document with text`, {
      advice: 'Give at least one.',
    });
  }
  return { name, kept, builder };
}

/** A text, or documents, with a vocabulary and ids: what a language model is trained on. */
export class Corpus {
  readonly name: string;
  readonly vocabulary: Vocabulary;
  /** The documents in their order, in the vocabulary's form; undefined if the corpus is one text. */
  readonly documents: readonly string[] | undefined;
  #text: string | undefined;
  #encoded: Encoded | undefined;

  /** @param content in the vocabulary's form. */
  private constructor(name: string, content: string | readonly string[], vocabulary: Vocabulary) {
    this.name = name;
    this.vocabulary = vocabulary;
    if (typeof content === 'string') this.#text = content;
    else this.documents = content;
  }

  /**
   * A corpus with the vocabulary of its own text. A long text takes long and blocks the event loop; `fromLongText` does
   * not.
   * @throws what `Vocabulary.build` throws.
   */
  static fromText(text: string, options?: CorpusOptions): Corpus {
    const { name, builder } = textOf(text, options);
    const formed = builder.formed(text);
    builder.add(formed);
    return new Corpus(name, formed, builder.build());
  }

  /**
   * A corpus of documents: its ids are those of each document followed by the end token. Documents without text are
   * left out. Many documents take long and block the event loop; `fromManyDocuments` does not.
   * @throws what `Vocabulary.build` throws; ERR_UNROLLED_CORPUS_EMPTY if no document has text.
   */
  static fromDocuments(documents: readonly string[], options?: DocumentsOptions): Corpus {
    const { name, kept, builder } = documentsOf(documents, options);
    const formed = kept.map(builder.formed);
    for (const document of formed) builder.add(document);
    return new Corpus(name, formed, builder.build());
  }

  /**
   * The same as `fromText`, for a text of any length: the event loop has a turn every few milliseconds.
   * @throws the errors of `fromText`.
   */
  static async fromLongText(text: string, options?: CorpusOptions): Promise<Corpus> {
    const { name, builder } = textOf(text, options);
    const formed = await inTurns(builder.forming(text));
    await builder.addInTurns(formed);
    return new Corpus(name, formed, await builder.buildInTurns());
  }

  /**
   * The same as `fromDocuments`, for any number of documents: the event loop has a turn every few milliseconds.
   * @throws the errors of `fromDocuments`.
   */
  static async fromManyDocuments(documents: readonly string[], options?: DocumentsOptions): Promise<Corpus> {
    const { name, kept, builder } = documentsOf(documents, options);
    const formed: string[] = [];
    for (const document of kept) formed.push(await inTurns(builder.forming(document)));
    for (const document of formed) await builder.addInTurns(document);
    return new Corpus(name, formed, await builder.buildInTurns());
  }

  /**
   * The same text under another vocabulary: that of a trained model, say.
   * @throws ERR_UNROLLED_OPTION_TYPE for what is not a vocabulary, ERR_UNROLLED_OPTION_RANGE for documents and a
   *   vocabulary without end token.
   */
  withVocabulary(vocabulary: Vocabulary): Corpus {
    this.#requireFit(vocabulary);
    const formed = this.documents?.map((document) => vocabulary.formed(document)) ?? vocabulary.formed(this.text);
    return new Corpus(this.name, formed, vocabulary);
  }

  /**
   * `withVocabulary`, encoded, with turns for the event loop.
   * @internal
   */
  async adoptedBy(vocabulary: Vocabulary, signal: AbortSignal | undefined): Promise<Corpus> {
    this.#requireFit(vocabulary);
    const formed: string[] = [];
    for (const text of this.documents ?? [this.text]) formed.push(await inTurns(vocabulary.forming(text)));
    const content = this.documents === undefined ? (formed[0] as string) : formed;
    return new Corpus(this.name, content, vocabulary).encoded(signal);
  }

  /** @throws as `withVocabulary`. */
  #requireFit(vocabulary: Vocabulary): void {
    check.instance('vocabulary', vocabulary, 'a Vocabulary', Vocabulary);
    if (this.documents !== undefined && vocabulary.endId === undefined) {
      throw new UnrolledError(
        'ERR_UNROLLED_OPTION_RANGE',
        'vocabulary must have an end token, because the corpus has documents: take that of a corpus of documents (Corpus.fromDocuments), or one built with endToken: true',
        { option: 'vocabulary', expected: 'one with an end token', received: 'one without' },
      );
    }
  }

  /** The whole text in the vocabulary's form. Documents are joined with nothing between them. */
  get text(): string {
    this.#text ??= (this.documents ?? []).join('');
    return this.#text;
  }

  /**
   * The ids of the text, `[N]`, encoded at the first use. Of a long text this takes long, and the event loop waits:
   * after `encodeInTurns` they are there.
   * @throws ERR_UNROLLED_UNKNOWN_TOKEN if the vocabulary lacks a token and does not skip or replace it.
   */
  get ids(): Int32Array {
    return this.#encode().ids;
  }

  /**
   * Encodes the text unless it is encoded, and gives `ids`: every few milliseconds the event loop has a turn. Training
   * and evaluation of a model do so by themselves.
   * @throws as `ids`; ERR_UNROLLED_ABORTED.
   */
  async encodeInTurns(options?: EncodeOptions): Promise<Int32Array> {
    const given = check.options('Corpus.encodeInTurns', options, ['signal']);
    const signal = check.abortSignal('signal', given.signal);
    if (signal?.aborted) throw abortError('Encoding', signal);
    return (await this.encoded(signal)).ids;
  }

  /**
   * The corpus itself, encoded with turns for the event loop. A signal that was aborted before ends the work only where
   * there is much of it.
   * @internal
   */
  async encoded(signal: AbortSignal | undefined): Promise<this> {
    this.#encoded ??= await inTurns(this.#encoding(signal));
    return this;
  }

  /**
   * The index of the first id of each document, and the end of the last one: D + 1 numbers from 0 to N for D documents.
   * Undefined if the corpus is one text.
   * @throws the errors of `ids`.
   */
  get boundaries(): Int32Array | undefined {
    return this.documents === undefined ? undefined : this.#encode().boundaries;
  }

  /**
   * How many tokens of the text, or of all documents together, the vocabulary knows, and how many it does not know. End
   * tokens do not count.
   * @throws the errors of `ids`.
   */
  get tokenCounts(): TokenCounts {
    return this.#encode().counts;
  }

  /** The place of the ids: memory. The ids of a `FileCorpus` are in a file. */
  get source(): TokenSource {
    return { kind: 'memory', ids: this.ids };
  }

  /**
   * The first `floor(N · (1 − validation))` ids train, the rest validate; `0 ≤ validation < 1`. Documents stay whole:
   * the cut is then at the last boundary up to there.
   */
  split(validation: number): CorpusSplit {
    check.number('validation', validation, { min: 0, below: 1 });
    return this.splitAt(countWithout(this.ids.length, validation));
  }

  /**
   * The first `wanted` ids, or fewer so that documents stay whole, and the rest.
   * @internal
   */
  splitAt(wanted: number): CorpusSplit {
    const { ids, boundaries } = this;
    if (boundaries === undefined) return { train: ids.subarray(0, wanted), validation: ids.subarray(wanted) };
    const document = boundaries.findLastIndex((start) => start <= wanted);
    const trained = boundaries[document] as number;
    return {
      train: ids.subarray(0, trained),
      validation: ids.subarray(trained),
      boundaries: {
        train: boundaries.slice(0, document + 1),
        validation: boundaries.slice(document).map((start) => start - trained),
      },
    };
  }

  /**
   * The beginning of the text. Its ids are not printed, because they may not be computed yet.
   * @internal
   */
  [PRINTED](depth: number, options: object): string {
    const { name, documents, vocabulary } = this;
    if (depth < 0) return `[Corpus ${JSON.stringify(name)}]`;
    const content = documents === undefined ? 'one text' : counted(documents.length, 'document');
    const begin = documents === undefined ? (this.#text as string) : (documents[0] as string);
    const header = `Corpus ${JSON.stringify(name)}: ${content}, ${excerpt(begin, MOST_SHOWN)}`;
    return `${header}\n${inspect(vocabulary, options)}`;
  }

  #encode(): Encoded {
    this.#encoded ??= atOnce(this.#encoding());
    return this.#encoded;
  }

  #encoding(signal?: AbortSignal): Generator<void, Encoded> {
    return this.documents === undefined
      ? encodeText(this.text, this.vocabulary, signal)
      : encodeDocuments(this.documents, this.vocabulary, signal);
  }
}
