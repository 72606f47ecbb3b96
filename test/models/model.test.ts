/** The low-level model: parameters, states and batches by name. */

import assert from 'node:assert/strict';
import { type LayerDescription, Model, type ModelOptions, tensor } from '../../src/index';
import { parameterShapes } from '../../src/layers/plan';

const CHAIN: LayerDescription[] = [
  { type: 'embedding', name: 'embedding', features: 4 },
  { type: 'lstm', name: 'rnn', features: 6, layers: 2 },
  { type: 'dense', name: 'head', features: 5 },
];

const OPTIONS: ModelOptions = { input: { kind: 'ids', vocabulary: 5 }, layers: CHAIN };

const IDS = tensor.from(
  [
    [0, 1],
    [2, 3],
    [4, 0],
  ],
  'int32',
);

function withFeatures(index: number, features: unknown): ModelOptions {
  const layers = CHAIN.map((layer, i) => (i === index ? { ...layer, features } : layer)) as LayerDescription[];
  return { ...OPTIONS, layers };
}

describe('Model', () => {
  it("has PyTorch's parameters, the same that its description tells", () => {
    for (const type of ['rnn', 'gru', 'lstm'] as const) {
      for (const singleBias of [false, true]) {
        const layers = CHAIN.map((layer) => ('layers' in layer ? { ...layer, type, singleBias } : layer));
        using model = Model.create({ ...OPTIONS, layers });
        assert.deepEqual(model.parameterShapes, parameterShapes(model.description));
      }
    }
    using model = Model.create(OPTIONS);
    assert.deepEqual(model.parameterShapes['rnn.weight_ih_l0'], [24, 4]);
    assert.deepEqual(model.parameterShapes['rnn.weight_hh_l1'], [24, 6]);
    assert.deepEqual(model.stateSizes, { 'rnn.h_l0': 6, 'rnn.c_l0': 6, 'rnn.h_l1': 6, 'rnn.c_l1': 6 });
    assert.equal(model.parameterCount, 20 + 24 * 12 + 24 * 14 + 35);
  });

  it('draws the same parameters for the same seed, as its initialiser says', async () => {
    async function drawn(options: Partial<ModelOptions>): Promise<number[]> {
      using model = Model.create({ ...OPTIONS, ...options });
      return Object.values(await model.parameters()).flatMap(({ data }) => [...data]);
    }
    assert.deepEqual(await drawn({ seed: 7 }), await drawn({ seed: 7 }));
    assert.notDeepEqual(await drawn({ seed: 7 }), await drawn({ seed: 8 }));
    const uniform = await drawn({ initializer: { kind: 'uniform', scale: 0.5 } });
    assert.ok(uniform.every((value) => Math.abs(value) <= 0.5));
    assert.ok(uniform.some((value) => Math.abs(value) > 0.4));

    using normal = Model.create({ ...OPTIONS, initializer: { kind: 'normal', scale: 0.01 } });
    const parameters = await normal.parameters();
    assert.ok(parameters['rnn.bias_ih_l0']?.data.every((value) => value === 0));
    const recurrent = parameters['rnn.weight_hh_l1']?.data ?? [];
    const deviation = Math.sqrt([...recurrent].reduce((sum, value) => sum + value ** 2, 0) / recurrent.length);
    assert.ok(deviation > 0.008 && deviation < 0.012, String(deviation));
  });

  it('gives back the parameters it was given', async () => {
    using source = Model.create({ ...OPTIONS, seed: 1 });
    using target = Model.create({ ...OPTIONS, seed: 2 });
    const parameters = await source.parameters();
    await target.setParameters(parameters);
    assert.deepEqual(await target.parameters(), parameters);
  });

  it('carries its states from call to call', async () => {
    using model = Model.create(OPTIONS);
    const whole = await model.forward({ ids: IDS });
    assert.deepEqual(whole.output.shape, [3, 2, 5]);
    const first = await model.forward({ ids: { ...IDS, shape: [2, 2], data: IDS.data.subarray(0, 4) } });
    const second = await model.forward({
      ids: { ...IDS, shape: [1, 2], data: IDS.data.subarray(4) },
      states: first.states,
    });
    assert.ok(tensor.allClose(tensor.row(second.output, 0), tensor.row(whole.output, 2)));
    for (const [name, state] of Object.entries(whole.states)) {
      assert.ok(tensor.allClose(second.states[name] as typeof state, state), name);
    }
  });

  it('names the tensor whose name or shape is wrong', async () => {
    using model = Model.create(OPTIONS);
    const parameters = await model.parameters();
    const { 'head.bias': bias, ...rest } = parameters;
    await assert.rejects(model.setParameters(rest), { code: 'ERR_UNROLLED_MODEL_MISMATCH', message: /head\.bias/ });
    await assert.rejects(model.setParameters({ ...parameters, extra: bias as never }), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      message: /extra/,
    });
    await assert.rejects(model.setParameters({ ...parameters, 'head.bias': tensor.zeros([6]) }), {
      code: 'ERR_UNROLLED_SHAPE',
      message: /head\.bias.*\[5\].*\[6\]/,
    });
  });

  it('refuses batches that do not fit', async () => {
    using model = Model.create(OPTIONS);
    const shape = { code: 'ERR_UNROLLED_SHAPE' };
    await assert.rejects(model.forward({ ids: tensor.from([1, 2], 'int32') }), shape);
    await assert.rejects(model.forward({ ids: IDS, states: { 'rnn.h_l0': tensor.zeros([1, 6]) } }), shape);
    await assert.rejects(model.forward({ ids: IDS, states: { other: tensor.zeros([2, 6]) } }), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
      message: /other.*rnn\.h_l0/,
    });
    await assert.rejects(model.forward({ features: tensor.zeros([3, 2, 4]) }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    await assert.rejects(model.forward({ ids: tensor.from([[5]], 'int32') }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await assert.rejects(model.gradients({ ids: IDS }, { targets: tensor.from([[1, 1]], 'int32') }), shape);
  });

  it('counts the bytes of a copy of its parameters by their element type', async () => {
    for (const [dtype, size] of [
      ['float32', 4],
      ['float64', 8],
    ] as const) {
      const model = await Model.create({ ...OPTIONS, dtype });
      const arrays = Object.values(await model.parameters()).map(({ data }) => data);
      assert.equal(model.parameterBytes, size * model.parameterCount);
      assert.equal(
        model.parameterBytes,
        arrays.reduce((sum, { byteLength }) => sum + byteLength, 0),
      );
    }
  });

  it('refuses impossible sizes before anything is allocated, naming the option', () => {
    for (const size of [0, -1, 1.5, Number.NaN, 2 ** 30, 1e12, Number.POSITIVE_INFINITY]) {
      assert.throws(() => Model.create(withFeatures(1, size)), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'layers[1].features',
      });
    }
    assert.throws(() => Model.create(withFeatures(1, '6')), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    assert.throws(() => Model.create(withFeatures(1, 2 ** 24)), {
      code: 'ERR_UNROLLED_OUT_OF_MEMORY',
      option: 'layers[1].features',
    });
    assert.throws(() => Model.create({ ...OPTIONS, input: { kind: 'ids', vocabulary: 0 } }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'input.vocabulary',
    });
    assert.throws(() => Model.create({ ...OPTIONS, layers: [] }), { option: 'layers' });
    assert.throws(() => Model.create({ ...OPTIONS, dtype: 'float16' as never }), { option: 'dtype' });
    assert.throws(() => Model.create({ ...OPTIONS, initializer: { kind: 'normal', scale: Number.NaN } }), {
      option: 'initializer.scale',
    });
    assert.throws(() => Model.create({ ...OPTIONS, size: 3 } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
  });

  it('throws after dispose, which can be called twice', async () => {
    const model = Model.create(OPTIONS);
    model.dispose();
    model.dispose();
    await assert.rejects(model.parameters(), { code: 'ERR_UNROLLED_DISPOSED' });
    await assert.rejects(model.forward({ ids: IDS }), { code: 'ERR_UNROLLED_DISPOSED' });
    assert.throws(() => model.parameterCount, { code: 'ERR_UNROLLED_DISPOSED' });
  });
});
