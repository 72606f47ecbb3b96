/** A model that keeps its state from input to input. */

import assert from 'node:assert/strict';
import { layers, Model, type Tensor, tensor } from '../src/index';

function ids(...values: number[]): { ids: Tensor<'int32'> } {
  return { ids: { dtype: 'int32', shape: [values.length, 1], data: Int32Array.from(values) } };
}

describe('a session', () => {
  function make(): Model {
    return Model.create({
      input: { kind: 'ids', vocabulary: 5 },
      layers: [layers.embedding(4), layers.lstm(6), layers.dense(3)],
      dtype: 'float64',
    });
  }

  it('gives for a sequence in pieces what it gives for the whole', async () => {
    using model = make();
    const { output, states } = await model.forward(ids(1, 2, 3, 4));
    const session = model.session();
    assert.equal(session.states, undefined);
    // Without waiting: they are served in their order.
    const pieces = await Promise.all([session.step(ids(1)), session.step(ids(2, 3)), session.step(ids(4))]);
    const joined = pieces.flatMap(({ data }) => [...data]);
    assert.ok(tensor.allClose(tensor.from(joined, 'float64'), { ...output, shape: [12] }, { relative: 1e-12 }));
    assert.deepEqual(Object.keys(session.states ?? {}), Object.keys(states));
  });

  it('begins anew where it is reset, and goes on from states that are given', async () => {
    using model = make();
    const session = model.session({ threads: 1 });
    const first = await session.step(ids(1, 2));
    const { states } = session;
    const next = await session.step(ids(3));
    session.states = states;
    assert.deepEqual(await session.step(ids(3)), next);
    session.reset();
    assert.deepEqual(await session.step(ids(1, 2)), first);
  });

  it('keeps its state where a step fails', async () => {
    using model = make();
    const session = model.session();
    await session.step(ids(1));
    const { states } = session;
    await assert.rejects(session.step(ids(5)), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await assert.rejects(session.step({}), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    const two = { ids: { dtype: 'int32', shape: [1, 2], data: Int32Array.of(1, 2) } } as const;
    await assert.rejects(session.step(two), { code: 'ERR_UNROLLED_SHAPE' });
    assert.equal(session.states, states);
    assert.throws(() => model.session({ threads: 0 }), { option: 'threads' });
  });
});
