/** The figures of an epoch are the same wherever it is cut: by callbacks, by checkpoints, by a resume in its midst. */

import assert from 'node:assert/strict';
import {
  type Callback,
  Corpus,
  type EpochResult,
  History,
  LanguageModel,
  layers,
  Model,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  type Training,
  type TrainingOptions,
  WordList,
} from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { useFolder } from '../support/folder';
import { CORPUS, collect, STREAM, smallModel } from '../support/models';
import { flat } from '../support/trainees';

/** A model on data of one kind. */
interface Trainee {
  fit(options: TrainingOptions): Training;
  model: { parameters(): ReturnType<Model['parameters']>; dispose(): void };
}

type Make = (path?: string) => Promise<Trainee>;

const BATCHED = { batch: 4, bucketing: 2, validation: 0.2 };
const LENGTHS = Array.from({ length: 30 }, (_, index) => 1 + ((index * 5) % 7));
const INPUTS = LENGTHS.map((length, index) => Array.from({ length }, (_, step) => (index * 3 + step * step) % 5));
const WORDS = ['it', 'is', 'that', 'was', 'bad', 'good', 'dull', 'fine'];
const EXAMPLES = INPUTS.map((ids, index) => ({
  text: ids.map((id) => WORDS[id]).join(' '),
  label: ((index * 7919) % 13) % 2,
}));
const DOCUMENTS = Corpus.fromDocuments(LENGTHS.map((length, index) => 'abcdefg'.slice(index % 3).slice(0, length)));

/** A `Model` over ids with those layers behind its recurrent one. */
function makeModel(data: object, ...behind: Parameters<typeof Model.create>[0]['layers'][number][]): Make {
  return async (path) => {
    const graph = [layers.embedding(4), layers.gru(6), layers.dropout(0.1), ...behind];
    const input = { kind: 'ids', vocabulary: 5 } as const;
    const model = path === undefined ? Model.create({ input, layers: graph }) : await Model.load(path);
    return { model, fit: (options) => model.fit(data as never, { ...BATCHED, ...options }) };
  };
}

const PAIRS = { sources: INPUTS, targets: INPUTS.map((ids) => [...ids].reverse().slice(0, 4)), start: 3, end: 4 };

const KINDS: Record<string, Make> = {
  stream: async (path) => {
    const model = path === undefined ? smallModel({ dropout: 0.1 }) : await LanguageModel.load(path);
    return { model, fit: (options) => model.fit(CORPUS, { ...STREAM, window: 30, validation: 0.1, ...options }) };
  },
  documents: async (path) => {
    const small = { vocabulary: DOCUMENTS.vocabulary, embedding: 4, hidden: 6 };
    const model = path === undefined ? LanguageModel.create(small) : await LanguageModel.load(path);
    return { model, fit: (options) => model.fit(DOCUMENTS, { batch: 4, window: 3, validation: 0.2, ...options }) };
  },
  'labelled sequences': makeModel(
    { inputs: INPUTS, labels: INPUTS.map((_, index) => index % 3) },
    layers.pooling('last'),
    layers.dense(3),
  ),
  'tagged sequences': makeModel(
    { inputs: INPUTS, tags: INPUTS.map((ids) => ids.map((id) => id % 3)) },
    layers.dense(3),
  ),
  'values of sequences': makeModel(
    { inputs: INPUTS, values: INPUTS.map((ids) => [ids.length / 3]) },
    layers.pooling('mean'),
    layers.dense(1),
  ),
  'values of steps': makeModel(
    { inputs: INPUTS, values: INPUTS.map((ids) => ids.map((id) => [id / 3])) },
    layers.dense(1),
  ),
  'yes or no of sequences': makeModel(
    { inputs: INPUTS, values: INPUTS.map((ids) => [ids.length % 2]), loss: 'binaryCrossEntropy' },
    layers.pooling('max'),
    layers.dense(1),
  ),
  'pairs of sequences': async (path) => {
    const graph = [
      layers.embedding(4, { name: 'reading', from: 'source' }),
      layers.gru(6, { name: 'encoder' }),
      layers.embedding(4, { name: 'writing', from: 'input' }),
      layers.gru(6, { initialState: 'encoder' }),
      layers.dense(5),
    ];
    const input = { kind: 'ids', vocabulary: 5 } as const;
    const model = path === undefined ? Model.create({ input, source: input, layers: graph }) : await Model.load(path);
    return { model, fit: (options) => model.fit(PAIRS, { ...BATCHED, ...options }) };
  },
  'a sequence classifier': async (path) => {
    const options = { vocabulary: new WordList(WORDS), classes: 2, embedding: 4, hidden: 4 };
    const model = path === undefined ? SequenceClassifier.create(options) : await SequenceClassifier.load(path);
    return { model, fit: (fit) => model.fit(EXAMPLES, { ...BATCHED, ...fit }) };
  },
  'a text classifier': async (path) => {
    const vectorizer = await TextVectorizer.adapt(EXAMPLES.map(({ text }) => text));
    const small = { embedding: 4, hidden: 3, dense: 4, dropout: 0.1 };
    const model =
      path === undefined
        ? TextClassifier.create({ vectorizer, classNames: ['neg', 'pos'], ...small })
        : await TextClassifier.load(path);
    return { model, fit: (options) => model.fit(EXAMPLES, { batch: 4, validation: 0.2, ...options }) };
  },
};

