/** Word vectors that others trained, for the embedding of a model. */

import { types } from 'node:util';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { Random, RandomUse } from '../../base/random';
import { requireMemory, resolveSeed } from '../../base/resource-limits';
import { firstNonFinite, type Tensor, zeros } from '../../tensor/tensor';
import { readStreamed } from '../byte-stream';
import { vectorRecords } from './formats';

/** Options of `readWordVectors`. */
export interface WordVectorsOptions {
  /** The words whose vectors are wanted; of a file of millions nothing else is kept. */
  words: Iterable<string>;
  signal?: AbortSignal | undefined;
}

/** Vectors of words. */
export interface WordVectors {
  /** Numbers of each vector. */
  readonly dimensions: number;
  /** The words that were found, in the order of the file. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
  /** The words that were not, in the order they were given. */
  readonly missing: readonly string[];
}

/** The requested words, without the empty string, which stands for padding. */
function resolveWords(words: unknown): Set<string> {
  // A string would be iterated as its characters.
  if (
    typeof words === 'string' ||
    typeof (words as Partial<Iterable<string>> | null)?.[Symbol.iterator] !== 'function'
  ) {
    throw check.wrongType('words', 'an iterable of strings', words);
  }
  const wanted = new Set<string>();
  for (const word of words as Iterable<string>) if (check.string('words', word) !== '') wanted.add(word);
  return wanted;
}

/**
 * Reads the vectors of the words wanted from a file of GloVe (`word v1 … vn`) or word2vec (a first line
 * `words dimensions`, then text or binary), plain or gzipped. The layout is recognised. The file is read piece by
 * piece, may be larger than memory, and is left as soon as every word is found. Of a word that is there twice, the
 * first is taken. Words are compared as they are: lower-case them where the file has lower case.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND; ERR_UNROLLED_FILE_READ with the line (in the binary layout the word) that has
 *   fewer or more numbers than the others or something else than a number, or where the file is cut short;
 *   ERR_UNROLLED_ENCODING with the one whose word is not UTF-8;
 *   ERR_UNROLLED_CORPUS_EMPTY; ERR_UNROLLED_ABORTED; ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_UNKNOWN_OPTION.
 */
export async function readWordVectors(path: string, options: WordVectorsOptions): Promise<WordVectors> {
  check.nonEmptyString('path', path);
  const given = check.options('readWordVectors', options, ['words', 'signal']);
  const wanted = resolveWords(given.words);
  const signal = check.abortSignal('signal', given.signal);

  return readStreamed(path, signal, async (pieces) => {
    const vectors = new Map<string, Float32Array>();
    let dimensions = 0;
    for await (const { parser, records } of vectorRecords(path, pieces)) {
      dimensions = parser.dimensions ?? dimensions;
      for (const { word, read } of records) if (wanted.has(word) && !vectors.has(word)) vectors.set(word, read());
      if (vectors.size === wanted.size) break;
    }
    return { dimensions, vectors, missing: [...wanted].filter((word) => !vectors.has(word)) };
  });
}

/** Options of `embeddingMatrix`. */
export interface EmbeddingMatrixOptions {
  /** Words without a vector get numbers uniform in ± this. Default 0.05; 0 for zeros. */
  scale?: number | undefined;
  /** The seed. Default 0. */
  seed?: number | undefined;
}

/**
 * The table of an embedding, `[V, E]`: row i is the vector of token i. A token that has none gets random numbers, which
 * depend on the seed and its row alone; padding, the token `''`, gets zeros.
 * @param tokens a vocabulary in the order of its ids, as `TextVectorizer.vocabulary` is.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE; ERR_UNROLLED_SHAPE for a
 *   vector of another length; ERR_UNROLLED_OUT_OF_MEMORY.
 */
export function embeddingMatrix(
  tokens: readonly string[],
  { dimensions, vectors }: Pick<WordVectors, 'dimensions' | 'vectors'>,
  options?: EmbeddingMatrixOptions,
): Tensor<'float32'> {
  const given = check.options('embeddingMatrix', options, ['scale', 'seed']);
  const scale = check.number('scale', given.scale ?? 0.05, { min: 0 });
  const seed = resolveSeed(given.seed);
  if (!Array.isArray(tokens)) throw check.wrongType('tokens', 'an array of strings', tokens);
  check.integer('dimensions', dimensions, { min: 1 });
  if (!types.isMap(vectors)) throw check.wrongType('vectors', 'a Map of vectors', vectors);

  requireMemory(`A table of ${tokens.length} vectors`, tokens.length * dimensions * 4, 'tokens', 'Give fewer tokens');
  const matrix = zeros([tokens.length, dimensions]);
  for (const [id, token] of tokens.entries()) {
    const row = matrix.data.subarray(id * dimensions, (id + 1) * dimensions);
    const vector = vectors.get(check.string('tokens', token));
    if (vector !== undefined) {
      if (vector.length !== dimensions) throw wrongLength(token, dimensions, vector.length);
      row.set(vector);
      if (firstNonFinite(row) !== -1) throw notFinite(token, row);
    } else if (token !== '') {
      const random = new Random(seed, RandomUse.wordVectors, id);
      for (let i = 0; i < dimensions; i++) row[i] = (2 * random.uniform() - 1) * scale;
    }
  }
  return matrix;
}

function notFinite(token: string, row: Float32Array): UnrolledError {
  const [expected, received] = ['finite numbers', String(row[firstNonFinite(row)])];
  const fault = `vectors must have finite numbers as float32, and that of ${check.show(token)} has ${received}`;
  return new UnrolledError('ERR_UNROLLED_OPTION_RANGE', fault, { option: 'vectors', expected, received });
}

function wrongLength(token: string, dimensions: number, length: number): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_SHAPE',
    `The vector of ${check.show(token)} has ${length} numbers, not ${dimensions}`,
    { expected: `${dimensions} numbers`, received: String(length) },
  );
}
