/** The option `shards`: what a training by parts of its batches is, in programs, in checkpoints and on the command line. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import {
  Corpus,
  callbacks,
  type EpochResult,
  type FitOptions,
  LanguageModel,
  layers,
  Model,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  type TrainingData,
  WordList,
} from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { parseJsonLines } from '../support/json-lines';
import { CORPUS, collect, smallModel, train, weights } from '../support/models';

const LINES = Corpus.fromDocuments([
  'to be',
  'or not to be',
  'that is the question',
  'be',
  'whether tis nobler',
  'in the',
]);

const TEXTS = Array.from({ length: 21 }, (_, index) => ({
  text: ['a good film', 'bad', 'not a good film at all', 'good'][index % 4] as string,
  label: [1, 0, 0, 1][index % 4] as number,
}));

const WORDS = ['a', 'good', 'film', 'bad', 'not', 'at', 'all'];

/** Sources and targets of different lengths. */
const PAIRS: TrainingData = {
  sources: Array.from({ length: 11 }, (_, row) => Array.from({ length: 1 + ((row * 5) % 4) }, (_, i) => (row + i) % 6)),
  targets: Array.from({ length: 11 }, (_, row) => Array.from({ length: 1 + ((row * 3) % 5) }, (_, i) => (row + i) % 3)),
  start: 3,
  end: 4,
};

/** Trainings of every kind of model in 64-bit floats: their epochs, with as many shards as are asked for. */
const TRAININGS: Record<string, (shards: number) => Promise<EpochResult[]>> = {
  'a stream': async (shards) => {
    using model = smallModel({ dtype: 'float64', dropout: 0.3, recurrentDropout: 0.2, layers: 2 });
    return await train(model, { epochs: 2, shards, validation: 0.3, optimizer: 'sgd', learningRate: 0.5 });
  },
  documents: async (shards) => {
    using model = LanguageModel.create({ vocabulary: LINES.vocabulary, embedding: 4, hidden: 5, dtype: 'float64' });
    return await collect(
      model.fit(LINES, { epochs: 2, batch: 4, window: 3, shards, optimizer: 'sgd', learningRate: 0.5 }),
    );
  },
  'pairs of sequences': async (shards) => {
    using model = Model.create({
      ...{ input: { kind: 'ids', vocabulary: 5 }, source: { kind: 'ids', vocabulary: 6 }, dtype: 'float64', seed: 1 },
      layers: [
        layers.embedding(4, { from: 'source', name: 'words' }),
        layers.gru(5, { name: 'encoder' }),
        layers.embedding(4, { from: 'input' }),
        layers.gru(5, { name: 'decoder', initialState: 'encoder', recurrentDropout: 0.3 }),
        layers.attention(['decoder', 'encoder']),
        layers.dropout(0.4),
        layers.dense(5),
      ],
    });
    return await collect(
      model.fit(PAIRS, { epochs: 2, batch: 4, shards, optimizer: 'sgd', learningRate: 0.5, validation: 0.3 }),
    );
  },
  'classes of texts': async (shards) => {
    const vectorizer = await TextVectorizer.adapt(TEXTS.map(({ text }) => text));
    const small = { embedding: 4, hidden: 5, dense: 3, dtype: 'float64', seed: 1 } as const;
    using classifier = TextClassifier.create({ vectorizer, classNames: ['bad', 'good'], ...small });
    return await collect(
      classifier.fit(TEXTS, { epochs: 2, batch: 8, shards, optimizer: 'sgd', learningRate: 0.5, validation: 0.3 }),
    );
  },
  phrases: async (shards) => {
    using model = SequenceClassifier.create({
      ...{ vocabulary: new WordList(WORDS), classes: 2, hidden: 6, dtype: 'float64' },
    });
    return await collect(model.fit(TEXTS, { epochs: 2, batch: 5, shards, optimizer: 'sgd', learningRate: 0.5 }));
  },
};

