/** Rows of different length: padding takes no part, whatever stands in it and however much there is. */

import assert from 'node:assert/strict';
import { type FloatTensor, type Layer, layers, Model, type ModelInput, type Objective } from '../../src/index';

const [INPUTS, HIDDEN, BATCH] = [3, 5, 4];
const LENGTHS = [2, 6, 1, 4];
const LONGEST = 6;

const { activation, add, attention, bidirectional, concatenate, dense, dropout, gru, layerNorm, lstm, pooling, rnn } =
  layers;
const LSTM = lstm(HIDDEN);

/** Layers that end in outputs at every step. */
const STACKS: Record<string, Layer[]> = {
  RNN: [rnn(HIDDEN, { layers: 2 })],
  'GRU in both directions': [bidirectional(gru(HIDDEN, { layers: 2 }))],
  LSTM: [LSTM],
  'GRU with its reset gate before the product': [gru(HIDDEN, { resetAfter: false, activation: 'relu' })],
  'LSTM with layer normalisation and dropout inside': [lstm(HIDDEN, { layerNorm: true, recurrentDropout: 0.3 })],
  'dropout, layer normalisation and dense layers': [
    gru(HIDDEN),
    dropout(0.4),
    layerNorm(),
    dense(4, { activation: 'tanh' }),
    activation('sigmoid'),
  ],
  'branches that join': [
    rnn(HIDDEN, { name: 'first' }),
    gru(HIDDEN, { name: 'second' }),
    add(['first', 'second'], { name: 'sum' }),
    concatenate(['sum', 'first']),
  ],
};

/** Layers that make one vector of each row. */
const POOLED: Record<string, Layer[]> = Object.fromEntries(
  (['last', 'sum', 'mean', 'max', 'final'] as const).map((kind) => [kind, [bidirectional(gru(HIDDEN)), pooling(kind)]]),
);

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

const plainArrays = (tensors: Record<string, FloatTensor>) => Object.values(tensors).map(({ data }) => [...data]);

async function run(stack: Layer[], time: number, padding: number) {
  using model = Model.create({ input: { kind: 'features', features: INPUTS }, layers: stack, seed: 1 });
  const input: ModelInput = { features: padded(time, INPUTS, padding), lengths: LENGTHS };
  const { output } = await model.forward(input);
  const [steps = 0, , width = 0] = output.shape;
  const isSequence = steps === time;
  const gradOutput = isSequence ? padded(time, width, padding) : { ...output, data: output.data.map(Math.cos) };
  const objective: Objective = { gradOutput };
  // The same units are dropped each time.
  const gradients = await model.gradients(input, objective, { dropping: { seed: 3, step: 7 } });
  return {
    output: isSequence ? own(output) : [...output.data],
    trained: isSequence ? own(gradients.output as FloatTensor) : [...(gradients.output?.data ?? [])],
    states: plainArrays(gradients.states),
    initialStates: plainArrays(gradients.initialStates),
    input: own(gradients.input as FloatTensor),
    parameters: plainArrays(gradients.parameters),
  };
}

/** The decoder's rows have these lengths, the encoder's those above. */
const WRITTEN = [3, 1, 4, 2];

/** An encoder–decoder with attention whose rows differ in length on both sides. */
async function translate(sourceTime: number, padding: number) {
  using model = Model.create({
    input: { kind: 'ids', vocabulary: 6 },
    source: { kind: 'features', features: INPUTS },
    layers: [
      gru(HIDDEN, { name: 'encoder', from: 'source' }),
      layers.embedding(3, { from: 'input' }),
      gru(HIDDEN, { name: 'decoder', initialState: 'encoder' }),
      attention(['decoder', 'encoder']),
      dense(6),
    ],
    seed: 2,
  });
  const ids = { dtype: 'int32', shape: [4, BATCH], data: Int32Array.from({ length: 16 }, (_, i) => i % 6) } as const;
  const source = { features: padded(sourceTime, INPUTS, padding), lengths: LENGTHS };
  const gradients = await model.gradients({ ids, lengths: WRITTEN, source }, { targets: ids });
  return {
    loss: gradients.loss,
    states: plainArrays(gradients.states),
    source: own(gradients.source as FloatTensor),
    parameters: plainArrays(gradients.parameters),
  };
}

describe('rows of different length', () => {
  for (const [name, stack] of [...Object.entries(STACKS), ...Object.entries(POOLED)]) {
    it(`gives the same bits whatever the padding: ${name}`, async () => {
      const plain = await run(stack, LONGEST, 0);
      assert.ok(plain.output.every(Number.isFinite) && plain.trained.every(Number.isFinite));
      assert.deepEqual(await run(stack, LONGEST, 1e30), plain);
      assert.deepEqual(await run(stack, LONGEST, Number.NaN), plain);
      assert.deepEqual(await run(stack, LONGEST + 5, 3), plain);
    });
  }

  it('gives the same bits whatever the padding: an encoder–decoder with attention', async () => {
    const plain = await translate(LONGEST, 0);
    assert.ok(Number.isFinite(plain.loss) && plain.source.some((value) => value !== 0));
    assert.deepEqual(await translate(LONGEST, Number.NaN), plain);
    assert.deepEqual(await translate(LONGEST + 5, 3), plain);
  });

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
