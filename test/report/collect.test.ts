/** What is collected from a model and its training for the report agrees with them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  Corpus,
  collect,
  type FitProgress,
  LanguageModel,
  layers,
  Model,
  SequenceClassifier,
  tensor,
  WordList,
} from '../../src/index';
import {
  collectActivations,
  collectGradientByStep,
  describeModel,
  inspect,
  renderReport,
  trainingParts,
} from '../../src/report';
import { useFolder } from '../support/folder';

const TEXT = 'one day, two days';

function language(options: Partial<Parameters<typeof LanguageModel.create>[0]> = {}): LanguageModel {
  const { vocabulary } = Corpus.fromText(TEXT);
  return LanguageModel.create({ vocabulary, cell: 'lstm', embedding: 5, hidden: 6, dtype: 'float64', ...options });
}

function norm(values: ArrayLike<number>): number {
  return Math.hypot(...Array.from(values));
}

/** Ids of one row. */
function column(ids: ArrayLike<number>): { ids: tensor.Tensor<'int32'> } {
  return { ids: { dtype: 'int32', shape: [ids.length, 1], data: Int32Array.from(ids) } };
}

/** A word, then another one, with a look at all of the first. */
function translator(): Model {
  return Model.create({
    source: { kind: 'ids', vocabulary: 7 },
    input: { kind: 'ids', vocabulary: 5 },
    dtype: 'float64',
    layers: [
      layers.oneHot({ name: 'letters', from: 'source' }),
      layers.gru(4, { name: 'encoder' }),
      layers.oneHot({ name: 'written', from: 'input' }),
      layers.gru(4, { name: 'decoder', initialState: 'encoder' }),
      layers.attention(['decoder', 'encoder']),
      layers.dense(5),
    ],
  });
}

describe('activations', () => {
  it('are the outputs of each layer over the sequence', async () => {
    using of = language({ layers: 2 });
    const input = column(of.vocabulary.encode(TEXT));
    const collected = await collectActivations(of.model, input, [...TEXT]);
    assert.deepEqual(
      collected.map(({ layer }) => layer),
      ['rnn layer 1 (lstm)', 'rnn layer 2 (lstm)'],
    );
    const { output, states } = await of.model.forward(input);
    for (const [level, { tokens, units }] of collected.entries()) {
      assert.equal(tokens.join(''), TEXT);
      assert.equal(units.length, TEXT.length);
      const last = Array.from(states[`rnn.h_l${level}`]?.data ?? []);
      assert.equal(last.length, 6);
      assert.ok(last.every((value, unit) => Math.abs(value - (units.at(-1)?.[unit] ?? Number.NaN)) < 1e-12));
    }
    // Under the head's weights the last layer's outputs are the model's.
    const { 'head.weight': weight, 'head.bias': bias } = await of.parameters();
    const [last] = [collected[1]?.units[3] as ArrayLike<number>];
    const logit = Array.from(last).reduce(
      (sum, value, unit) => sum + value * (weight?.data[unit] ?? 0),
      bias?.data[0] ?? 0,
    );
    assert.ok(Math.abs(logit - (output.data[3 * of.vocabulary.size] as number)) < 1e-12);
  });

  it('are those over the input, or over the source', async () => {
    using model = translator();
    const input = { ...column([1, 2, 3]), source: column([6, 5, 4, 3]) };
    const [decoder, ...none] = await collectActivations(model, input);
    assert.deepEqual([decoder?.layer, decoder?.tokens, none.length], ['decoder (gru)', ['1 ', '2 ', '3 '], 0]);
    const result = await model.forward(input, { layers: ['encoder'] });
    const { encoder: outputs } = result.layers;
    const { states } = result;
    assert.deepEqual(Array.from(decoder?.units[2] ?? []), Array.from(states['decoder.h_l0']?.data ?? []));
    const [encoder] = await collectActivations(model, input, [...'abcd'], 'source');
    assert.equal(encoder?.layer, 'encoder (gru)');
    assert.deepEqual(
      encoder?.units.flatMap((row) => Array.from(row)),
      Array.from(outputs?.data ?? []),
    );
  });

  it('are those of both directions', async () => {
    using model = Model.create({
      input: { kind: 'features', features: 2 },
      layers: [layers.bidirectional(layers.gru(3, { name: 'both', layers: 2 })), layers.dense(2)],
    });
    const [both, ...none] = await collectActivations(model, { features: tensor.zeros([4, 1, 2], 'float32') });
    assert.deepEqual(
      [both?.layer, both?.units.map(({ length }) => length), none.length],
      ['both (gru)', [6, 6, 6, 6], 0],
    );
  });

  it('need one sequence, and a word for each step', async () => {
    using of = language();
    const ids = tensor.zeros([3, 2], 'int32');
    const code = 'ERR_UNROLLED_OPTION_RANGE';
    await assert.rejects(collectActivations(of.model, { ids }), { code, option: 'input' });
    await assert.rejects(collectActivations(of.model, column([])), { code, option: 'input' });
    await assert.rejects(collectActivations(of.model, column([0, 1]), ['a']), { code, option: 'tokens' });
  });
});

