/** What a model says to whoever gives it something else than it takes: each message names what to give or to call. */

import assert from 'node:assert/strict';
import type { Layer } from '../../src';
import { Corpus, collect, layers, Model, tensor } from '../../src';

const { attention, bidirectional, dense, embedding, gru, lstm, oneHot, pooling, rnn } = layers;

const INPUT = { kind: 'ids', vocabulary: 5 } as const;
const SOURCE = { kind: 'ids', vocabulary: 3 } as const;
const IDS = tensor.from([[0], [1]], 'int32');
const VECTORS = tensor.zeros([1, 1, 2]);

/** An encoder and what comes behind it. */
function translator(encoder: Layer, ...decoder: Layer[]): Model {
  const read = embedding(8, { name: 'read', from: 'source' });
  return Model.create({ input: INPUT, source: SOURCE, layers: [read, encoder, ...decoder] });
}

/** An encoder–decoder of gated units, and another decoder in its place. */
function decoder(options: layers.RecurrentLayerOptions = {}, make = gru, features = 16): Model {
  const recurrent = make(features, { name: 'decoder', initialState: 'encoder', ...options });
  const written = embedding(8, { name: 'written', from: 'input' });
  return translator(gru(16, { name: 'encoder' }), written, recurrent, dense(5, { name: 'head' }));
}

