/** Nested arrays wherever a tensor is taken, and what `predict` gives for no sequences and for each one. */

import assert from 'node:assert/strict';
import {
  type Layer,
  layers,
  Model,
  SequenceClassifier,
  type SequenceInput,
  type TrainingData,
  tensor,
  Vocabulary,
} from '../src/index';

const { dense, embedding, gru, pooling } = layers;
const features = (width: number) => ({ kind: 'features', features: width }) as const;

function make(width: number, ...graph: Layer[]): Model {
  return Model.create({ input: features(width), layers: graph, dtype: 'float64' });
}

/** The losses of two epochs of a new model. */
async function losses(create: () => Model, data: TrainingData): Promise<number[]> {
  using model = create();
  const { epochs } = await model.fit(data, { epochs: 2, batch: 2 });
  const { loss } = await model.evaluate(data);
  return [...epochs.map((epoch) => epoch.loss), loss];
}

describe('nested arrays', () => {
  const points = [
    [0.1, 0.2],
    [0.3, -0.4],
    [0.5, 0.6],
  ];
  const planes = [points, points.map(([x = 0, y = 0]) => [y, x]), points.map(([x = 0, y = 0]) => [x + y, x - y])];
  const double = (nested: tensor.NestedNumbers) => tensor.from(nested, 'float64');

  it('train as the tensors of their numbers do', async () => {
    const once = () => make(2, gru(3), pooling('last'), dense(2));
    const each = () => make(2, gru(3), dense(2));
    const single = () => make(2, gru(3), dense(1));
    const column = [[1], [2], [3]];
    for (const [create, nested, tensors] of [
      [once, { inputs: planes, values: points }, { inputs: double(planes), values: double(points) }],
      [each, { inputs: planes, values: planes }, { inputs: double(planes), values: double(planes) }],
      [each, { inputs: points, values: points }, { inputs: double(points), values: double(points) }],
      [
        single,
        { inputs: planes, values: points.map((row) => [...row, 1]) },
        { inputs: double(planes), values: points.map((row) => double([...row, 1].map((x) => [x]))) },
      ],
      [single, { inputs: points, values: column }, { inputs: double(points), values: [1, 2, 3] }],
      [
        each,
        {
          inputs: planes.map((plane, index) => plane.slice(index)),
          values: planes.map((plane, index) => plane.slice(index)),
        },
        {
          inputs: planes.map((plane, index) => double(plane.slice(index))),
          values: planes.map((plane, index) => double(plane.slice(index))),
        },
      ],
      [
        single,
        { inputs: planes.map((plane, index) => plane.slice(index)), values: [[1, 2, 3], Float64Array.of(4, 5), [6]] },
        {
          inputs: planes.map((plane, index) => double(plane.slice(index))),
          values: [double([[1], [2], [3]]), double([[4], [5]]), double([[6]])],
        },
      ],
      [once, { inputs: planes, labels: [0, 1, 1] }, { inputs: double(planes), labels: [0, 1, 1] }],
      [
        once,
        { inputs: planes.map((plane) => plane.map((row) => Float64Array.from(row))), labels: [0, 1, 1] },
        { inputs: double(planes), labels: [0, 1, 1] },
      ],
    ] as [() => Model, TrainingData, TrainingData][]) {
      assert.deepEqual(await losses(create, nested), await losses(create, tensors));
    }
    using model = once();
    assert.deepEqual(await model.predict(planes), await model.predict(double(planes)));
  });

  it('go forward, backward and step by step as tensors do', async () => {
    using model = make(2, gru(3), dense(2));
    const start = {
      'rnn.h_l0': [
        [0.1, 0.2, 0.3],
        [0, 0, 0],
        [0.5, 0.5, 0.5],
      ],
    };
    const states = { 'rnn.h_l0': double(start['rnn.h_l0']) };
    const [nested, tensors]: SequenceInput[] = [{ features: planes }, { features: double(planes) }];
    assert.deepEqual(await model.forward({ ...nested, states: start }), await model.forward({ ...tensors, states }));
    const targets = [
      [0, 1, 1],
      [1, 0, 1],
      [0, 0, 1],
    ];
    for (const [given, wanted] of [
      [{ targets }, { targets: tensor.from(targets, 'int32') }],
      [
        { loss: 'squaredError', values: planes },
        { loss: 'squaredError', values: double(planes) },
      ],
      [{ gradOutput: planes }, { gradOutput: double(planes) }],
    ] as const) {
      const gradients = await model.gradients(nested as SequenceInput, given);
      assert.deepEqual(gradients, await model.gradients(tensors as SequenceInput, wanted));
      assert.deepEqual(gradients.input?.shape, [3, 3, 2]);
    }
    const [one, other] = [model.session(), model.session()];
    one.states = start;
    other.states = states;
    assert.deepEqual(await one.step(nested as SequenceInput), await other.step(tensors as SequenceInput));
    assert.deepEqual(one.states, other.states);
    using reader = Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [embedding(2), gru(3)] });
    assert.deepEqual(
      await reader.forward({ ids: targets }),
      await reader.forward({ ids: tensor.from(targets, 'int32') }),
    );
  });

  it('that are not finite are refused with the place in the nested arrays', async () => {
    using model = make(2, gru(3), dense(2));
    const spoilt = [
      [[1, 2]],
      [
        [1, 2],
        [Number.NaN, 4],
      ],
    ];
    const good = spoilt.map((rows) => rows.map(() => [0, 1]));
    const range = { code: 'ERR_UNROLLED_OPTION_RANGE' };
    await assert.rejects(model.predict(spoilt), { ...range, option: 'inputs[1][1][0]' });
    await assert.rejects(model.evaluate({ inputs: good, values: spoilt }), { ...range, option: 'values[1][1][0]' });
  });

  it('that lie in themselves, or deeper than any tensor, are refused', async () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    let deep: unknown[] = [1];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const model = make(2, gru(3), dense(2));
    const inputs = [[[1, 2]], [[3, 4]]];
    for (const spoilt of [cycle, [cycle], deep, [[1, 2], deep]] as never[]) {
      const code = /^ERR_UNROLLED_(SHAPE|OPTION_TYPE)$/;
      await assert.rejects(model.predict(spoilt), { code, option: /^inputs/ });
      await assert.rejects(model.evaluate({ inputs, values: spoilt }), { code, option: /^values/ });
      await assert.rejects(async () => model.forward(spoilt), { code });
      assert.throws(() => tensor.from(spoilt), { code });
    }
  });

  it('that are ragged or have other things than numbers are refused with the place', async () => {
    using model = make(2, gru(3), dense(2));
    using reader = Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [embedding(2), gru(3)] });
    const shape = 'ERR_UNROLLED_SHAPE';
    const type = 'ERR_UNROLLED_OPTION_TYPE';
    const good = { inputs: planes, values: planes };
    for (const [run, code, option, message] of [
      [
        () =>
          model.forward({
            features: [
              [[1, 2]],
              [
                [1, 2],
                [3, 4],
              ],
            ],
          }),
        shape,
        'features[1]',
        /^features\[1\] must be an array of 1, as features\[0\] is, not an array of 2/,
      ],
      [() => model.forward({ features: [[[1, 2], [3]]] }), shape, 'features[0][1]', /not an array of 1/],
      [
        () => model.forward({ features: [[[1, 'x' as never]]] }),
        type,
        'features[0][0][1]',
        /must be a number, not "x"/,
      ],
      [() => model.forward({ features: [[1, 2]] as never }), type, 'features', /not an array of 1/],
      [() => reader.forward({ ids: [[1, 2], [3]] }), shape, 'ids[1]', /as ids\[0\] is/],
      [
        () => reader.forward({ ids: [[1, 0.5]] }),
        'ERR_UNROLLED_OPTION_RANGE',
        'ids[0][1]',
        /a value of int32, not 0\.5/,
      ],
      [() => model.gradients({ features: planes }, { gradOutput: [[[1, 2], [3]]] }), shape, 'gradOutput[0][1]', /./],
      [() => model.gradients({ features: planes }, { targets: [[1], [2, 3]] }), shape, 'targets[1]', /./],
      [
        () => model.forward({ features: planes, states: { 'rnn.h_l0': [[1], [2, 3]] } }),
        shape,
        'states.rnn.h_l0[1]',
        /./,
      ],
      [() => model.predict([[[1, 2], [3]]]), shape, 'inputs[0][1]', /as inputs\[0\]\[0\] is, not an array of 1/],
      [
        () =>
          model.predict([
            [1, 2],
            [3, 4, 5],
          ]),
        shape,
        'inputs[1]',
        /must be an array of 2/,
      ],
      [() => model.predict([[1, 2, 3]]), shape, 'inputs', /\[N, 2\]/],
      [
        () => model.evaluate({ ...good, values: [[[1, 2]], planes[1], planes[2]] as never }),
        shape,
        'values[0]',
        /\[3, 2\]/,
      ],
      [
        () => model.evaluate({ ...good, values: [planes[0], [[1, 2], [3]], planes[2]] as never }),
        shape,
        'values[1][1]',
        /./,
      ],
      [
        () =>
          model.evaluate({
            inputs: points,
            values: [
              [1, 2],
              [3, 4],
              [5, null as never],
            ],
          }),
        type,
        'values[2][1]',
        /not null/,
      ],
    ] as const) {
      await assert.rejects(
        async () => run(),
        (error: Error & { code?: string; option?: string }) => {
          assert.deepEqual([error.code, option && error.option], [code, option], error.message);
          assert.match(error.message, message);
          return true;
        },
      );
    }
    assert.throws(() => tensor.from([[1, 2], [3]]), {
      code: shape,
      message: /^values\[1\] must be an array of 2, as values\[0\] is/,
    });
  });
});

