/** Exact, adaptive and sampled softmax of language models, and as layers. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  Corpus,
  callbacks,
  defaultCutoffs,
  LanguageModel,
  type LanguageModelOptions,
  layers,
  Model,
  SequenceClassifier,
  type Tensor,
  Vocabulary,
  WordList,
} from '../../src/index';
import { parameterShapes } from '../../src/layers/plan';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';
import { CORPUS, smallModel, train, weights } from '../support/models';

const ADAPTIVE = { output: 'adaptive', cutoffs: [5, 12] } as const satisfies Partial<LanguageModelOptions>;
const SAMPLED = { output: 'sampled', samples: 10 } as const satisfies Partial<LanguageModelOptions>;

/** 400 words, each a few times, in an order that can be learnt. */
const WORDS = Corpus.fromText(
  Array.from({ length: 1600 }, (_, i) => `w${((i * 7) % 400).toString(26).replace(/\d/g, 'q')}${(i * 7) % 400}`).join(
    ' ',
  ),
  { tokens: 'word' },
);

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  return Array.from(actual).reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0);
}

describe('output', () => {
  const at = useFolder();

  for (const options of [ADAPTIVE, SAMPLED, { ...SAMPLED, tied: true, embedding: 16 }, { output: 'exact' }] as const) {
    const name = 'tied' in options ? 'sampled, tied' : options.output;
    it(`${name}: learns, and is the same after saving and loading`, async () => {
      using model = smallModel(options);
      assert.deepEqual(Object.keys(parameterShapes(model.model.description)), Object.keys(model.model.parameterShapes));
      assert.deepEqual(parameterShapes(model.model.description), model.model.parameterShapes);
      await train(model, { epochs: 5, learningRate: 0.02 });
      const { loss } = await model.evaluate(CORPUS);
      assert.ok(loss < 1, `${loss}`);
      await model.save(at('m'));
      using loaded = await LanguageModel.load(at('m'));
      assert.deepEqual(loaded.architecture, model.architecture);
      assert.equal((await loaded.evaluate(CORPUS)).loss, loss);
      assert.equal(await loaded.sample('the ', { length: 30 }), await model.sample('the ', { length: 30 }));
      await loaded.save(at('again'));
      assert.deepEqual(readFileSync(at('again')), readFileSync(at('m')));
    });
  }

  it('has probabilities of all tokens that add up to 1 and agree with score, next, beam and evaluate', async () => {
    for (const options of [ADAPTIVE, SAMPLED]) {
      using model = smallModel({ ...options, dtype: 'float64' });
      await train(model, { epochs: 2, learningRate: 0.02 });
      const text = 'the lazy fox';
      const { shape, data } = await model.probabilities(text);
      const [time, size] = shape as [number, number];
      assert.equal(size, CORPUS.vocabulary.size);
      const ids = CORPUS.vocabulary.encode(text);
      let sum = 0;
      for (let t = 0; t < time; t++) {
        const row = Array.from(data.subarray(t * size, (t + 1) * size));
        assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-12);
        if (t + 1 < time) sum += Math.log(row[ids[t + 1] as number] as number);
      }
      const { logProbability } = await model.score(text);
      assert.ok(Math.abs(logProbability - sum) < 1e-10, `${logProbability} ${sum}`);
      const { loss, tokens } = await model.evaluate(Corpus.fromText(text).withVocabulary(CORPUS.vocabulary));
      assert.ok(Math.abs(loss + sum / tokens) < 1e-10);
      const last = Array.from(data.subarray((time - 1) * size));
      const [likeliest] = await model.next(text, 1);
      assert.equal(likeliest?.id, last.indexOf(Math.max(...last)));
      assert.ok(Math.abs((likeliest?.probability ?? 0) - Math.max(...last)) < 1e-12);
      const [best] = await model.beam(text, { length: 1, beams: 2 });
      assert.ok(Math.abs((best?.logProbability ?? 0) - Math.log(Math.max(...last))) < 1e-10);
    }
  });

  it('ranks characters, whose ids go by code point, by how often they occur, and keeps the ranks in the file', async () => {
    const { frequencies } = CORPUS.vocabulary;
    const counts = CORPUS.ids.reduce(
      (sums, id) => sums.with(id, (sums[id] as number) + 1),
      new Array<number>(29).fill(0),
    );
    assert.deepEqual(frequencies, counts);
    for (const options of [ADAPTIVE, SAMPLED]) {
      using model = smallModel(options);
      const ranks = model.architecture.ranks as number[];
      const byRank = [...ranks.keys()].sort((a, b) => (ranks[a] as number) - (ranks[b] as number));
      assert.ok(
        byRank.every(
          (id, rank) => rank === 0 || (counts[id] as number) <= (counts[byRank[rank - 1] as number] as number),
        ),
      );
      await model.save(at('m'));
      const { metadata } = await readSafetensors(at('m'));
      const header = JSON.parse(metadata.get('model') as string) as { output: string; ranks: number[] };
      assert.deepEqual([header.output, header.ranks], [options.output, ranks]);
    }
    using exact = smallModel();
    await exact.save(at('m'));
    const { metadata } = await readSafetensors(at('m'));
    assert.ok(!/output|ranks|cutoffs|samples|divisor/.test(metadata.get('model') as string));
    // Words have their ids by frequency: nothing to keep.
    using words = LanguageModel.create({ vocabulary: WORDS.vocabulary, ...ADAPTIVE });
    assert.equal(words.architecture.ranks, undefined);
  });

  it('counts the unknown and the end token too', () => {
    const bounded = Vocabulary.build('aaabbc', { maxSize: 3 });
    assert.deepEqual(bounded.frequencies, [3, 2, 1]);
    assert.deepEqual(bounded.withUnknown('skip').frequencies, [3, 2, 1]);
    const documents = Corpus.fromDocuments(['ab', 'a'], { maxSize: 3 });
    assert.deepEqual(documents.vocabulary.frequencies, [2, 1, 2]);
    assert.equal(Vocabulary.fromJSON(bounded.toJSON()).frequencies, undefined);
    using model = LanguageModel.create({
      vocabulary: Vocabulary.build('a b b c d e', { tokens: 'word', minCount: 2 }),
      ...{ output: 'sampled', hidden: 4 },
    });
    assert.deepEqual(
      [model.vocabulary.frequencies, model.architecture.ranks],
      [
        [5, 2, 4],
        [0, 2, 1],
      ],
    );
  });

  it('wants to know how frequent characters are', () => {
    const vocabulary = Vocabulary.fromJSON(CORPUS.vocabulary.toJSON());
    assert.throws(() => smallModel({ ...ADAPTIVE, vocabulary }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'output',
    });
    const frequencies = Float64Array.from({ length: 29 }, (_, id) => id);
    using model = smallModel({ ...ADAPTIVE, vocabulary, frequencies });
    assert.deepEqual(
      model.architecture.ranks,
      Array.from({ length: 29 }, (_, id) => 28 - id),
    );
    assert.throws(() => smallModel({ frequencies }), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'frequencies' });
    using words = LanguageModel.create({ vocabulary: Vocabulary.fromJSON(WORDS.vocabulary.toJSON()), ...ADAPTIVE });
    assert.equal(words.architecture.ranks, undefined);
    for (const wrong of [[1, 2], 'abc', [...new Array(28).fill(1), -1], [...new Array(28).fill(1), Number.NaN]]) {
      assert.throws(
        () => smallModel({ ...ADAPTIVE, frequencies: wrong as number[] }),
        ({ code, option }) => /OPTION_(RANGE|TYPE)/.test(code) && option.startsWith('frequencies'),
      );
    }
  });

  it('has defaults that follow the vocabulary', () => {
    assert.deepEqual(defaultCutoffs(74_000), [1763, 11_421]);
    assert.deepEqual(defaultCutoffs(65), [17, 33]);
    assert.deepEqual(defaultCutoffs(4), [3]);
    assert.deepEqual([defaultCutoffs(3), defaultCutoffs(2)], [[2], [1]]);
    for (let classes = 2; classes < 300; classes++) {
      const cutoffs = defaultCutoffs(classes);
      assert.ok(cutoffs.every((cutoff, i) => cutoff >= 1 && cutoff < classes && cutoff > (cutoffs[i - 1] ?? 0)));
    }
    using adaptive = smallModel({ output: 'adaptive' });
    assert.deepEqual([adaptive.architecture.cutoffs, adaptive.architecture.divisor], [[10, 17], 4]);
    using sampled = smallModel({ output: 'sampled' });
    assert.equal(sampled.architecture.samples, 15);
    using wide = smallModel({ ...ADAPTIVE, divisor: 1 });
    assert.equal(wide.architecture.divisor, 1);
  });

  it('samples in training alone: weights and evaluation are those of the exact softmax', async () => {
    using exact = smallModel();
    using sampled = smallModel(SAMPLED);
    assert.deepEqual(await sampled.parameters(), await exact.parameters());
    assert.equal((await sampled.evaluate(CORPUS)).loss, (await exact.evaluate(CORPUS)).loss);
    const options = { steps: 1, optimizer: 'sgd' } as const;
    const [of, against] = [await train(sampled, options), await train(exact, options)];
    // What a step reports is an estimate of the exact loss.
    assert.ok(Math.abs((of[0]?.loss ?? 0) - (against[0]?.loss ?? 0)) < 0.3, `${of[0]?.loss} ${against[0]?.loss}`);
    assert.notEqual(of[0]?.loss, against[0]?.loss);
    using all = smallModel({ output: 'sampled', samples: 29 });
    const same = await train(all, { ...options, sparse: 'exact' });
    assert.ok(Math.abs((same[0]?.loss ?? 0) - (against[0]?.loss ?? 0)) < 1e-5);
    assert.ok(largestDifference(await weights(all), await weights(exact)) < 1e-6);
  });

  it('leaves rows alone that no sample and no target touched, unless it is told to be exact', async () => {
    for (const sparse of [undefined, 'exact', 'lazy'] as const) {
      using model = LanguageModel.create({
        vocabulary: WORDS.vocabulary,
        ...{ output: 'sampled', samples: 20, embedding: 4, hidden: 6 },
      });
      const moved = async (steps: number) => {
        const { 'head.weight': first } = await model.parameters();
        await train(model, { batch: 2, window: 4, steps, ...(sparse !== undefined && { sparse }) }, WORDS);
        const { 'head.weight': second } = await model.parameters();
        const [before, after] = [first as Tensor, second as Tensor];
        const rows = Array.from({ length: WORDS.vocabulary.size }, (_, row) => row);
        const at = (tensor: Tensor, row: number) => Array.from(tensor.data.slice(row * 6, row * 6 + 6)).join();
        return rows.filter((row) => at(before, row) !== at(after, row)).length;
      };
      const count = await moved(1);
      assert.ok(count > 10 && count <= 28, `${count}`);
      // Three more steps: with Adam's momentum all that ever moved move on; lazily only a step's own do.
      assert.ok((await moved(3)) <= 4 * 28);
    }
  });

  it('goes on from a checkpoint with the same bits', async () => {
    for (const options of [ADAPTIVE, SAMPLED]) {
      using whole = smallModel(options);
      await train(whole, { steps: 20 });
      using stopped = smallModel(options);
      await train(stopped, { steps: 11, callbacks: [callbacks.checkpoint({ path: at('c'), everySteps: 11 })] });
      using resumed = await LanguageModel.load(at('c'));
      await train(resumed, { steps: 20, resume: at('c') });
      assert.deepEqual(await weights(resumed), await weights(whole));
    }
  });

  it('may be changed between exact and sampled when a file is taken, and not otherwise', async () => {
    const { vocabulary } = CORPUS;
    using sampled = smallModel(SAMPLED);
    await sampled.save(at('sampled'));
    using exact = await LanguageModel.initFrom(at('sampled'), { vocabulary, output: 'exact' });
    assert.deepEqual([exact.architecture.output, exact.architecture.ranks], [undefined, undefined]);
    assert.deepEqual(await exact.parameters(), await sampled.parameters());
    await exact.save(at('exact'));
    using again = await LanguageModel.initFrom(at('exact'), { vocabulary, ...SAMPLED, samples: 7 });
    assert.deepEqual([again.architecture.samples, again.architecture.ranks], [7, sampled.architecture.ranks]);
    using other = await LanguageModel.initFrom(at('sampled'), { vocabulary, samples: 4 });
    assert.deepEqual({ ...other.architecture, samples: 10 }, sampled.architecture);

    using adaptive = smallModel(ADAPTIVE);
    await adaptive.save(at('adaptive'));
    // The ranks are the file's, whatever the vocabulary says now.
    const unranked = Vocabulary.fromJSON(vocabulary.toJSON());
    using taken = await LanguageModel.initFrom(at('adaptive'), { vocabulary: unranked });
    assert.deepEqual(taken.architecture, adaptive.architecture);
    const mismatch = (option: string) => ({ code: 'ERR_UNROLLED_MODEL_MISMATCH', option });
    await assert.rejects(LanguageModel.initFrom(at('adaptive'), { vocabulary, output: 'exact' }), mismatch('output'));
    await assert.rejects(LanguageModel.initFrom(at('adaptive'), { vocabulary, output: 'sampled' }), mismatch('output'));
    await assert.rejects(LanguageModel.initFrom(at('exact'), { vocabulary, ...ADAPTIVE }), mismatch('output'));
    await assert.rejects(LanguageModel.initFrom(at('adaptive'), { vocabulary, cutoffs: [4] }), mismatch('cutoffs'));
    const frequencies = vocabulary.frequencies as number[];
    await assert.rejects(LanguageModel.initFrom(at('adaptive'), { vocabulary, frequencies }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'frequencies',
    });
    using same = await LanguageModel.initFrom(at('adaptive'), { vocabulary, ...ADAPTIVE });
    assert.deepEqual(same.architecture, adaptive.architecture);
  });

  it('refuses a file whose description of it is damaged', async () => {
    using model = smallModel(ADAPTIVE);
    await model.save(at('m'));
    const { tensors, metadata } = await readSafetensors(at('m'));
    const header = JSON.parse(metadata.get('model') as string) as { ranks: number[] };
    const { ranks } = header;
    for (const damage of [
      { ranks: ranks.with(0, ranks[1] as number) },
      { ranks: ranks.slice(1) },
      { ranks: ranks.with(0, -1) },
      { ranks: 'abc' },
      { ranks: [0, 1] },
      { cutoffs: [5, 29] },
      { cutoffs: [] },
      { cutoffs: 7 },
      { divisor: 0 },
      { output: 'other' },
      { output: 'sampled' },
      { samples: 3 },
    ]) {
      const changed = new Map(metadata).set('model', JSON.stringify({ ...header, ...damage }));
      await writeSafetensors(at('damaged'), tensors, changed);
      await assert.rejects(
        LanguageModel.load(at('damaged')),
        { code: 'ERR_UNROLLED_MODEL_FORMAT' },
        JSON.stringify(damage),
      );
    }
  });

  it('refuses what does not go together, naming the option', () => {
    const cases: [Record<string, unknown>, string][] = [
      [{ output: 'hierarchical' }, 'output'],
      [{ output: null }, 'output'],
      [{ cutoffs: [3] }, 'cutoffs'],
      [{ samples: 3 }, 'samples'],
      [{ divisor: 3 }, 'divisor'],
      [{ ...ADAPTIVE, samples: 3 }, 'samples'],
      [{ ...SAMPLED, cutoffs: [3] }, 'cutoffs'],
      [{ ...SAMPLED, samples: 30 }, 'samples'],
      [{ ...SAMPLED, samples: 0.5 }, 'samples'],
      [{ ...ADAPTIVE, cutoffs: [3, 3] }, 'cutoffs'],
      [{ ...ADAPTIVE, cutoffs: [] }, 'cutoffs'],
      [{ ...ADAPTIVE, cutoffs: '3' }, 'cutoffs'],
      [{ ...ADAPTIVE, cutoffs: [3, 29] }, 'cutoffs[1]'],
      [{ ...ADAPTIVE, cutoffs: [0, 2] }, 'cutoffs[0]'],
      [{ ...ADAPTIVE, divisor: 0.9 }, 'divisor'],
      [{ ...ADAPTIVE, tied: true, embedding: 16 }, 'tied'],
    ];
    for (const [options, option] of cases) {
      assert.throws(
        () => smallModel(options as Partial<LanguageModelOptions>),
        (error: { code: string; option: string }) => /OPTION_(RANGE|TYPE)$/.test(error.code) && error.option === option,
        JSON.stringify(options),
      );
    }
    const vocabulary = new WordList(['good', 'bad']);
    assert.throws(() => SequenceClassifier.create({ vocabulary, classes: 2, output: 'sampled' }), { option: 'output' });
  });

  it('tells the memory of a training before it starts', async () => {
    const bytes = async (options: Partial<LanguageModelOptions>) => {
      using model = LanguageModel.create({ vocabulary: WORDS.vocabulary, embedding: 4, hidden: 64, ...options });
      const { parameterCount } = model.summary();
      return { parameterCount, ...(await model.estimate(WORDS, { batch: 2, window: 4 })) };
    };
    const [exact, adaptive] = [await bytes({}), await bytes({ output: 'adaptive' })];
    assert.ok(adaptive.parameterCount < exact.parameterCount);
    assert.ok(adaptive.bytes.total < exact.bytes.total);
    const sampled = await bytes({ output: 'sampled' });
    assert.equal(sampled.parameterCount, exact.parameterCount);
    assert.ok(sampled.bytes.total > exact.bytes.total && sampled.bytes.total < 2 * exact.bytes.total);
  });
});

