/**
 * Movie reviews: a bidirectional GRU learns which are positive, on the Large Movie Review Dataset. The plots of loss and
 * accuracy, for train and validation side by side, go into one HTML file with --report.
 *
 * --tanh-gates runs the network as it was published, whose gates are tanh in place of sigmoid: on a small set, where it
 * gets through, and on the reviews, where it does not.
 */

import { requireWritable } from '../src/base/files/files';
import { progressDisplay } from '../src/cli/terminal/progress';
import {
  datasets,
  type Example,
  type FitProgress,
  History,
  TextClassifier,
  TextVectorizer,
  UnrolledError,
} from '../src/index';
import { run, wholeNumber } from './run';

const USAGE = {
  help: 'npm run example:reviews -- [--epochs 10] [--seed 0] [--reviews 25000] [--tanh-gates] [--report FILE.html] [--out FILE]',
  options: {
    epochs: { type: 'string', default: '10' },
    seed: { type: 'string', default: '0' },
    reviews: { type: 'string', default: '25000' },
    'tanh-gates': { type: 'boolean', default: false },
    report: { type: 'string' },
    out: { type: 'string' },
  },
} as const;

/** The most words that are known, padding and unknown among them. */
const VOCABULARY = 5000;

/** Fraction of the reviews to train on that validates instead. */
const VALIDATION = 0.1;

/** Test accuracy of the published variant, whose gates are tanh. */
const PUBLISHED = 0.5;

/** Steps between two whose gradients are shown where the gates are tanh. */
const SHOWN_STEPS = 10;

interface Settings {
  seed: number;
  epochs: number;
  gateActivation: 'sigmoid' | 'tanh';
}

/** A classifier with the vocabulary of these texts. */
async function classifierFor(train: readonly Example[], classNames: readonly string[], settings: Settings) {
  const texts = train.map(({ text }) => text);
  const vectorizer = await TextVectorizer.adapt(texts, { maxTokens: VOCABULARY });
  const { seed, gateActivation } = settings;
  return TextClassifier.create({ vectorizer, classNames, gateActivation, seed });
}

/** As many examples of each class, from the beginning of both. */
function some<E extends Example>(examples: readonly E[], count: number): E[] {
  const half = Math.ceil(count / 2);
  return [0, 1].flatMap((wanted) => examples.filter(({ label }) => label === wanted).slice(0, half));
}