describe('predictions', () => {
  it('of no sequences are as many', async () => {
    using once = make(2, gru(3), pooling('last'), dense(2));
    using each = make(2, gru(3), dense(4));
    using reader = Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [embedding(2), gru(3)] });
    const shapes = [await once.predict([]), await each.predict([]), await once.predict(tensor.zeros([0, 3, 2]))];
    assert.deepEqual(
      shapes.map(({ shape, data, dtype }) => [shape, data.length, dtype]),
      [
        [[0, 2], 0, 'float64'],
        [[0, 0, 4], 0, 'float64'],
        [[0, 2], 0, 'float64'],
      ],
    );
    assert.deepEqual((await reader.predict({ ids: new Int32Array(), offsets: new Int32Array(1) })).shape, [0, 0, 3]);
    assert.deepEqual(await each.predict([], { ragged: true }), []);
    await assert.rejects(once.predict([], { output: 'other' as never }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await assert.rejects(once.predict([[]]), { code: 'ERR_UNROLLED_CORPUS_EMPTY', option: 'inputs[0]' });
    using texts = SequenceClassifier.create({ vocabulary: Vocabulary.build('ab'), classes: 2, hidden: 3 });
    assert.deepEqual(await texts.predict([]), []);
    using writer = Model.create({
      input: { kind: 'ids', vocabulary: 4 },
      source: { kind: 'ids', vocabulary: 4 },
      layers: [
        embedding(2, { from: 'source' }),
        gru(3, { name: 'read' }),
        embedding(2, { from: 'input' }),
        gru(3, { initialState: 'read' }),
        dense(4),
      ],
    });
    assert.deepEqual(await writer.decode([], { start: 0, end: 1 }), []);
  });

  it('are a tensor of each sequence where asked', async () => {
    using each = make(2, gru(3), dense(2));
    using once = make(2, gru(3), pooling('last'), dense(2));
    const inputs = [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [[7, 8]],
    ];
    for (const output of ['raw', 'softmax', 'sigmoid'] as const) {
      const padded = await each.predict(inputs, { output });
      const ragged = await each.predict(inputs, { output, ragged: true });
      assert.deepEqual(
        ragged.map(({ shape }) => shape),
        [
          [3, 2],
          [1, 2],
        ],
      );
      assert.deepEqual([...(ragged[0]?.data ?? [])], [...padded.data.subarray(0, 6)]);
      assert.deepEqual([...(ragged[1]?.data ?? [])], [...padded.data.subarray(6, 8)]);
    }
    const [first, second] = await once.predict(inputs, { ragged: true });
    const both = await once.predict(inputs, { ragged: false });
    assert.deepEqual([first?.shape, [...(first?.data ?? []), ...(second?.data ?? [])]], [[2], [...both.data]]);
    await assert.rejects(once.predict(inputs, { ragged: 1 as never }), {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'ragged',
    });
  });
});
