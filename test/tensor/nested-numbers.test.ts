/** Nested arrays wherever a tensor is taken, and what `predict` gives for no sequences and for each one. */

import assert from 'node:assert/strict';
import {
  type Layer,
  layers,
  Model,
  SequenceClassifier,
  type SequenceInput,
  TextClassifier,
  TextVectorizer,
  type TrainingData,
  tensor,
  Vocabulary,
} from '../../src/index';

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
        /^features\[1\] must be an array of 1, like features\[0\], not an array of 2/,
      ],
      [() => model.forward({ features: [[[1, 2], [3]]] }), shape, 'features[0][1]', /not an array of 1/],
      [
        () => model.forward({ features: [[[1, 'x' as never]]] }),
        type,
        'features[0][0][1]',
        /must be a number, not "x"/,
      ],
      [() => model.forward({ features: [[1, 2]] as never }), type, 'features', /not an array of 1/],
      [() => reader.forward({ ids: [[1, 2], [3]] }), shape, 'ids[1]', /like ids\[0\]/],
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
      [() => model.predict([[[1, 2], [3]]]), shape, 'inputs[0][1]', /like inputs\[0\]\[0\], not an array of 1/],
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
      message: /^values\[1\] must be an array of 2, like values\[0\]/,
    });
  });
});

describe('nested arrays for parameters and among tensors', () => {
  const table = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];

  it('are set as tensors are, lists and typed arrays among them', async () => {
    using nested = make(2, dense(3));
    using tensors = make(2, dense(3));
    for (const bias of [[7, 8, 9], Float32Array.of(7, 8, 9), tensor.from([7, 8, 9])]) {
      await nested.setParameters({ 'dense.weight': table, 'dense.bias': bias });
      await tensors.setParameters({ 'dense.weight': tensor.from(table), 'dense.bias': tensor.from([7, 8, 9]) });
      assert.deepEqual(await nested.parameters(), await tensors.parameters());
    }
    for (const [spoilt, code, option] of [
      [[[1, 2], [3], [5, 6]], 'SHAPE', 'dense.weight[1]'],
      [
        [
          [1, 2],
          [3, '4'],
          [5, 6],
        ],
        'OPTION_TYPE',
        'dense.weight[1][1]',
      ],
      [[[1, 2]], 'SHAPE', 'dense.weight'],
      [[1, 2, 3], 'SHAPE', 'dense.weight'],
      [
        [
          [1, 2],
          [3, Number.NaN],
          [5, 6],
        ],
        'MODEL_NOT_FINITE',
        undefined,
      ],
    ] as const) {
      const parameters = { 'dense.weight': spoilt as never, 'dense.bias': [0, 0, 0] };
      await assert.rejects(nested.setParameters(parameters), (error: { code: string; option?: string }) => {
        assert.deepEqual([error.code, error.option], [`ERR_UNROLLED_${code}`, option]);
        return true;
      });
    }
    assert.deepEqual(await nested.parameters(), await tensors.parameters(), 'none was set');
  });

  it('begin an embedding, of a model and of a classifier', async () => {
    const input = { kind: 'ids', vocabulary: 3 } as const;
    for (const weights of [table, table.map((row) => Float64Array.from(row))]) {
      using reader = Model.create({ input, layers: [embedding(2, { weights })] });
      assert.deepEqual((await reader.parameters())['embedding.weight'], tensor.from(table));
    }
    const create = (weights: unknown) => Model.create({ input, layers: [embedding(2, { weights: weights as never })] });
    assert.throws(() => create([[1, 2], [3]]), { code: 'ERR_UNROLLED_SHAPE', option: 'layers[0].weights[1]' });
    assert.throws(() => create([[1, 2]]), { code: 'ERR_UNROLLED_SHAPE' });
    const vectorizer = await TextVectorizer.adapt(['a b c']);
    const rows = vectorizer.vocabulary.map((_, id) => [id, -id]);
    const options = { vectorizer, classNames: ['no', 'yes'], embedding: 2 };
    using classifier = TextClassifier.create({ ...options, embeddingWeights: rows });
    assert.deepEqual((await classifier.parameters())['embedding.weight'], tensor.from(rows));
    assert.throws(() => TextClassifier.create({ ...options, embeddingWeights: [[1], ['2' as never]] }), {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'embeddingWeights[1][0]',
    });
  });

  it('are taken by the functions of tensors', () => {
    const made = tensor.from(table);
    assert.deepEqual(tensor.row(table, 1), tensor.row(made, 1));
    assert.deepEqual(tensor.softmax(table), tensor.softmax(made));
    assert.deepEqual(tensor.softmax([Float64Array.of(1, 2)]), tensor.softmax(tensor.from([[1, 2]])));
    assert.deepEqual(tensor.argMax(table), tensor.argMax(made));
    assert.ok(tensor.allClose(table, made) && tensor.allClose(made, table) && tensor.allClose(1, 1));
    assert.ok(
      !tensor.allClose(table, [
        [1, 2],
        [3, 4],
        [5, 7],
      ]),
    );
    assert.throws(() => tensor.allClose(table, [[1, 2]]), { code: 'ERR_UNROLLED_SHAPE' });
    assert.deepEqual(tensor.toArray(table), table);
    assert.deepEqual(
      tensor.oneHot(
        [
          [0, 1],
          [2, 0],
        ],
        3,
      ),
      tensor.oneHot(
        tensor.from(
          [
            [0, 1],
            [2, 0],
          ],
          'int32',
        ),
        3,
      ),
    );
    assert.throws(() => tensor.softmax([[1, 2], [3]]), { code: 'ERR_UNROLLED_SHAPE', option: 'logits[1]' });
  });
});

