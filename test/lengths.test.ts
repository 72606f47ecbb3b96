/** Rows of different length: padding takes no part, whatever stands in it and however much there is. */

import assert from 'node:assert/strict';
import { type FloatTensor, type LayerDescription, Model, type ModelInput, type Objective } from '../src/index';

const [INPUTS, HIDDEN, BATCH] = [3, 5, 4];
const LENGTHS = [2, 6, 1, 4];
const LONGEST = 6;

const LSTM: LayerDescription = { type: 'lstm', name: 'rnn', features: HIDDEN, layers: 1 };

const CELLS: Record<string, LayerDescription> = {
  RNN: { type: 'rnn', name: 'rnn', features: HIDDEN, layers: 2 },
  'GRU in both directions': { type: 'gru', name: 'rnn', features: HIDDEN, layers: 2, bidirectional: true },
  LSTM,
};

/** `[time, B, features]`, the same values at the rows' own steps for every `time`, `padding` behind them. */
function padded(time: number, features: number, padding: number): FloatTensor {
  const data = new Float32Array(time * BATCH * features).fill(padding);
  for (const [row, length] of LENGTHS.entries()) {
    for (let index = 0; index < length * features; index++) {
      const t = Math.floor(index / features);
      data[(t * BATCH + row) * features + (index % features)] = Math.sin(1 + row * 31 + index * 7);
    }
  }
  return { dtype: 'float32', shape: [time, BATCH, features], data };
}

/** The values at the rows' own steps, of `[time, B, features]`. */
function own({ shape, data }: FloatTensor): number[] {
  const [time = 0, batch = 0, features = 0] = shape;
  const values: number[] = [];
  for (let t = 0; t < time; t++) {
    for (let row = 0; row < batch; row++) {
      const at = data.subarray((t * batch + row) * features, (t * batch + row + 1) * features);
      if (t < (LENGTHS[row] as number)) values.push(...at);
      else assert.deepEqual([...at], new Array(features).fill(0), 'zeros behind the end');
    }
  }
  return values;
}

async function run(layer: LayerDescription, time: number, padding: number) {
  using model = Model.create({ input: { kind: 'features', features: INPUTS }, layers: [layer], seed: 1 });
  const width = 'bidirectional' in layer ? 2 * HIDDEN : HIDDEN;
  const input: ModelInput = { features: padded(time, INPUTS, padding), lengths: LENGTHS };
  const objective: Objective = { gradOutput: padded(time, width, padding) };
  const { output } = await model.forward(input);
  const gradients = await model.gradients(input, objective);
  return {
    output: own(output),
    states: Object.values(gradients.states).map(({ data }) => [...data]),
    initialStates: Object.values(gradients.initialStates).map(({ data }) => [...data]),
    input: own(gradients.input as FloatTensor),
    parameters: Object.values(gradients.parameters).map(({ data }) => [...data]),
  };
}

describe('rows of different length', () => {
  for (const [name, layer] of Object.entries(CELLS)) {
    it(`gives the same bits whatever the padding: ${name}`, async () => {
      const plain = await run(layer, LONGEST, 0);
      assert.ok(plain.output.every(Number.isFinite));
      assert.deepEqual(await run(layer, LONGEST, 1e30), plain);
      assert.deepEqual(await run(layer, LONGEST, Number.NaN), plain);
      assert.deepEqual(await run(layer, LONGEST + 5, 3), plain);
    });
  }

  it('refuses lengths that are none, or not one for each row', async () => {
    using model = Model.create({ input: { kind: 'features', features: INPUTS }, layers: [LSTM] });
    const features = padded(LONGEST, INPUTS, 0);
    for (const length of [0, -1, LONGEST + 1, 1.5, Number.NaN]) {
      await assert.rejects(model.forward({ features, lengths: [1, 2, length, 3] }), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'lengths[2]',
      });
    }
    await assert.rejects(model.forward({ features, lengths: [1, 2, 3] }), { code: 'ERR_UNROLLED_SHAPE' });
  });
});
