/**
 * Movie reviews as bags of words, as in the from-scratch tutorials: the sum of the vectors of a review's words, a
 * sigmoid, and one unit that says whether the review is positive. And two of their exercises: the first layer as a product
 * with one-hot vectors, and as a sum of rows; words that weigh by their relative frequency in place of 1.
 */

import { datasets, type Example, type FloatTensor, type Model } from '../src/index';
import { run, wholeNumber } from './run';
import { bagModel, bagsOfWords, trainBags } from './support/bag-of-words';
import { compareFirstLayers } from './support/first-layer';

const USAGE = {
  help: 'npm run example:bag-of-words -- [--seeds 5] [--epochs 2] [--exercise 1000] [--frequency 8]',
  options: {
    seeds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '2' },
    exercise: { type: 'string', default: '1000' },
    frequency: { type: 'string', default: '8' },
  },
} as const;

/** As published for words that weigh by frequency, on the reviews that validate, in the order of the text. */
const PUBLISHED_BY_FREQUENCY = ['.849', '.848', '.835'];

/** As published, of one run. The reference is the tutorial's own algorithm in NumPy, the median of 15 seeds. */
const PUBLISHED = [
  { train: '0.831', validation: '0.856', reference: '0.850' },
  { train: '0.918', validation: '0.844', reference: '0.845' },
];

const columns = (cells: readonly (string | number)[], width = 12) =>
  cells.map((cell) => String(cell).padStart(width)).join('');

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}

const secondsSince = (start: number) => ((performance.now() - start) / 1000).toFixed(1);

async function exercise(model: Model, bags: readonly Int32Array[]): Promise<void> {
  const table = (await model.parameters())['embedding.weight'] as FloatTensor;
  const { reviews, dense, gathered, difference, gradientDifference } = await compareFirstLayers(table, bags);
  console.log(`\nThe first layer of ${reviews.toLocaleString('en')} reviews, in 64 bits, in seconds:`);
  console.log(columns(['', 'forward', 'forward and gradient'], 24));
  for (const [name, { forward, withGradient }] of [
    ['one-hot product', dense],
    ['gathered rows', gathered],
  ] as const) {
    console.log(columns([name, forward.toFixed(3), withGradient.toFixed(3)], 24));
  }
  const most = (value: number) => (value === 0 ? 'not at all' : `by at most ${value.toExponential(1)}`);
  console.log(`The sums differ ${most(difference)}, the gradients ${most(gradientDifference)}.`);
  console.log('The gradient of the product has that of its one-hot input in it, as a layer between others needs it.');
  console.log('Published, forward over all reviews in NumPy: 14.5 s and 0.96 s.');
}

/** Exercise 2: each word weighs as much as its share of the review. */
async function byFrequency(examples: readonly Example[], epochs: number): Promise<void> {
  const bags = bagsOfWords(examples, 'frequency');
  using model = bagModel(bags.words.length, 0, 'frequency');
  console.log('\nEach word weighs by its relative frequency in the review; accuracy of one seed:');
  console.log(columns(['epoch', 'train', 'validation']));
  for await (const { epoch, accuracy = 0, validationAccuracy = 0 } of trainBags(model, bags, epochs, 'frequency')) {
    console.log(columns([epoch + 1, accuracy.toFixed(3), validationAccuracy.toFixed(3)]));
  }
  console.log(`Published for this exercise, on the reviews that validate: ${PUBLISHED_BY_FREQUENCY.join(', ')}.`);
}

run(USAGE, async ({ values }) => {
  const seeds = wholeNumber('seeds', values.seeds, 1);
  const epochs = wholeNumber('epochs', values.epochs, 1);
  const exerciseReviews = wholeNumber('exercise', values.exercise, 0);
  const frequencyEpochs = wholeNumber('frequency', values.frequency, 0);
  const start = performance.now();
  const { train } = await datasets.imdb();
  const bags = bagsOfWords(train);
  const sizes = bags.inputs.slice(0, 3).map(({ length }) => length);
  console.log(
    `${bags.inputs.length.toLocaleString('en')} reviews, ${bags.words.length.toLocaleString('en')} words ` +
      `(published: 74,074); the first reviews have ${sizes.join(', ')}; read in ${secondsSince(start)} s`,
  );

  const accuracies = Array.from({ length: epochs }, () => ({ train: [] as number[], validation: [] as number[] }));
  console.log(`\n${columns(['seed', 'epoch', 'train', 'validation', 'seconds'])}`);
  let first: Model | undefined;
  for (let seed = 0; seed < seeds; seed++) {
    const model = bagModel(bags.words.length, seed);
    first ??= model;
    for await (const { epoch, accuracy = 0, validationAccuracy = 0, seconds } of trainBags(model, bags, epochs)) {
      accuracies[epoch]?.train.push(accuracy);
      accuracies[epoch]?.validation.push(validationAccuracy);
      console.log(columns([seed, epoch + 1, accuracy.toFixed(3), validationAccuracy.toFixed(3), seconds.toFixed(1)]));
    }
  }

  console.log(`\nAccuracy, the median of ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}:`);
  console.log(columns(['epoch', 'train', 'published', 'validation', 'published', 'reference']));
  for (const [epoch, { train: trained, validation }] of accuracies.entries()) {
    const { train: theirs = '', validation: published = '', reference = '' } = PUBLISHED[epoch] ?? {};
    const ours = [trained, validation].map((figures) => median(figures).toFixed(3)) as [string, string];
    console.log(columns([epoch + 1, ours[0], theirs, ours[1], published, reference]));
  }
  if (first !== undefined && exerciseReviews > 0) await exercise(first, bags.inputs.slice(0, exerciseReviews));
  if (frequencyEpochs > 0) await byFrequency(train, frequencyEpochs);
  console.log(`\nAll of it took ${secondsSince(start)} s.`);
});
