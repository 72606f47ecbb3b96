/** Classes of texts: what the classifier learns, answers, keeps and refuses. */

import assert from 'node:assert/strict';
import {
  datasets,
  type EpochResult,
  type Example,
  LanguageModel,
  Model,
  TextClassifier,
  type TextClassifierOptions,
  TextVectorizer,
  type TextVectorizerOptions,
  tensor,
  UnrolledError,
} from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { dataFolder, requireData } from '../support/data';
import { useFolder } from '../support/folder';
import { collect, smallModel } from '../support/models';

/** Texts of a class, told by one word among others. */
const WORDS = [
  ['bad', 'awful', 'dull'],
  ['good', 'great', 'lovely'],
  ['long', 'short', 'loud'],
] as const;

function examplesOf(classes: number, count: number): Example[] {
  const subjects = ['the film', 'a story', 'its music', 'this long plot of theirs'];
  return Array.from({ length: count }, (_, index) => {
    const label = index % classes;
    const word = WORDS[label]?.[Math.floor(index / classes) % 3];
    return { text: `${subjects[index % 4]} is ${word}, I say`, label };
  });
}

const TWO = examplesOf(2, 48);
const THREE = examplesOf(3, 60);
const NAMES = ['bad', 'good', 'other'];

async function vectorizerOf(examples: readonly Example[], options?: TextVectorizerOptions): Promise<TextVectorizer> {
  return TextVectorizer.adapt(
    examples.map(({ text }) => text),
    options,
  );
}

async function classifierOf(
  examples: readonly Example[],
  options: Partial<TextClassifierOptions> = {},
): Promise<TextClassifier> {
  const classes = 1 + Math.max(...examples.map(({ label }) => label));
  const vectorizer = await vectorizerOf(examples);
  return TextClassifier.create({
    ...{ vectorizer, classNames: NAMES.slice(0, classes), embedding: 8, hidden: 6, dense: 5 },
    ...options,
  });
}

function coded(code: string, message: RegExp = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof UnrolledError, String(error));
    assert.equal(error.code, `ERR_UNROLLED_${code}`, error.message);
    assert.match(error.message, message);
    return true;
  };
}

