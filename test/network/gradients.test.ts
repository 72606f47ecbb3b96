/** Every gradient against central differences, in float64, through the whole chain and the loss. */

import assert from 'node:assert/strict';
import { type LayerDescription, Model, type Objective, type Parameters } from '../../src/index';

const STEP = 1e-5;
const TOLERANCE = 1e-7;

/** Shapes: `T` time, `B` batch, `V` vocabulary. */
const [TIME, BATCH, VOCABULARY] = [5, 3, 7];

const CELLS: Record<string, Partial<Extract<LayerDescription, { layers: number }>>> = {
  'tanh RNN': { type: 'rnn', activation: 'tanh' },
  'relu RNN': { type: 'rnn', activation: 'relu' },
  GRU: { type: 'gru' },
  LSTM: { type: 'lstm' },
  'tanh RNN with a single bias': { type: 'rnn', activation: 'tanh', singleBias: true },
  'GRU with a single bias': { type: 'gru', singleBias: true },
  'LSTM with a single bias': { type: 'lstm', singleBias: true },
};

function ids(rows: number) {
  const data = Int32Array.from({ length: rows * BATCH }, (_, index) => (index * 5 + 2) % VOCABULARY);
  return { dtype: 'int32', shape: [rows, BATCH], data } as const;
}

function chain(cell: Partial<LayerDescription>, layers: number, { oneHot = false, last = false }): LayerDescription[] {
  return [
    oneHot ? { type: 'oneHot', name: 'embedding' } : { type: 'embedding', name: 'embedding', features: 4 },
    { ...cell, name: 'rnn', features: 6, layers } as LayerDescription,
    ...(last ? [{ type: 'pooling', name: 'last', pooling: 'last' } as const] : []),
    { type: 'dense', name: 'head', features: VOCABULARY },
  ];
}

/** Compares a sample of each parameter's gradient with the loss on both sides of it. */
async function checkGradients(layers: LayerDescription[], objective: Objective): Promise<void> {
  using model = Model.create({ input: { kind: 'ids', vocabulary: VOCABULARY }, layers, dtype: 'float64', seed: 3 });
  const input = { ids: ids(TIME) };
  const parameters: Parameters = await model.parameters();
  const { parameters: gradients } = await model.gradients(input, objective);
  for (const [name, { data }] of Object.entries(parameters)) {
    const stride = Math.max(1, Math.floor(data.length / 12));
    for (let index = 0; index < data.length; index += stride) {
      const value = data[index] as number;
      const losses: number[] = [];
      for (const side of [value + STEP, value - STEP]) {
        data[index] = side;
        await model.setParameters(parameters);
        losses.push((await model.gradients(input, objective)).loss as number);
      }
      data[index] = value;
      const expected = ((losses[0] as number) - (losses[1] as number)) / (2 * STEP);
      const actual = gradients[name]?.data[index] as number;
      const isClose = Math.abs(actual - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
      assert.ok(isClose, `${name}[${index}]: ${actual}, by differences ${expected}`);
    }
  }
}

describe('gradients against central differences', () => {
  for (const [name, cell] of Object.entries(CELLS)) {
    for (const layers of [1, 2]) {
      it(`${name}, ${layers} layer${layers === 1 ? '' : 's'}, embedding, mean of the loss`, () =>
        checkGradients(chain(cell, layers, {}), { targets: ids(TIME), reduction: 'mean' }));
    }
    it(`${name}, one-hot input, sum of the loss`, () =>
      checkGradients(chain(cell, 1, { oneHot: true }), { targets: ids(TIME), reduction: 'sum' }));
    it(`${name}, last state alone`, () =>
      checkGradients(chain(cell, 1, { last: true }), { targets: ids(1), reduction: 'mean' }));
  }
});
