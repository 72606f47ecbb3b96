/** `estimate`: the steps that it times are those of the training, and leave the model as it is. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Random } from '../../src/base/random';
import {
  Corpus,
  callbacks,
  datasets,
  type FitOptions,
  LanguageModel,
  layers,
  Model,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  type TrainingData,
} from '../../src/index';
import type { NativeTrainingOptions } from '../../src/native/native';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';
import { CORPUS, smallModel, weights } from '../support/models';

const WORDS = Corpus.fromText(
  Array.from({ length: 900 }, (_, index) => `w${Math.floor((index * index) % 157)}`).join(' '),
  { tokens: 'word' },
);

const OPTIONS: FitOptions = { batch: 4, window: 8, steps: 2, seed: 3 };

interface Started {
  options: Omit<NativeTrainingOptions, 'schedule'>;
  /** Factors of the learning rate that were set. */
  scales: number[];
  /** Steps asked for in each run. */
  runs: number[];
}

/** Native methods are read-only: an own property of the same name comes before them. */
function replace<Target extends object, Name extends keyof Target>(target: Target, name: Name, value: Target[Name]) {
  Object.defineProperty(target, name, { value });
}

/** What native trainings a model starts from here on; a pass of gradients alone fails. */
function watched({ native }: Model): Started[] {
  const all: Started[] = [];
  const start = native.startTraining.bind(native);
  replace(native, 'gradients', () => assert.fail('no step of a training'));
  replace(native, 'startTraining', (given) => {
    const { schedule: _, ...options } = given;
    const started: Started = { options, scales: [], runs: [] };
    all.push(started);
    const training = start(given);
    const [run, scale] = [training.run.bind(training), training.setLearningRateScale.bind(training)];
    replace(training, 'run', (steps, ...rest) => {
      started.runs.push(steps);
      return run(steps, ...rest);
    });
    replace(training, 'setLearningRateScale', (factor) => {
      started.scales.push(factor);
      return scale(factor);
    });
    return training;
  });
  return all;
}

