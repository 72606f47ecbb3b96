/** Calls that read the weights after the caller may have changed them: they take those that the model had at the call. */

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { layers, Model, type Parameters } from '../src/index';

/** A translator, always the same for a seed. */
function translator(seed: number): Model {
  return Model.create({
    input: { kind: 'ids', vocabulary: 12 },
    source: { kind: 'ids', vocabulary: 12 },
    layers: [
      layers.embedding(8, { from: 'source', name: 'sourceTable' }),
      layers.gru(16, { name: 'encoder' }),
      layers.embedding(8, { from: 'input', name: 'table' }),
      layers.gru(16, { name: 'decoder', initialState: 'encoder' }),
      layers.dense(12),
    ],
    initializer: { kind: 'uniform', scale: 1 },
    seed,
  });
}

const SOURCES = Array.from({ length: 200 }, (_, i) => Int32Array.of(i % 12, (i * 5) % 12, (i * 7) % 11));
const OPTIONS = { start: 0, end: 11, length: 20 };

describe('decode of several sources', () => {
  let model: Model;
  let other: Parameters;
  let expected: Awaited<ReturnType<Model['decode']>>;

  beforeEach(async () => {
    model = translator(1);
    using another = translator(2);
    other = await another.parameters();
    expected = await model.decode(SOURCES, OPTIONS);
    assert.notDeepEqual(await another.decode(SOURCES, OPTIONS), expected);
  });

  afterEach(() => model?.dispose());

  it('has the weights of the call where others are set at once, or later', async () => {
    const before = await model.parameters();
    for (const turns of [0, 1, 5, 20]) {
      const answers = model.decode(SOURCES, OPTIONS);
      for (let i = 0; i < turns; i++) await turn();
      await model.setParameters(other);
      assert.deepEqual(await answers, expected, `${turns} turns`);
      await model.setParameters(before);
    }
  });

  it('has them where many calls run, each with its own', async () => {
    const first = [model.decode(SOURCES, OPTIONS), model.decode(SOURCES, OPTIONS)];
    const set = model.setParameters(other);
    const second = model.decode(SOURCES, OPTIONS);
    await set;
    for (const answers of await Promise.all(first)) assert.deepEqual(answers, expected);
    assert.deepEqual(await second, await model.decode(SOURCES, OPTIONS));
  });

  it('has those of one step beside a training, and those before it where it begins later', async () => {
    const data = { sources: SOURCES, targets: SOURCES.map((ids) => ids.map((id) => 1 + (id % 10))), start: 0, end: 11 };
    const options = { epochs: 2, batch: 1, learningRate: 0.01 };
    const answers = model.decode(SOURCES, OPTIONS);
    const training = model.fit(data, options).then();
    const during = [model.decode(SOURCES, OPTIONS), model.decode([...SOURCES, ...SOURCES], OPTIONS)];
    assert.deepEqual(await answers, expected);
    const [, twice] = (await Promise.all(during)) as [unknown, typeof expected];
    assert.deepEqual(twice.slice(0, SOURCES.length), twice.slice(SOURCES.length));
    await training;
  });

  it('ends where the model is disposed of after other weights were set, or its signal is aborted', async () => {
    const controller = new AbortController();
    const aborted = model.decode(SOURCES, { ...OPTIONS, signal: controller.signal });
    const disposed = model.decode(SOURCES, OPTIONS);
    await model.setParameters(other);
    controller.abort();
    await assert.rejects(aborted, { code: 'ERR_UNROLLED_ABORTED' });
    model.dispose();
    await assert.rejects(disposed, { code: 'ERR_UNROLLED_DISPOSED' });
  });

  it('leaves the model able to answer after sources that are refused', async () => {
    await assert.rejects(model.decode([[99]], OPTIONS), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await model.setParameters(other);
    assert.notDeepEqual(await model.decode(SOURCES, OPTIONS), expected);
  });
});
