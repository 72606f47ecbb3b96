/** Arguments of the wrong kind, which only JavaScript can hand over: each is refused with a code that names it. */

import assert from 'node:assert/strict';
import { layers, Model, tensor } from '../../src/index';
import { smallModel } from '../support/models';

const { dense, embedding, rnn } = layers;
const TENSOR = tensor.from([
  [1, 2],
  [3, 4],
]);
/** Every kind of thing that is no tensor. */
const NO_TENSORS: readonly unknown[] = [
  undefined,
  null,
  'text',
  {},
  { ...TENSOR, shape: undefined },
  { ...TENSOR, shape: '22' },
  { ...TENSOR, data: [1, 2, 3, 4] },
  { ...TENSOR, dtype: 'int32' },
  { ...TENSOR, dtype: 'constructor' },
];
/** Numbers stand for a tensor where one is taken: of no axis and of one here. */
const NUMBERS: readonly unknown[] = [3, [1, 2], Float32Array.of(1)];
type Call = (first: unknown, second: unknown) => unknown;

const NO_SHAPES: readonly unknown[] = [undefined, null, 4, '22', { length: 2 }];

describe('arguments of the wrong kind', () => {
  const type = { name: 'TypeError', code: 'ERR_UNROLLED_OPTION_TYPE' };
  const shape = { code: 'ERR_UNROLLED_SHAPE' };

  it('are refused where a tensor is needed', () => {
    for (const value of NO_TENSORS) {
      for (const call of [tensor.row, tensor.softmax, tensor.argMax, tensor.toArray, tensor.allClose] as Call[]) {
        assert.throws(() => call(value as never, value as never), type, `${call.name} of ${String(value)}`);
      }
      assert.throws(() => tensor.allClose(TENSOR, value as never), { ...type, option: 'b' });
    }
    assert.throws(() => tensor.softmax(tensor.from([1, 2], 'int32') as never), type);
    assert.throws(() => tensor.toArray({ ...TENSOR, shape: [3, 2] }), shape);
    assert.throws(() => tensor.oneHot(null as never, 2), { ...type, option: 'ids' });
    assert.throws(() => tensor.oneHot({ length: 2 ** 40 }, 2), { code: 'ERR_UNROLLED_OUT_OF_MEMORY' });
  });

  it('are refused where a shape is needed', () => {
    for (const value of NO_SHAPES) assert.throws(() => tensor.zeros(value as never), { ...type, option: 'shape' });
    for (const size of [Symbol('size'), {}, null, '2', -1, 0.5, NaN]) {
      assert.throws(() => tensor.zeros([2, size as never]), shape);
    }
    assert.throws(() => tensor.zeros(new Array(2)), shape);
  });

  it('are refused where a vocabulary decodes', () => {
    using model = smallModel();
    for (const ids of [undefined, null, 3, {}]) {
      assert.throws(() => model.vocabulary.decode(ids as never), { ...type, option: 'ids' });
    }
    assert.throws(() => model.vocabulary.decode({ length: 2 ** 40 }), type);
  });

  it('are named where they could not even be printed', () => {
    const strange = Object.create(null);
    assert.throws(() => smallModel({ tied: true, embedding: strange }), { ...type, option: 'embedding' });
    assert.throws(() => smallModel({ hidden: strange }), { ...type, option: 'hidden' });
  });

  it('are refused by a model of layers', async () => {
    using model = Model.create({ input: { kind: 'ids', vocabulary: 3 }, layers: [embedding(2), rnn(2), dense(2)] });
    const ids = tensor.from([[0], [1]], 'int32');
    const targets = tensor.from([[0], [1]], 'int32');
    for (const names of ['rnn', 3, null, [1], new Array(1)] as never[]) {
      await assert.rejects(model.freeze(names), { ...type, option: 'freeze' });
      await assert.rejects(model.forward({ ids }, { layers: names }), { ...type, option: 'layers' });
    }
    for (const objective of [undefined, null, 3] as never[]) {
      await assert.rejects(model.gradients({ ids }, objective), { ...type, option: 'objective' });
    }
    for (const value of [...NO_TENSORS, ...NUMBERS] as never[]) {
      await assert.rejects(model.gradients({ ids }, { targets: value }), { ...type, option: 'targets' });
      await assert.rejects(model.gradients({ ids }, { gradOutput: value }), { ...type, option: 'gradOutput' });
      const values = { loss: 'squaredError', values: value } as const;
      await assert.rejects(model.gradients({ ids }, values), { ...type, option: 'values' });
      await assert.rejects(model.forward({ ids: value }), { ...type, option: 'ids' });
      if (value === undefined) continue;
      await assert.rejects(model.forward({ ids, states: { 'rnn.h_l0': value } }), type);
      if (NUMBERS.includes(value) && typeof value !== 'number') continue;
      const parameters = { ...(await model.parameters()), 'dense.bias': value };
      await assert.rejects(model.setParameters(parameters), type);
    }
    for (const value of [null, 3, []] as never[]) {
      await assert.rejects(model.setParameters(value), { ...type, option: 'parameters' });
      await assert.rejects(model.forward({ ids, states: value }), { ...type, option: 'states' });
      if (!Array.isArray(value)) await assert.rejects(model.forward({ ids, lengths: value }), { option: 'lengths' });
    }
    for (const lengths of [[1, 1], { length: 2 ** 40 }]) await assert.rejects(model.forward({ ids, lengths }), shape);
    await model.setParameters({ ...(await model.parameters()), 'dense.bias': [1, 2] });
    await assert.rejects(
      model.setParameters({ ...(await model.parameters()), 'dense.bias': Float32Array.of(1) } as never),
      shape,
    );
    assert.deepEqual((await model.forward({ ids })).output.shape, [2, 1, 2]);
    assert.ok((await model.gradients({ ids }, { targets })).loss as number);
  });
});