/** An epoch without what the clock says. */
function timeless({ tokensPerSecond, seconds, ...figures }: EpochResult): object {
  return figures;
}

const noted = (everySteps: number): Callback => ({ everySteps, onStep: () => {} });

describe('an epoch that is cut', () => {
  const at = useFolder();
  const epochs = 3;

  /** What a run without any cut gives, its weights, and the steps of its epochs. */
  async function uncut(make: Make) {
    const { fit: train, model } = await make();
    const results = await collect(train({ epochs }));
    const all = flat(await model.parameters());
    model.dispose();
    return { results: results.map(timeless), weights: all, steps: (results[0] as EpochResult).steps };
  }

  for (const [name, make] of Object.entries(KINDS)) {
    it(`has the figures of one that is not, however callbacks and checkpoints cut it: ${name}`, async () => {
      const { results: expected, weights, steps } = await uncut(make);
      assert.ok(steps >= 5, `${steps} steps`);
      const ways: TrainingOptions[] = [
        { callbacks: [noted(1)] },
        { callbacks: [noted(2), noted(3)] },
        { checkpoint: { path: at('c'), everySteps: 1 } },
        { checkpoint: { path: at('c'), everySteps: 3 }, callbacks: [noted(2)] },
      ];
      for (const way of ways) {
        const { fit: train, model } = await make();
        const results = await collect(train({ epochs, ...way }));
        assert.deepEqual(results.map(timeless), expected);
        assert.deepEqual(flat(await model.parameters()), weights);
        model.dispose();
      }
    });

    it(`has the figures of one that is not, at whatever step it was stopped and resumed: ${name}`, async () => {
      const { results: expected, weights, steps } = await uncut(make);
      // A checkpoint of every step of the second epoch.
      const { fit: train, model } = await make();
      const saved: number[] = [];
      const saving: Callback = {
        everySteps: 1,
        onStep: ({ step }, control) => {
          const made = step + 1;
          if (made <= steps || made >= 2 * steps) return;
          saved.push(made);
          control.saveCheckpoint(at(`c${made}`));
        },
      };
      await collect(train({ epochs, callbacks: [new History(), saving] }));
      model.dispose();
      assert.equal(saved.length, steps - 1);
      for (const made of saved) {
        const resumed = await make(at(`c${made}`));
        const history = new History();
        // What the resumed run keeps of the running epoch is what the first one kept.
        const next = at('next');
        const keeping: Callback = {
          everySteps: 1,
          onStep: ({ step }, control) => {
            if (step === made) control.saveCheckpoint(next);
          },
        };
        const results = await collect(resumed.fit({ epochs, resume: at(`c${made}`), callbacks: [history, keeping] }));
        assert.deepEqual(results.map(timeless), expected.slice(1), `resumed after ${made} steps`);
        assert.deepEqual(history.epochs.map(timeless), expected);
        assert.deepEqual(flat(await resumed.model.parameters()), weights);
        resumed.model.dispose();
        if (made + 1 >= 2 * steps) continue;
        const running = async (path: string) => {
          const { seconds, ...sums } = (await readCheckpoint(path)).record.epoch ?? { seconds: 0 };
          return sums;
        };
        assert.deepEqual(await running(next), await running(at(`c${made + 1}`)));
      }
    });
  }

  it('has the mean over its targets, not over its steps, which have some more and some fewer', async () => {
    const still = { epochs: 1, optimizer: 'sgd', learningRate: 0, batch: 8, validation: 0 } as const;
    const graph = [layers.embedding(4), layers.gru(6)];
    const input = { kind: 'ids', vocabulary: 5 } as const;
    using tagger = Model.create({ input, layers: [...graph, layers.dense(3)] });
    using classifier = Model.create({ input, layers: [...graph, layers.pooling('last'), layers.dense(3)] });
    using regression = Model.create({ input, layers: [...graph, layers.dense(1)] });
    using language = LanguageModel.create({ vocabulary: DOCUMENTS.vocabulary, embedding: 4, hidden: 6 });
    const tags = { inputs: INPUTS, tags: INPUTS.map((ids) => ids.map((id) => id % 3)) };
    const labels = { inputs: INPUTS, labels: INPUTS.map((_, index) => (index > 25 ? 2 : 0)) };
    const values = { inputs: INPUTS, values: INPUTS.map((ids) => ids.map(() => [ids.length])) };
    const outcomes = {
      tags: [await tagger.fit(tags, still), await tagger.evaluate(tags)],
      labels: [await classifier.fit(labels, still), await classifier.evaluate(labels)],
      values: [await regression.fit(values, still), await regression.evaluate(values)],
      documents: [await language.fit(DOCUMENTS, { ...still, window: 3 }), await language.evaluate(DOCUMENTS)],
    } as const;
    for (const [name, [{ last }, { loss }]] of Object.entries(outcomes)) {
      const { stepLosses, loss: trained } = last as EpochResult;
      assert.ok(Math.abs(trained - loss) < 1e-5 * loss, `${name}: ${trained}, not ${loss}`);
      const meanOfSteps = stepLosses.reduce((sum, each) => sum + each, 0) / stepLosses.length;
      assert.ok(Math.abs(meanOfSteps - loss) > 1e-4 * loss, `${name}: the two means differ`);
    }
  });
});