describe('shards', function () {
  this.timeout(60_000);
  const at = useFolder();

  for (const [name, training] of Object.entries(TRAININGS)) {
    it(`change a training of ${name} by the rounding of its sums alone`, async () => {
      const whole = await training(1);
      for (const shards of [2, 4]) {
        const parts = await training(shards);
        for (const [index, epoch] of parts.entries()) {
          const other = whole[index] as EpochResult;
          for (const figure of ['loss', 'validationLoss', 'gradientNorm'] as const) {
            const [part = 0, all = 0] = [epoch[figure], other[figure]];
            assert.ok(Math.abs(part - all) < 1e-9, `${figure} of ${shards}: ${part}, ${all}`);
          }
          assert.equal(epoch.accuracy, other.accuracy);
          assert.equal(epoch.validationAccuracy, other.validationAccuracy);
        }
      }
    });
  }

  it('give the same bits with any number of threads, and other ones than the whole', async () => {
    const run = async (options: FitOptions) => {
      using model = smallModel();
      await train(model, { epochs: 1, validation: 0.2, ...options });
      return await weights(model);
    };
    const four = await run({ shards: 4, threads: 1 });
    assert.deepEqual(await run({ shards: 4, threads: 3 }), four);
    assert.notDeepEqual(await run({}), four);
    assert.deepEqual(await run({ shards: 1 }), await run({}));
  });

  it('are a power of two, and at most as many as a batch has rows', async () => {
    using model = smallModel();
    for (const shards of [0, -2, 1.5, 3, 6, '2', null, Number.NaN]) {
      await assert.rejects(train(model, { steps: 1, shards } as never), { option: 'shards' });
    }
    await assert.rejects(train(model, { steps: 1, batch: 4, shards: 8 }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      message: 'shards must be at most the rows of batch, 4, not 8.',
    });
    // A batch of one example is the default of phrases.
    using phrases = SequenceClassifier.create({ vocabulary: new WordList(WORDS), classes: 2, hidden: 2 });
    await assert.rejects(collect(phrases.fit(TEXTS, { shards: 2 })), { option: 'shards' });
  });

  it('are remembered by a checkpoint, from which the run goes on with its bits', async () => {
    using whole = smallModel();
    await train(whole, { epochs: 2, shards: 2 });
    using first = smallModel();
    await train(first, { steps: 20, shards: 2, callbacks: [callbacks.checkpoint({ path: at('c') })] });
    const { shards: recorded } = (await readCheckpoint(at('c'))).record.options;
    assert.equal(recorded, 2);
    using second = smallModel();
    for (const shards of [1, 4]) {
      const other = train(second, { epochs: 2, shards, resume: at('c') });
      await assert.rejects(other, { code: 'ERR_UNROLLED_MODEL_MISMATCH', option: 'shards' });
    }
    await train(second, { epochs: 2, resume: at('c') });
    assert.deepEqual(await weights(second), await weights(whole));

    // Checkpoints of whole batches stay what they are.
    await train(first, { steps: 20, callbacks: [callbacks.checkpoint({ path: at('w') })] });
    assert.ok(!('shards' in (await readCheckpoint(at('w'))).record.options));
    const other = train(second, { epochs: 2, shards: 2, resume: at('w') });
    await assert.rejects(other, { code: 'ERR_UNROLLED_MODEL_MISMATCH', option: 'shards', expected: '1' });
  });

  it('take the memory of one part, and a gradient for each level of the tree', async () => {
    using model = smallModel({ hidden: 32 });
    const bytesOf = async (shards: number) => (await model.estimate(CORPUS, { batch: 16, window: 16, shards })).bytes;
    const whole = await bytesOf(1);
    const parts = await bytesOf(8);
    assert.equal(parts.gradients, 4 * whole.gradients);
    assert.ok(parts.workspace < whole.workspace / 2, `${parts.workspace}, ${whole.workspace}`);
    const { total, ...others } = parts;
    assert.equal(
      total,
      Object.values(others).reduce((sum, bytes) => sum + bytes, 0),
    );
  });

  it('are a flag of what trains, and in its first and last lines', async () => {
    writeFileSync(at('text'), 'to be or not to be. '.repeat(40));
    const training = ['train', at('text'), '--hidden', '4', '--embedding', '4', '--batch', '4', '--window', '8'];
    const parts = await runCli(...training, '--steps', '5', '--shards', '4', '--json');
    assert.equal(parts.status, 0, parts.stderr);
    assert.equal(parts.stderr.split('\n')[0], 'Each batch is cut into 4 shards.');
    const sharing = (stdout: string) => {
      const { ranks, shards, waitingShare } = parseJsonLines<Record<string, unknown>>(stdout).at(-1) ?? {};
      return { ranks, shards, waitingShare };
    };
    assert.deepEqual(sharing(parts.stdout), { ranks: 1, shards: 4, waitingShare: 0 });
    const whole = await runCli(...training, '--steps', '5', '--json');
    assert.deepEqual(sharing(whole.stdout), { ranks: 1, shards: 1, waitingShare: 0 });
    assert.doesNotMatch(whole.stderr, /shards/);

    for (const shards of ['3', '8']) {
      const { status, stderr } = await runCli(...training, '--shards', shards);
      assert.equal(status, 2);
      assert.match(stderr, /^unrolled: --shards must be .*\(ERR_UNROLLED_OPTION_RANGE\)/);
    }
    const refused = await runCli(...training, '--shards', '8');
    assert.match(refused.stderr, /^unrolled: --shards must be at most the rows of --batch, 4, not 8\./);
    assert.match((await runCli('classify', 'train', '--help')).stdout, /--shards <n> +parts of each batch/);
  });
});
