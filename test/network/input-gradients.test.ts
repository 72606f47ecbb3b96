/** Gradients of what a model reads: against differences, and the same bits in every call. */

import assert from 'node:assert/strict';
import { type FloatTensor, type GradientsResult, type Layer, layers, Model, type ModelInput } from '../../src/index';

const { activation, adaptiveSoftmax, add, attention, bidirectional, concatenate, dense, dropout, gru, layerNorm } =
  layers;
const { embedding, lstm, pooling, rnn } = layers;

const [TIME, BATCH, FEATURES] = [5, 4, 9];
const LENGTHS = [2, 5, 1, 4];
const STEP = 1e-5;

/** Layers over features. The pointwise ones compute a gradient in the memory of the one they are given. */
const STACKS: Record<string, Layer[]> = {
  tanh: [activation('tanh')],
  sigmoid: [activation('sigmoid')],
  relu: [activation('relu')],
  linear: [activation('linear')],
  dropout: [dropout(0.4)],
  'layer normalisation': [layerNorm()],
  'pointwise layers in a chain': [layerNorm(), activation('tanh'), dropout(0.3), activation('sigmoid'), layerNorm()],
  'two pointwise branches': [
    activation('tanh', { name: 'left', from: 'input' }),
    activation('sigmoid', { name: 'right', from: 'input' }),
    add(['left', 'right']),
  ],
  'a branch around a pointwise layer': [
    layerNorm({ name: 'inner' }),
    activation('tanh', { name: 'outer' }),
    concatenate(['inner', 'outer']),
  ],
  'a dense layer': [dense(3)],
  'an adaptive softmax': [adaptiveSoftmax(12, { cutoffs: [4, 8], divisor: 2 })],
  'recurrent layers': [rnn(4), gru(4), lstm(4)],
  'both directions': [bidirectional(lstm(3, { layerNorm: true }), 'sum'), activation('tanh')],
  ...Object.fromEntries(
    (['last', 'sum', 'mean', 'max', 'final'] as const).map((kind) => [
      `${kind} pooling between pointwise layers`,
      [activation('tanh'), pooling(kind), layerNorm()],
    ]),
  ),
};

function tensorOf(shape: readonly number[], phase: number, dtype: 'float32' | 'float64'): FloatTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float64Array.from({ length: size }, (_, i) => Math.sin(phase + 1.7 * i) + 0.01 * ((i * 7) % 13));
  return dtype === 'float64' ? { dtype, shape, data: values } : { dtype, shape, data: Float32Array.from(values) };
}

/** Units are dropped alike in each pass. */
const DROPPING = { dropping: { seed: 3, step: 2 } };

/** Σ gradOutput · output. */
function weighted(output: FloatTensor, factors: FloatTensor): number {
  return Array.from(output.data).reduce((sum, value, i) => sum + value * (factors.data[i] as number), 0);
}

/** All values, to compare with those of another call. */
function bits(result: GradientsResult): unknown {
  const { input, source, output, parameters, initialStates } = result;
  const own = [input, source, output, ...Object.values(parameters), ...Object.values(initialStates)];
  return own.map((tensor) => tensor && Array.from(tensor.data));
}

async function check(model: Model, input: ModelInput, side: FloatTensor, of: 'input' | 'source'): Promise<void> {
  const { output } = await model.forward(input);
  const gradOutput = tensorOf(output.shape, 0.4, model.dtype);
  const result = await model.gradients(input, { gradOutput }, DROPPING);
  const gradient = result[of] as FloatTensor;
  assert.deepEqual(gradient.shape, side.shape);
  for (let call = 0; call < 3; call++) {
    assert.deepEqual(bits(await model.gradients(input, { gradOutput }, DROPPING)), bits(result));
  }
  if (model.dtype === 'float32') return;
  for (let at = 0; at < side.data.length; at++) {
    const value = side.data[at] as number;
    const sums: number[] = [];
    for (const moved of [value + STEP, value - STEP]) {
      side.data[at] = moved;
      sums.push(weighted((await model.gradients(input, { gradOutput }, DROPPING)).output as FloatTensor, gradOutput));
    }
    side.data[at] = value;
    const expected = ((sums[0] as number) - (sums[1] as number)) / (2 * STEP);
    const actual = gradient.data[at] as number;
    assert.ok(Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected)), `${at}: ${actual}, ${expected}`);
  }
}

describe('the gradient of the input', function () {
  this.timeout(30_000);

  for (const [name, stack] of Object.entries(STACKS)) {
    for (const lengths of [undefined, LENGTHS]) {
      it(`is right and stays so: ${name}${lengths ? ', rows of different length' : ''}`, async () => {
        for (const dtype of ['float32', 'float64'] as const) {
          using model = Model.create({ input: { kind: 'features', features: FEATURES }, layers: stack, dtype });
          const features = tensorOf([TIME, BATCH, FEATURES], 0.2, dtype);
          await check(model, { features, ...(lengths && { lengths }) }, features, 'input');
        }
      });
    }
  }

  it('is right and stays so: the source behind pointwise layers', async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      using model = Model.create({
        input: { kind: 'features', features: 3 },
        source: { kind: 'features', features: 4 },
        layers: [
          activation('tanh', { name: 'memory', from: 'source' }),
          activation('sigmoid', { name: 'query', from: 'input' }),
          attention(['query', 'memory'], { score: 'general' }),
        ],
        dtype,
      });
      const [features, given] = [tensorOf([2, BATCH, 3], 0.1, dtype), tensorOf([TIME, BATCH, 4], 0.3, dtype)];
      const input = { features, source: { features: given, lengths: LENGTHS } };
      await check(model, input, features, 'input');
      await check(model, input, given, 'source');
    }
  });

  it('is right and stays so: of a loss over pointwise layers', async () => {
    using model = Model.create({
      input: { kind: 'features', features: FEATURES },
      layers: [layerNorm(), activation('sigmoid')],
    });
    const features = tensorOf([TIME, BATCH, FEATURES], 0.2, 'float32');
    const values = tensorOf([TIME, BATCH, FEATURES], 0.9, 'float32');
    for (const loss of ['squaredError', 'binaryCrossEntropy'] as const) {
      const first = bits(await model.gradients({ features }, { loss, values }));
      for (let call = 0; call < 5; call++) {
        assert.deepEqual(bits(await model.gradients({ features }, { loss, values })), first);
      }
    }
  });

  it('leaves ids without one, and writes the whole table', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      layers: [embedding(2), activation('tanh')],
      dtype: 'float64',
    });
    const ids = { dtype: 'int32', shape: [1, 2], data: Int32Array.of(2, 2) } as const;
    const gradOutput = tensorOf([1, 2, 2], 0.4, 'float64');
    const { input, output, parameters } = await model.gradients({ ids }, { gradOutput });
    assert.equal(input, undefined);
    const expected = new Array<number>(6).fill(0);
    for (const [at, value] of (output?.data ?? []).entries()) {
      expected[4 + (at % 2)] = (expected[4 + (at % 2)] as number) + (gradOutput.data[at] as number) * (1 - value ** 2);
    }
    const table = Array.from(parameters['embedding.weight']?.data ?? []);
    assert.ok(
      table.every((value, i) => Math.abs(value - (expected[i] as number)) < 1e-12),
      `${table}`,
    );
  });
});
