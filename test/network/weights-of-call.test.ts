/** Calls that read the weights after the caller may have changed them: they take those that the model had at the call. */

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import {
  Corpus,
  LanguageModel,
  layers,
  Model,
  type Parameters,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  Vocabulary,
} from '../../src/index';

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

/** A call that reads its input before it computes: on its model, whose weights others may set. */
interface Subject {
  model: Model;
  ask: () => Promise<unknown>;
  dispose: () => void;
}

const TEXT = 'to be or not to be. '.repeat(2000);
const TEXTS = Array.from({ length: 300 }, (_, i) => `to be ${'or not '.repeat(1 + (i % 5))}be`);
const EXAMPLES = TEXTS.map((text, i) => ({ text, label: i % 2 }));

function languageModel(ask: (model: LanguageModel) => Promise<unknown>): () => Subject {
  return () => {
    const { vocabulary } = Corpus.fromText(TEXT);
    const model = LanguageModel.create({ vocabulary, hidden: 8, embedding: 4, seed: 1 });
    return { model: model.model, ask: () => ask(model), dispose: () => model.dispose() };
  };
}

function plain(ask: (model: Model) => Promise<unknown>): () => Subject {
  return () => {
    const model = Model.create({
      input: { kind: 'ids', vocabulary: 12 },
      layers: [layers.embedding(4), layers.gru(8), layers.pooling('final'), layers.dense(3)],
    });
    return { model, ask: () => ask(model), dispose: () => model.dispose() };
  };
}

const MANY = Array.from({ length: 20_000 }, (_, i) => Int32Array.of(i % 12, (i * 5) % 12));

const SUBJECTS: Readonly<Record<string, () => Subject | Promise<Subject>>> = {
  'Model.predict': plain((model) => model.predict(MANY)),
  'Model.predict of few': plain((model) => model.predict(MANY.slice(0, 2))),
  'Model.evaluate': plain((model) => model.evaluate({ inputs: MANY, labels: MANY.map((_, i) => i % 3) })),
  'LanguageModel.score': languageModel((model) => model.score(TEXT)),
  'LanguageModel.next': languageModel((model) => model.next(TEXT)),
  'LanguageModel.probabilities': languageModel((model) => model.probabilities(TEXT.slice(0, 500))),
  'LanguageModel.evaluate': languageModel((model) => model.evaluate(Corpus.fromText(TEXT))),
  'LanguageModel.evaluate in windows': languageModel((model) => model.evaluate(Corpus.fromText(TEXT), { window: 9 })),
  'SequenceClassifier.predict': () => {
    const vocabulary = Vocabulary.build(TEXT);
    const model = SequenceClassifier.create({ vocabulary, classes: 2, hidden: 8 });
    return { model: model.model, ask: () => model.predict(TEXTS), dispose: () => model.dispose() };
  },
  'TextClassifier.evaluate': async () => {
    const vectorizer = await TextVectorizer.adapt(TEXTS);
    const model = TextClassifier.create({ vectorizer, classNames: ['a', 'b'] });
    return { model: model.model, ask: () => model.evaluate(EXAMPLES), dispose: () => model.dispose() };
  },
};

describe('what reads its input in turns', () => {
  for (const [name, make] of Object.entries(SUBJECTS)) {
    it(`has the weights of the call: ${name}`, async () => {
      const { model, ask, dispose } = await make();
      const expected = await ask();
      const before = await model.parameters();
      const negated = Object.fromEntries(
        Object.entries(before).map(([key, tensor]) => [key, { ...tensor, data: tensor.data.map((x) => 0.5 - x) }]),
      ) as Parameters;
      for (const turns of [0, 1, 3]) {
        const asked = ask();
        for (let i = 0; i < turns; i++) await turn();
        const set = model.setParameters(negated);
        const later = ask();
        await set;
        assert.deepEqual(await asked, expected, `${turns} turns`);
        assert.notDeepEqual(await later, expected);
        await model.setParameters(before);
      }
      assert.deepEqual(await ask(), expected);
      const disposed = ask();
      await model.setParameters(negated);
      dispose();
      await disposed.catch(({ code }) => assert.equal(code, 'ERR_UNROLLED_DISPOSED'));
    });
  }
});
