/** What is not finite always shows: in outputs and gradients, in the choice of a class, and as an error where one is named. */

import assert from 'node:assert/strict';
import {
  Corpus,
  type FloatTensor,
  LanguageModel,
  type Layer,
  layers,
  Model,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  tensor,
  Vocabulary,
  WordList,
} from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';

const { activation, add, attention, bidirectional, concatenate, dense, dropout, gru, layerNorm, lstm, pooling, rnn } =
  layers;

const [TIME, FEATURES] = [3, 2];
const NOT_FINITE = { code: 'ERR_UNROLLED_MODEL_NOT_FINITE' };

/** One row, `[T, 1, F]`. */
function rowOf(values: number[][], dtype: 'float32' | 'float64'): FloatTensor {
  return tensor.from(
    values.map((vector) => [vector]),
    dtype,
  );
}

function hasNaN({ data }: FloatTensor): boolean {
  return Array.from(data).some(Number.isNaN);
}

/** Layers of which each output reaches back to every step, or stands at its own. */
const STACKS: Record<string, Layer[]> = {
  'max pooling': [pooling('max')],
  'mean pooling': [pooling('mean')],
  'sum pooling': [pooling('sum')],
  tanh: [activation('tanh')],
  sigmoid: [activation('sigmoid')],
  relu: [activation('relu')],
  linear: [activation('linear')],
  'layer normalisation': [layerNorm()],
  dropout: [dropout(0.5)],
  'a dense layer with relu': [dense(3, { activation: 'relu' })],
  'an RNN': [rnn(3)],
  'an RNN with relu': [rnn(3, { activation: 'relu' })],
  'a GRU': [gru(3)],
  'an LSTM': [lstm(3)],
  'an LSTM with layer normalisation': [lstm(3, { layerNorm: true })],
  'both directions': [bidirectional(gru(3))],
  attention: [
    activation('linear', { name: 'query' }),
    activation('linear', { name: 'memory', from: 'input' }),
    attention(['query', 'memory']),
  ],
  'branches that join': [
    activation('relu', { name: 'one' }),
    activation('tanh', { name: 'other', from: 'input' }),
    add(['one', 'other'], { name: 'sum' }),
    concatenate(['sum', 'one']),
    pooling('max'),
  ],
};

