/** Frozen parameters stay so in every model's files, and in a training that goes on. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import {
  type Callback,
  Corpus,
  callbacks,
  type Example,
  LanguageModel,
  layers,
  Model,
  type Parameters,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  type Training,
  type TrainingOptions,
  WordList,
} from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { CORPUS, collect, STREAM, smallModel } from '../support/models';

const EXAMPLES: Example[] = Array.from({ length: 40 }, (_, index) => ({
  text: ['it is good', 'that was bad', 'it was dull', 'that is fine'][index % 4] as string,
  label: index % 2,
}));
const INPUTS = Array.from({ length: 40 }, (_, index) => [index % 5, (index * 7) % 5, (index * 3 + 1) % 5]);
const DATA = { inputs: INPUTS, labels: INPUTS.map((_, index) => index % 3) };
const GRAPH = [layers.embedding(4), layers.gru(6), layers.pooling('last'), layers.dense(3)];

/** A text model, or a model of layers. */
interface Trained {
  network: Model;
  parameters(): Promise<Parameters>;
  save(path: string): Promise<void>;
  fit(options: TrainingOptions): Training;
}

interface Kind {
  create(): Promise<Trained>;
  load(path: string): Promise<Trained>;
}

type TextModel = Omit<Trained, 'network' | 'fit'> & { model: Model };

function ofText<M extends TextModel>(model: M, fit: (options: TrainingOptions) => Training): Trained {
  return {
    network: model.model,
    parameters: () => model.parameters(),
    save: (path) => model.save(path),
    fit,
  };
}

function ofLayers(model: Model): Trained {
  return {
    network: model,
    parameters: () => model.parameters(),
    save: (path) => model.save(path),
    fit: (options) => model.fit(DATA, { batch: 4, ...options }),
  };
}

const languageModel = (model: LanguageModel) =>
  ofText(model, (options) => model.fit(CORPUS, { ...STREAM, ...options }));
const sequenceClassifier = (model: SequenceClassifier) =>
  ofText(model, (options) => model.fit(EXAMPLES, { batch: 4, ...options }));
const textClassifier = (model: TextClassifier) =>
  ofText(model, (options) => model.fit(EXAMPLES, { batch: 4, keepBest: false, ...options }));

const KINDS: Readonly<Record<string, Kind>> = {
  LanguageModel: {
    create: async () => languageModel(smallModel()),
    load: async (path) => languageModel(await LanguageModel.load(path)),
  },
  SequenceClassifier: {
    create: async () => {
      const vocabulary = new WordList(['it', 'is', 'good', 'that', 'was', 'bad', 'dull', 'fine']);
      return sequenceClassifier(SequenceClassifier.create({ vocabulary, classes: 2, embedding: 4, hidden: 5 }));
    },
    load: async (path) => sequenceClassifier(await SequenceClassifier.load(path)),
  },
  TextClassifier: {
    create: async () => {
      const vectorizer = await TextVectorizer.adapt(EXAMPLES.map(({ text }) => text));
      const network = { embedding: 4, hidden: 5, dense: 4 };
      return textClassifier(TextClassifier.create({ vectorizer, classNames: ['bad', 'good'], ...network }));
    },
    load: async (path) => textClassifier(await TextClassifier.load(path)),
  },
  Model: {
    create: async () => ofLayers(Model.create({ input: { kind: 'ids', vocabulary: 5 }, layers: GRAPH })),
    load: async (path) => ofLayers(await Model.load(path)),
  },
};

/** Ends a training at a step, as a power cut would. */
function breaksAt(steps: number): Callback {
  return {
    everySteps: steps,
    onStep: () => {
      throw new Error('cut');
    },
  };
}