describe('the gradient by time step', () => {
  it('is the derivative of the last loss by each state', async () => {
    using of = language();
    const ids = of.vocabulary.encode(TEXT);
    const target = ids.at(-1) as number;
    const { series } = await collectGradientByStep(of.model, column(ids.slice(0, -1)), target);
    assert.deepEqual(
      series.map(({ label, norms }) => [label, norms.length]),
      [
        ['rnn.h_l0', TEXT.length - 2],
        ['rnn.c_l0', TEXT.length - 2],
      ],
    );
    // Against differences of the loss, for the cell state after the sixth token.
    const loss = async (states: Parameters<Model['forward']>[0]['states'] & object) => {
      const { output } = await of.model.forward({ ...column(ids.slice(6, -1)), states });
      const last = Array.from(output.data.slice(-of.vocabulary.size));
      const total = Math.log(last.reduce((sum, logit) => sum + Math.exp(logit), 0));
      return total - (last[target] as number);
    };
    const { states } = await of.model.forward(column(ids.slice(0, 6)));
    const { 'rnn.c_l0': cell } = states;
    assert.ok(cell !== undefined);
    const gradient: number[] = [];
    for (let unit = 0; unit < 6; unit++) {
      const moved = (by: number) => ({
        ...states,
        'rnn.c_l0': { ...cell, data: cell.data.map((value, index) => value + (index === unit ? by : 0)) },
      });
      gradient.push(((await loss(moved(1e-5))) - (await loss(moved(-1e-5)))) / 2e-5);
    }
    assert.ok(Math.abs(norm(gradient) - (series[1]?.norms[5] as number)) < 1e-8);
  });

  it('needs two steps, a class, and layers that go step by step', async () => {
    using of = language();
    const code = 'ERR_UNROLLED_OPTION_RANGE';
    await assert.rejects(collectGradientByStep(of.model, column([1]), 0), { code, option: 'sequence' });
    await assert.rejects(collectGradientByStep(of.model, column([1, 2]), 99), { code, option: 'target' });
    using model = translator();
    await assert.rejects(collectGradientByStep(model, column([1, 2]), 0), { code, option: 'model' });
  });
});

describe('what is no sequence', () => {
  const ROW = 'an object with ids, a tensor [T, B] of type int32';
  const WRONG = [
    [Array(200).fill([1]), `must be ${ROW}, not an array of 200.`],
    [null, `must be ${ROW}, not null.`],
    [undefined, `must be ${ROW}, not undefined.`],
    [7, `must be ${ROW}, not 7.`],
    [tensor.zeros([2, 1], 'int32'), `must be ${ROW}, not an object (Object).`],
  ] as const;
  const INSIDE = [
    [{}, 'ERR_UNROLLED_OPTION_TYPE', 'ids'],
    [Int32Array.of(1, 2), 'ERR_UNROLLED_OPTION_TYPE', 'ids'],
    [{ ids: [1, 2, 3] }, 'ERR_UNROLLED_OPTION_TYPE', 'ids'],
    [{ ids: tensor.zeros([4], 'int32') }, 'ERR_UNROLLED_SHAPE', 'ids'],
    [{ features: tensor.zeros([4, 1, 2], 'float32') }, 'ERR_UNROLLED_OPTION_TYPE', 'ids'],
  ] as const;

  it('is refused with what one is, by the name of the parameter', async () => {
    using of = language({ layers: 2 });
    for (const [name, collect] of [
      ['sequence', (value: unknown) => collectGradientByStep(of.model, value as object, 2)],
      ['input', (value: unknown) => collectActivations(of.model, value as object)],
    ] as const) {
      for (const [value, message] of WRONG) {
        const error = { code: 'ERR_UNROLLED_OPTION_TYPE', option: name, message: `${name} ${message}` };
        await assert.rejects(collect(value), error);
      }
      for (const [value, code, option] of INSIDE) await assert.rejects(collect(value), { code, option });
      // Nested arrays do.
      await collect({ ids: [[1], [2], [3]] });
    }
  });

  it('is refused of a source too, and so is the source of a model that has none', async () => {
    using model = translator();
    const wrong = { ...column([1, 2]), source: 5 as never };
    const code = 'ERR_UNROLLED_OPTION_TYPE';
    await assert.rejects(collectActivations(model, wrong, undefined, 'source'), { code, option: 'source' });
    const none = collectActivations(model, column([1, 2]), undefined, 'source');
    await assert.rejects(none, { code, option: 'source.ids' });
    using of = language();
    await assert.rejects(collectActivations(of.model, column([1, 2]), undefined, 'source'), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'of',
      message: /because the model has no source/,
    });
  });
});

