/** Models in figures: what they are made of, and what training them will take. */

import assert from 'node:assert/strict';
import { layers, Model } from '../../src/index';
import { CORPUS, smallModel, weights } from '../support/models';

describe('summary', () => {
  it('tells the memory and the time of a training that was estimated', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 10 },
      layers: [layers.embedding(4), layers.gru(3), layers.pooling('final'), layers.dense(2)],
    });
    const data = {
      inputs: [
        [1, 2, 3],
        [4, 5],
      ],
      labels: [0, 1],
    };
    const estimate = await model.estimate(data, { optimizer: 'sgd', batch: 2 });
    const summary = model.summary(estimate);
    assert.equal(summary.fit, estimate);
    const lines = String(summary).split('\n').slice(-2);
    const bytes = `${4 * model.parameterCount} bytes`;
    assert.ok(lines[0]?.startsWith('a fit takes '), lines[0]);
    assert.ok(lines[0]?.includes(`parameters ${bytes}, gradients ${bytes}, optimizer 0 bytes`));
    assert.match(lines[1] as string, /^and about [\d.e-]+ ms per epoch of 1 step, [\d.e-]+ ms each$/);
    assert.ok(String(summary).startsWith(String(model.summary())));
    assert.throws(() => model.summary({} as typeof estimate), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'fit' });
  });

  it('has the layers of a model with their shapes and parameters', () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 10 },
      layers: [
        layers.embedding(4, { frozen: true }),
        layers.bidirectional(layers.gru(3)),
        layers.pooling('final'),
        layers.dense(2),
      ],
    });
    const summary = model.summary();
    assert.deepEqual(
      summary.layers.map(({ name, type, output }) => [name, type, ...output]),
      [
        ['embedding', 'embedding', 'T', 'B', 4],
        ['rnn', 'gru', 'T', 'B', 6],
        ['pooling', 'pooling', 'B', 6],
        ['dense', 'dense', 'B', 2],
      ],
    );
    const recurrent = 2 * (9 * 4 + 9 * 3 + 9 + 9);
    assert.deepEqual(
      summary.layers.map(({ parameters }) => parameters.reduce((sum, { count }) => sum + count, 0)),
      [40, recurrent, 0, 14],
    );
    assert.equal(summary.parameterCount, 54 + recurrent);
    assert.equal(summary.trainableCount, 14 + recurrent);
    assert.equal(model.parameterCount, summary.parameterCount);
    assert.deepEqual(summary.layers[0]?.parameters, [
      { name: 'embedding.weight', shape: [10, 4], count: 40, frozen: true },
    ]);
  });

  it('prints as a table', () => {
    using model = smallModel();
    const lines = String(model.summary()).split('\n');
    assert.match(lines[0] as string, /^layer +output +parameters$/);
    assert.match(lines[1] as string, /^embedding \(embedding\) +\[T, B, 8\] +232$/);
    assert.match(lines.at(-1) as string, /^2,389 parameters of float32, 2,389 trained$/);
  });
});

describe('estimate', () => {
  it('says what training takes, and leaves the weights as they are', async () => {
    using model = smallModel();
    const before = await weights(model);
    const options = { batch: 4, window: 8 };
    const { bytes, ...time } = await model.estimate(CORPUS, options);
    assert.equal(bytes.parameters, 4 * model.model.parameterCount);
    assert.equal(bytes.gradients, bytes.parameters);
    assert.equal(bytes.optimizer, 2 * bytes.parameters);
    assert.equal(bytes.data, 4 * 1204);
    assert.ok(bytes.workspace > 0);
    const { total, ...parts } = bytes;
    assert.equal(
      total,
      Object.values(parts).reduce((sum, part) => sum + part, 0),
    );
    assert.equal(time.stepsPerEpoch, 37);
    assert.ok(time.secondsPerStep > 0 && Math.abs(time.secondsPerEpoch - 37 * time.secondsPerStep) < 1e-9);
    assert.equal((await model.estimate(CORPUS, { ...options, optimizer: 'sgd' })).bytes.optimizer, 0);
    const wider = await model.estimate(CORPUS, { batch: 8, window: 8 });
    assert.ok(wider.bytes.workspace > bytes.workspace);
    assert.deepEqual(await weights(model), before);
  });

  it('takes data of every shape', async () => {
    const inputs = [[1, 2, 3], [4], [0, 0], [1]];
    const input = { kind: 'ids', vocabulary: 5 } as const;
    using once = Model.create({
      input,
      layers: [layers.oneHot(), layers.rnn(4), layers.pooling('mean'), layers.dense(1)],
    });
    for (const data of [
      { inputs, labels: [0, 1, 0, 1] },
      { inputs, values: [0.5, 1.5, 2, 3] },
    ]) {
      const estimate = await once.estimate(data, { batch: 3 });
      assert.equal(estimate.stepsPerEpoch, 2);
      assert.ok(estimate.secondsPerEpoch > 0);
    }
    using every = Model.create({ input, layers: [layers.oneHot(), layers.rnn(4), layers.dense(5)] });
    assert.ok((await every.estimate({ inputs, tags: inputs })).secondsPerEpoch > 0);
    using pairs = Model.create({
      input,
      source: input,
      layers: [
        layers.oneHot({ name: 'read', from: 'source' }),
        layers.gru(4, { name: 'encoder' }),
        layers.oneHot({ name: 'written', from: 'input' }),
        layers.gru(4, { initialState: 'encoder' }),
        layers.dense(5),
      ],
    });
    const paired = await pairs.estimate({ sources: inputs, targets: inputs, start: 0, end: 1 });
    assert.ok(paired.secondsPerEpoch > 0 && paired.bytes.workspace > 0);
  });
});
