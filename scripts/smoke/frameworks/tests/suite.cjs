/**
 * What a test of an application does with the package, for whichever runner: every value that is given is of the test's own
 * realm, and so must be every value that comes back. `expect` compares classes, so `toEqual` would tell.
 */
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { gzipSync } = require('node:zlib');

const TEXT = 'the quick brown fox jumps over the lazy dog. '.repeat(40);

/** Two classes of sequences of vectors, as typed arrays of this realm. */
const vectors = (first, second) => ({ dtype: 'float32', shape: [2, 2], data: new Float32Array([first, second, 1, 0]) });
const DATA = {
  inputs: [vectors(1, 2), vectors(3, 4), vectors(-1, -2), vectors(-3, -4)],
  labels: new Uint8Array([0, 0, 1, 1]),
};

/** What an asynchronous call throws. */
async function errorOf(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

exports.define = function define({ describe, test, expect, beforeAll, afterAll, fakeTimers, realTimers }, unrolled) {
  const { Corpus, LanguageModel, Model, TextClassifier, TextVectorizer, UnrolledError } = unrolled;
  const { callbacks, collect, datasets, layers, tensor } = unrolled;
  const create = (dtype) =>
    Model.create({
      input: { kind: 'features', features: 2 },
      layers: [layers.gru(3), layers.pooling('last'), layers.dense(1)],
      dtype,
    });
  let folder = '';
  const at = (name) => path.join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'unrolled-frameworks-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe('a model', () => {
    test('trains until it gets no better, and keeps a checkpoint that is resumed', async () => {
      const [stopped, whole] = [at('stopped'), at('whole')];
      const training = (file, more) => ({
        ...{ epochs: 6, learningRate: 0.01, validationData: DATA },
        ...{ callbacks: [callbacks.checkpoint({ path: file })], ...more },
      });
      const early = callbacks.earlyStopping({ patience: 1, minDelta: 0.5 });
      const history = await collect(create().fit(DATA, training(at('early'), { callbacks: [early] })));
      expect(history.epochs).toHaveLength(2);
      expect(history.last.stopReason).toMatch(/validation loss/);
      expect(history.last.stepLosses).toBeInstanceOf(Float64Array);

      const once = create();
      await collect(once.fit(DATA, training(whole)));
      await collect(create().fit(DATA, training(stopped, { epochs: 3 })));
      const again = create();
      await collect(again.fit(DATA, training(stopped, { resume: stopped })));
      expect(await again.parameters()).toEqual(await once.parameters());
    });

    test.each(['float32', 'float64'])('predicts in %s', async (dtype) => {
      const model = create(dtype);
      const answer = await model.predict(DATA.inputs, { output: 'sigmoid' });
      expect(answer.dtype).toBe(dtype);
      expect(answer.shape).toEqual([4, 1]);
      const Expected = dtype === 'float32' ? Float32Array : Float64Array;
      expect(answer.data).toBeInstanceOf(Expected);
      expect(answer.data).toEqual(Expected.from(answer.data));
    });

    test('takes tensors of typed arrays, and gives back what it was given', async () => {
      const model = create();
      const before = await model.parameters();
      const given = Object.entries(before).map(([name, { shape, data }]) => [
        name,
        { dtype: 'float32', shape: [...shape], data: Float32Array.from(data, (value) => value / 2) },
      ]);
      const halved = Object.fromEntries(given);
      await model.setParameters(halved);
      expect(await model.parameters()).toStrictEqual(halved);
      const features = { dtype: 'float64', shape: [1, 1, 2], data: new Float64Array([1, 2]) };
      const { output } = await model.forward({ features });
      const gradOutput = { dtype: 'float32', shape: [1, 1, 1], data: new Float32Array([1]) };
      const { parameters } = await model.gradients({ features }, { gradOutput });
      expect(output.data).toBeInstanceOf(Float32Array);
      expect(parameters['dense.bias'].data).toEqual(new Float32Array([1]));
      const ids = { dtype: 'int32', shape: [2], data: new Int32Array([1, 0]) };
      expect(tensor.oneHot(ids, 2)).toStrictEqual(
        tensor.from([
          [0, 1],
          [1, 0],
        ]),
      );
      const table = unrolled.embeddingMatrix(['', 'a'], {
        ...{ dimensions: 2, vectors: new Map([['a', new Float32Array([1, 2])]]) },
      });
      expect(table.data).toEqual(new Float32Array([0, 0, 1, 2]));
    });

    test('is saved and loaded', async () => {
      const model = create();
      await model.save(at('model'));
      const loaded = await Model.load(at('model'));
      expect(await loaded.predict(DATA.inputs)).toStrictEqual(await model.predict(DATA.inputs));
    });
  });

  test('a classifier of texts learns, is saved, and answers', async () => {
    const examples = ['good film', 'lovely film', 'bad film', 'dull film'].map((text, index) => ({
      ...{ text, label: index < 2 ? 1 : 0 },
    }));
    const vectorizer = await TextVectorizer.adapt(new Set(examples.map(({ text }) => text)));
    const classifier = TextClassifier.create({ vectorizer, classNames: ['bad', 'good'] });
    await collect(classifier.fit(examples, { epochs: 20, batch: 4 }));
    await classifier.save(at('classifier'));
    const answers = await (await TextClassifier.load(at('classifier'))).predict(['lovely film', 'bad film']);
    expect(answers.map(({ className }) => className)).toEqual(['good', 'bad']);
  });

  test('a language model samples, streams and scores', async () => {
    writeFileSync(at('text.txt.gz'), gzipSync(TEXT));
    const corpus = await datasets.text(at('text.txt.gz'));
    const streamedCorpus = await datasets.textFile(at('text.txt.gz'), { idsFile: at('ids') });
    const model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 16 });
    await collect(model.fit(corpus, { epochs: 2, batch: 4, window: 16, validation: 0.1 }));
    const text = await model.sample('the ', { length: 20, seed: 1 });
    let streamed = '';
    for await (const piece of model.stream('the ', { length: 20, seed: 1 })) streamed += piece;
    expect(streamed).toBe(text);
    const { tokens, perToken } = await model.score('the fox', { perToken: true });
    expect(perToken).toHaveLength(tokens);
    expect((await model.evaluate(streamedCorpus)).loss).toBe((await model.evaluate(corpus)).loss);
    await model.save(at('language'));
    expect(await (await LanguageModel.load(at('language'))).sample('the ', { length: 20, seed: 1 })).toBe(text);
  });

  test('a signal ends a training', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const { signal } = controller;
    const error = await errorOf(() => collect(create().fit(DATA, { epochs: 1e6, signal, onProgress })));
    expect([error.code, error.name]).toEqual(['ERR_UNROLLED_ABORTED', 'AbortError']);
    expect(error.cause).toBe(signal.reason);
  });

  test('errors have their codes, and their class', async () => {
    const corpus = Corpus.fromText(TEXT);
    const faults = {
      ERR_UNROLLED_OPTION_RANGE: () => LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 0 }),
      ERR_UNROLLED_UNKNOWN_OPTION: () => create().fit({ inputs: DATA.inputs, label: [] }).next(),
      ERR_UNROLLED_OPTION_TYPE: () => create().predict(new Map()),
      ERR_UNROLLED_FILE_NOT_FOUND: () => Model.load(at('nothing')),
      ERR_UNROLLED_SHAPE: () => create().predict([{ dtype: 'float32', shape: [1, 3], data: new Float32Array(3) }]),
    };
    for (const [code, fault] of Object.entries(faults)) {
      const error = await errorOf(fault);
      expect(error.code).toBe(code);
      expect(error).toBeInstanceOf(UnrolledError);
      expect(error).toBeInstanceOf(Error);
    }
  });

  if (fakeTimers === undefined) return;
  test('trains and samples under fake timers', async () => {
    fakeTimers();
    try {
      const corpus = Corpus.fromText(TEXT);
      const model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 16 });
      await collect(model.fit(corpus, { epochs: 30, batch: 4, window: 16 }));
      expect(await model.sample('the ', { length: 20 })).toHaveLength(20);
    } finally {
      realTimers();
    }
  });
};
