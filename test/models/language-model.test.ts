/** Making, judging and asking a language model. */

import assert from 'node:assert/strict';
import { memoryLimit } from '../../src/base/resource-limits';
import {
  Corpus,
  LanguageModel,
  type LanguageModelOptions,
  SequenceClassifier,
  tensor,
  Vocabulary,
} from '../../src/index';
import { CORPUS, smallModel, train } from '../support/models';

describe('LanguageModel', () => {
  it('is an LSTM of 256 with an embedding of 64 unless told otherwise', () => {
    using model = LanguageModel.create({ vocabulary: CORPUS.vocabulary });
    assert.deepEqual(model.architecture, { cell: 'lstm', embedding: 64, hidden: 256, layers: 1, singleBias: false });
    const { parameters, parameterCount, dtype } = model.summary();
    assert.equal(dtype, 'float32');
    assert.deepEqual(parameters.map(({ name, shape }) => [name, ...shape]).sort(), [
      ['embedding.weight', 29, 64],
      ['head.bias', 29],
      ['head.weight', 29, 256],
      ['rnn.bias_hh_l0', 1024],
      ['rnn.bias_ih_l0', 1024],
      ['rnn.weight_hh_l0', 1024, 256],
      ['rnn.weight_ih_l0', 1024, 64],
    ]);
    assert.equal(
      parameterCount,
      parameters.reduce((sum, { count }) => sum + count, 0),
    );
  });

  it('has no embedding with one-hot input, and one bias a layer where asked', () => {
    using model = smallModel({ embedding: 'onehot', singleBias: true, cell: 'gru' });
    assert.deepEqual(model.model.parameterShapes, {
      'rnn.weight_ih_l0': [48, 29],
      'rnn.weight_hh_l0': [48, 16],
      'rnn.bias_ih_l0': [48],
      'head.weight': [29, 16],
      'head.bias': [29],
    });
  });

  it('learns the same with a one-hot input as with the identity for an embedding', async () => {
    const size = CORPUS.vocabulary.size;
    using oneHot = smallModel({ embedding: 'onehot' });
    using embedded = smallModel({ embedding: size });
    const identity = { ...tensor.zeros([size, size]) };
    for (let id = 0; id < size; id++) identity.data[id * size + id] = 1;
    await embedded.model.setParameters({ ...(await oneHot.parameters()), 'embedding.weight': identity });
    const [ours, theirs] = [await oneHot.evaluate(CORPUS), await embedded.evaluate(CORPUS)];
    assert.ok(Math.abs(ours.loss - theirs.loss) < 1e-6);
  });

  it('evaluates every target, whatever the batch and the window', async () => {
    using model = smallModel({ dtype: 'float64' });
    const whole = await model.evaluate(CORPUS);
    assert.equal(whole.tokens, 1203);
    assert.ok(Math.abs(whole.bitsPerToken - whole.loss / Math.LN2) < 1e-12);
    assert.ok(Math.abs(whole.perplexity - Math.exp(whole.loss)) < 1e-9);
    for (const window of [1, 7, 1203, 100_000]) {
      const { loss, tokens } = await model.evaluate(CORPUS, { window });
      assert.equal(tokens, 1203);
      assert.ok(Math.abs(loss - whole.loss) < 1e-12);
    }
    assert.equal((await model.evaluate(CORPUS, { batch: 5 })).tokens, 1200);
  });

  it('evaluates to the mean of what it says of each token', async () => {
    using model = smallModel({ dtype: 'float64' });
    const text = 'the lazy dog';
    const ids = model.vocabulary.encode(text);
    const distributions = await model.probabilities(text);
    assert.deepEqual(distributions.shape, [12, 29]);
    let loss = 0;
    for (let i = 0; i + 1 < ids.length; i++) {
      const distribution = [...tensor.row(distributions, i).data];
      assert.ok(Math.abs(distribution.reduce((sum, value) => sum + value, 0) - 1) < 1e-9);
      loss -= Math.log(distribution[ids[i + 1] as number] as number);
    }
    const corpus = Corpus.fromText(text).withVocabulary(model.vocabulary);
    assert.ok(Math.abs((await model.evaluate(corpus)).loss - loss / 11) < 1e-9);
  });

  it('learns letters that only the state tells apart', async () => {
    const hello = Corpus.fromText('hello');
    using model = LanguageModel.create({ vocabulary: hello.vocabulary, cell: 'rnn', embedding: 'onehot', hidden: 8 });
    await train(model, { epochs: 200, batch: 1, window: 4, learningRate: 0.05 }, hello);
    const likeliest = tensor.argMax(await model.probabilities('hell')).data;
    assert.equal(model.vocabulary.decode(likeliest), 'ello');
  });

  it('names the option that is impossible, before anything is allocated', () => {
    const impossible: [option: keyof LanguageModelOptions, value: unknown, code: string][] = [
      ['hidden', 0, 'ERR_UNROLLED_OPTION_RANGE'],
      ['hidden', -1, 'ERR_UNROLLED_OPTION_RANGE'],
      ['hidden', 1e12, 'ERR_UNROLLED_OPTION_RANGE'],
      ['hidden', Number.NaN, 'ERR_UNROLLED_OPTION_RANGE'],
      ['hidden', 2.5, 'ERR_UNROLLED_OPTION_RANGE'],
      ['hidden', '16', 'ERR_UNROLLED_OPTION_TYPE'],
      ['hidden', 10_000_000, 'ERR_UNROLLED_OUT_OF_MEMORY'],
      ['embedding', 0, 'ERR_UNROLLED_OPTION_RANGE'],
      ['embedding', 'one-hot', 'ERR_UNROLLED_OPTION_TYPE'],
      ['embedding', 2_000_000_000, 'ERR_UNROLLED_OPTION_RANGE'],
      ['layers', 0, 'ERR_UNROLLED_OPTION_RANGE'],
      ['layers', 1e12, 'ERR_UNROLLED_OPTION_RANGE'],
      ['cell', 'transformer', 'ERR_UNROLLED_OPTION_RANGE'],
      ['dtype', 'float16', 'ERR_UNROLLED_OPTION_RANGE'],
      ['seed', -1, 'ERR_UNROLLED_OPTION_RANGE'],
      ['threads', 0, 'ERR_UNROLLED_OPTION_RANGE'],
      ['singleBias', 1, 'ERR_UNROLLED_OPTION_TYPE'],
      ['nonlinearity', 'relu', 'ERR_UNROLLED_OPTION_RANGE'],
      ['vocabulary', CORPUS, 'ERR_UNROLLED_OPTION_TYPE'],
    ];
    for (const [option, value, code] of impossible) {
      const options = { vocabulary: CORPUS.vocabulary, [option]: value } as LanguageModelOptions;
      assert.throws(() => LanguageModel.create(options), { code, option }, `${option} ${value}`);
    }
    assert.throws(() => smallModel({ units: 3 } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION', option: 'units' });
  });

  it('names the options that make a model too large for the memory', () => {
    const tooLarge: [sizes: Partial<LanguageModelOptions>, advice: RegExp][] = [
      // Which one is enough depends on the machine.
      [{ embedding: 16_777_216, hidden: 2048 }, /Lower (embedding|embedding or hidden|hidden or embedding)\.$/],
      [{ hidden: 10_000_000 }, /Lower hidden\.$/],
      [{ embedding: 16_777_216, hidden: 10_000_000 }, /Lower hidden\.$/],
    ];
    for (const [sizes, advice] of tooLarge) {
      assert.throws(() => LanguageModel.create({ vocabulary: CORPUS.vocabulary, ...sizes }), {
        code: 'ERR_UNROLLED_OUT_OF_MEMORY',
        message: advice,
      });
    }
    const fits = Math.floor(Math.sqrt(memoryLimit() / 64));
    assert.throws(() => LanguageModel.create({ vocabulary: CORPUS.vocabulary, hidden: fits, layers: 1024 }), {
      code: 'ERR_UNROLLED_OUT_OF_MEMORY',
      message: /Lower (hidden or layers|layers or hidden)\.$/,
    });
  });

  it('is not made by its constructor', () => {
    for (const Class of [LanguageModel, SequenceClassifier] as unknown as (new () => object)[]) {
      assert.throws(() => new Class(), {
        name: 'TypeError',
        code: 'ERR_UNROLLED_OPTION_TYPE',
        message: new RegExp(`${Class.name}\\.create.*${Class.name}\\.load`),
      });
    }
  });

  it('refuses null for every option', async () => {
    using model = smallModel();
    const wrongType = { code: 'ERR_UNROLLED_OPTION_TYPE' };
    for (const option of ['epochs', 'steps', 'batch', 'window', 'optimizer', 'learningRate', 'reduction', 'seed']) {
      await assert.rejects(train(model, { [option]: null }), { ...wrongType, option }, option);
    }
    for (const option of ['cell', 'embedding', 'hidden', 'layers', 'singleBias', 'seed', 'dtype', 'threads']) {
      assert.throws(() => smallModel({ [option]: null }), { ...wrongType, option }, option);
    }
    for (const option of ['length', 'temperature', 'topK', 'topP', 'seed']) {
      await assert.rejects(model.sample('', { [option]: null }), { ...wrongType, option }, option);
    }
    await assert.rejects(model.evaluate(CORPUS, { batch: null } as never), { ...wrongType, option: 'batch' });
    await assert.rejects(train(model, { optimizer: { type: 'adam' } as never }), {
      ...wrongType,
      option: 'optimizer.kind',
    });
  });

  it('refuses what it cannot evaluate', async () => {
    using model = smallModel();
    const one = Corpus.fromText('t').withVocabulary(model.vocabulary);
    await assert.rejects(model.evaluate(one), { code: 'ERR_UNROLLED_CORPUS_TOO_SHORT' });
    await assert.rejects(model.evaluate(CORPUS, { batch: 2000 }), { code: 'ERR_UNROLLED_CORPUS_TOO_SHORT' });
    await assert.rejects(model.evaluate(Corpus.fromText('THE')), { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
    await assert.rejects(model.evaluate(CORPUS, { batch: 0 }), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'batch' });
    await assert.rejects(model.evaluate(CORPUS, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    await assert.rejects(model.probabilities(''), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
  });

  it('throws after dispose', async () => {
    const model = smallModel();
    model.dispose();
    const disposed = { code: 'ERR_UNROLLED_DISPOSED' };
    await assert.rejects(model.evaluate(CORPUS), disposed);
    await assert.rejects(model.sample('the'), disposed);
    await assert.rejects(model.parameters(), disposed);
    await assert.rejects(model.probabilities('the'), disposed);
    assert.throws(() => model.summary(), disposed);
  });

  it('works on bytes, graphemes and words too', async () => {
    const text = 'naïve café, naïve café 👩‍👩‍👧! '.repeat(20);
    for (const tokens of ['byte', 'grapheme', 'word'] as const) {
      const corpus = Corpus.fromText(text, { tokens });
      using model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 32, embedding: 16 });
      const results = await train(model, { epochs: 60, learningRate: 0.02 }, corpus);
      assert.ok((results.at(-1)?.loss as number) < 0.3, tokens);
      const sample = await model.sample('naïve ', { length: 20, temperature: 0 });
      assert.match(sample, /^café/, tokens);
    }
  });

  it('takes a bounded vocabulary, with its unknown token', async () => {
    const vocabulary = Vocabulary.build(CORPUS.text, { maxSize: 12 });
    using model = LanguageModel.create({ vocabulary, hidden: 16, embedding: 8 });
    assert.equal((await train(model, { epochs: 1 })).length, 1);
    assert.ok((await model.evaluate(Corpus.fromText('QUITE UNSEEN'))).loss > 0);
  });
});
