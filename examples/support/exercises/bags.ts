/** Bags of words that count a word once, as often as it occurs, by its share, or by its rarity too; with and without stop words. */

import { type Example, layers, Model, TextVectorizer } from '../../../src/index';
import { alternating } from '../reviews';
import { type ExerciseOptions, type ExerciseResult, historyOf, lastOf, resultOf, type VariantResult } from './exercise';

const VARIANTS = [
  { label: 'once', output: 'multi-hot' },
  { label: 'as often as it occurs', output: 'count' },
  { label: 'by its share of the review', output: 'frequency' },
  { label: 'tf-idf', output: 'tf-idf' },
  { label: 'once, no stop words', output: 'multi-hot', stopWords: 'english' },
  { label: 'tf-idf, no stop words', output: 'tf-idf', stopWords: 'english' },
] as const;

const WIDTH = 20;

export interface BagOptions extends ExerciseOptions {
  /** Reviews to train on; a quarter as many validate. */
  reviews: number;
  /** Words that are kept. */
  words: number;
}

function textsAndLabels(examples: readonly Example[]) {
  return { texts: examples.map(({ text }) => text), labels: examples.map(({ label }) => label) };
}

export async function bagExercise(
  examples: readonly Example[],
  { epochs, seed, reviews, words }: BagOptions,
): Promise<ExerciseResult> {
  const ordered = alternating(examples);
  const train = textsAndLabels(ordered.slice(0, reviews));
  const unseen = textsAndLabels(ordered.slice(-reviews / 4));
  const variants: VariantResult[] = [];
  for (const { label, ...choice } of VARIANTS) {
    const vectorizer = await TextVectorizer.adapt(train.texts, { maxTokens: words, ...choice });
    using model = Model.create({
      input: { kind: 'features', features: vectorizer.size },
      layers: [layers.dense(WIDTH, { activation: 'sigmoid', bias: false }), layers.dense(1)],
      seed,
    });
    const training = model.fit(
      { inputs: vectorizer.vectors(train.texts), labels: train.labels },
      {
        ...{ epochs, batch: 32, optimizer: 'adam', learningRate: 0.002, seed },
        validationData: { inputs: vectorizer.vectors(unseen.texts), labels: unseen.labels },
      },
    );
    const history = await historyOf(training);
    const figures = history.map(({ validationAccuracy = Number.NaN }) => validationAccuracy);
    const { accuracy = Number.NaN, validationAccuracy: unseenAccuracy = Number.NaN } = lastOf(history);
    variants.push({ row: [label, accuracy, unseenAccuracy, Math.max(...figures)], figures });
  }
  const title = `Movie reviews as bags of ${words.toLocaleString('en')} words: accuracy after ${epochs} epochs`;
  const columns = ['a word counts', 'in training', 'on unseen reviews', 'best of the epochs'];
  const plotted = 'Movie reviews as bags of words, on unseen reviews';
  return resultOf({ title, columns, plotted, yLabel: 'accuracy' }, variants);
}
