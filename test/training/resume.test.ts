/** A training that was stopped and goes on ends in the bits of one that never was. */

import assert from 'node:assert/strict';
import {
  type Callback,
  Corpus,
  callbacks,
  collect,
  type EpochResult,
  type FitOptions,
  History,
  LanguageModel,
  type LanguageModelOptions,
  layers,
  Model,
  type TrainingData,
  tensor,
  UnrolledError,
} from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';
import { CORPUS, STREAM, smallModel, train, weights } from '../support/models';

/** Ends a training at a step, as a power cut would. */
function breaksAt(steps: number): Callback {
  return {
    everySteps: steps,
    onStep: () => {
      throw new Error('cut');
    },
  };
}

/** An epoch without what the clock says. */
function timeless({
  tokensPerSecond,
  seconds,
  ...figures
}: EpochResult): Omit<EpochResult, 'tokensPerSecond' | 'seconds'> {
  return figures;
}

describe('a resumed training', () => {
  const at = useFolder();

  /** Trains to the end at once, and cut at a step; both with a checkpoint every 10 steps of 37 in an epoch. */
  async function bothWays(network: Partial<LanguageModelOptions>, options: FitOptions, cut: number): Promise<void> {
    const checkpoint = { path: at('c'), everySteps: 10 };
    const { callbacks: own = [], ...rest } = options;
    using whole = smallModel(network);
    const expected = await train(whole, { ...options, checkpoint });

    using first = smallModel(network);
    const history = new History();
    const cutCallbacks = [history, ...own, breaksAt(cut)];
    await assert.rejects(train(first, { ...rest, checkpoint, callbacks: cutCallbacks }), { message: 'cut' });

    using resumed = await LanguageModel.load(at('c'));
    const results = await train(resumed, { ...rest, callbacks: [history, ...own], resume: at('c') });
    assert.deepEqual(await weights(resumed), await weights(whole));
    assert.deepEqual(history.epochs.map(timeless), expected.map(timeless));
    assert.deepEqual(results.map(timeless), expected.slice(-results.length).map(timeless));
  }

  it('ends in the same bits, whatever it was made of', async () => {
    const epochs = 3;
    await bothWays({}, { epochs, validation: 0.1 }, 55);
    await bothWays({ cell: 'gru', layers: 2, dropout: 0.3, recurrentDropout: 0.2 }, { epochs, optimizer: 'adamw' }, 45);
    await bothWays({ cell: 'rnn', embedding: 'onehot' }, { epochs, optimizer: 'rmsprop', momentum: 0.5 }, 77);
    await bothWays({ dtype: 'float64' }, { epochs, optimizer: 'sgd', momentum: 0.9, learningRate: 0.1, seed: 5 }, 11);
    await bothWays({}, { epochs, optimizer: 'adagrad', clipNorm: 1, clipValue: 0.5, reduction: 'sum' }, 99);
  });

  it('keeps its place in a schedule, and the scale that a callback gave', async () => {
    const schedule = { kind: 'cosine', warmup: 20, floor: 0.1 } as const;
    await bothWays({}, { epochs: 3, schedule }, 55);
    await bothWays(
      {},
      {
        epochs: 4,
        callbacks: [callbacks.reduceOnPlateau({ monitor: 'loss', patience: 1, factor: 0.5, minDelta: 10 })],
      },
      120,
    );
  });

  it('goes on from the very step at which a signal ended it, in an epoch or at its end', async () => {
    using whole = smallModel({ dropout: 0.2 });
    const expected = await train(whole, { epochs: 6, validation: 0.1 });
    const checkpoint = { path: at('c'), everySteps: 1000 };
    for (const everySteps of [20, 33, undefined]) {
      const history = new History();
      let runs = 0;
      for (; history.epochs.length < 6 && runs < 100; runs++) {
        const controller = new AbortController();
        const resume = runs === 0 ? undefined : at('c');
        using model = resume === undefined ? smallModel({ dropout: 0.2 }) : await LanguageModel.load(resume);
        const abort = () => controller.abort();
        const aborting =
          everySteps === undefined ? { onProgress: abort } : { callbacks: [history, { everySteps, onStep: abort }] };
        const options = { epochs: 6, validation: 0.1, checkpoint, resume, callbacks: [history], ...aborting };
        await train(model, { ...options, signal: controller.signal }).catch((error) => {
          assert.equal(error.code, 'ERR_UNROLLED_ABORTED');
        });
        if (history.epochs.length === 6) assert.deepEqual(await weights(model), await weights(whole));
      }
      assert.ok(runs > 1);
      assert.deepEqual(history.epochs.map(timeless), expected.map(timeless));
    }
  });

  it('can be cut at every checkpoint', async () => {
    const options = { epochs: 2, checkpoint: { path: at('c'), everySteps: 10 } };
    using whole = smallModel({ dropout: 0.2 });
    await train(whole, options);
    for (let cut = 15, resume: string | undefined; cut < 75; cut += 10, resume = at('c')) {
      using model = resume === undefined ? smallModel({ dropout: 0.2 }) : await LanguageModel.load(resume);
      await assert.rejects(train(model, { ...options, resume, callbacks: [breaksAt(cut)] }), { message: 'cut' });
    }
    using last = await LanguageModel.load(at('c'));
    await train(last, { resume: at('c') });
    assert.deepEqual(await weights(last), await weights(whole));
  });

  it('goes on with the options of the checkpoint, of which only the bounds may change', async () => {
    using model = smallModel();
    const checkpoint = { path: at('c'), everySteps: 33 };
    await train(model, { epochs: 1, learningRate: 0.01, validation: 0.1, clipNorm: 1, checkpoint });
    using whole = smallModel();
    await train(whole, { epochs: 2, learningRate: 0.01, validation: 0.1, clipNorm: 1 });
    const resume = at('c');
    using resumed = await LanguageModel.load(resume);
    const more = { path: at('more'), everySteps: 66 };
    const results = await collect(resumed.fit(CORPUS, { resume, epochs: 2, checkpoint: more }));
    assert.deepEqual(
      results.epochs.map(({ epoch }) => epoch),
      [1],
    );
    assert.deepEqual(await weights(resumed), await weights(whole));

    // No less than there is: 66 steps are made, 33 of each epoch.
    for (const [options, message] of [
      [{ epochs: 1 }, /^epochs must be at least 2, which \S+ has reached, not 1\./],
      [{ steps: 65 }, /^steps must be at least 66, which \S+ has reached, not 65\./],
    ] as const) {
      using fewer = await LanguageModel.load(at('more'));
      await assert.rejects(collect(fewer.fit(CORPUS, { resume: at('more'), ...options })), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        message,
      });
    }

    for (const [options, option] of [
      [{ batch: 5 }, 'batch'],
      [{ window: 7 }, 'window'],
      [{ learningRate: 0.02 }, 'learningRate'],
      [{ optimizer: 'sgd' }, 'optimizer'],
      [{ seed: 1 }, 'seed'],
      [{ clipNorm: 2 }, 'clipNorm'],
      [{ clipValue: 2 }, 'clipValue'],
      [{ reduction: 'sum' }, 'reduction'],
      [{ validation: 0.2 }, 'validation'],
      [{ schedule: 'cosine' }, 'schedule'],
      [{ sparse: 'lazy' }, 'sparse'],
    ] as const) {
      const before = await weights(resumed);
      await assert.rejects(collect(resumed.fit(CORPUS, { resume, epochs: 2, ...options })), {
        code: 'ERR_UNROLLED_MODEL_MISMATCH',
        option,
      });
      assert.deepEqual(await weights(resumed), before);
    }
  });

  it('says what is other: the data, by their number or in themselves', async () => {
    using model = smallModel();
    await train(model, { epochs: 1, checkpoint: { path: at('c'), everySteps: 10 } });
    const resume = at('c');
    const text = 'the lazy dog jumps over the quick brown fox.\n'.repeat(30);
    const advice =
      / Resume with the data it was trained on, or start a new training from its weights: load it as a model and fit/;
    const refused = async (corpus: Corpus, what: RegExp) => {
      const error = { code: 'ERR_UNROLLED_MODEL_MISMATCH', option: 'resume' };
      await assert.rejects(train(model, { resume }, corpus), { ...error, message: what });
      await assert.rejects(train(model, { resume }, corpus), { ...error, message: advice });
    };
    const longer = Corpus.fromText(text);
    await refused(
      Corpus.fromText(text.replaceAll('dog', 'DOG')),
      /data: its vocabulary lacks "D" .*, which these data have\./,
    );
    await refused(longer, /on other data: it was trained on 1,204 tokens, but these are 1,350 tokens\./);
    await refused(
      Corpus.fromText(text.slice(0, 1204)),
      /other data: these are also 1,204 tokens, but not the same ones\./,
    );

    // An earlier release did not count them.
    const { tensors, metadata } = await readSafetensors(resume);
    const { data, ...record } = JSON.parse(metadata.get('training') as string);
    assert.deepEqual(data, { token: 1204 });
    await writeSafetensors(at('d'), tensors, new Map(metadata).set('training', JSON.stringify(record)));
    await assert.rejects(train(model, { resume: at('d') }, longer), {
      message: /the options are the same, but the data are/,
    });
    assert.equal((await train(model, { resume: at('d'), epochs: 2 })).length, 1);
  });

  it('says what is other: the kind of data, the examples, an option or the model', async () => {
    const checkpoint = { path: at('c'), everySteps: 1 };
    const resume = at('c');
    const documents = ['the fox', 'a dog', 'jumps over'];
    const corpus = Corpus.fromDocuments(documents);
    using model = smallModel({ vocabulary: corpus.vocabulary });
    await train(model, { epochs: 1, checkpoint }, corpus);
    const refused = (other: Corpus, options: FitOptions, message: RegExp, option = 'resume') =>
      assert.rejects(train(model, { resume, ...options }, other), {
        code: 'ERR_UNROLLED_MODEL_MISMATCH',
        option,
        message,
      });
    const more = Corpus.fromDocuments([...documents, 'the dog']).withVocabulary(corpus.vocabulary);
    await refused(
      more,
      { batch: 4 },
      /trained on 3 documents and 25 tokens, but these are 4 documents and 33 tokens\./,
    );
    await refused(
      Corpus.fromText('the fox jumps over a dog'.repeat(20)),
      {},
      /on documents, but these are one text\./,
      'data',
    );
    await refused(
      corpus,
      { seed: 4 },
      /with seed 0, but 4 was requested\. Leave the option out to continue as before, or/,
      'seed',
    );
    using wider = smallModel({ vocabulary: corpus.vocabulary, hidden: 32 });
    await assert.rejects(train(wider, { resume }, corpus), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      option: 'hidden',
      message: /is from another model: its hidden is 16, but this model's is 32\. Load the model from the checkpoint/,
    });
    using other = smallModel({ vocabulary: Corpus.fromDocuments(['the fix', 'a dog', 'jumps over']).vocabulary });
    await assert.rejects(train(other, { resume }, corpus.withVocabulary(other.vocabulary.withUnknown('skip'))), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      message: /its vocabulary\.tokens\[\d+\] is "\w", but this model's is "\w"\./,
    });

    using tagger = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      layers: [layers.embedding(2), layers.rnn(2), layers.dense(2)],
    });
    const inputs = [[0, 1], [2]];
    await collect(tagger.fit({ inputs, tags: [[0, 1], [1]] }, { epochs: 1, checkpoint }));
    await assert.rejects(collect(tagger.fit({ inputs, tags: [[0, 1], [0]] }, { resume, epochs: 2 })), {
      message: /these are also 2 examples and 3 tokens, but not the same ones\./,
    });
    await assert.rejects(collect(tagger.fit({ inputs: [[0], [2]], tags: [[0], [0]] }, { resume, epochs: 2 })), {
      message: /it was trained on 2 examples and 3 tokens, but these are 2 examples and 2 tokens\./,
    });
    const values = inputs.map((ids) => tensor.zeros([ids.length, 2]));
    await assert.rejects(collect(tagger.fit({ inputs, values }, { resume, epochs: 2 })), {
      option: 'loss',
      message: /with loss "crossEntropy", but "squaredError" was requested\. Use the same loss to continue as before/,
    });
  });

  it('is refused by other data, another model, or what is no checkpoint', async () => {
    using model = smallModel();
    const options = { epochs: 1, checkpoint: { path: at('c'), everySteps: 10 } };
    await train(model, options);
    const mismatch = { code: 'ERR_UNROLLED_MODEL_MISMATCH' };
    const resume = at('c');
    const other = Corpus.fromText('the lazy dog jumps over the quick brown fox.\n'.repeat(30).slice(0, 1204));
    await assert.rejects(train(model, { resume }, other), mismatch);
    using wider = smallModel({ hidden: 32 });
    await assert.rejects(train(wider, { resume }), mismatch);
    await model.save(at('m'));
    await assert.rejects(train(model, { resume: at('m') }), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
    await assert.rejects(train(model, { resume: at('missing') }), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    await assert.rejects(train(model, { resume: 5 as never }), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'resume' });
    assert.equal((await train(model, { epochs: 1 })).length, 1);
  });

  it('is refused with arrays that do not fit, and never goes on in silence', async () => {
    using model = smallModel();
    await train(model, { steps: 20, checkpoint: { path: at('c'), everySteps: 15 } });
    const { tensors, metadata } = await readSafetensors(at('c'));
    const own = [...tensors].filter(([name]) => name.startsWith('training.'));
    assert.equal(own.length, 7);
    for (const [name, { dtype, data }] of own) {
      for (const length of [data.length - 1, data.length + 1]) {
        const other = tensor.zeros([length], dtype);
        await writeSafetensors(at('d'), new Map(tensors).set(name, other), metadata);
        await assert.rejects(train(model, { resume: at('d') }), (error) => error instanceof UnrolledError, name);
      }
    }
  });

  it('remembers the best weights of early stopping, and that it was stopped', async () => {
    const options = { epochs: 20, validation: 0.1, optimizer: 'sgd', learningRate: 5 } as const;
    // Whatever the last bits are, no epoch is better than the first by so much.
    const stopping = () => callbacks.earlyStopping({ patience: 3, minDelta: 100 });
    const checkpoint = { path: at('c'), everySteps: 10 };
    using whole = smallModel();
    const expected = await collect(whole.fit(CORPUS, { ...STREAM, ...options, checkpoint, callbacks: [stopping()] }));
    assert.ok(expected.last?.stopReason !== undefined && expected.last.epoch < 19);
    const steps = expected.last.step + 1;

    using first = smallModel();
    await assert.rejects(train(first, { ...options, checkpoint, callbacks: [stopping(), breaksAt(steps - 1)] }));
    using resumed = await LanguageModel.load(at('c'));
    await assert.rejects(train(resumed, { resume: at('c') }), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      option: 'callbacks',
    });
    await train(resumed, { resume: at('c'), callbacks: [stopping()] });
    assert.deepEqual(await weights(resumed), await weights(whole));

    // After the last checkpoint of all there is nothing left but to take the best weights.
    using ended = smallModel();
    await train(ended, { ...options, callbacks: [stopping(), callbacks.checkpoint({ path: at('d') })] });
    using again = await LanguageModel.load(at('d'));
    assert.notDeepEqual(await weights(again), await weights(whole));
    assert.equal((await train(again, { resume: at('d'), callbacks: [stopping()] })).length, 0);
    assert.deepEqual(await weights(again), await weights(whole));
  });

  it('goes on in the order of shuffled examples', async () => {
    const inputs = Array.from({ length: 50 }, (_, index) =>
      Int32Array.from({ length: 1 + (index % 7) }, (_, k) => (index * k) % 5),
    );
    const data: TrainingData = { inputs, labels: inputs.map((ids) => (ids.at(-1) as number) % 3) };
    const make = () =>
      Model.create({
        input: { kind: 'ids', vocabulary: 5 },
        layers: [layers.embedding(4), layers.gru(6), layers.pooling('last'), layers.dropout(0.2), layers.dense(3)],
      });
    const options = {
      epochs: 4,
      batch: 8,
      bucketing: 2,
      validation: 0.2,
      checkpoint: { path: at('c'), everySteps: 3 },
    };
    using whole = make();
    const expected = await collect(whole.fit(data, options));
    using first = make();
    await assert.rejects(collect(first.fit(data, { ...options, callbacks: [breaksAt(8)] })));
    using resumed = make();
    const { checkpoint } = options;
    const history = await collect(resumed.fit(data, { resume: at('c'), checkpoint }));
    assert.deepEqual(await resumed.parameters(), await whole.parameters());
    assert.deepEqual(history.epochs.map(timeless), expected.epochs.slice(-history.epochs.length).map(timeless));
    using loaded = await Model.load(at('c'));
    assert.deepEqual(loaded.description, whole.description);
  });
});
