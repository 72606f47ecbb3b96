/** Models of a whole sentence, from the sum of its words' vectors to a recurrent network. */

import { type EpochResult, type FloatTensor, type Layer, layers, Model, type ModelFitOptions } from '../../src/index';

/** Width of a word's vector and of the state. */
export const WIDTH = 8;

/** What makes one vector of the words' vectors. */
export const BODIES = {
  /** Their sum: the order of the words has no influence. */
  sum: () => [layers.pooling('sum')],
  /**
   * A recurrent layer that only adds: `h' = I·x + I·h`. Its weights are the identity, and are not trained; it has no
   * bias, and no function over the sum.
   */
  linear: () => [
    layers.rnn(WIDTH, { activation: 'linear', bias: false, initializer: { kind: 'identity', scale: 1 }, frozen: true }),
    layers.pooling('last'),
  ],
  /** `h' = tanh(W_ih·x + W_hh·h)` with weights that begin as the identity, and are trained. */
  tanh: () => [layers.rnn(WIDTH, { bias: false, initializer: { kind: 'identity', scale: 1 } }), layers.pooling('last')],
} as const satisfies Record<string, () => Layer[]>;

export type Body = keyof typeof BODIES;

/** A model that gives a sentence's vector; `head` asks for one logit instead. */
export function sentenceModel(body: Body, embeddings: FloatTensor, options: { head?: boolean; seed?: number } = {}) {
  const { head = false, seed = 0 } = options;
  return Model.create({
    input: { kind: 'ids', vocabulary: embeddings.shape[0] as number },
    layers: [layers.embedding(WIDTH, { weights: embeddings }), ...BODIES[body](), ...(head ? [layers.dense(1)] : [])],
    seed,
    dtype: embeddings.dtype,
  });
}

/** Every order of the ids 0 … count − 1, theirs first. */
export function ordersOf(count: number): number[][] {
  if (count === 0) return [[]];
  return ordersOf(count - 1)
    .flatMap((order) => Array.from({ length: count }, (_, place) => order.toSpliced(place, 0, count - 1)))
    .sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

/** Sentences with the answer whether one word comes before another. */
export function asked(orders: readonly number[][], [before, after]: readonly [number, number]) {
  return { inputs: orders, labels: orders.map((order) => Number(order.indexOf(before) < order.indexOf(after))) };
}

/** Trains a model to give that answer. */
export function trainOnOrder(
  model: Model,
  orders: readonly number[][],
  words: readonly [number, number],
  options: ModelFitOptions,
): AsyncGenerator<EpochResult> {
  return model.fit(asked(orders, words), { optimizer: 'adam', learningRate: 0.02, batch: 8, ...options });
}
