/** Classifying phrases, and the toy sentiment set of the tutorials. */

import assert from 'node:assert/strict';
import {
  datasets,
  type EpochResult,
  SequenceClassifier,
  type SequenceClassifierOptions,
  type TrainingOptions,
  WordList,
} from '../../src/index';
import { useFolder } from '../support/folder';
import { collect } from '../support/models';

const { train, test, words } = datasets.toySentiment();

/** The tutorials' own configuration. */
function toyModel(options: Partial<SequenceClassifierOptions> = {}): SequenceClassifier {
  return SequenceClassifier.create({
    vocabulary: new WordList(words),
    classes: 2,
    cell: 'rnn',
    embedding: 'onehot',
    hidden: 64,
    singleBias: true,
    initializer: { kind: 'normal', scale: 0.001 },
    ...options,
  });
}

const TOY_TRAINING = { optimizer: 'sgd', learningRate: 0.02, clipValue: 1 } as const satisfies TrainingOptions;

describe('SequenceClassifier', () => {
  const at = useFolder();

  it('finds about 0.5 for each class before training', async () => {
    using model = toyModel();
    const predictions = await model.predict(train.map(({ text }) => text));
    for (const { probabilities } of predictions) {
      assert.equal(probabilities.length, 2);
      assert.ok(probabilities.every((probability) => Math.abs(probability - 0.5) < 0.01));
    }
  });

  it('reaches accuracy 1 on toy sentiment within 1000 epochs, for at least 9 of 10 seeds', async () => {
    let reached = 0;
    for (let seed = 0; seed < 10; seed++) {
      using model = toyModel({ seed });
      await collect(model.fit(train, { ...TOY_TRAINING, epochs: 1000, seed }));
      const [ours, theirs] = [await model.evaluate(train), await model.evaluate(test)];
      if (ours.accuracy === 1 && theirs.accuracy === 1) reached++;
    }
    assert.ok(reached >= 9, `${reached} of 10 seeds`);
  });

  it('steps back as the published tutorial did where asked', async () => {
    using right = toyModel();
    using published = toyModel({ untransposedGradient: true });
    assert.deepEqual(await published.parameters(), await right.parameters());
    await collect(right.fit(train, { ...TOY_TRAINING, epochs: 20 }));
    await collect(published.fit(train, { ...TOY_TRAINING, epochs: 20 }));
    assert.notDeepEqual(await published.parameters(), await right.parameters());
  });

  it('says of an example what its loss and accuracy say', async () => {
    using model = toyModel({ initializer: { kind: 'default' }, dtype: 'float64' });
    const predictions = await model.predict(test.map(({ text }) => text));
    const { loss, accuracy } = await model.evaluate(test);
    let expectedLoss = 0;
    let correct = 0;
    for (const [index, { label }] of test.entries()) {
      const { probabilities, label: predicted } = predictions[index] as (typeof predictions)[number];
      assert.ok(Math.abs(probabilities.reduce((sum, value) => sum + value, 0) - 1) < 1e-12);
      assert.equal(predicted, (probabilities[1] as number) > (probabilities[0] as number) ? 1 : 0);
      expectedLoss -= Math.log(probabilities[label] as number);
      if (predicted === label) correct++;
    }
    assert.ok(Math.abs(loss - expectedLoss / test.length) < 1e-12);
    assert.equal(accuracy, correct / test.length);
  });

  it('reports the loss of every example, in another order each epoch', async () => {
    using model = toyModel({ initializer: { kind: 'default' } });
    const results = await collect(model.fit(train, { optimizer: 'sgd', learningRate: 0, epochs: 2 }));
    const losses = results.map(({ stepLosses }) => [...stepLosses]);
    assert.deepEqual(
      losses.map(({ length }) => length),
      [58, 58],
    );
    const sorted = losses.map((values) => [...values].sort((a, b) => a - b));
    assert.deepEqual(sorted[0], sorted[1]);
    assert.notDeepEqual(losses[0], losses[1]);
  });

  it('is the same after saving and loading', async () => {
    using model = toyModel({ cell: 'gru', singleBias: false });
    await collect(model.fit(train, { epochs: 3 }));
    await model.save(at('toy.safetensors'));
    using loaded = await SequenceClassifier.load(at('toy.safetensors'));
    assert.equal(loaded.classes, 2);
    assert.deepEqual(loaded.architecture, model.architecture);
    assert.deepEqual(await loaded.evaluate(test), await model.evaluate(test));
  });

  it('trains in batches, validates, and goes on from a checkpoint that loads as a classifier', async () => {
    const options = { epochs: 6, batch: 4, validation: 0.2, checkpoint: { path: at('c'), everySteps: 7 } };
    using whole = toyModel();
    const [first] = await collect(whole.fit(train, options));
    const { steps, validationLoss, validationAccuracy } = first as EpochResult;
    // round(58 · 0.2) = 12 validate, 46 train.
    assert.equal(steps, 12);
    assert.ok((validationLoss as number) > 0 && (validationAccuracy as number) >= 0);
    // The last checkpoint is of step 70 of 72.
    using resumed = await SequenceClassifier.load(at('c'));
    await collect(resumed.fit(train, { resume: at('c') }));
    assert.deepEqual(await resumed.parameters(), await whole.parameters());
    using validated = toyModel();
    const [judged] = await collect(validated.fit(train, { epochs: 1, validationData: test }));
    const { loss, accuracy } = await validated.evaluate(test);
    assert.ok(Math.abs((judged?.validationLoss as number) - loss) < 1e-5);
    assert.equal(judged?.validationAccuracy, accuracy);
  });

  it('refuses what is impossible, naming it', async () => {
    const range = 'ERR_UNROLLED_OPTION_RANGE';
    for (const classes of [0, 1, -2, 1.5, Number.NaN, 1e12]) {
      assert.throws(() => toyModel({ classes }), { code: range, option: 'classes' });
    }
    assert.throws(() => toyModel({ cell: 'gru', untransposedGradient: true }), { option: 'untransposedGradient' });
    assert.throws(() => toyModel({ vocabulary: words as never }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    assert.throws(() => toyModel({ units: 3 } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });

    using model = toyModel();
    const unknown = { code: 'ERR_UNROLLED_UNKNOWN_TOKEN', message: /"terrible".*position 2.*Remove it from/ };
    await assert.rejects(model.predict(['i am terrible']), unknown);
    await assert.rejects(model.fit([{ text: 'i am terrible', label: 0 }]).next(), unknown);
    await assert.rejects(model.fit([{ text: 'good', label: 2 }]).next(), { code: range, option: 'label' });
    await assert.rejects(model.fit([]).next(), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    await assert.rejects(model.evaluate([]), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    await assert.rejects(model.fit(train, { window: 3 } as never).next(), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    model.dispose();
    await assert.rejects(model.predict(['good']), { code: 'ERR_UNROLLED_DISPOSED' });
  });
});

describe('WordList', () => {
  it('gives each word its place, and is the same after JSON', () => {
    const list = new WordList(['a', 'b', '']);
    assert.deepEqual([...list.encode('b a  b')], [1, 0, 2, 1]);
    assert.deepEqual(WordList.fromJSON(JSON.parse(JSON.stringify(list))).words, list.words);
  });

  it('refuses no words, a word twice, and damaged JSON', () => {
    assert.throws(() => new WordList([]), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    assert.throws(() => new WordList(['a', 'a']), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    assert.throws(() => new WordList([1] as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    for (const value of [null, 3, {}, { words: [] }, { words: [1] }, { words: ['a', 'a'] }]) {
      assert.throws(() => WordList.fromJSON(value), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
    }
  });
});