describe('what is not finite', () => {
  const at = useFolder();

  for (const [name, stack] of Object.entries(STACKS)) {
    it(`shows behind ${name}, at whatever step it is, and in the gradients`, async () => {
      for (const dtype of ['float32', 'float64'] as const) {
        using model = Model.create({ input: { kind: 'features', features: FEATURES }, layers: stack, dtype });
        for (let step = 0; step < TIME; step++) {
          const values = Array.from({ length: TIME }, (_, t) => [t === step ? NaN : t + 1, 2 - t]);
          const features = rowOf(values, dtype);
          const { output } = await model.forward({ features });
          assert.ok(hasNaN(output), `${dtype}, step ${step}`);
          const gradOutput = { ...output, data: output.data.map(() => 1) } as FloatTensor;
          const trained = await model.gradients({ features }, { gradOutput }, { dropping: { seed: 1, step: 2 } });
          assert.ok(hasNaN(trained.output as FloatTensor), `${dtype}, step ${step}, in training`);
          const loss = await model.gradients({ features }, { loss: 'squaredError', values: gradOutput });
          assert.ok(Number.isNaN(loss.loss));
        }
      }
    });
  }

  it('stays in a maximum over time, and is where the gradient goes', async () => {
    using model = Model.create({ input: { kind: 'features', features: 1 }, layers: [pooling('max')] });
    for (const values of [
      [NaN, 1, 2],
      [2, NaN, 1],
      [1, 2, NaN],
    ]) {
      const features = rowOf(
        values.map((value) => [value]),
        'float32',
      );
      const { output, input } = await model.gradients({ features }, { gradOutput: tensor.from([[[1]]]) });
      assert.ok(Number.isNaN(output?.data[0]));
      assert.deepEqual(
        Array.from(input?.data ?? []),
        values.map((value) => (Number.isNaN(value) ? 1 : 0)),
      );
    }
  });

  it('shows in a gradient that is handed in, where a slope is zero too', async () => {
    for (const stack of [
      [activation('relu')],
      [activation('tanh')],
      [dropout(0.9)],
      [rnn(2, { activation: 'relu' })],
    ]) {
      using model = Model.create({ input: { kind: 'features', features: 2 }, layers: stack });
      const features = rowOf([[-1, -2]], 'float32');
      for (const bad of [NaN, Infinity]) {
        const gradOutput = tensor.from([[[bad, bad]]]);
        const { input } = await model.gradients({ features }, { gradOutput }, { dropping: { seed: 1, step: 0 } });
        assert.ok(Array.from(input?.data ?? []).every((value) => !Number.isFinite(value)));
      }
    }
  });

  it('is no class, of a text or of its tokens', async () => {
    const texts = ['good film', 'bad film'];
    const vectorizer = await TextVectorizer.adapt(texts);
    for (const classNames of [
      ['bad', 'good'],
      ['bad', 'good', 'other'],
    ]) {
      using classifier = TextClassifier.create({ vectorizer, classNames, embedding: 2, hidden: 2, dense: 2 });
      await overflow(classifier.model);
      await assert.rejects(classifier.predict(texts), NOT_FINITE);
      await assert.rejects(classifier.evaluate([{ text: 'good film', label: 0 }]), NOT_FINITE);
      await classifier.save(at('huge.safetensors'));
      const { status, stdout, stderr } = await runCli('classify', 'predict', at('huge.safetensors'), 'good film');
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /output is NaN or infinite/);
    }
    using sequence = SequenceClassifier.create({ vocabulary: new WordList(['good', 'bad']), classes: 2, cell: 'lstm' });
    await overflow(sequence.model);
    await assert.rejects(sequence.predict(['good']), NOT_FINITE);
    await assert.rejects(sequence.evaluate([{ text: 'good', label: 0 }]), NOT_FINITE);
  });

  it('is nothing to draw from: one score that overflows is enough', async () => {
    using model = LanguageModel.create({ vocabulary: Vocabulary.build('abc'), embedding: 2, hidden: 2 });
    for (const value of [3e38, -3e38]) {
      const parameters = await model.parameters();
      // The head's weights and bias of one token overflow, upward or downward; the others' are as they were.
      const state = parameters['rnn.bias_ih_l0'] as FloatTensor;
      state.data.fill(20);
      (parameters['head.weight'] as FloatTensor).data.fill(value, 2, 4);
      (parameters['head.bias'] as FloatTensor).data[1] = value;
      await model.model.setParameters(parameters);
      await assert.rejects(model.next('a'), NOT_FINITE);
      await assert.rejects(model.sample('a', { length: 1, temperature: 0 }), NOT_FINITE);
      await assert.rejects(model.beam('a', { beams: 2, length: 1 }), NOT_FINITE);
      await assert.rejects(model.score('aa'), NOT_FINITE);
      await assert.rejects(model.probabilities('a'), NOT_FINITE);
      const { loss } = await model.evaluate(Corpus.fromText('aab'));
      assert.ok(Number.isNaN(loss));
    }
  });
});

describe('a normalisation of one feature', () => {
  it('has an input whose gradient is zero exactly, as a layer and inside a cell', async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const stack of [[layerNorm()], ...[rnn, gru, lstm].map((cell) => [cell(1, { layerNorm: true })])]) {
        using model = Model.create({ input: { kind: 'features', features: 1 }, layers: stack, dtype });
        const features = rowOf([[0.3], [-1.7], [12.345]], dtype);
        const gradOutput = rowOf([[0.123], [-4.56], [0.789]], dtype);
        const { input, parameters } = await model.gradients({ features }, { gradOutput });
        assert.deepEqual(Array.from(input?.data ?? [], Math.abs), [0, 0, 0]);
        for (const [name, { data }] of Object.entries(parameters)) {
          if (/weight/.test(name))
            assert.ok(
              data.every((value) => value === 0),
              name,
            );
        }
      }
    }
  });
});

/** Finite weights by which every output overflows. */
async function overflow(model: Model): Promise<void> {
  const parameters = await model.parameters();
  for (const { data } of Object.values(parameters)) data.fill(3e38);
  await model.setParameters(parameters);
}
