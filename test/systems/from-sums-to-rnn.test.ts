/** From word sums to a recurrent network: where both are the same, and where they part. */

import assert from 'node:assert/strict';
import { asked, type Body, ordersOf, sentenceModel, trainOnOrder, WIDTH } from '../../examples/support/sentences';
import { type FloatTensor, layers, Model, tensor } from '../../src/index';

const WORDS = ['I', 'love', 'deep', 'learning'];
const ORDERS = ordersOf(WORDS.length);

async function embeddingsOf(dtype: 'float32' | 'float64'): Promise<FloatTensor> {
  using model = Model.create({
    input: { kind: 'ids', vocabulary: WORDS.length },
    layers: [layers.embedding(WIDTH), layers.pooling('sum')],
    seed: 4,
    dtype,
  });
  return (await model.parameters())['embedding.weight'] as FloatTensor;
}

/** The sentence's vector in every order, `[24, WIDTH]`. */
async function vectorsOf(body: Body, embeddings: FloatTensor): Promise<FloatTensor> {
  using model = sentenceModel(body, embeddings);
  return await model.predict(ORDERS);
}

/** A few units in the last place of numbers about one. */
const ROUNDING = { float32: 1e-6, float64: 1e-14 } as const;

describe('from word sums to a recurrent network', () => {
  it('has all orders of a sentence', () => {
    assert.equal(new Set(ORDERS.map(String)).size, 24);
    assert.deepEqual(ORDERS[0], [0, 1, 2, 3]);
  });

  for (const dtype of ['float32', 'float64'] as const) {
    it(`a linear recurrent layer of identity weights gives the words’ sum, in any order (${dtype})`, async () => {
      const embeddings = await embeddingsOf(dtype);
      const sums = await vectorsOf('sum', embeddings);
      const states = await vectorsOf('linear', embeddings);
      const tolerance = { absolute: ROUNDING[dtype], relative: 0 };
      assert.ok(tensor.allClose(states, sums, tolerance));
      for (const [i] of ORDERS.entries()) {
        assert.ok(tensor.allClose(tensor.row(states, i), tensor.row(sums, 0), tolerance), String(ORDERS[i]));
      }
      const expected = Array.from({ length: WIDTH }, (_, f) =>
        WORDS.reduce((sum, _word, id) => sum + (embeddings.data[id * WIDTH + f] as number), 0),
      );
      assert.ok(tensor.allClose(tensor.row(sums, 0), tensor.from(expected, dtype), tolerance));
    });
  }

  it('its state after each word is the sum so far', async () => {
    const embeddings = await embeddingsOf('float64');
    using model = sentenceModel('linear', embeddings);
    const ids = tensor.from([[0], [1], [2], [3]], 'int32');
    const { rnn } = (await model.forward({ ids }, { layers: ['rnn'] })).layers;
    const sum = new Float64Array(WIDTH);
    for (const [step] of WORDS.entries()) {
      for (let f = 0; f < WIDTH; f++) {
        sum[f] = (sum[f] as number) + (embeddings.data[step * WIDTH + f] as number);
        assert.ok(Math.abs((rnn?.data[step * WIDTH + f] as number) - (sum[f] as number)) < 1e-14);
      }
    }
  });

  it('a tanh layer of the same weights differs from the sum, and from order to order', async () => {
    const embeddings = await embeddingsOf('float64');
    const states = await vectorsOf('tanh', embeddings);
    const sums = await vectorsOf('sum', embeddings);
    for (const [i] of ORDERS.entries()) {
      assert.ok(!tensor.allClose(tensor.row(states, i), tensor.row(sums, i), { absolute: 0.01, relative: 0 }));
    }
    const shuffled = ORDERS.findIndex((order) => String(order) === '3,1,0,2');
    assert.ok(!tensor.allClose(tensor.row(states, shuffled), tensor.row(states, 0), { absolute: 0.01, relative: 0 }));
  });

  it('training moves neither the identity nor what a sum can know; a tanh layer learns the order', async () => {
    const embeddings = await embeddingsOf('float32');
    const identity = Array.from({ length: WIDTH ** 2 }, (_, i) => Number(i % (WIDTH + 1) === 0));
    for (const [body, learns] of [
      ['sum', false],
      ['linear', false],
      ['tanh', true],
    ] as const) {
      using model = sentenceModel(body, embeddings, { head: true });
      for await (const _ of trainOnOrder(model, ORDERS, [1, 3], { epochs: 100 }));
      const { loss, accuracy } = await model.evaluate(asked(ORDERS, [1, 3]));
      if (learns) assert.ok(loss < 0.1 && accuracy === 1, `${body}: ${loss}, ${accuracy}`);
      else assert.ok(loss > 0.69, `${body}: ${loss}`);
      const { 'rnn.weight_ih_l0': input, 'rnn.weight_hh_l0': recurrent } = await model.parameters();
      for (const weights of body === 'sum' ? [] : [input, recurrent]) {
        assert.equal(identity.join() === Array.from(weights?.data ?? []).join(), body === 'linear');
      }
    }
  });
});
