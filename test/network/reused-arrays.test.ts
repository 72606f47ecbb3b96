/** Arrays that a caller uses again while a call still works on what they had. */

import assert from 'node:assert/strict';
import { layers, Model, SequenceClassifier, TextClassifier, TextVectorizer, Vocabulary } from '../../src/index';
import { smallModel } from '../support/models';

/** Of one output a sequence. */
function counter(): Model {
  return Model.create({
    input: { kind: 'ids', vocabulary: 5 },
    layers: [layers.embedding(4), layers.gru(6), layers.pooling('final'), layers.dense(3)],
  });
}

describe('arrays that are used again at once', () => {
  it('are what they were for predict: lists, a tensor, joined sequences', async () => {
    using model = counter();
    const lists = () => [Int32Array.of(1, 2), Int32Array.of(3, 4)];
    const expected = await model.predict(lists());
    const typed = lists();
    const nested = lists().map((list) => [...list]);
    const tensor = { dtype: 'int32' as const, shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) };
    const joined = { ids: Int32Array.of(1, 2, 3, 4), offsets: Int32Array.of(0, 2, 4) };
    const answers = [model.predict(typed), model.predict(nested), model.predict(tensor), model.predict(joined)];
    for (const list of [...typed, ...nested]) list.fill(0);
    nested.pop();
    typed.length = 1;
    tensor.data.fill(0);
    joined.ids.fill(0);
    joined.offsets.fill(4);
    for (const answer of answers) assert.deepEqual(await answer, expected);
  });

  it('are what they were for evaluate, estimate and fit', async () => {
    const make = () => ({ inputs: [Int32Array.of(1, 2), Int32Array.of(3, 4)], labels: [0, 2] });
    const spoil = ({ inputs, labels }: ReturnType<typeof make>) => {
      for (const list of inputs) list.fill(0);
      labels.fill(1);
    };
    using model = counter();
    const [given, expected] = [make(), await model.evaluate(make())];
    const score = model.evaluate(given);
    spoil(given);
    assert.deepEqual(await score, expected);
    const other = make();
    const estimate = model.estimate(other);
    other.labels.length = 0;
    assert.equal((await estimate).stepsPerEpoch, 1);
    const trained = async (spoils: boolean) => {
      using fresh = counter();
      const data = make();
      const training = fresh.fit(data, { epochs: 2 }).then();
      if (spoils) spoil(data);
      return (await training).epochs.map(({ loss }) => loss);
    };
    assert.deepEqual(await trained(true), await trained(false));
  });

  it('are what they were for decode, and for gradients and setParameters', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 6 },
      source: { kind: 'ids', vocabulary: 6 },
      layers: [
        layers.embedding(4, { from: 'source', name: 'sourceTable' }),
        layers.gru(8, { name: 'encoder' }),
        layers.embedding(4, { from: 'input', name: 'table' }),
        layers.gru(8, { name: 'decoder', initialState: 'encoder' }),
        layers.dense(6),
      ],
      seed: 3,
    });
    const options = () => ({ start: 0, end: 5, length: 4, excluded: [1] });
    const expected = await model.decode([[1, 2, 3], [4]], options());
    const [sources, given] = [[[1, 2, 3], [4]], options()];
    const answers = model.decode(sources, given);
    for (const source of sources) source.fill(0);
    given.excluded.fill(2);
    assert.deepEqual(await answers, expected);

    using plain = counter();
    const [data, targets] = [Int32Array.of(1, 2), Int32Array.of(1)];
    const input = { ids: { dtype: 'int32' as const, shape: [2, 1], data } };
    const objective = { targets: { dtype: 'int32' as const, shape: [1, 1], data: targets } };
    const { loss } = await plain.gradients(input, objective);
    const queued = plain.gradients(input, objective);
    data.fill(0);
    targets.fill(0);
    assert.equal((await queued).loss, loss);
    const parameters = await plain.parameters();
    const wanted = Object.values(parameters).map((tensor) => [...tensor.data]);
    const written = plain.setParameters(parameters);
    for (const tensor of Object.values(parameters)) tensor.data.fill(0);
    await written;
    assert.deepEqual(
      Object.values(await plain.parameters()).map((tensor) => [...tensor.data]),
      wanted,
    );
  });

  it('are what they were where they are lists of texts', async () => {
    using model = smallModel();
    const prompts = () => ['the ', 'a ', 'dog'];
    const options = () => ({ length: 20, stop: ['fox', 'x'] });
    const expected = await model.sampleAll(prompts(), options());
    const [given, stopping] = [prompts(), options()];
    const texts = model.sampleAll(given, stopping);
    given.fill('q');
    given.length = 2;
    stopping.stop[1] = 'a';
    assert.deepEqual(await texts, expected);

    const examples = () => [
      { text: 'good good', label: 1 },
      { text: 'bad one', label: 0 },
    ];
    const vectorizer = await (() => {
      const list = examples().map(({ text }) => text);
      const adapting = TextVectorizer.adapt(list);
      list.fill('other');
      return adapting;
    })();
    assert.deepEqual(vectorizer.vocabulary.slice(2).sort(), ['bad', 'good', 'one']);
    const encoding = (() => {
      const list = examples().map(({ text }) => text);
      const encoded = vectorizer.encodeAllInTurns(list);
      list.length = 0;
      return encoded;
    })();
    assert.deepEqual(await encoding, vectorizer.encodeAll(examples().map(({ text }) => text)));

    using classifier = TextClassifier.create({ vectorizer, classNames: ['bad', 'good'] });
    const score = await classifier.evaluate(examples());
    const judged = examples();
    const later = classifier.evaluate(judged);
    judged.length = 1;
    (judged[0] as { text: string }).text = 'bad';
    assert.deepEqual(await later, score);
    const list = examples().map(({ text }) => text);
    const predictions = await classifier.predict(list);
    const predicting = classifier.predict(list);
    list.fill('');
    assert.deepEqual(await predicting, predictions);

    const vocabulary = Vocabulary.build('abcd');
    using sequences = SequenceClassifier.create({ vocabulary, classes: 2 });
    const words = ['ab', 'cd', 'da'];
    const classes = await sequences.predict(words);
    const classifying = sequences.predict(words);
    words.fill('a');
    words.length = 1;
    assert.deepEqual(await classifying, classes);
  });
});
