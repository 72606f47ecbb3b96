/**
 * The Shakespeare character RNN of the from-scratch tutorials: 65 characters one-hot, a tanh RNN of 20 units,
 * truncated back-propagation over windows of 25. Before it, the four letters of "hello".
 */

import { Corpus, datasets, LanguageModel, tensor } from '../src/index';
import { run, wholeNumber } from './run';

const USAGE = {
  help: 'npm run example:shakespeare -- [--epochs 30] [--seed 0]',
  options: { epochs: { type: 'string', default: '30' }, seed: { type: 'string', default: '0' } },
} as const;

const WINDOW = 25;

/** Smoothed loss as published, by epoch. */
const PUBLISHED = new Map([
  [0, 53.25],
  [10, 51.38],
  [20, 51.2],
  [29, 51.09],
]);

/** Learns h→e→l→l→o, where the two l's differ by the state alone, and prints each step's distribution. */
async function hello(seed: number): Promise<void> {
  const corpus = Corpus.fromText('hello');
  const { vocabulary } = corpus;
  const model = LanguageModel.create({ vocabulary, cell: 'rnn', embedding: 'onehot', hidden: 8, seed });
  const training = model.fit(corpus, { epochs: 200, batch: 1, window: 4, optimizer: 'adam', learningRate: 0.05 });
  for await (const _ of training);

  const letters = Array.from({ length: vocabulary.size }, (_, id) => vocabulary.token(id));
  console.log('After 200 times "hello", the next letter by probability:');
  console.log(`         ${letters.map((letter) => letter.padStart(7)).join('')}`);
  const steps = await model.probabilities('hell');
  for (const [index, letter] of [...'hell'].entries()) {
    const distribution = tensor.row(steps, index);
    const shown = Array.from(distribution.data, (value) => value.toFixed(3).padStart(7)).join('');
    const likeliest = letters[tensor.argMax(distribution).data[0] ?? 0];
    console.log(`after ${letter}  ${shown}   → ${likeliest}`);
  }
}

run(USAGE, async ({ values }) => {
  const seed = wholeNumber('seed', values.seed, 0);
  const epochs = wholeNumber('epochs', values.epochs, 1);
  await hello(seed);

  const corpus = await datasets.shakespeare();
  const { vocabulary } = corpus;
  console.log(`\n${corpus.ids.length} characters, ${vocabulary.size} distinct`);
  const model = LanguageModel.create({
    vocabulary,
    cell: 'rnn',
    embedding: 'onehot',
    hidden: 20,
    singleBias: true,
    initializer: { kind: 'normal', scale: 0.01 },
    seed,
  });

  let smoothed = WINDOW * Math.log(vocabulary.size);
  console.log('epoch  smoothed loss  published  characters/s');
  const training = model.fit(corpus, {
    epochs,
    batch: 1,
    window: WINDOW,
    optimizer: 'adagrad-abs',
    learningRate: 0.1,
    reduction: 'sum',
    clipValue: 2,
    seed,
  });
  for await (const { epoch, stepLosses, tokensPerSecond } of training) {
    // The tutorials sum the loss over the window.
    for (const loss of stepLosses) smoothed = 0.999 * smoothed + 0.001 * loss * WINDOW;
    const published = PUBLISHED.get(epoch)?.toFixed(2) ?? '';
    const rate = Math.round(tokensPerSecond).toLocaleString('en');
    console.log(
      `${String(epoch).padStart(5)}${smoothed.toFixed(2).padStart(15)}${published.padStart(11)}${rate.padStart(14)}`,
    );
  }

  const prompt = 'First Citizen:';
  console.log(`\n${prompt}${await model.sample(prompt, { length: 200, seed })}`);
});