describe('a tensor without dtype, or of another', () => {
  it('is refused by that name', async () => {
    using model = make(2, gru(3), dense(2));
    using reader = Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [embedding(2), gru(3)] });
    const { dtype: _, ...without } = tensor.zeros([1, 3, 2]);
    const inputs = tensor.zeros([1, 3, 2]);
    const float = 'a tensor of type float32 or float64';
    for (const [run, option, message] of [
      [() => model.predict(without as never), 'inputs', `inputs must be ${float}, not one whose dtype is undefined.`],
      [
        () => model.predict([{ ...without, shape: [3, 2] }] as never),
        'inputs[0]',
        `inputs[0] must be ${float}, not one whose dtype is undefined.`,
      ],
      [
        () => model.predict({ ...inputs, dtype: 'float16' } as never),
        'inputs',
        `inputs must be ${float}, not one whose dtype is "float16".`,
      ],
      [
        () => reader.predict({ shape: [1, 2], data: Int32Array.of(0, 1) } as never),
        'inputs',
        'inputs must be a tensor of type int32, not one whose dtype is undefined.',
      ],
      [
        () => reader.predict(tensor.zeros([1, 2]) as never),
        'inputs',
        'inputs must be a tensor of type int32, not one whose dtype is float32.',
      ],
      [
        () => model.evaluate({ inputs, values: without as never }),
        'values',
        `values must be ${float}, not one whose dtype is undefined.`,
      ],
      [
        () => model.forward({ features: without as never }),
        'features',
        /^features must be a tensor .*, not one whose dtype is undefined\.$/,
      ],
      [
        () => model.forward({ features: { ...inputs, data: [1, 2, 3, 4, 5, 6] } as never }),
        'features',
        /^features must be a tensor .*, not one of float32 whose data is an array of 6\.$/,
      ],
      [
        () => model.forward({ features: { ...inputs, dtype: 'int32', data: new Int32Array(6) } as never }),
        'features',
        /^features must be a tensor .*, not one whose dtype is int32\.$/,
      ],
      [
        () => model.forward({ features: { ...inputs, dtype: 'float16' } as never }),
        'features',
        /^features must be a tensor .*, not one whose dtype is "float16"\.$/,
      ],
      [
        async () => tensor.row({ ...inputs, shape: '132' } as never, 0),
        'tensor',
        'tensor must be a tensor, not one whose shape is "132".',
      ],
      [
        async () => tensor.row(without as never, 0),
        'tensor',
        'tensor must be a tensor, not one whose dtype is undefined.',
      ],
      [
        async () => tensor.softmax(tensor.zeros([2], 'int32') as never),
        'logits',
        `logits must be ${float}, not one whose dtype is int32.`,
      ],
    ] as const) {
      await assert.rejects(async () => run(), { code: 'ERR_UNROLLED_OPTION_TYPE', option, message });
    }
  });
});

describe('a sparse array', () => {
  /** So many places, of which the first few have that in them. */
  function sparse(places: number, ...first: unknown[]): never {
    first.length = places;
    return first as never;
  }

  it('of as many places as there can be is refused by its first hole', async () => {
    using model = make(2, gru(3), dense(2));
    using last = make(2, gru(3), pooling('last'), dense(1));
    using reader = Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [embedding(2), gru(3)] });
    const vectorizer = await TextVectorizer.adapt(['a b c']);
    using classifier = TextClassifier.create({ vectorizer, classNames: ['no', 'yes'] });
    using texts = SequenceClassifier.create({ vocabulary: Vocabulary.build('ab'), classes: 2, hidden: 3 });
    const row = [[1, 2]];
    for (const places of [2 ** 21, 2 ** 32 - 1]) {
      for (const [run, option] of [
        [() => model.predict(sparse(places)), 'inputs[0]'],
        [() => model.predict(sparse(places, row)), 'inputs[1]'],
        [() => model.predict(sparse(places, [1, 2], [3, 4])), 'inputs[2]'],
        [() => model.forward({ features: sparse(places, row) }), 'features[1]'],
        [() => model.evaluate({ inputs: [row], values: sparse(places, row) }), 'values[1]'],
        [() => last.evaluate({ inputs: [row], values: sparse(places, 1) }), 'values[1]'],
        [() => reader.predict(sparse(places, [1], [2])), 'inputs[2]'],
        [() => model.setParameters({ ...({} as object), 'dense.weight': sparse(places, [1]) }), 'dense.weight[1]'],
        [() => classifier.predict(sparse(places, 'a')), 'texts[1]'],
        [() => classifier.evaluate(sparse(places, { text: 'a', label: 0 })), 'examples[1].text'],
        [() => vectorizer.encodeAllInTurns(sparse(places, 'a')), 'texts[1]'],
        [() => TextVectorizer.adapt(sparse(places, 'a')), 'texts[1]'],
        [() => texts.predict(sparse(places, 'a')), 'texts[1]'],
        [() => texts.evaluate(sparse(places, { text: 'a', label: 0 })), 'examples[1]'],
        [async () => tensor.from(sparse(places, 1)), 'values[1]'],
      ] as const) {
        await assert.rejects(async () => run(), { code: 'ERR_UNROLLED_OPTION_TYPE', option }, option);
      }
    }
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
