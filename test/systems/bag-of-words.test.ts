/** The bag of words of the tutorials, on a part of their reviews, and its first layer computed in two ways. */

import assert from 'node:assert/strict';
import { bagModel, bagsOfWords, trainBags, WIDTH } from '../../examples/support/bag-of-words';
import { compareFirstLayers } from '../../examples/support/first-layer';
import { alternating } from '../../examples/support/reviews';
import { datasets, layers, Model, tensor } from '../../src/index';
import { dataFolder, requireData } from '../support/data';

const REVIEWS = [
  { text: 'Bad. bad film', label: 0 },
  { text: 'good film', label: 1 },
  { text: 'dull', label: 0 },
];

describe('the bag of words', () => {
  it('takes reviews in turn, each as the set of its words', () => {
    const { words, inputs, labels } = bagsOfWords(REVIEWS);
    assert.deepEqual(words, ['good', 'film', 'bad', '.', '', 'dull']);
    assert.deepEqual(inputs, [Int32Array.of(0, 1), Int32Array.of(2, 3, 4, 1), Int32Array.of(5)]);
    assert.deepEqual(labels, [1, 0, 0]);
  });

  it('adds up the words’ vectors, and has no bias', async () => {
    const words = 6;
    using model = bagModel(words, 1);
    const { 'embedding.weight': table, 'dense.weight': weight, ...others } = await model.parameters();
    assert.deepEqual(Object.keys(others), []);
    const ids = [1, 4];
    const hidden = Array.from({ length: WIDTH }, (_, i) =>
      ids.reduce((sum, id) => sum + (tensor.row(table as never, id).data[i] as number), 0),
    ).map((sum) => 1 / (1 + Math.exp(-sum)));
    const expected = hidden.reduce((sum, value, i) => sum + value * (weight?.data[i] as number), 0);
    const [logit] = (await model.predict([ids])).data;
    assert.ok(Math.abs((logit as number) - expected) < 1e-6, `${logit} is not ${expected}`);
  });

  it('weighs words by their share of the review, where that is asked', async () => {
    const { words, inputs } = bagsOfWords(REVIEWS, 'frequency');
    assert.deepEqual(words, ['good', 'film', 'bad', '.', '', 'dull']);
    assert.deepEqual(inputs[1], Int32Array.of(2, 3, 4, 2, 1));
    using model = bagModel(words.length, 1, 'frequency');
    const { 'embedding.weight': table, 'dense.weight': weight } = await model.parameters();
    const shares: [id: number, share: number][] = [
      [1, 1 / 5],
      [2, 2 / 5],
      [3, 1 / 5],
      [4, 1 / 5],
    ];
    const hidden = Array.from({ length: WIDTH }, (_, i) =>
      shares.reduce((sum, [id, share]) => sum + share * (tensor.row(table as never, id).data[i] as number), 0),
    ).map((sum) => 1 / (1 + Math.exp(-sum)));
    const expected = hidden.reduce((sum, value, i) => sum + value * (weight?.data[i] as number), 0);
    const [logit] = (await model.predict([inputs[1] as Int32Array])).data;
    assert.ok(Math.abs((logit as number) - expected) < 1e-6, `${logit} is not ${expected}`);
  });

  it('starts from weights of standard deviation 0.1', async () => {
    using model = bagModel(2000, 0);
    const { 'embedding.weight': table } = await model.parameters();
    const values = Array.from(table?.data ?? []);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    assert.ok(Math.abs(deviation - 0.1) < 0.002, `${deviation}`);
  });

  it('makes one step a review, by the full chain rule', async () => {
    const bags = bagsOfWords(REVIEWS);
    using model = bagModel(bags.words.length, 3);
    using twin = bagModel(bags.words.length, 3);
    // Of three reviews four fifths are two.
    const training = trainBags(model, bags, 1);
    assert.equal((await training.next()).value?.steps, 2);
    for (const index of [0, 1]) {
      const ids = [...(bags.inputs[index] as Int32Array)].map((id) => [id]);
      const values = tensor.from([[[bags.labels[index] as number]]]);
      const { parameters } = await twin.gradients(
        { ids: tensor.from(ids, 'int32') },
        { loss: 'binaryCrossEntropy', values },
      );
      const weights = await twin.parameters();
      for (const [name, { data }] of Object.entries(weights)) {
        for (let i = 0; i < data.length; i++) {
          data[i] = (data[i] as number) - 0.1 * (parameters[name]?.data[i] as number);
        }
      }
      await twin.setParameters(weights);
    }
    const [ours, theirs] = [await model.parameters(), await twin.parameters()];
    for (const [name, weights] of Object.entries(ours)) {
      assert.ok(tensor.allClose(weights, theirs[name] as typeof weights, { absolute: 1e-6, relative: 0 }), name);
    }
  });

  it('has the same first layer as a product with one-hot vectors, and the same gradient', async () => {
    const words = 50;
    // Doubles, so that the order in which they are added can be seen.
    using drawn = Model.create({
      input: { kind: 'ids', vocabulary: words },
      layers: [layers.embedding(WIDTH), layers.pooling('sum')],
      dtype: 'float64',
    });
    const { 'embedding.weight': table } = await drawn.parameters();
    const bags = Array.from({ length: 230 }, (_, i) =>
      Int32Array.from({ length: 1 + (i % 20) }, (__, j) => (i * 7 + j * 3) % words),
    ).map((bag) => Int32Array.from(new Set(bag)));
    const result = await compareFirstLayers(table as NonNullable<typeof table>, bags);
    assert.equal(result.reviews, 230);
    assert.ok(result.difference < 1e-6 && result.gradientDifference < 1e-6, JSON.stringify(result));
    assert.ok(result.dense.forward > 0 && result.gathered.withGradient > 0);
  });

  describe('on 3,000 movie reviews', function () {
    this.timeout(60_000);

    it('learns them, and says of most others whether they are positive', async function () {
      requireData(this, 'aclImdb_labelled.tar.gz');
      const { train } = await datasets.imdb({ directory: dataFolder });
      const bags = bagsOfWords(alternating(train).slice(0, 3000));
      assert.deepEqual(
        bags.inputs.slice(0, 3).map(({ length }) => length),
        [93, 92, 232],
      );
      using model = bagModel(bags.words.length, 0);
      const losses: number[] = [];
      let accuracy = 0;
      for await (const { loss, validationAccuracy = 0 } of trainBags(model, bags, 3)) {
        losses.push(loss);
        accuracy = validationAccuracy;
      }
      assert.ok(
        losses.every((loss, epoch) => epoch === 0 || loss < (losses[epoch - 1] as number)),
        losses.join(),
      );
      assert.ok(accuracy > 0.7, `${accuracy}`);
      const { 'embedding.weight': table } = await model.parameters();
      const result = await compareFirstLayers(table as NonNullable<typeof table>, bags.inputs.slice(0, 40));
      assert.ok(result.difference < 1e-6 && result.gradientDifference < 1e-6, JSON.stringify(result));
    });
  });
});