async function trainOnReviews(settings: Settings, reviews: number, files: { report?: string; out?: string }) {
  const { seed, epochs } = settings;
  // Better now than after minutes.
  for (const path of Object.values(files)) await requireWritable(path);
  const { train: all, test, classNames } = await datasets.imdb();
  const { train, validation } = datasets.split(some(all, reviews), { validation: VALIDATION, seed });
  using classifier = await classifierFor(train, classNames, settings);
  const words = classifier.vectorizer.size.toLocaleString('en');
  console.log(`${train.length} reviews train, ${validation.length} validate, ${test.length} test; ${words} words\n`);
  console.log(`${classifier.summary()}\n`);
  console.log('              train              validation');
  console.log('epoch     loss  accuracy      loss  accuracy   seconds');

  const display = progressDisplay(process.stderr, 'reviews');
  const history = new History();
  let best = { epoch: 1, loss: Number.POSITIVE_INFINITY };
  const training = classifier.fit(train, {
    ...{ epochs, seed, validationData: validation },
    onProgress: (progress) => display.update(progress),
  });
  for await (const result of training) {
    display.clear();
    const { epoch, loss, accuracy = 0, validationLoss = 0, validationAccuracy = 0, seconds } = result;
    history.push(result);
    if (validationLoss < best.loss) best = { epoch, loss: validationLoss };
    const figures = [loss, accuracy, validationLoss, validationAccuracy].map((value) => value.toFixed(4).padStart(9));
    console.log(`${String(epoch + 1).padStart(5)}${figures.join(' ')}${seconds.toFixed(1).padStart(10)}`);
  }

  const { loss, accuracy, confusion } = await classifier.evaluate(test);
  console.log(`\nkept: epoch ${best.epoch}, which has the lowest validation loss`);
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${accuracy.toFixed(4)}`);
  for (const [label, row] of confusion.entries()) {
    const [name, all] = [classNames[label], row.reduce((sum, count) => sum + count, 0)];
    console.log(`of ${all} ${name} reviews ${row[label]} were predicted as ${name}`);
  }
  if (files.out !== undefined) await classifier.save(files.out);
  if (files.report !== undefined) {
    await classifier.model.report(files.report, {
      title: 'Movie reviews: a bidirectional GRU',
      history,
      tables: [
        { title: 'On the test set', columns: ['epoch kept', 'loss', 'accuracy'], rows: [[best.epoch, loss, accuracy]] },
      ],
    });
    console.log(`The plots are in ${files.report}.`);
  }
}

/** Prints loss and gradient of every tenth step, and of those whose gradient is ten times as large as any before. */
function stepPrinter(): (progress: FitProgress) => void {
  let largest = Number.POSITIVE_INFINITY;
  return ({ firstStep, losses, gradientNorms }) => {
    for (const [index, loss] of losses.entries()) {
      const step = firstStep + index;
      const norm = gradientNorms[index] as number;
      const isLeap = norm > 10 * largest;
      if (step === 0 || norm > largest) largest = norm;
      if (step % SHOWN_STEPS !== 0 && !isLeap) continue;
      console.log(`${String(step).padStart(5)}${loss.toFixed(4).padStart(12)}${norm.toExponential(1).padStart(16)}`);
    }
  };
}

/** The published variant on phrases of a few words, where nothing can grow beyond bounds. */
async function tanhGatesOnPhrases(settings: Settings): Promise<void> {
  const { seed, epochs } = settings;
  const { train, test } = datasets.toySentiment();
  using classifier = await classifierFor(train, ['negative', 'positive'], settings);
  for await (const { epoch, loss, accuracy = 0 } of classifier.fit(train, { seed, epochs })) {
    const tested = await classifier.evaluate(test);
    console.log(
      `epoch ${epoch + 1}: train loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(3)}, test accuracy ${tested.accuracy.toFixed(3)}`,
    );
  }
}

async function tanhGates(settings: Settings, reviews: number): Promise<void> {
  const { seed, epochs } = settings;
  console.log('Tanh gates on the toy sentiment set, 58 phrases of at most ten words:');
  await tanhGatesOnPhrases({ ...settings, epochs: Math.min(settings.epochs, 10) });
  console.log(`(published for this variant, on a set of its own: test accuracy about ${PUBLISHED.toFixed(2)})`);

  console.log('\nTanh gates on the movie reviews:');
  console.log(' step        loss   gradient norm');
  const { train, classNames } = await datasets.imdb();
  using classifier = await classifierFor(train, classNames, settings);
  try {
    await classifier.fit(some(train, reviews), { seed, epochs, onProgress: stepPrinter() });
    console.log('It got through: try another seed.');
  } catch (error) {
    if (!(error instanceof UnrolledError) || error.code !== 'ERR_UNROLLED_NON_FINITE_LOSS') throw error;
    console.log(`\n${error.message} (${error.code})`);
    console.log(
      'A sigmoid gate mixes the old state and what is new, so the state stays within 1. A gate of -1 turns the state round\n' +
        'and adds what is new twice: over hundreds of words the state grows, and the gradient, multiplied at each word by\n' +
        'what the state has become, until no float holds it.',
    );
  }
}

run(USAGE, async ({ values }) => {
  const seed = wholeNumber('seed', values.seed, 0);
  const epochs = wholeNumber('epochs', values.epochs, 1);
  const reviews = wholeNumber('reviews', values.reviews, 20);
  const { report, out } = values;
  if (values['tanh-gates']) {
    await tanhGates({ seed, epochs, gateActivation: 'tanh' }, reviews);
    return;
  }
  const files = { ...(report !== undefined && { report }), ...(out !== undefined && { out }) };
  await trainOnReviews({ seed, epochs, gateActivation: 'sigmoid' }, reviews, files);
});
