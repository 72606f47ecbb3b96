/** Lazy updates: what they leave alone whatever the batch, and how checkpoints of earlier releases go on. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  Corpus,
  type FitOptions,
  LanguageModel,
  type LanguageModelOptions,
  layers,
  Model,
  SequenceClassifier,
  WordList,
} from '../../src/index';
import { readSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';
import { collect } from '../support/models';

/** The first steps read all eight letters, the later ones two of them. */
const CORPUS = Corpus.fromText(`${`abcdefgh${'ab'.repeat(20)}`.repeat(2)}a`);

/** 16 positions a step, twice as many as there are letters. */
const OPTIONS = { batch: 2, window: 8, learningRate: 0.05, weightDecay: 0.01 } as const satisfies FitOptions;

/** Of a training of an earlier release with `OPTIONS` and `sparse: 'lazy'`, after 3 steps. */
const EARLIER = join(__dirname, 'files', 'lazy-before-all-steps.checkpoint');

/** The table that the earlier release ended with after 6 steps. */
const EARLIER_END = [
  ...[0.577026, 2.251012, -1.220805, -0.469082, -0.366642, 0.226098, -0.271955, -1.141305],
  ...[0.330658, -0.827923, -1.071037, 0.528825, 0.483443, -0.619317, -2.359243, -0.10627],
];

function modelOf(options: Partial<LanguageModelOptions> = {}): LanguageModel {
  return LanguageModel.create({
    ...{ vocabulary: CORPUS.vocabulary, cell: 'rnn', embedding: 2, hidden: 3, seed: 1 },
    ...options,
  });
}

async function table(model: LanguageModel): Promise<number[]> {
  return Array.from((await model.parameters())['embedding.weight']?.data ?? []);
}

/** Letters whose rows of the embedding differ. */
function moved(before: number[], after: number[]): string {
  const letters = [...'abcdefgh'];
  return letters.filter((_, row) => [0, 1].some((i) => before[2 * row + i] !== after[2 * row + i])).join('');
}

describe('lazy updates', () => {
  const at = useFolder();

  for (const network of [
    {},
    { cell: 'gru', output: 'sampled', samples: 2 },
    { tied: true, embedding: 2, hidden: 2, output: 'sampled', samples: 1 },
  ] as const satisfies Partial<LanguageModelOptions>[]) {
    for (const window of [2, 4, 8]) {
      it(`leave alone what a step does not read, ${2 * window} positions, ${JSON.stringify(network)}`, async () => {
        for (const sparse of ['exact', 'lazy'] as const) {
          using model = modelOf(network);
          const options = { ...OPTIONS, window, sparse };
          // Up to where only two letters are left.
          const first = 8 / window;
          await collect(
            model.fit(CORPUS, { ...options, steps: first, checkpoint: { path: at('c'), everySteps: first } }),
          );
          const before = await table(model);
          await collect(model.fit(CORPUS, { ...options, steps: first + 1, resume: at('c') }));
          const rows = moved(before, await table(model));
          if (sparse === 'exact') assert.equal(rows, 'abcdefgh');
          else if ('tied' in network) assert.ok(rows.startsWith('ab') && rows.length <= 3, rows);
          else assert.equal(rows, 'ab');
        }
      });
    }
  }

  it('leave alone the rows of a model of layers and of a classifier', async () => {
    const ids = Array.from({ length: 8 }, (_, i) => [i % 2, 1, 0, 1]);
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 5 },
      layers: [layers.embedding(2), layers.pooling('mean'), layers.dense(2)],
    });
    const flat = async () => Array.from((await model.parameters())['embedding.weight']?.data ?? []);
    const before = await flat();
    const data = { inputs: ids, labels: ids.map(([id]) => id as number) };
    await collect(model.fit(data, { epochs: 2, batch: 8, sparse: 'lazy', weightDecay: 0.1 }));
    assert.deepEqual((await flat()).slice(4), before.slice(4));
    assert.notDeepEqual((await flat()).slice(0, 4), before.slice(0, 4));

    using classifier = SequenceClassifier.create({
      ...{ vocabulary: new WordList(['good', 'bad', 'never']), classes: 2, embedding: 'onehot', hidden: 2 },
    });
    const weights = async () => Array.from((await classifier.parameters())['rnn.weight_ih_l0']?.data ?? []);
    const first = await weights();
    const examples = Array.from({ length: 6 }, (_, i) => ({ text: i % 2 ? 'good good' : 'bad bad', label: i % 2 }));
    await collect(classifier.fit(examples, { epochs: 2, batch: 6, sparse: 'lazy', weightDecay: 0.1 }));
    const last = await weights();
    const columns = [0, 1, 2].map((word) => last.some((value, i) => i % 3 === word && value !== first[i]));
    assert.deepEqual(columns, [true, true, false]);
  });

  it('go on from a checkpoint of an earlier release as they did then', async () => {
    using model = await LanguageModel.load(EARLIER);
    const checkpoint = { path: at('c'), everySteps: 5 };
    await collect(model.fit(CORPUS, { resume: EARLIER, steps: 5, checkpoint }));
    using again = await LanguageModel.load(at('c'));
    await collect(again.fit(CORPUS, { resume: at('c'), steps: 6, sparse: 'lazy' }));
    for (const [i, value] of (await table(again)).entries()) {
      assert.ok(Math.abs(value - (EARLIER_END[i] as number)) < 1e-3, `${i}: ${value}, ${EARLIER_END[i]}`);
    }
  });

  it('are recorded in a checkpoint, which is refused with others', async () => {
    using model = modelOf();
    await collect(
      model.fit(CORPUS, { ...OPTIONS, sparse: 'lazy', steps: 2, checkpoint: { path: at('c'), everySteps: 2 } }),
    );
    const { metadata } = await readSafetensors(at('c'));
    assert.match(metadata.get('training') ?? '', /"sparse":"lazy","sparseSteps":"all"/);
    for (const path of [at('c'), EARLIER]) {
      using resumed = await LanguageModel.load(path);
      await assert.rejects(collect(resumed.fit(CORPUS, { resume: path, steps: 6, sparse: 'exact' })), {
        code: 'ERR_UNROLLED_MODEL_MISMATCH',
        option: 'sparse',
      });
    }
  });
});