describe('the inspection of a model that reads text', () => {
  it('is drawn, and looks at the beginning of a long text alone', async () => {
    using of = language();
    const parts = await inspect(of, TEXT.repeat(60));
    assert.equal(parts.activations?.[0]?.tokens.length, 600);
    assert.equal(parts.gradientByStep?.series[0]?.norms.length, 63);
    const page = renderReport({ title: 'inspected', ...parts });
    for (const id of ['activations', 'gradient', 'model']) assert.ok(page.includes(`<section id="${id}"`), id);
  });

  it('leaves out what a short text cannot show', async () => {
    using of = language();
    assert.deepEqual(Object.keys(await inspect(of, '')), ['model']);
    assert.deepEqual(Object.keys(await inspect(of, 'on')), ['model', 'activations']);
    await assert.rejects(inspect(of, 'Q'), { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
  });

  it('begins a document with the end token before it', async () => {
    const { vocabulary } = Corpus.fromDocuments(['one two', 'two']);
    using of = LanguageModel.create({ vocabulary, hidden: 4, embedding: 4, dtype: 'float64' });
    const { activations, gradientByStep } = await inspect(of, 'two');
    assert.deepEqual(activations?.[0]?.tokens, ['\u2403', 't', 'w', 'o']);
    const ids = Int32Array.of(vocabulary.endId as number, ...vocabulary.encode('two'));
    assert.deepEqual(activations, (await inspect(of, ids)).activations);
    assert.deepEqual(
      gradientByStep,
      await collectGradientByStep(of.model, column(ids.slice(0, -1)), ids.at(-1) as number),
    );
    assert.deepEqual(Object.keys(await inspect(of, '')), ['model']);
  });

  it('reads what a classifier reads, to the class it finds likeliest', async () => {
    const vocabulary = new WordList(['not', 'good', 'bad', 'very']);
    using classifier = SequenceClassifier.create({ vocabulary, classes: 2, hidden: 4, dtype: 'float64' });
    const { activations, gradientByStep } = await inspect(classifier, 'not very good');
    assert.deepEqual(activations?.[0]?.tokens, ['not ', 'very ', 'good ']);
    const ids = vocabulary.encode('not very good');
    const [{ label = -1 } = {}] = await classifier.predict(['not very good']);
    assert.deepEqual(gradientByStep, await collectGradientByStep(classifier.model, column(ids), label));
  });
});

describe('the parts of a training', () => {
  it('are every epoch and every step of its history', async () => {
    const corpus = Corpus.fromText(TEXT.repeat(30));
    using model = language({ hidden: 4 });
    const options = { epochs: 2, batch: 2, window: 8, validation: 0.2, learningRate: 0.1 } as const;
    const history = await collect(model.fit(corpus, { ...options, schedule: 'cosine' }));
    const { history: epochs = [], steps } = trainingParts(history);
    assert.deepEqual(
      epochs.map(({ epoch, step }) => [epoch, step]),
      history.epochs.map(({ epoch, step }) => [epoch, step]),
    );
    for (const figure of [
      'validationLoss',
      'accuracy',
      'validationAccuracy',
      'learningRate',
      'gradientNorm',
    ] as const) {
      assert.deepEqual(
        epochs.map((epoch) => epoch[figure]),
        history.epochs.map((epoch) => epoch[figure]),
      );
      assert.ok((epochs[1]?.[figure] ?? -1) >= 0, figure);
    }
    assert.deepEqual(steps, {
      loss: history.values('stepLosses'),
      gradientNorm: history.values('stepGradientNorms'),
      learningRate: history.values('stepLearningRates'),
    });
    assert.deepEqual(trainingParts(history.epochs), trainingParts(history));
  });

  it('go on with the steps of an epoch that did not end', async () => {
    const corpus = Corpus.fromText(TEXT.repeat(30));
    using model = language({ hidden: 4 });
    const progress: FitProgress[] = [];
    const training = model.fit(corpus, { steps: 40, batch: 2, window: 8, onProgress: (each) => progress.push(each) });
    const { epochs } = await collect(training);
    const perEpoch = epochs[0]?.steps ?? 0;
    const pieces = progress.filter(({ epoch }) => epoch === 1);
    const { history, steps } = trainingParts(epochs.slice(0, 1), pieces);
    assert.equal(history?.length, 1);
    assert.deepEqual(steps, trainingParts(epochs).steps);
    assert.equal(steps?.loss.length, 40);
    // Of a training that was resumed without its history.
    assert.equal(trainingParts(epochs.slice(1)).steps?.first, perEpoch);
    assert.deepEqual(Object.keys(trainingParts([], pieces)), ['steps']);
    assert.deepEqual(trainingParts([]), {});
  });

  it('are refused where they are none', () => {
    const code = 'ERR_UNROLLED_OPTION_TYPE';
    for (const history of [undefined, 3, {}]) {
      assert.throws(() => trainingParts(history as never), { code, option: 'history' });
    }
    assert.throws(() => trainingParts([3] as never), { code, option: 'history[0]' });
  });
});

describe('model.report', () => {
  const at = useFolder();

  it('writes what is known of a language model and its training', async () => {
    using model = language({ hidden: 4 });
    const history = await collect(model.fit(Corpus.fromText(TEXT.repeat(30)), { epochs: 1, batch: 2, window: 8 }));
    const samples = [{ epoch: 0, step: 9, text: 'a sample' }];
    await model.report(at('page.html'), { title: 'Days', history, samples, text: TEXT, note: 'Look & see.' });
    const page = readFileSync(at('page.html'), 'utf8');
    for (const id of ['training', 'samples', 'activations', 'gradient', 'model']) {
      assert.ok(page.includes(`<section id="${id}"`), id);
    }
    assert.match(page, /<title>Days<\/title>/);
    assert.match(page, /role="note">Look &amp; see\.</);
  });

  it('writes what is known of any model', async () => {
    using model = translator();
    await model.report(at('page.html'));
    const page = readFileSync(at('page.html'), 'utf8');
    assert.match(page, new RegExp(`<title>A model of ${model.parameterCount} parameters</title>`));
    assert.match(page, /<section id="model"/);
    assert.doesNotMatch(page, /<section id="training"/);
  });

  it('refuses what it does not know, before it writes', async () => {
    using model = language();
    const refused = async (options: object, expected: object) =>
      assert.rejects(model.report(at('page.html'), options), expected);
    await refused({ titel: 'x' }, { code: 'ERR_UNROLLED_UNKNOWN_OPTION', option: 'titel' });
    await refused({ title: 3 }, { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'record.title' });
    await refused({ history: 3 }, { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'history' });
    await refused({ text: 'Q' }, { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
    await assert.rejects(model.report(''), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'path' });
    await assert.rejects(model.report(at('page.htmll')), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'path',
      message: /^path must be a file whose name ends in \.html or \.htm, not /,
    });
    await assert.rejects(model.report(at('no', 'page.html')), { code: 'ERR_UNROLLED_FILE_WRITE' });
    assert.throws(() => readFileSync(at('page.html')), { code: 'ENOENT' });
    model.dispose();
    await assert.rejects(model.report(at('page.html')), { code: 'ERR_UNROLLED_DISPOSED' });
    assert.throws(() => describeModel(model.model, { time: 0 }), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'time' });
  });
});
