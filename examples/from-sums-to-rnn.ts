/**
 * From word sums to a recurrent network: a recurrent layer whose weights are the identity, without bias and function,
 * adds up the words' vectors; so it is a bag of words. With tanh and trained weights it knows their order.
 */

import { type FloatTensor, layers, Model, tensor } from '../src/index';
import { run, wholeNumber } from './run';
import { asked, type Body, ordersOf, sentenceModel, trainOnOrder, WIDTH } from './support/sentences';

const USAGE = {
  help: 'npm run example:from-sums-to-rnn -- [--seed 0] [--epochs 200]',
  options: { seed: { type: 'string', default: '0' }, epochs: { type: 'string', default: '200' } },
} as const;

const WORDS = ['I', 'love', 'deep', 'learning'];
const SENTENCE = [0, 1, 2, 3];
const SHUFFLED = [3, 1, 0, 2];
const ORDERS = ordersOf(WORDS.length);
const BODIES = ['sum', 'linear', 'tanh'] as const;

/** The trained models are asked whether "love" comes before "learning". */
const ASKED = [1, 3] as const;

/** A name, and figures below their headings. */
const line = (name: string, cells: readonly string[]) =>
  name.padEnd(8) + cells.map((cell, i) => cell.padStart(i < 2 ? 26 : 12)).join('');

const sentenceOf = (order: readonly number[]) => order.map((id) => WORDS[id]).join(' ');

function largestDifference(a: FloatTensor, b: FloatTensor): number {
  return (a.data as Float64Array).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (b.data[i] as number))),
    0,
  );
}

const shown = (values: ArrayLike<number>) => Array.from(values, (value) => value.toFixed(3).padStart(8)).join('');

/** The recurrent layer's state after each word, beside the sum of the words so far. */
async function showSteps(model: Model, embeddings: FloatTensor): Promise<void> {
  const ids = tensor.from([[0], [1], [2], [3]], 'int32');
  const { rnn: states = embeddings } = (await model.forward({ ids }, { layers: ['rnn'] })).layers;
  const sum = new Float64Array(WIDTH);
  console.log(`\n${''.padEnd(10)}the state's first numbers        the sum's`);
  for (const [step, word] of WORDS.entries()) {
    for (let i = 0; i < WIDTH; i++) sum[i] = (sum[i] as number) + (tensor.row(embeddings, step).data[i] as number);
    const state = states.data.subarray(step * WIDTH, step * WIDTH + 3);
    console.log(`${word.padEnd(10)}${shown(state)}        ${shown(sum.subarray(0, 3))}`);
  }
}

/** How far a model's vectors of the sentence, of the shuffled one and of all its orders are from the sum. */
async function compare(body: Body, embeddings: FloatTensor, sum: FloatTensor): Promise<void> {
  using model = sentenceModel(body, embeddings);
  const vectors = await model.predict(ORDERS);
  const differences = ORDERS.map((_, i) => largestDifference(tensor.row(vectors, i), sum));
  const shuffled = ORDERS.findIndex((order) => order.join() === SHUFFLED.join());
  const figures = [differences[0], differences[shuffled], Math.max(...differences)];
  console.log(
    line(
      body,
      figures.map((figure = Number.NaN) => figure.toExponential(1)),
    ),
  );
}

/** Trains a model on all orders, and asks it about both sentences. */
async function train(body: Body, embeddings: FloatTensor, epochs: number, seed: number): Promise<void> {
  using model = sentenceModel(body, embeddings, { head: true, seed });
  for await (const _ of trainOnOrder(model, ORDERS, ASKED, { epochs, seed }));
  const answers = await model.predict([SENTENCE, SHUFFLED], { output: 'sigmoid' });
  const { loss, accuracy = Number.NaN } = await model.evaluate(asked(ORDERS, ASKED));
  console.log(
    line(
      body,
      [...answers.data, loss, accuracy].map((figure) => figure.toFixed(3)),
    ),
  );
}

run(USAGE, async ({ values }) => {
  const seed = wholeNumber('seed', values.seed, 0);
  const epochs = wholeNumber('epochs', values.epochs, 1);
  using table = Model.create({
    input: { kind: 'ids', vocabulary: WORDS.length },
    layers: [layers.embedding(WIDTH), layers.pooling('sum')],
    seed,
  });
  const embeddings = (await table.parameters())['embedding.weight'] as FloatTensor;
  const sum = tensor.row(await table.predict([SENTENCE]), 0);

  using linear = sentenceModel('linear', embeddings);
  await showSteps(linear, embeddings);

  const quoted = [SENTENCE, SHUFFLED].map((order) => `"${sentenceOf(order)}"`);
  console.log('\nThe largest difference between the vector of a sentence and the sum of its words:');
  console.log(line('', [...quoted, 'any order']));
  for (const body of BODIES) await compare(body, embeddings, sum);

  const [before, after] = ASKED.map((id) => WORDS[id]);
  console.log(`\nTrained on all orders, the probability that "${before}" comes before "${after}":`);
  console.log(line('', [...quoted, 'loss', 'accuracy']));
  for (const body of BODIES) await train(body, embeddings, epochs, seed);
  console.log('The words alone cannot say: half of their orders have one first, half the other.');
});