describe('a model with a source', () => {
  let model: Model;
  beforeEach(() => {
    model = decoder();
  });
  afterEach(() => model.dispose());

  it('names decode where it is asked to predict', async () => {
    await assert.rejects(model.predict([[0, 1]]), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      message: /^predict is for a model without a source, but this one has a source of ids: decode\(sources, \{ start/,
    });
  });

  it('says what forward, gradients and a session need', async () => {
    const missing = {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'source.ids',
      message:
        'This model has a source of ids: give source: { ids }, a tensor [T, B] of type int32 with the same number of rows.',
    };
    await assert.rejects(model.forward({ ids: IDS }), missing);
    await assert.rejects(model.gradients({ ids: IDS }, { targets: IDS }), missing);
    await assert.rejects(model.session().step({ ids: IDS }), missing);
    await assert.rejects(model.forward({ features: VECTORS, source: { ids: IDS } }), {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'ids',
      message: /has an input of ids: give ids, a tensor \[T, B\] of type int32, not features\.$/,
    });
    await assert.rejects(model.forward({ ids: IDS, source: { ids: IDS, features: VECTORS } }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'source.features',
    });
    const refusals: [input: unknown, code: string, option: string][] = [
      [undefined, 'ERR_UNROLLED_OPTION_TYPE', 'input'],
      [[[1, 2]], 'ERR_UNROLLED_OPTION_TYPE', 'input'],
      [IDS, 'ERR_UNROLLED_OPTION_TYPE', 'input'],
      [{ inputs: [[1]] }, 'ERR_UNROLLED_UNKNOWN_OPTION', 'inputs'],
      [{ ids: [1], source: { ids: IDS } }, 'ERR_UNROLLED_OPTION_TYPE', 'ids'],
      [{ ids: IDS, source: IDS }, 'ERR_UNROLLED_OPTION_TYPE', 'source'],
      [{ ids: IDS, source: null }, 'ERR_UNROLLED_OPTION_TYPE', 'source'],
      [{ ids: IDS, source: { id: IDS } }, 'ERR_UNROLLED_UNKNOWN_OPTION', 'id'],
    ];
    for (const [input, code, option] of refusals) {
      await assert.rejects(model.forward(input as never), { code, option });
      await assert.rejects(model.session().step(input as never), { code, option });
    }
  });

  it('says what its data are, and ignores none of them', async () => {
    const [sources, inputs, targets] = [[[0, 1]], [[0, 1]], [[1]]];
    const refusals: [data: object, code: string, option: string, message: RegExp][] = [
      [{ inputs, labels: [0] }, 'ERR_UNROLLED_OPTION_TYPE', 'sources', /has a source of ids.*\{ sources, targets, st/],
      [{ sources }, 'ERR_UNROLLED_OPTION_TYPE', 'targets', /\{ sources, inputs \} with tags or values/],
      [{ sources, targets }, 'ERR_UNROLLED_OPTION_TYPE', 'start', /no start: give the id that the decoder reads first/],
      [{ sources, targets, start: 3 }, 'ERR_UNROLLED_OPTION_TYPE', 'end', /no end: give the id that ends the output/],
      [
        { sources, targets, start: 3, end: 3 },
        'ERR_UNROLLED_OPTION_RANGE',
        'end',
        /^end must be another id than start, not 3/,
      ],
      [{ sources, targets, start: 3, end: 4, inputs }, 'ERR_UNROLLED_OPTION_RANGE', 'inputs', /if targets are given/],
      [
        { sources, targets, start: 3, end: 4, tags: [[1]] },
        'ERR_UNROLLED_OPTION_RANGE',
        'tags',
        /if targets are given/,
      ],
      [{ sources, targets, start: 3, end: 4, loss: 'squaredError' }, 'ERR_UNROLLED_OPTION_RANGE', 'loss', /loss/],
      [{ sources, inputs, tags: [[1, 1]], start: 3 }, 'ERR_UNROLLED_OPTION_RANGE', 'start', /if inputs are given/],
    ];
    for (const [data, code, option, message] of refusals) {
      await assert.rejects(model.evaluate(data as never), { code, option, message });
      await assert.rejects(collect(model.fit(data as never)), { code, option, message });
    }
  });
});

describe('a model without a source', () => {
  let model: Model;
  beforeEach(() => {
    model = Model.create({ input: INPUT, layers: [embedding(3), rnn(4), dense(5)] });
  });
  afterEach(() => model.dispose());

  it('names predict where it is asked to decode', async () => {
    await assert.rejects(model.decode([[0]], { start: 0, end: 1 }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      message: 'decode needs a model with a source, but this one has none: predict(inputs) gives its outputs.',
    });
  });

  it('says what its data are', async () => {
    const paired = { sources: [[0]], targets: [[1]], start: 3, end: 4 };
    await assert.rejects(model.evaluate(paired), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'sources',
      message:
        'sources must be left out, because the model has no source: its data are { inputs } with labels, tags or values.',
    });
    for (const data of [[[1]], Corpus.fromText('text'), 'text', null]) {
      await assert.rejects(model.evaluate(data as never), {
        code: 'ERR_UNROLLED_OPTION_TYPE',
        option: 'data',
        message: /^data must be \{ inputs \} with labels, tags or values, or/,
      });
    }
    await assert.rejects(model.forward({ ids: IDS, source: { ids: IDS } }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'source',
      message: /^source must be left out, because the model has no source/,
    });
  });

  it('that writes vectors says that it cannot decode', async () => {
    using vectors = Model.create({
      input: { kind: 'features', features: 2 },
      source: { kind: 'features', features: 2 },
      layers: [gru(4, { name: 'encoder', from: 'source' }), gru(4, { from: 'input', initialState: 'encoder' })],
    });
    await assert.rejects(vectors.decode(VECTORS, { start: 0, end: 1 }), { message: /this one reads features/ });
    await assert.rejects(vectors.predict(VECTORS), {
      message: /a source of features: forward\(\{ features, source \}\)/,
    });
  });
});

describe('a layer that starts from another', () => {
  function refused(make: () => Model, message: RegExp, option = 'layers[3].initialState'): void {
    assert.throws(make, { code: 'ERR_UNROLLED_OPTION_RANGE', option, message });
  }

  it('says what differs', () => {
    refused(
      () => decoder({}, lstm, 32),
      /layer "decoder" \(lstm, 32 features\) cannot start from "encoder" \(gru, 16 features\): they differ in kind \(lstm and gru\) and features \(32 and 16\)\./,
    );
    refused(() => decoder({ layers: 2 }), /"decoder" \(gru, 2 layers, 16 features\).*differ in layers \(2 and 1\)\./);
    const both = embedding(8, { from: 'input' });
    refused(
      () =>
        translator(gru(16, { name: 'encoder' }), both, bidirectional(gru(16, { initialState: 'encoder' })), dense(5)),
      /\(bidirectional gru, 16 features\).*they differ in directions \(both and one\)\./,
    );
  });

  it('says what an output lacks that it starts from', () => {
    const start = (options: layers.RecurrentLayerOptions) => () =>
      translator(
        pooling('last', { name: 'pooled' }),
        embedding(8, { name: 'written', from: 'input' }),
        gru(16, options),
      );
    refused(start({ initialState: 'pooled' }), /from "pooled" \(pooling\): it has 8 features, not 16\..*16 features/);
    refused(start({ initialState: 'written' }), /from "written" \(embedding, 8 features\): it has an output at every/);
    refused(start({ initialState: 'input' }), /from the model's input: it has an output at every step/);
    refused(
      start({ initialState: 'pooled', layers: 2 }),
      /only a single layer in one direction can start from an output and it has 8 features/,
    );
  });
});

describe('a name that no layer has', () => {
  function refused(make: () => Model, option: string, message: string): void {
    assert.throws(make, { code: 'ERR_UNROLLED_OPTION_RANGE', option, message: `${option} must be ${message}` });
  }
  const chain = (...own: Layer[]) => Model.create({ input: INPUT, layers: own });

  it('is quoted beside those that there are', () => {
    const before = 'the name of a layer before it';
    const there = 'There are "read", "encoder", "written".';
    const option = 'layers[3].initialState';
    refused(() => decoder({ initialState: 'encodr' }), option, `${before}, not "encodr". ${there}`);
    refused(() => decoder({ initialState: 'head' }), option, `${before}, not "head", which comes after it. ${there}`);
    refused(
      () => decoder({ initialState: 'decoder' }),
      option,
      `${before}, not "decoder", which is this layer itself. ${there}`,
    );
    refused(
      () => decoder({ from: 'writen' }),
      'layers[3].from',
      'the name of an input or of a layer before it, not "writen". ' +
        'There are "input", "source", "read", "encoder", "written".',
    );
    refused(
      () => chain(embedding(3), rnn(3), attention(['rnn', 'memory'])),
      'layers[2].from',
      'the name of an input or of a layer before it, not "memory". There are "input", "embedding", "rnn".',
    );
    refused(
      () => chain(embedding(3, { from: 'source' })),
      'layers[0].from',
      'the name of an input or of a layer before it, not "source", because the model has no source. There is "input".',
    );
  });

  it('is quoted beside the embeddings that a table can be shared with', () => {
    const tied = (tiedTo: string) => dense(5, { tiedTo });
    const expected = 'the name of an embedding before it';
    refused(
      () => chain(embedding(8), rnn(8), tied('e')),
      'layers[2].tiedTo',
      `${expected}, not "e". There is "embedding".`,
    );
    refused(
      () => chain(embedding(8), rnn(8), tied('rnn')),
      'layers[2].tiedTo',
      `${expected}, not "rnn", which is not an embedding. There is "embedding".`,
    );
    refused(() => chain(oneHot(), rnn(8), tied('e')), 'layers[2].tiedTo', `${expected}, not "e". There is none.`);
  });

  it('is one of the last, where there are many', () => {
    const many = Array.from({ length: 40 }, (_, index) => dense(2, { name: `d${index}` }));
    assert.throws(
      () => chain(oneHot(), rnn(2), ...many, dense(2, { from: 'e' })),
      (error: Error) => {
        assert.match(error.message, /There are …, "d16", .*"d39"\.$/);
        return true;
      },
    );
  });
});

describe('layers.bidirectional', () => {
  it('takes a name, what it reads and how its outputs are merged', () => {
    const own = bidirectional(gru(3, { name: 'inner' }), { name: 'both', merge: 'sum', from: 'words' });
    using model = Model.create({ input: INPUT, layers: [embedding(2, { name: 'words' }), own, dense(2)] });
    assert.deepEqual(model.description.layers[1], {
      ...{ type: 'gru', name: 'both', features: 3, layers: 1, from: 'words' },
      ...{ bidirectional: true, merge: 'sum' },
    });
    assert.ok('both.weight_ih_l0_reverse' in model.parameterShapes);
    assert.equal(bidirectional(gru(3, { name: 'inner' })).name, 'inner');
    assert.deepEqual(bidirectional(gru(3), 'sum'), bidirectional(gru(3), { merge: 'sum' }));
    assert.deepEqual(bidirectional(gru(3)), bidirectional(gru(3), {}));
  });

  it('refuses what it cannot turn round', () => {
    assert.throws(() => bidirectional(dense(3)), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      message: /rnn, gru, lstm.*dense/,
    });
    assert.throws(() => bidirectional(gru(3), { nam: 'both' } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    const merged = bidirectional(gru(3), 'average' as never);
    assert.throws(() => Model.create({ input: INPUT, layers: [oneHot(), merged] }), { option: 'layers[1].merge' });
  });
});
