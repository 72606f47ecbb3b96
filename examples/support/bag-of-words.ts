/**
 * The bag of words of the from-scratch tutorials: a review is the set of its words, a word is a vector, and the sum of a
 * review's vectors says by one sigmoid unit whether the review is positive.
 */

import { type EpochResult, type Example, layers, Model } from '../../src/index';
import { alternating, reviewWords } from './reviews';

/** Width of a word's vector, which is the size of the hidden layer. */
export const WIDTH = 20;

/** Relative frequencies are small numbers, and so are their gradients. */
const LEARNING_RATES: Readonly<Record<Weighting, number>> = { once: 0.1, frequency: 5 };

/** Of the 25,000 reviews the first 20,000 train, and the last 5,000 validate. */
const TRAINED_FRACTION = 0.8;

/**
 * What a word of a review weighs: 1 if the review has it, or its relative frequency, which is how often the review has it
 * divided by the review's length.
 */
export type Weighting = 'once' | 'frequency';

/** Reviews as bags of words. */
export interface Bags {
  /** Word i has the id i. */
  words: readonly string[];
  /** The distinct words of each review; weighed by frequency, all of its words. */
  inputs: readonly Int32Array[];
  labels: readonly number[];
}

/** Reviews in the order of the tutorials, positive and negative in turn; words by the review that has them first. */
export function bagsOfWords(examples: readonly Example[], weighting: Weighting = 'once'): Bags {
  const ids = new Map<string, number>();
  const idOf = (word: string) => {
    const id = ids.get(word) ?? ids.size;
    if (id === ids.size) ids.set(word, id);
    return id;
  };
  const ordered = alternating(examples);
  const inputs = ordered.map(({ text }) => {
    const words = reviewWords(text);
    return Int32Array.from(weighting === 'once' ? new Set(words) : words, idOf);
  });
  return { words: [...ids.keys()], inputs, labels: ordered.map(({ label }) => label) };
}

/** Reviews from one to another as a model is trained on them. */
function part({ inputs, labels }: Bags, begin: number, end: number) {
  return { inputs: inputs.slice(begin, end), labels: labels.slice(begin, end) };
}

/**
 * Each word's vector added up, and the sigmoid of the sum; no product is made, and no bias added. The mean over all words of
 * a review is the sum over its distinct ones, each times its relative frequency.
 */
export function bagModel(words: number, seed: number, weighting: Weighting = 'once'): Model {
  return Model.create({
    input: { kind: 'ids', vocabulary: words },
    layers: [
      layers.embedding(WIDTH),
      layers.pooling(weighting === 'once' ? 'sum' : 'mean'),
      layers.activation('sigmoid'),
      layers.dense(1, { bias: false }),
    ],
    initializer: { kind: 'normal', scale: 0.1 },
    seed,
  });
}

/** Trains by the full chain rule on one review at a time, in their order, and yields after each epoch. */
export function trainBags(
  model: Model,
  bags: Bags,
  epochs: number,
  weighting: Weighting = 'once',
): AsyncGenerator<EpochResult> {
  const [count, trained] = [bags.inputs.length, Math.round(bags.inputs.length * TRAINED_FRACTION)];
  return model.fit(part(bags, 0, trained), {
    epochs,
    batch: 1,
    shuffle: false,
    optimizer: 'sgd',
    learningRate: LEARNING_RATES[weighting],
    validationData: part(bags, trained, count),
  });
}