describe('TextClassifier', function () {
  this.timeout(60_000);
  const at = useFolder();

  it('is the review classifier by default', async () => {
    using classifier = TextClassifier.create({ vectorizer: await vectorizerOf(TWO), classNames: ['neg', 'pos'] });
    const { description, parameterShapes } = classifier.model;
    assert.deepEqual(description.layers, [
      { type: 'embedding', name: 'embedding', features: 64 },
      {
        ...{ type: 'gru', name: 'rnn', features: 30, layers: 1, gateActivation: 'sigmoid' },
        bidirectional: true,
        merge: 'concat',
      },
      { type: 'pooling', name: 'pooling', pooling: 'final' },
      { type: 'dense', name: 'dense', features: 60, activation: 'tanh' },
      { type: 'dense', name: 'head', features: 1 },
    ]);
    assert.deepEqual(parameterShapes['embedding.weight'], [classifier.vectorizer.size, 64]);
    assert.match(`${classifier.summary()}`, /rnn \(gru\)/);
    const { 'embedding.weight': embedding, 'rnn.bias_hh_l0': bias } = await classifier.parameters();
    assert.ok(embedding?.data.every((value) => Math.abs(value) <= 0.05));
    assert.ok(bias?.data.every((value) => value === 0));
  });

  for (const [examples, title] of [
    [TWO, 'two classes by one output'],
    [THREE, 'three classes by a softmax'],
  ] as const) {
    it(`learns ${title}`, async () => {
      using classifier = await classifierOf(examples);
      const before = await classifier.evaluate(examples);
      const epochs = await collect(classifier.fit(examples, { validationData: examples, epochs: 30, batch: 8 }));
      const after = await classifier.evaluate(examples);
      assert.ok(after.accuracy === 1 && after.loss < before.loss / 10, JSON.stringify(after));
      assert.equal(epochs.length, 30);

      // The kept epoch's own validation, computed another way.
      const best = Math.min(...epochs.map(({ validationLoss }) => validationLoss as number));
      assert.ok(Math.abs(after.loss - best) < 1e-6 + best * 1e-4, `${after.loss}, ${best}`);

      const classes = classifier.classNames.length;
      const perClass = examples.length / classes;
      const diagonal = Array.from({ length: classes }, (_, i) =>
        Array.from({ length: classes }, (_, j) => (i === j ? perClass : 0)),
      );
      assert.deepEqual(after.confusion, diagonal);
      for (const [index, prediction] of (await classifier.predict(examples.map(({ text }) => text))).entries()) {
        const { label, className, probability, probabilities } = prediction;
        assert.equal(label, examples[index]?.label);
        assert.equal(className, NAMES[label]);
        assert.equal(probability, probabilities[label]);
        assert.ok(Math.abs(probabilities.reduce((sum, value) => sum + value, 0) - 1) < 1e-6);
      }
    });
  }

  it('counts what it takes for what', async () => {
    using classifier = await classifierOf(THREE);
    const { confusion, accuracy, loss } = await classifier.evaluate(THREE);
    const predictions = await classifier.predict(THREE.map(({ text }) => text));
    const expected = [0, 1, 2].map((is) =>
      [0, 1, 2].map((taken) => THREE.filter(({ label }, i) => label === is && predictions[i]?.label === taken).length),
    );
    assert.deepEqual(confusion, expected);
    const right = expected.reduce((sum, row, label) => sum + (row[label] as number), 0);
    assert.equal(accuracy, right / THREE.length);
    const logs = predictions.map(({ probabilities }, i) =>
      Math.log(probabilities[THREE[i]?.label as number] as number),
    );
    assert.ok(Math.abs(loss + logs.reduce((sum, value) => sum + value, 0) / logs.length) < 1e-9);
  });

  it('answers the same for any batch, number of threads and padding', async () => {
    using classifier = await classifierOf(TWO, { seed: 3 });
    const texts = ['good', 'the film is bad', '', 'a story is good and good and good'];
    const together = await classifier.predict(texts);
    const one = await Promise.all(texts.map((text) => classifier.predict([text], { batch: 1, threads: 1 })));
    for (const [index, { probability }] of together.entries()) {
      assert.ok(Math.abs(probability - (one[index]?.[0]?.probability as number)) < 1e-6);
    }
    assert.deepEqual(await classifier.predict([]), []);

    const vectorizer = await vectorizerOf(TWO, { sequenceLength: 12, pad: true });
    using padded = await classifierOf(TWO, { seed: 3, vectorizer });
    assert.deepEqual(await padded.predict(texts), together);
  });

  it('says how much of a text it knows', async () => {
    const known = async (vectorizer: TextVectorizer) => {
      using classifier = await classifierOf(TWO, { vectorizer });
      const answers = await classifier.predict([
        'the film is good',
        'the novel is good',
        'novel',
        'two novels',
        '',
        '?!',
      ]);
      return answers.map(({ knownTokens, unknownTokens }) => [knownTokens, unknownTokens]);
    };
    const all = [
      [4, 0],
      [3, 1],
      [0, 1],
      [0, 2],
      [0, 0],
      [0, 0],
    ];
    assert.deepEqual(await known(await vectorizerOf(TWO)), all);
    // Padding is no token, and what is cut off is not read.
    assert.deepEqual(await known(await vectorizerOf(TWO, { sequenceLength: 12, pad: true })), all);
    const two = [
      [2, 0],
      [1, 1],
      [0, 1],
      [0, 2],
      [0, 0],
      [0, 0],
    ];
    assert.deepEqual(await known(await vectorizerOf(TWO, { sequenceLength: 2 })), two);
  });

  it('reads no more of a text than the vectorizer gives', async () => {
    const vectorizer = await vectorizerOf(TWO, { sequenceLength: 2 });
    using classifier = await classifierOf(TWO, { vectorizer });
    const [short, long] = await classifier.predict(['the film', 'the film is bad']);
    assert.deepEqual(long, short);
  });

  it('is the same after saving and loading, for every kind of network', async () => {
    const texts = THREE.slice(0, 7).map(({ text }) => text);
    for (const options of [
      {},
      { cell: 'lstm', layers: 2, dropout: 0.3, pooling: 'mean', dense: 0 },
      { cell: 'rnn', bidirectional: false, pooling: 'last', denseActivation: 'relu' },
      { cell: 'gru', gateActivation: 'tanh', pooling: 'max', dtype: 'float64' },
    ] as const) {
      using classifier = await classifierOf(THREE, options);
      await collect(classifier.fit(THREE, { epochs: 1 }));
      await classifier.save(at('a.safetensors'));
      using loaded = await TextClassifier.load(at('a.safetensors'));
      assert.deepEqual(await loaded.predict(texts), await classifier.predict(texts));
      assert.deepEqual(loaded.architecture, classifier.architecture);
      assert.deepEqual(loaded.classNames, classifier.classNames);
      assert.deepEqual(loaded.vectorizer.vocabulary, classifier.vectorizer.vocabulary);
    }
  });

  it('begins with word vectors that it is given', async () => {
    const vectorizer = await vectorizerOf(TWO);
    const embeddingWeights = tensor.zeros([vectorizer.size, 8]);
    embeddingWeights.data.fill(0.25);
    using classifier = await classifierOf(TWO, { vectorizer, embeddingWeights });
    assert.deepEqual((await classifier.parameters())['embedding.weight'], embeddingWeights);
    await assert.rejects(classifierOf(TWO, { vectorizer, embeddingWeights: tensor.zeros([3, 8]) }), coded('SHAPE'));
  });

  it('keeps the best epoch however training ends', async () => {
    // What validates has its labels the wrong way round: each epoch makes it worse, and the first is the best.
    const validationData = TWO.map(({ text, label }) => ({ text, label: 1 - label }));
    const options = { validationData, epochs: 8, batch: 8 };
    const lossOf = async (classifier: TextClassifier) => (await classifier.evaluate(validationData)).loss;
    const first = async (end: (classifier: TextClassifier, epochs: EpochResult[]) => Promise<void>) => {
      using classifier = await classifierOf(TWO);
      const epochs: EpochResult[] = [];
      await end(classifier, epochs);
      assert.ok(epochs.length > 2);
      const [{ validationLoss = 0 } = {}] = epochs;
      assert.ok(Math.abs((await lossOf(classifier)) - validationLoss) < 1e-5);
      assert.ok((epochs.at(-1)?.validationLoss as number) > validationLoss);
    };
    await first(async (classifier, epochs) => {
      for await (const epoch of classifier.fit(TWO, options)) epochs.push(epoch);
    });
    await first(async (classifier, epochs) => {
      for await (const epoch of classifier.fit(TWO, options)) if (epochs.push(epoch) === 4) break;
    });
    await first(async (classifier, epochs) => {
      const controller = new AbortController();
      const training = classifier.fit(TWO, { ...options, signal: controller.signal });
      await assert.rejects(async () => {
        for await (const epoch of training) if (epochs.push(epoch) === 4) controller.abort();
      }, coded('ABORTED'));
    });
    using last = await classifierOf(TWO);
    const epochs = await collect(last.fit(TWO, { ...options, keepBest: false }));
    assert.ok(Math.abs((await lossOf(last)) - (epochs.at(-1)?.validationLoss as number)) < 1e-5);
  });

  it('takes 10 epochs, batches of 32 and a rate of 0.01 of Adam by default', async () => {
    using classifier = await classifierOf(TWO);
    const epochs = await collect(classifier.fit(TWO));
    assert.equal(epochs.length, 10);
    assert.deepEqual([epochs[0]?.steps, epochs[0]?.learningRate], [2, 0.01]);
    assert.equal(epochs[0]?.validationLoss, undefined);
    using other = await classifierOf(TWO);
    const [sgd] = await collect(other.fit(TWO, { optimizer: 'adamw', epochs: 1 }));
    assert.equal(sgd?.learningRate, 0.001);
  });

  it('goes on from a checkpoint with the same bits', async () => {
    const checkpoint = { path: at('c'), everySteps: 7 };
    const options = { validation: 0.25, epochs: 4, batch: 8, seed: 5 };
    using whole = await classifierOf(THREE, { dropout: 0.2 });
    await collect(whole.fit(THREE, options));
    using first = await classifierOf(THREE, { dropout: 0.2 });
    await assert.rejects(
      collect(
        first.fit(THREE, {
          ...{ ...options, checkpoint },
          onProgress: ({ firstStep, losses }) => {
            if (firstStep + losses.length > 15) throw new Error('killed');
          },
        }),
      ),
      /killed/,
    );
    using second = await TextClassifier.load(at('c'));
    await collect(second.fit(THREE, { resume: at('c') }));
    assert.deepEqual(await second.parameters(), await whole.parameters());

    using other = await classifierOf(THREE, { hidden: 7 });
    const before = await other.parameters();
    await assert.rejects(collect(other.fit(THREE, { resume: at('c') })), coded('MODEL_MISMATCH', /hidden/));
    assert.deepEqual(await other.parameters(), before);
  });

  it('refuses files of other models, and others refuse its', async () => {
    using classifier = await classifierOf(TWO);
    await classifier.save(at('classifier'));
    await assert.rejects(
      LanguageModel.load(at('classifier')),
      coded('MODEL_MISMATCH', /holds a text classifier, not .*TextClassifier\.load/),
    );
    await assert.rejects(
      Model.load(at('classifier')),
      coded('MODEL_MISMATCH', /holds a text classifier, not .*TextClassifier\.load/),
    );
    using language = smallModel();
    await language.save(at('language'));
    await assert.rejects(
      TextClassifier.load(at('language')),
      coded('MODEL_MISMATCH', /holds a language model, not a text classifier\. Read it with LanguageModel\.load/),
    );
    await assert.rejects(TextClassifier.load(at('none')), coded('FILE_NOT_FOUND'));
  });

  it('refuses damaged files of its own', async () => {
    using classifier = await classifierOf(TWO);
    await classifier.save(at('whole'));
    const { tensors, metadata } = await readSafetensors(at('whole'));
    const model = JSON.parse(metadata.get('model') as string);
    const vocabulary = JSON.parse(metadata.get('vocabulary') as string);
    const write = async (name: string, changed: object) => {
      const entries = Object.entries(changed).map(([key, value]) => [key, JSON.stringify(value)] as const);
      await writeSafetensors(at(name), tensors, new Map([...metadata, ...entries]));
      return TextClassifier.load(at(name));
    };
    const counting = {
      ...vocabulary,
      ...{ options: { ...vocabulary.options, output: 'count' }, vocabulary: vocabulary.vocabulary.slice(1) },
    };
    (await write('same', { model })).dispose();
    for (const [changed, code, message] of [
      [{ model: { ...model, hidden: 100_000 } }, 'MODEL_MISMATCH', /rnn/],
      [{ model: { ...model, hidden: 0 } }, 'MODEL_FORMAT', /hidden/],
      [{ model: { ...model, class_names: ['one'] } }, 'MODEL_FORMAT', /classNames/],
      [{ model: { ...model, class_names: ['a', 'b', 'c'] } }, 'MODEL_MISMATCH', /head/],
      [{ vocabulary: null }, 'MODEL_FORMAT', /vectorizer/],
      [{ vocabulary: { ...vocabulary, vocabulary: ['', '[UNK]', 'a'] } }, 'MODEL_MISMATCH', /embedding/],
      [{ vocabulary: counting }, 'MODEL_FORMAT', /output/],
    ] as const) {
      await assert.rejects(write('changed', changed), coded(code, message));
    }
  });

  it('trains with functions in its vectorizer, and says that no file can hold them', async () => {
    const vectorizer = await vectorizerOf(TWO, { split: (text: string) => text.split(' ') });
    using classifier = await classifierOf(TWO, { vectorizer });
    await collect(classifier.fit(TWO, { epochs: 1 }));
    await assert.rejects(classifier.save(at('m')), coded('OPTION_TYPE', /split/));
  });

  it('refuses impossible options by name', async () => {
    const vectorizer = await vectorizerOf(TWO);
    const classNames = ['bad', 'good'];
    for (const [options, code, message] of [
      [{ vectorizer, classNames, hiden: 3 }, 'UNKNOWN_OPTION', /hiden/],
      [{ classNames }, 'OPTION_TYPE', /vectorizer/],
      [{ vectorizer: await vectorizerOf(TWO, { output: 'count' }), classNames }, 'OPTION_RANGE', /output/],
      [{ vectorizer }, 'OPTION_TYPE', /classNames/],
      [{ vectorizer, classNames: ['one'] }, 'OPTION_RANGE', /classNames/],
      [{ vectorizer, classNames: ['one', 'one'] }, 'OPTION_RANGE', /classNames/],
      [{ vectorizer, classNames: ['one', ''] }, 'OPTION_RANGE', /classNames\[1\]/],
      [{ vectorizer, classNames, hidden: 0 }, 'OPTION_RANGE', /hidden/],
      [{ vectorizer, classNames, dense: -1 }, 'OPTION_RANGE', /dense/],
      [{ vectorizer, classNames, cell: 'rnn', gateActivation: 'tanh' }, 'OPTION_RANGE', /gateActivation/],
      [{ vectorizer, classNames, pooling: 'first' }, 'OPTION_RANGE', /pooling/],
      [{ vectorizer, classNames, dropout: 1 }, 'OPTION_RANGE', /dropout/],
      [{ vectorizer, classNames, hidden: 1e7 }, 'OUT_OF_MEMORY', /hidden/],
      [{ vectorizer, classNames, hidden: 1e8 }, 'OPTION_RANGE', /hidden/],
    ] as const) {
      assert.throws(() => TextClassifier.create(options as unknown as TextClassifierOptions), coded(code, message));
    }
    // @ts-expect-error: the constructor is private.
    assert.throws(() => new TextClassifier(), coded('OPTION_TYPE', /TextClassifier\.create/));
  });

  it('refuses impossible data by name', async () => {
    using classifier = await classifierOf(TWO);
    const train = (examples: unknown, options?: object) => collect(classifier.fit(examples as Example[], options));
    await assert.rejects(train([]), coded('CORPUS_EMPTY'));
    await assert.rejects(train('text'), coded('OPTION_TYPE', /examples/));
    await assert.rejects(train([{ text: 'a', label: 2 }]), coded('OPTION_RANGE', /examples\[0\]\.label/));
    await assert.rejects(train([TWO[0], { text: 5, label: 0 }]), coded('OPTION_TYPE', /examples\[1\]\.text/));
    await assert.rejects(train([undefined]), coded('OPTION_TYPE', /examples\[0\]/));
    await assert.rejects(train(TWO, { keepBest: true }), coded('OPTION_RANGE', /keepBest/));
    await assert.rejects(train(TWO, { keepbest: true }), coded('UNKNOWN_OPTION', /keepbest/));
    await assert.rejects(train(TWO, 5 as unknown as object), coded('OPTION_TYPE'));
    await assert.rejects(train(TWO, { validation: 0.001 }), coded('CORPUS_TOO_SHORT'));
    await assert.rejects(train(TWO, { validationData: [] }), coded('CORPUS_EMPTY', /validationData/));
    await assert.rejects(classifier.evaluate([]), coded('CORPUS_EMPTY'));
    await assert.rejects(classifier.predict('text' as unknown as string[]), coded('OPTION_TYPE'));
    await assert.rejects(classifier.predict(['a', 1 as unknown as string]), coded('OPTION_TYPE', /texts\[1\]/));
    await assert.rejects(classifier.predict(['a'], { signal: AbortSignal.abort() }), coded('ABORTED'));
    classifier.dispose();
    await assert.rejects(classifier.predict(['a']), coded('DISPOSED'));
    await assert.rejects(train(TWO), coded('DISPOSED'));
  });

  it('learns what reviews say from 600 of them', async function () {
    requireData(this, 'aclImdb_labelled.tar.gz');
    const { train } = await datasets.imdb({ directory: dataFolder });
    const some = [...train.slice(0, 400), ...train.slice(12_500, 12_900)];
    const { train: shown, validation: unseen } = datasets.split(some, { validation: 0.25 });
    const texts = shown.map(({ text }) => text);
    const vectorizer = await TextVectorizer.adapt(texts, {
      maxTokens: 5000,
      sequenceLength: 200,
      stopWords: 'english',
    });
    using classifier = TextClassifier.create({ vectorizer, classNames: ['neg', 'pos'] });
    await collect(classifier.fit(shown, { validationData: unseen, epochs: 2 }));
    const { accuracy } = await classifier.evaluate(unseen);
    assert.ok(accuracy > 0.7, String(accuracy));
  });
});
