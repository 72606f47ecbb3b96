/** A model that keeps its state from input to input. */

import assert from 'node:assert/strict';
import { layers, Model, type Tensor, tensor } from '../../src/index';

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

  it('gives copies of its states, which may be written to', async () => {
    using model = make();
    const [session, other] = [model.session(), model.session()];
    const given = (await model.forward(ids(1, 2))).states;
    await session.step(ids(1, 2));
    other.states = given;
    const expected = (await model.forward({ ...ids(3), states: given })).output;
    for (const each of [session, other]) {
      const shown = each.states as NonNullable<typeof each.states>;
      for (const state of Object.values(shown)) {
        state.data.fill(7);
        Object.assign(state, { shape: [7] });
      }
      for (const name of Object.keys(shown)) delete shown[name];
      assert.deepEqual(each.states, given);
      assert.deepEqual(await each.step(ids(3)), expected);
    }
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
    assert.deepEqual(session.states, states);
    assert.throws(() => model.session({ threads: 0 }), { option: 'threads' });
  });

  it('begins anew in the order of the calls', async () => {
    using model = make();
    const [first, second] = [ids(1, 2), ids(3)];
    const [{ output: alone }, fresh] = [await model.forward(second), model.session()];
    const outputs = [fresh.step(first), fresh.reset(), fresh.step(second)] as const;
    assert.deepEqual(await outputs[2], alone);
    assert.notDeepEqual((await outputs[0]).data, alone.data);
    assert.deepEqual(fresh.states, (await model.forward(second)).states);
  });

  it('goes on from states in the order of the calls, and shows those of the calls that have ended', async () => {
    using model = make();
    const { states } = await model.forward(ids(4));
    const { output: expected, states: after } = await model.forward({ ...ids(3), states });
    const session = model.session();
    const step = session.step(ids(1, 2));
    session.states = states;
    assert.equal(session.states, undefined);
    const next = session.step(ids(3));
    session.reset();
    session.states = states;
    await step;
    assert.deepEqual(await next, expected);
    await new Promise(setImmediate);
    assert.deepEqual(session.states, states);
    assert.notDeepEqual(session.states, after);
    session.reset();
    assert.equal(session.states, undefined);
  });

  it('begins anew after a step that fails too', async () => {
    using model = make();
    const session = model.session();
    await session.step(ids(1));
    const failing = session.step(ids(5));
    session.reset();
    const output = session.step(ids(3));
    await assert.rejects(failing, { code: 'ERR_UNROLLED_OPTION_RANGE' });
    assert.deepEqual(await output, (await model.forward(ids(3))).output);
  });

  it('takes each input and each state as it is when it is given', async () => {
    using model = make();
    const session = model.session();
    const buffer = Int32Array.of(1);
    const input = { ids: { dtype: 'int32', shape: [1, 1], data: buffer } } as const;
    const steps = [1, 2, 3].map((id) => {
      buffer[0] = id;
      return session.step(input);
    });
    buffer[0] = 5; // no id of the model's
    const nested = [[1]];
    steps.push(session.step({ ids: nested }));
    (nested[0] as number[])[0] = 4;
    const outputs = (await Promise.all(steps)).flatMap(({ data }) => [...data]);
    const { output, states } = await model.forward(ids(1, 2, 3, 1));
    assert.ok(tensor.allClose(tensor.from(outputs, 'float64'), { ...output, shape: [12] }, { relative: 1e-12 }));
    const given = Object.fromEntries(
      Object.entries(states).map(([name, state]) => [name, { ...state, data: state.data.slice() }]),
    );
    session.states = given;
    for (const state of Object.values(given)) state.data.fill(9);
    assert.deepEqual(session.states, states);
  });

  it('copies a source, features, lengths and states in nested arrays', async () => {
    using model = Model.create({
      input: { kind: 'features', features: 2 },
      source: { kind: 'ids', vocabulary: 5 },
      layers: [
        layers.embedding(3, { from: 'source', name: 'table' }),
        layers.gru(4, { name: 'encoder' }),
        layers.gru(4, { from: 'input', name: 'decoder' }),
        layers.attention(['decoder', 'encoder']),
        layers.dense(2),
      ],
      dtype: 'float64',
    });
    const make = () => ({
      features: [
        [
          [0.5, -1],
          [1, 0.25],
        ],
        [
          [0.1, 0.2],
          [0.3, 0.4],
        ],
      ],
      lengths: [2, 1],
      source: { ids: { dtype: 'int32', shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) } as Tensor<'int32'> },
    });
    const state = {
      decoder_l0: [
        [0.1, 0.2, 0.3, 0.4],
        [0.5, 0.6, 0.7, 0.8],
      ],
    };
    const names = Object.keys(model.stateSizes);
    const [name = ''] = names.filter((it) => it.startsWith('decoder'));
    const expected = await model.forward({ ...make(), states: { [name]: state.decoder_l0 } });
    const session = model.session();
    const first = session.step({ ...make() });
    session.states = { [name]: state.decoder_l0 };
    const input = make();
    const second = session.step(input);
    (state.decoder_l0[0] as number[]).fill(0);
    for (const plane of input.features) for (const row of plane) row.fill(7);
    input.lengths.fill(1);
    input.source.ids.data.fill(0);
    await first;
    assert.deepEqual(await second, expected.output);
  });
});