describe('adaptive and sampled softmax as layers', () => {
  const examples = () => {
    const features: Tensor<'float32'>[] = [];
    const labels: number[] = [];
    for (let i = 0; i < 40; i++) {
      features.push({
        dtype: 'float32',
        shape: [1, 3],
        data: Float32Array.of(Math.sin(i), Math.cos(i), (i % 4) - 1.5),
      });
      labels.push(i % 4 === 3 ? 9 : (i % 4) * 2);
    }
    return { features, labels };
  };

  for (const [name, head] of [
    [
      'adaptive',
      layers.adaptiveSoftmax(10, { cutoffs: [3, 6], divisor: 2, bias: true, ranks: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] }),
    ],
    ['sampled', layers.dense(10, { samples: 5, ranks: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] })],
  ] as const) {
    it(`${name}: trains a model on examples`, async () => {
      using model = Model.create({
        input: { kind: 'features', features: 3 },
        layers: [layers.pooling('last'), layers.dense(16, { activation: 'tanh' }), head],
        seed: 1,
      });
      assert.deepEqual(parameterShapes(model.description), model.parameterShapes);
      const { features, labels } = examples();
      for await (const _ of model.fit({ inputs: features, labels }, { epochs: 60, batch: 8, learningRate: 0.03 }));
      const { loss, accuracy } = await model.evaluate({ inputs: features, labels });
      assert.ok(loss < 0.2 && accuracy === 1, `${loss} ${accuracy}`);
      const { data } = await model.predict(features, { output: 'softmax' });
      const sum = Array.from(data.subarray(0, 10)).reduce((total, probability) => total + probability);
      assert.ok(Math.abs(sum - 1) < 1e-5);
    });
  }

  it('have names of their own, and refuse what they cannot be', () => {
    const make = (...all: ReturnType<typeof layers.dense>[]) =>
      Model.create({ input: { kind: 'features', features: 3 }, layers: all });
    using model = make(layers.adaptiveSoftmax(100));
    assert.deepEqual(Object.keys(model.parameterShapes), [
      'adaptiveSoftmax.head.weight',
      'adaptiveSoftmax.tail.0.0.weight',
      'adaptiveSoftmax.tail.0.1.weight',
      'adaptiveSoftmax.tail.1.0.weight',
      'adaptiveSoftmax.tail.1.1.weight',
    ]);
    const refused: [() => Model, string][] = [
      [() => make(layers.adaptiveSoftmax(5, { cutoffs: [5] })), 'layers[0].cutoffs'],
      [() => make(layers.adaptiveSoftmax(5, { cutoffs: [2, 1] })), 'layers[0].cutoffs'],
      [() => make(layers.adaptiveSoftmax(5, { cutoffs: [1.5] })), 'layers[0].cutoffs[0]'],
      [() => make(layers.adaptiveSoftmax(5, { divisor: 0 })), 'layers[0].divisor'],
      [() => make(layers.adaptiveSoftmax(5, { ranks: [0, 1, 2, 3, 3] })), 'layers[0].ranks'],
      [() => make(layers.adaptiveSoftmax(1)), 'layers[0].cutoffs'],
      [() => make(layers.adaptiveSoftmax(5), layers.dense(2)), 'layers[0]'],
      [() => make(layers.dense(5, { samples: 6 })), 'layers[0].samples'],
      [() => make(layers.dense(5, { samples: 2 }), layers.dense(2)), 'layers[0].samples'],
      [() => make(layers.dense(5, { samples: 2, activation: 'tanh' })), 'layers[0].samples'],
      [() => make(layers.dense(5, { samples: 2, ranks: [1] })), 'layers[0].ranks'],
      [() => make(layers.dense(2, { ranks: [1, 0] })), 'layers[0].ranks'],
    ];
    for (const [action, option] of refused) {
      assert.throws(action, { code: 'ERR_UNROLLED_OPTION_RANGE', option }, option);
    }
  });

  it('differentiates the adaptive log-probabilities themselves', async () => {
    using model = Model.create({
      input: { kind: 'features', features: 3 },
      layers: [layers.adaptiveSoftmax(10, { cutoffs: [3, 6] })],
      dtype: 'float64',
    });
    const features: Tensor<'float64'> = {
      dtype: 'float64',
      shape: [2, 1, 3],
      data: Float64Array.of(1, 2, 3, -1, 0, 2),
    };
    const targets: Tensor<'int32'> = { dtype: 'int32', shape: [2, 1], data: Int32Array.of(1, 8) };
    const gradOutput: Tensor<'float64'> = { dtype: 'float64', shape: [2, 1, 10], data: new Float64Array(20) };
    gradOutput.data[1] = gradOutput.data[18] = -1;
    const byLoss = await model.gradients({ features }, { targets, reduction: 'sum' });
    const byOutput = await model.gradients({ features }, { gradOutput });
    for (const [name, { data }] of Object.entries(byLoss.parameters)) {
      assert.ok(largestDifference(data, (byOutput.parameters[name] as Tensor).data) < 1e-13, name);
    }
  });
});
