/**
 * Toy sentiment: a vanilla RNN reads a phrase word by word and says whether it is positive, as in the from-scratch
 * tutorials: one-hot words, hidden size 64, one phrase at a time, plain gradient descent.
 */

import { datasets, type EpochResult, SequenceClassifier, WordList } from '../src/index';
import { run, wholeNumber } from './run';

const USAGE = {
  help: 'npm run example:toy-sentiment -- [--seed 3] [--epochs 1000] [--as-published]',
  options: {
    seed: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '1000' },
    'as-published': { type: 'boolean', default: false },
  },
} as const;

/** Epochs, train loss and test accuracy as published. */
const PUBLISHED: readonly [epoch: number, trainLoss: number, testAccuracy: number][] = [
  [100, 0.688, 0.5],
  [200, 0.68, 0.45],
  [300, 0.593, 0.65],
  [400, 0.401, 0.65],
  [500, 0.312, 0.55],
  [600, 0.148, 0.8],
  [700, 0.008, 1],
  [800, 0.004, 1],
  [900, 0.002, 1],
  [1000, 0.002, 1],
];

/** A phrase that is in neither part of the set. */
const UNSEEN = 'i am not earlier';

const WHY = `
The published answer after training is "negative". It comes from an error in the published step back through time,
which multiplies by the recurrent weights where the chain rule needs their transpose. The wrong step still learns the
set, but by other weights, and "${UNSEEN}" is not in the set: what the model says of it hangs on those weights. With
the published step 15 of the seeds 0 to 19 say "negative", with the right gradient 19 of them say "positive". Run it
with and without --as-published.`;

function table(rows: { result: EpochResult; trainAccuracy: number; testLoss: number; testAccuracy: number }[]): void {
  console.log('\n          here                                       published');
  console.log('epoch     loss  accuracy  test loss  test accuracy       loss  test accuracy');
  for (const { result, trainAccuracy, testLoss, testAccuracy } of rows) {
    const epoch = result.epoch + 1;
    const published = PUBLISHED.find(([number]) => number === epoch);
    const theirs = published?.slice(1).map((value) => value.toFixed(3)) ?? ['', ''];
    const ours = [result.loss, trainAccuracy, testLoss, testAccuracy].map((value) => value.toFixed(3));
    console.log(
      `${String(epoch).padStart(5)}${ours[0]?.padStart(9)}${ours[1]?.padStart(10)}${ours[2]?.padStart(11)}` +
        `${ours[3]?.padStart(15)}${theirs[0]?.padStart(11)}${theirs[1]?.padStart(15)}`,
    );
  }
}

async function ask(model: SequenceClassifier, phrase: string): Promise<string> {
  const [answer] = await model.predict([phrase]);
  const [negative = 0, positive = 0] = answer?.probabilities ?? [];
  const verdict = answer?.label === 1 ? 'positive' : 'negative';
  return `"${phrase}" is ${verdict} (negative ${negative.toFixed(4)}, positive ${positive.toFixed(4)})`;
}

run(USAGE, async ({ values }) => {
  const seed = wholeNumber('seed', values.seed, 0);
  const epochs = wholeNumber('epochs', values.epochs, 1);
  const { train, test, words } = datasets.toySentiment();
  console.log(`${words.length} unique words found`);

  const model = SequenceClassifier.create({
    vocabulary: new WordList(words),
    classes: 2,
    cell: 'rnn',
    embedding: 'onehot',
    hidden: 64,
    singleBias: true,
    initializer: { kind: 'normal', scale: 0.001 },
    seed,
    untransposedGradient: values['as-published'],
  });
  console.log(`before training: ${await ask(model, UNSEEN)}`);

  const rows: Parameters<typeof table>[0] = [];
  const training = model.fit(train, {
    epochs,
    optimizer: 'sgd',
    learningRate: 0.02,
    clipValue: 1,
    seed,
  });
  let seconds = 0;
  for await (const result of training) {
    seconds += result.steps / result.tokensPerSecond;
    if ((result.epoch + 1) % 100 !== 0) continue;
    const [ours, theirs] = [await model.evaluate(train), await model.evaluate(test)];
    rows.push({ result, trainAccuracy: ours.accuracy, testLoss: theirs.loss, testAccuracy: theirs.accuracy });
  }
  table(rows);

  const final = rows.at(-1);
  if (final !== undefined) {
    console.log(`\ntrain accuracy ${final.trainAccuracy.toFixed(3)}, test accuracy ${final.testAccuracy.toFixed(3)}`);
  }
  console.log(`training took ${seconds.toFixed(2)} s (the tutorial's algorithm in NumPy: 14.3 s)`);
  console.log(`after training: ${await ask(model, UNSEEN)}`);
  console.log(WHY);
});
