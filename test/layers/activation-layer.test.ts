/** A layer that is a function of each value and nothing else. */

import assert from 'node:assert/strict';
import { layers, Model, tensor, UnrolledError } from '../../src/index';
import { useFolder } from '../support/folder';

const FUNCTIONS = {
  tanh: Math.tanh,
  sigmoid: (value: number) => 1 / (1 + Math.exp(-value)),
  relu: (value: number) => Math.max(0, value),
  linear: (value: number) => value,
} as const;

const FEATURES = tensor.from([[[-2, -0.5, 0.25, 3]]], 'float64');

function modelOf(kind: keyof typeof FUNCTIONS): Model {
  return Model.create({
    input: { kind: 'features', features: 4 },
    layers: [layers.activation(kind)],
    dtype: 'float64',
  });
}

describe('an activation layer', () => {
  const at = useFolder();

  for (const [kind, apply] of Object.entries(FUNCTIONS)) {
    it(`gives ${kind} of each value`, async () => {
      using model = modelOf(kind as keyof typeof FUNCTIONS);
      const { output } = await model.forward({ features: FEATURES });
      const expected = tensor.from([[Array.from(FEATURES.data, apply)]], 'float64');
      assert.ok(tensor.allClose(output, expected, { absolute: 1e-12, relative: 0 }));
      assert.equal(model.parameterCount, 0);
    });
  }

  it('stands in files and in the summary', async () => {
    const layerList = [layers.embedding(3), layers.pooling('sum'), layers.activation('sigmoid'), layers.dense(1)];
    using model = Model.create({ input: { kind: 'ids', vocabulary: 5 }, layers: layerList });
    await model.save(at('model.safetensors'));
    using loaded = await Model.load(at('model.safetensors'));
    assert.deepEqual(loaded.description, model.description);
    assert.deepEqual(await loaded.predict([[1, 2]]), await model.predict([[1, 2]]));
    assert.match(String(model.summary()), /activation/);
  });

  it('is refused without a function, or with one that nobody knows', () => {
    for (const [given, code] of [
      [undefined, 'ERR_UNROLLED_OPTION_TYPE'],
      ['step', 'ERR_UNROLLED_OPTION_RANGE'],
    ] as const) {
      assert.throws(
        () => modelOf(given as never),
        (error) =>
          error instanceof UnrolledError && error.code === code && error.message.startsWith('layers[0].activation'),
      );
    }
  });
});
