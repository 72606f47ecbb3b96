/** Training a `Model` by its own `fit`, in every shape of a recurrent network. */

import assert from 'node:assert/strict';
import { Random } from '../../src/base/random';
import { type Callback, collect, type EpochResult, layers, Model, type TrainingData, tensor } from '../../src/index';

const { bidirectional, dense, embedding, gru, lstm, oneHot, pooling, rnn } = layers;

/** Sequences of ids below `count`, of lengths from `shortest` to `longest`. */
function sequences(number: number, count: number, shortest: number, longest: number, seed = 0): number[][] {
  const random = new Random(seed, 1000);
  const below = (limit: number) => Math.floor(random.uniform() * limit);
  return Array.from({ length: number }, () =>
    Array.from({ length: shortest + below(longest - shortest + 1) }, () => below(count)),
  );
}

describe('Model.fit', function () {
  this.timeout(20_000);

  it('learns many-to-one: which id came first', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 4 },
      layers: [embedding(8), lstm(16), pooling('last'), dense(4)],
    });
    const inputs = sequences(200, 4, 1, 8);
    const data: TrainingData = { inputs, labels: inputs.map(([first]) => first as number) };
    const history = await collect(model.fit(data, { epochs: 40, learningRate: 0.02, validation: 0.1 }));
    assert.ok((history.last?.accuracy as number) > 0.98);
    assert.ok((history.last?.validationAccuracy as number) > 0.8);
    const { loss, accuracy, count } = await model.evaluate(data);
    assert.equal(count, 200);
    assert.ok(loss < 0.2 && (accuracy as number) > 0.97);
    const probabilities = await model.predict(inputs, { output: 'softmax' });
    assert.deepEqual(probabilities.shape, [200, 4]);
    const likeliest = tensor.argMax(probabilities).data;
    const right = inputs.filter(([first], index) => likeliest[index] === first).length;
    assert.ok(Math.abs(right / 200 - (accuracy as number)) < 1e-12);
  });

  it('hands itself to its callbacks, which may evaluate and save it', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      layers: [embedding(2), pooling('mean'), dense(2)],
    });
    const data: TrainingData = { inputs: [[0], [1, 2], [2]], labels: [0, 1, 1] };
    const losses: number[] = [];
    const watching: Callback = {
      async onEpochEnd(_result, control) {
        assert.equal(control.model, model);
        losses.push((await control.model.evaluate(data)).loss);
      },
    };
    await model.fit(data, { epochs: 2, callbacks: [watching] });
    assert.equal(losses[1], (await model.evaluate(data)).loss);
    assert.notEqual(losses[0], losses[1]);
  });

  it('learns a yes or no from one output', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      layers: [oneHot(), gru(12), pooling('max'), dense(1)],
    });
    const inputs = sequences(150, 3, 2, 6);
    const labels = inputs.map((ids) => (ids.includes(2) ? 1 : 0));
    const { last } = await collect(model.fit({ inputs, labels }, { epochs: 30, learningRate: 0.02 }));
    assert.ok((last?.accuracy as number) > 0.97);
    const { data } = await model.predict(inputs, { output: 'sigmoid' });
    assert.ok(data.every((value, index) => value > 0.5 === (labels[index] === 1)));
  });

  it('learns many-to-many, synced: the id that follows and the one before', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      layers: [embedding(6), bidirectional(gru(12)), dense(9)],
    });
    const inputs = sequences(120, 3, 1, 7);
    const tags = inputs.map((ids) => ids.map((_, at) => 3 * (ids[at - 1] ?? 0) + (ids[at + 1] ?? 0)));
    const { last } = await collect(model.fit({ inputs, tags }, { epochs: 40, learningRate: 0.02, bucketing: 4 }));
    assert.ok((last?.accuracy as number) > 0.98);
    const { count } = await model.evaluate({ inputs, tags });
    assert.equal(count, inputs.flat().length);
    const { shape, data } = await model.predict([[0, 1, 2], [1]]);
    assert.deepEqual(shape, [2, 3, 9]);
    assert.ok(
      data.subarray(27 + 9).every((value) => value === 0) && data.subarray(27, 36).some((value) => value !== 0),
    );
  });

  it('learns one-to-one: a function of two numbers', async () => {
    using model = Model.create({ input: { kind: 'features', features: 2 }, layers: [rnn(16), dense(1)] });
    const random = new Random(0, 1001);
    const points = Array.from({ length: 200 }, () => [random.uniform(), random.uniform()]);
    const values = points.map(([x = 0, y = 0]) => x - 0.5 * y);
    const inputs = tensor.from(points);
    const { last } = await collect(model.fit({ inputs, values }, { epochs: 60, learningRate: 0.02 }));
    assert.equal(last?.accuracy, undefined);
    assert.ok((last?.loss as number) < 0.001);
    const { loss, accuracy, count } = await model.evaluate({ inputs, values });
    assert.ok(loss < 0.001 && accuracy === undefined && count === 200);
  });

  it('tells of bits where the loss is in nats, and of none for squared errors', async () => {
    const inputs = tensor.from([
      [0.1, 0.2],
      [0.3, 0.4],
    ]);
    for (const [data, outputs, isInNats] of [
      [{ inputs, values: [1, 2] }, 1, false],
      [{ inputs, values: [0.5, 1], loss: 'binaryCrossEntropy' }, 1, true],
      [{ inputs, labels: [0, 1] }, 1, true],
      [{ inputs, labels: [0, 2] }, 3, true],
    ] as [TrainingData, number, boolean][]) {
      using model = Model.create({ input: { kind: 'features', features: 2 }, layers: [rnn(3), dense(outputs)] });
      const seen: EpochResult[] = [];
      const history = await collect(
        model.fit(data, { epochs: 2, callbacks: [{ onEpochEnd: (epoch) => void seen.push(epoch) }] }),
      );
      for (const epoch of [...seen, ...history.epochs, ...history.toJSON()]) {
        assert.equal(epoch.bitsPerToken, isInNats ? epoch.loss / Math.LN2 : undefined);
        assert.equal('bitsPerToken' in epoch, isInNats);
        assert.equal(epoch.lossUnit, isInNats ? undefined : 'squared error');
      }
    }
  });

  it('learns encoder–decoder: to write a sequence backwards', async () => {
    const [start, end] = [4, 5];
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 6 },
      source: { kind: 'ids', vocabulary: 4 },
      layers: [
        embedding(8, { name: 'read', from: 'source' }),
        gru(32, { name: 'encoder' }),
        embedding(8, { name: 'written', from: 'input' }),
        gru(32, { name: 'decoder', initialState: 'encoder' }),
        dense(6),
      ],
    });
    const sources = sequences(300, 4, 1, 4);
    const targets = sources.map((ids) => [...ids].reverse());
    const data = { sources, targets, start, end };
    const { last } = await collect(model.fit(data, { epochs: 40, learningRate: 0.01 }));
    assert.ok((last?.accuracy as number) > 0.97, String(last?.accuracy));
    assert.ok(((await model.evaluate(data)).accuracy as number) > 0.97);
    await assert.rejects(model.predict(sources), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'inputs' });
  });

  it('gives the same for any batch of a score, and for any number of threads', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 4 },
      layers: [embedding(4), gru(8), dense(4)],
      dtype: 'float64',
    });
    const inputs = sequences(30, 4, 1, 9);
    const data = { inputs, tags: inputs };
    const { loss } = await model.evaluate(data);
    for (const batch of [1, 7, 100]) assert.ok(Math.abs((await model.evaluate(data, { batch })).loss - loss) < 1e-12);
    assert.equal((await model.evaluate(data, { threads: 1 })).loss, loss);
  });

  it('parts what validates from what trains by the seed', async () => {
    const inputs = sequences(20, 4, 1, 3);
    const data = { inputs, tags: inputs };
    const run = async (options: object) => {
      using model = Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [embedding(4), gru(8), dense(4)] });
      const { last } = await collect(model.fit(data, { epochs: 1, ...options }));
      return last?.validationLoss as number;
    };
    const first = await run({ validation: 0.25, seed: 1 });
    assert.equal(await run({ validation: 0.25, seed: 1 }), first);
    assert.notEqual(await run({ validation: 0.25, seed: 2 }), first);
    assert.ok((await run({ validationData: data })) > 0);
    await assert.rejects(run({ validation: 0.25, validationData: data }), { option: 'validation' });
    await assert.rejects(run({ validation: 0.001 }), { code: 'ERR_UNROLLED_CORPUS_TOO_SHORT' });
    for (const [option, values] of [
      ['batch', [0, 1.5, null]],
      ['shuffle', [1, null]],
      ['bucketing', [-1, null]],
      ['schedule', ['sine']],
      ['sparse', ['no']],
    ] as const) {
      for (const value of values) await assert.rejects(run({ [option]: value }), { option }, `${option} ${value}`);
    }
    await assert.rejects(run({ window: 5 }), { code: 'ERR_UNROLLED_UNKNOWN_OPTION', option: 'window' });
  });
});