describe('estimate of a training', () => {
  const at = useFolder();

  for (const output of ['exact', 'adaptive', 'sampled'] as const) {
    for (const sparse of ['exact', 'lazy'] as const) {
      it(`times its own steps: output ${output}, sparse ${sparse}`, async () => {
        using model = LanguageModel.create({ vocabulary: WORDS.vocabulary, embedding: 4, hidden: 8, output });
        const started = watched(model.model);
        const before = await weights(model);
        await model.estimate(WORDS, { ...OPTIONS, sparse });
        assert.deepEqual(await weights(model), before);
        await model.fit(WORDS, { ...OPTIONS, sparse });
        const [timed, trained] = started;
        assert.equal(started.length, 2);
        assert.deepEqual(timed?.options, trained?.options);
        assert.deepEqual([timed?.scales, trained?.scales], [[0], []]);
        assert.ok(timed && timed.runs[0] === 1 && timed.runs.length > 1);
      });
    }
  }

  it('leaves the weights as they are with every optimiser, weight decay and momentum among them', async () => {
    using model = smallModel();
    const before = await weights(model);
    for (const options of [
      { optimizer: 'sgd', momentum: 0.9 },
      { optimizer: 'rmsprop', momentum: 0.9 },
      { optimizer: 'adagrad', weightDecay: 0.1 },
      { optimizer: 'adagrad-abs' },
      { optimizer: 'adam', weightDecay: 0.1 },
      { optimizer: 'adamw', weightDecay: 0.1 },
    ] as FitOptions[]) {
      await model.estimate(CORPUS, { ...OPTIONS, ...options });
      assert.deepEqual(await weights(model), before, JSON.stringify(options));
    }
  });

  it('reads the ids of a file, as training does', async () => {
    writeFileSync(at('text.txt'), 'one two three four five six seven eight nine ten\n'.repeat(40));
    const corpus = await datasets.textFile(at('text.txt'), { tokens: 'word', idsFile: at('ids') });
    using model = LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 4, hidden: 8 });
    const started = watched(model.model);
    const { stepsPerEpoch } = await model.estimate(corpus, OPTIONS);
    const { epochs } = await model.fit(corpus, { ...OPTIONS, steps: undefined, epochs: 1 });
    assert.deepEqual(started[0]?.options, started[1]?.options);
    assert.equal(stepsPerEpoch, (epochs[0]?.step as number) + 1);
  });

  it('knows the steps of documents', async () => {
    const documents = Corpus.fromDocuments(['a', 'bb', 'ccccccccccccc', 'dddd', 'ab'.repeat(30)]);
    using model = LanguageModel.create({ vocabulary: documents.vocabulary, embedding: 4, hidden: 8 });
    const { stepsPerEpoch, secondsPerStep, secondsPerEpoch } = await model.estimate(documents, OPTIONS);
    const { epochs } = await model.fit(documents, { ...OPTIONS, steps: undefined, epochs: 1 });
    assert.equal(stepsPerEpoch, (epochs[0]?.step as number) + 1);
    assert.ok(Math.abs(secondsPerEpoch / stepsPerEpoch - secondsPerStep) < 1e-9);
  });

  it('knows the steps of documents in every cut', async () => {
    const random = new Random(5, 1007);
    const below = (count: number) => Math.floor(random.uniform() * count);
    for (let round = 0; round < 10; round++) {
      const texts = Array.from({ length: 2 + below(30) }, () => `b${'ab'.repeat(below(25))}`);
      const documents = Corpus.fromDocuments(texts);
      using model = LanguageModel.create({ vocabulary: documents.vocabulary, embedding: 2, hidden: 2 });
      const cut = { batch: 1 + below(40), window: 1 + below(30), validation: [0, 0.3][below(2)] as number };
      const { stepsPerEpoch } = await model.estimate(documents, cut);
      const { epochs } = await model.fit(documents, { ...cut, epochs: 1 });
      assert.equal(stepsPerEpoch, epochs[0]?.steps, JSON.stringify({ texts, cut }));
    }
  });

  it('knows the steps of documents that begin as those of a checkpoint of an earlier release', async () => {
    const path = at('earlier');
    // Of each, the second window is there for the end token's sake alone where that stands before the text, too.
    const documents = Corpus.fromDocuments(Array.from({ length: 12 }, (_, index) => 'abcd'.repeat(1 + (index % 2))));
    const cut = { batch: 2, window: 4 };
    using before = LanguageModel.create({ vocabulary: documents.vocabulary, embedding: 4, hidden: 8 });
    await before.save(path);
    const { tensors, metadata } = await readSafetensors(path);
    const { documents: _, ...header } = JSON.parse(metadata.get('model') as string);
    await writeSafetensors(path, tensors, metadata.set('model', JSON.stringify(header)));
    using earlier = await LanguageModel.load(path);
    const { epochs } = await earlier.fit(documents, { ...cut, epochs: 1, callbacks: [callbacks.checkpoint({ path })] });
    using model = LanguageModel.create({ vocabulary: documents.vocabulary, embedding: 4, hidden: 8 });
    assert.equal(model.documents, true);
    const { stepsPerEpoch } = await model.estimate(documents, { resume: path });
    assert.equal(stepsPerEpoch, epochs[0]?.steps);
    assert.notEqual((await model.estimate(documents, cut)).stepsPerEpoch, stepsPerEpoch);
  });

  it('knows the steps of every kind of examples', async () => {
    const count = 23;
    const ids = Array.from({ length: count }, (_, index) => Array.from({ length: 1 + (index % 5) }, () => index % 4));
    const labels = ids.map((_, index) => index % 2);
    const input = { kind: 'ids', vocabulary: 4 } as const;
    const kinds: [Model, TrainingData][] = [
      [
        Model.create({ input, layers: [layers.embedding(2), layers.gru(2), layers.pooling('last'), layers.dense(2)] }),
        { inputs: ids, labels },
      ],
      [
        Model.create({ input, layers: [layers.embedding(2), layers.gru(2), layers.dense(4)] }),
        { inputs: ids, tags: ids },
      ],
      [
        Model.create({
          input,
          source: input,
          layers: [
            layers.embedding(2, { from: 'source', name: 'read' }),
            layers.gru(2, { name: 'encoder' }),
            layers.embedding(2, { from: 'input', name: 'written' }),
            layers.gru(2, { name: 'decoder', initialState: 'encoder' }),
            layers.dense(4),
          ],
        }),
        { sources: ids, targets: ids, start: 0, end: 1 },
      ],
    ];
    for (const [model, data] of kinds) {
      for (const batch of [1, 4, 100]) {
        for (const bucketing of [0, 3]) {
          for (const validation of [0, 0.1]) {
            const options = { batch, bucketing, validation };
            const { stepsPerEpoch } = await model.estimate(data, options);
            const { epochs } = await model.fit(data, { ...options, epochs: 1 });
            assert.equal(stepsPerEpoch, epochs[0]?.steps, JSON.stringify(options));
          }
        }
      }
      model.dispose();
    }
  });

  it('refuses a checkpoint as the training would', async () => {
    const path = at('c');
    using model = smallModel();
    await model.fit(CORPUS, { ...OPTIONS, callbacks: [callbacks.checkpoint({ path })] });
    using wider = smallModel({ hidden: 17 });
    const other = Corpus.fromText([...CORPUS.text].reverse().join(''));
    const asked: [LanguageModel, Corpus, FitOptions, string][] = [
      [model, CORPUS, { batch: 5 }, 'ERR_UNROLLED_MODEL_MISMATCH'],
      [wider, CORPUS, {}, 'ERR_UNROLLED_MODEL_MISMATCH'],
      [model, other, {}, 'ERR_UNROLLED_MODEL_MISMATCH'],
      [model, CORPUS, { steps: 1 }, 'ERR_UNROLLED_OPTION_RANGE'],
    ];
    for (const [trained, corpus, options, code] of asked) {
      const told = { code, message: '' };
      await assert.rejects(
        async () => trained.fit(corpus, { ...options, resume: path }),
        (error: typeof told) => {
          told.message = error.message;
          return error.code === code;
        },
      );
      await assert.rejects(trained.estimate(corpus, { ...options, resume: path }), told);
    }
  });

  it('takes whole batches from all over the examples, without those that validate', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 4 },
      layers: [layers.embedding(4), layers.gru(3), layers.pooling('final'), layers.dense(2)],
    });
    const started = watched(model);
    const inputs = Array.from({ length: 100 }, (_, index) => Array.from({ length: 1 + index }, () => index % 4));
    const data = { inputs, labels: inputs.map((_, index) => index % 2) };
    assert.equal((await model.estimate(data, { batch: 4 })).stepsPerEpoch, 25);
    const source = started[0]?.options.source;
    assert.ok(source?.kind === 'labelled');
    const lengths = [...source.sequences.offsets.slice(1)].map(
      (end, i) => end - (source.sequences.offsets[i] as number),
    );
    assert.deepEqual(lengths, [1, 9, 17, 26, 34, 42, 51, 59, 67, 76, 84, 92]);
    assert.equal((await model.estimate(data, { batch: 4, validation: 0.2 })).stepsPerEpoch, 20);
  });

  it('takes the options of a checkpoint that is resumed', async () => {
    using model = smallModel();
    const path = at('run.safetensors');
    await model.fit(CORPUS, { ...OPTIONS, optimizer: 'sgd', callbacks: [callbacks.checkpoint({ path })] });
    const { bytes, stepsPerEpoch } = await model.estimate(CORPUS, { resume: path });
    assert.equal(bytes.optimizer, 0);
    assert.equal(stepsPerEpoch, 37);
  });

  it('ends with its signal, and leaves the model idle', async () => {
    using model = smallModel();
    const asked = model.estimate(CORPUS, { ...OPTIONS, signal: AbortSignal.abort() });
    await assert.rejects(asked, { code: 'ERR_UNROLLED_ABORTED' });
    const first = model.estimate(CORPUS, OPTIONS);
    await assert.rejects(model.estimate(CORPUS, OPTIONS), { code: 'ERR_UNROLLED_BUSY' });
    await first;
    await model.fit(CORPUS, OPTIONS);
  });

  it('is told by the summary of every kind of model, which refuses all else', async () => {
    using model = smallModel();
    const estimate = await model.estimate(CORPUS, OPTIONS);
    using sequences = SequenceClassifier.create({ vocabulary: WORDS.vocabulary, classes: 2, embedding: 4, hidden: 4 });
    const vectorizer = await TextVectorizer.adapt(['one two', 'two three']);
    using texts = TextClassifier.create({ vectorizer, classNames: ['good', 'bad'], embedding: 4, hidden: 4 });
    for (const each of [model, sequences, texts]) {
      assert.equal(each.summary(estimate).fit, estimate);
      assert.match(String(each.summary(estimate)), /\na fit takes .*\nand about .* each$/);
      assert.throws(() => each.summary({ batch: 4 } as never), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'fit' });
    }
  });

  it('shows long times in minutes and hours', async () => {
    using model = smallModel();
    const estimate = await model.estimate(CORPUS, OPTIONS);
    const slow = { ...estimate, stepsPerEpoch: 1000, secondsPerStep: 18.72, secondsPerEpoch: 18_720 };
    assert.match(String(model.summary(slow)), /\nand about 5h 12m per epoch of 1,000 steps, 18\.7 s each$/);
  });
});
