/**
 * From word sums to a recurrent network: a recurrent layer whose weights are the identity, without bias and function,
 * adds up the words' vectors; so it is a bag of words. With tanh and trained weights it knows their order.
 */

import { type FloatTensor, layers, Model, tensor } from '../src/index';
import { run, wholeNumber } from './run';
import { type Body, ordersOf, sentenceModel, trainOnOrder, WIDTH } from './support/sentences';

const USAGE = {
  help: 'npm run example:from-sums-to-rnn -- [--seed 0] [--epochs 200]',
  options: { seed: { type: 'string', default: '0' }, epochs: { type: 'string', default: '200' } },
} as const;

const WORDS = ['I', 'love', 'deep', 'learning'];
const SHUFFLED = [3, 1, 0, 2];

/** The trained models are asked whether "love" comes before "learning". */
const ASKED = [1, 3] as const;

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

/** How far the vectors of a model are from those of another, and those of all orders from each other. */
async function compare(body: Body, embeddings: FloatTensor, sums: FloatTensor): Promise<void> {
  using model = sentenceModel(body, embeddings);
  const orders = ordersOf(WORDS.length);
  const vectors = await model.predict(orders);
  const first = tensor.row(vectors, 0);
  const [apart, fromSum] = orders.reduce<[number, number]>(
    ([most, far], _, i) => {
      const vector = tensor.row(vectors, i);
      return [Math.max(most, largestDifference(vector, first)), Math.max(far, largestDifference(vector, sums))];
    },
    [0, 0],
  );
  console.log(`${body.padEnd(10)}${fromSum.toExponential(1).padStart(14)}${apart.toExponential(1).padStart(24)}`);
}

async function train(body: Body, embeddings: FloatTensor, epochs: number, seed: number): Promise<void> {
  using model = sentenceModel(body, embeddings, { head: true, seed });
  const orders = ordersOf(WORDS.length);
  let last = { loss: Number.NaN, accuracy: Number.NaN };
  for await (const { loss, accuracy = 0 } of trainOnOrder(model, orders, ASKED, { epochs, seed })) {
    last = { loss, accuracy };
  }
  const answers = await model.predict([WORDS.map((_, id) => id), SHUFFLED], { output: 'sigmoid' });
  const [plain = 0, shuffled = 0] = answers.data;
  const figures = [last.loss, last.accuracy, plain, shuffled].map((value) => value.toFixed(3).padStart(12));
  console.log(`${body.padEnd(10)}${figures.join('')}`);
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
  const sums = tensor.row(await table.predict([[0, 1, 2, 3]]), 0);

  using linear = sentenceModel('linear', embeddings);
  await showSteps(linear, embeddings);

  console.log(`\n"${sentenceOf([0, 1, 2, 3])}" and all its orders, the largest difference`);
  console.log('            from the sum   between two of the orders');
  for (const body of ['sum', 'linear', 'tanh'] as const) await compare(body, embeddings, sums);

  const [before, after] = ASKED.map((id) => WORDS[id]);
  console.log(`\nTrained on all orders: does "${before}" come before "${after}"?`);
  console.log(`                  loss    accuracy  "${sentenceOf([0, 1, 2, 3])}"  "${sentenceOf(SHUFFLED)}"`);
  for (const body of ['sum', 'linear', 'tanh'] as const) await train(body, embeddings, epochs, seed);
  console.log(
    'A sum cannot know: for every sentence where the word comes first there is one of the same words where not.',
  );
});
