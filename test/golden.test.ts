/** The recurrent layers against PyTorch: outputs, final states and every gradient. */

import assert from 'node:assert/strict';
import { type DType, type FloatTensor, type LayerDescription, Model, type States } from '../src/index';
import { type GoldenArray, type GoldenCase, goldenNames, readGolden } from './support/golden';

const TOLERANCE: Record<DType, number> = { float64: 1e-9, float32: 1e-4 };

function toTensor({ shape, data }: GoldenArray, dtype: DType): FloatTensor {
  return { dtype, shape, data: dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data) };
}

function describeLayer({ cell, hiddenSize, numLayers, bidirectional }: GoldenCase['config']): LayerDescription {
  const common = { name: 'rnn', features: hiddenSize, layers: numLayers, bidirectional };
  if (cell === 'gru' || cell === 'lstm') return { type: cell, ...common };
  return { type: 'rnn', activation: cell === 'rnn_tanh' ? 'tanh' : 'relu', ...common };
}

type ToStates = (hidden: GoldenArray, cell: GoldenArray | undefined, dtype: DType) => States;

/** `[L·D, B, H]` as states by name: `rnn.h_l0`, `rnn.h_l0_reverse`, `rnn.c_l0`, and so on. */
function toStates(directions: number, hidden: GoldenArray, cell: GoldenArray | undefined, dtype: DType): States {
  const [layers = 0, batch = 0, features = 0] = hidden.shape;
  const states: States = {};
  for (const [letter, array] of Object.entries({ h: hidden, c: cell })) {
    for (let layer = 0; array !== undefined && layer < layers; layer++) {
      const data = array.data.slice(layer * batch * features, (layer + 1) * batch * features);
      const suffix = layer % directions === 1 ? '_reverse' : '';
      states[`rnn.${letter}_l${Math.floor(layer / directions)}${suffix}`] = toTensor(
        { shape: [batch, features], data },
        dtype,
      );
    }
  }
  return states;
}

/** `|a − b| ≤ tolerance · max(1, |b|)` everywhere. */
function assertClose(actual: FloatTensor | undefined, expected: GoldenArray, tolerance: number, what: string): void {
  assert.ok(actual !== undefined, what);
  assert.deepEqual([...actual.shape], expected.shape, what);
  for (const [index, wanted] of expected.data.entries()) {
    const got = actual.data[index] as number;
    const distance = Math.abs(got - wanted);
    if (!(distance <= tolerance * Math.max(1, Math.abs(wanted))))
      assert.fail(`${what}[${index}]: ${got}, not ${wanted}`);
  }
}

function assertStates(actual: States, expected: States, tolerance: number, what: string): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, { shape, data }] of Object.entries(expected)) {
    assertClose(actual[name], { shape: [...shape], data: [...data] }, tolerance, `${what} ${name}`);
  }
}

async function compare(golden: GoldenCase, dtype: DType): Promise<void> {
  const tolerance = TOLERANCE[dtype];
  using model = Model.create({
    input: { kind: 'features', features: golden.config.inputSize },
    layers: [describeLayer(golden.config)],
    dtype,
  });
  const weights = Object.entries(golden.weights).map(([name, array]) => [`rnn.${name}`, toTensor(array, dtype)]);
  await model.setParameters(Object.fromEntries(weights));
  const named: ToStates = (...arrays) => toStates(golden.config.bidirectional ? 2 : 1, ...arrays);
  const input = {
    features: toTensor(golden.input, dtype),
    states: named(golden.h0, golden.c0, dtype),
    ...(golden.lengths !== undefined && { lengths: golden.lengths }),
  };
  const finalStates = named(golden.hN, golden.cN, 'float64');

  const forward = await model.forward(input);
  assertClose(forward.output, golden.output, tolerance, 'output of forward');
  assertStates(forward.states, finalStates, tolerance, 'final state of forward');

  const result = await model.gradients(input, { gradOutput: toTensor(golden.gradOutput, dtype) });
  assertClose(result.output, golden.output, tolerance, 'output');
  assertStates(result.states, finalStates, tolerance, 'final state');
  assertClose(result.input, golden.gradInput, tolerance, 'gradient of the input');
  assertStates(
    result.initialStates,
    named(golden.gradH0, golden.gradC0, 'float64'),
    tolerance,
    'gradient of the initial state',
  );
  for (const [name, array] of Object.entries(golden.gradWeights)) {
    assertClose(result.parameters[`rnn.${name}`], array, tolerance, `gradient of ${name}`);
  }
}

describe('golden vectors of PyTorch', () => {
  const names = goldenNames();

  it('are there', function () {
    if (names.length === 0) {
      if (this.test !== undefined) this.test.title += ' (no folder of golden vectors here)';
      this.skip();
    }
  });

  for (const name of names) {
    const golden = readGolden(name);
    for (const dtype of ['float64', 'float32'] as const) {
      it(`${name} in ${dtype} to ${TOLERANCE[dtype]}`, () => compare(golden, dtype));
    }
  }
});
