/** A small corpus and small models that tests share. */

import {
  Corpus,
  type EpochResult,
  type FileCorpus,
  type FitOptions,
  LanguageModel,
  type LanguageModelOptions,
} from '../../src/index';

/** 1,204 characters, 29 distinct. */
export const CORPUS = Corpus.fromText('the quick brown fox jumps over the lazy dog.\n'.repeat(30).slice(0, 1204));

/** 37 steps an epoch. */
export const STREAM = { batch: 4, window: 8 } as const satisfies FitOptions;

export function smallModel(options: Partial<LanguageModelOptions> = {}): LanguageModel {
  return LanguageModel.create({ vocabulary: CORPUS.vocabulary, embedding: 8, hidden: 16, ...options });
}

/** Everything that an iterator yields. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Runs `fit` to its end. */
export function train(
  model: LanguageModel,
  options: FitOptions = {},
  corpus: Corpus | FileCorpus = CORPUS,
): Promise<EpochResult[]> {
  return collect(model.fit(corpus, { ...STREAM, ...options }));
}

/** All parameters as one array. */
export async function weights(model: LanguageModel): Promise<number[]> {
  return Object.values(await model.parameters()).flatMap(({ data }) => [...data]);
}