describe('frozen parameters', () => {
  const at = useFolder();

  for (const [kind, { create, load }] of Object.entries(KINDS)) {
    it(`are frozen in a ${kind} that is loaded`, async () => {
      const { network, save } = await create();
      const frozen = Object.keys(network.parameterShapes).slice(0, 2);
      await network.freeze([...frozen].reverse());
      assert.deepEqual(network.frozen, frozen);
      await save(at('m'));
      const loaded = await load(at('m'));
      assert.deepEqual(loaded.network.frozen, frozen);
      const before = await loaded.parameters();
      await collect(loaded.fit({ epochs: 2 }));
      const after = await loaded.parameters();
      for (const name of Object.keys(after)) {
        const isSame = JSON.stringify(after[name]?.data) === JSON.stringify(before[name]?.data);
        assert.equal(isSame, frozen.includes(name), name);
      }
    });

    it(`stay where they are in a ${kind}'s training that is resumed, which has the bits of one never stopped`, async () => {
      const checkpoint = { path: at('c'), everySteps: 3 };
      const whole = await create();
      const [first = ''] = Object.keys(whole.network.parameterShapes);
      const begun = (await whole.parameters())[first]?.data;
      await whole.network.freeze([first]);
      await collect(whole.fit({ epochs: 2, checkpoint }));
      const cut = await create();
      await cut.network.freeze([first]);
      const breaking = { epochs: 2, checkpoint, callbacks: [breaksAt(7)] };
      await assert.rejects(collect(cut.fit(breaking)), { message: 'cut' });
      const resumed = await load(at('c'));
      assert.deepEqual(resumed.network.frozen, [first]);
      await collect(resumed.fit({ epochs: 2, resume: at('c') }));
      assert.deepEqual((await resumed.parameters())[first]?.data, begun);
      assert.deepEqual(await resumed.parameters(), await whole.parameters());
    });

    it(`are what a ${kind} frozen while it trains has in its next checkpoint`, async () => {
      const path = at('c');
      const model = await create();
      const [first = ''] = Object.keys(model.network.parameterShapes);
      const training = model.fit({ epochs: 3, callbacks: [callbacks.checkpoint({ path, everyEpochs: 1 })] });
      await training.next();
      assert.deepEqual((await load(path)).network.frozen, []);
      await model.network.freeze([first]);
      await training.next();
      const resumed = await load(path);
      assert.deepEqual(resumed.network.frozen, [first]);
      await training.next();
      await collect(resumed.fit({ epochs: 3, resume: path }));
      assert.deepEqual(await resumed.parameters(), await model.parameters());
    });

    it(`are refused where a ${kind} resumes with others`, async () => {
      const path = at('c');
      const model = await create();
      const [first = '', second = ''] = Object.keys(model.network.parameterShapes);
      await model.network.freeze([first]);
      await collect(model.fit({ epochs: 1, callbacks: [callbacks.checkpoint({ path, everyEpochs: 1 })] }));
      const other = await load(path);
      const before = await other.parameters();
      await other.network.freeze([second]);
      await assert.rejects(
        collect(other.fit({ epochs: 2, resume: path })),
        (error: Error & { code: string; option: string; expected: string; received: string }) => {
          assert.equal(error.code, 'ERR_UNROLLED_MODEL_MISMATCH');
          assert.deepEqual([error.option, error.expected, error.received], ['frozen', first, second]);
          assert.ok(error.message.includes(`${first} was frozen in it but is not frozen in this model`), error.message);
          assert.ok(error.message.includes(`${second} was trained in it but is frozen in this model`), error.message);
          return true;
        },
      );
      assert.deepEqual(await other.parameters(), before);
      await other.network.freeze([first]);
      await collect(other.fit({ epochs: 2, resume: path }));
    });

    it(`that a ${kind}'s file names and the model has not are refused`, async () => {
      const model = await create();
      await model.save(at('m'));
      const { tensors, metadata } = await readSafetensors(at('m'));
      for (const frozen of ['rnn', ['nothing'], [1], { length: 1 }]) {
        const header = { ...JSON.parse(metadata.get('model') as string), frozen };
        await writeSafetensors(at('damaged'), tensors, new Map(metadata).set('model', JSON.stringify(header)));
        await assert.rejects(load(at('damaged')), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
      }
    });
  }

  it('are not known of a checkpoint of an earlier release, which goes on with what is frozen now', async () => {
    const path = at('c');
    const whole = smallModel();
    await whole.model.freeze(['embedding.weight']);
    await collect(whole.fit(CORPUS, { ...STREAM, epochs: 2, checkpoint: { path, everySteps: 70 } }));
    const { tensors, metadata } = await readSafetensors(path);
    const { frozen: _, ...model } = JSON.parse(metadata.get('model') as string);
    const { frozen: __, ...training } = JSON.parse(metadata.get('training') as string);
    metadata.set('model', JSON.stringify(model)).set('training', JSON.stringify(training));
    await writeSafetensors(at('earlier'), tensors, metadata);
    const resumed = await LanguageModel.load(at('earlier'));
    assert.deepEqual(resumed.model.frozen, []);
    await resumed.model.freeze(['embedding.weight']);
    await collect(resumed.fit(CORPUS, { resume: at('earlier') }));
    assert.deepEqual(await resumed.parameters(), await whole.parameters());
  });

  it('are trained by a new model that begins with a file, and the command line says so', async () => {
    const model = LanguageModel.create({ vocabulary: Corpus.fromText('abc ').vocabulary, embedding: 4, hidden: 4 });
    await model.model.freeze(['head.bias', 'embedding.weight']);
    await model.save(at('m'));
    const { vocabulary } = model;
    assert.deepEqual((await LanguageModel.initFrom(at('m'), { vocabulary })).model.frozen, []);
    writeFileSync(at('text'), 'abc cab bca '.repeat(40));
    const train = ['train', at('text'), '--batch', '2', '--window', '4', '--steps', '4'];
    const begun = await runCli(...train, '--init', at('m'), '--out', at('n'));
    assert.equal(begun.status, 0, begun.stderr);
    assert.match(begun.stderr, /frozen weights \(embedding\.weight, head\.bias\): --init trains them/);
    assert.notDeepEqual(await (await LanguageModel.load(at('n'))).parameters(), await model.parameters());
  });

  it('stay frozen where the command line resumes', async () => {
    const text = 'abc cab bca '.repeat(40);
    writeFileSync(at('text'), text);

    const corpus = Corpus.fromText(text);
    const model = LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 4, hidden: 4 });
    await model.model.freeze(['embedding.weight']);
    const frozen = (await model.parameters())['embedding.weight'];
    await collect(
      model.fit(corpus, {
        batch: 2,
        window: 4,
        epochs: 1,
        callbacks: [callbacks.checkpoint({ path: at('c'), everyEpochs: 1 })],
      }),
    );
    const resumed = await runCli('train', at('text'), '--resume', at('c'), '--epochs', '2', '--out', at('n'));
    assert.equal(resumed.status, 0, resumed.stderr);
    const loaded = await LanguageModel.load(at('n'));
    assert.deepEqual((await loaded.parameters())['embedding.weight'], frozen);
    assert.deepEqual(loaded.model.frozen, ['embedding.weight']);
  });
});

describe('a gradient that is not transposed', () => {
  const at = useFolder();

  it('is remembered by the file of a classifier, so that a resumed training goes on with it', async () => {
    const vocabulary = new WordList(['it', 'is', 'good', 'that', 'was', 'bad', 'dull', 'fine']);
    const network = { vocabulary, classes: 2, cell: 'rnn', embedding: 4, hidden: 5 } as const;
    const whole = SequenceClassifier.create({ ...network, untransposedGradient: true });
    const path = at('c');
    await collect(whole.fit(EXAMPLES, { epochs: 2, batch: 4, checkpoint: { path, everySteps: 13 } }));
    const resumed = await SequenceClassifier.load(path);
    await collect(resumed.fit(EXAMPLES, { resume: path }));
    assert.deepEqual(await resumed.parameters(), await whole.parameters());
    const plain = SequenceClassifier.create(network);
    await collect(plain.fit(EXAMPLES, { epochs: 2, batch: 4 }));
    assert.notDeepEqual(await plain.parameters(), await whole.parameters());
  });
});
