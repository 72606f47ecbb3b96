/** Models as safetensors files: the way there and back, and every file that must be refused. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { LanguageModel, type LanguageModelOptions, type Tensor, tensor, Vocabulary } from '../../src/index';
import { readSafetensors, type Safetensors, writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';
import { CORPUS, smallModel, train, weights } from '../support/models';

const CONFIGURATIONS: Record<string, Partial<LanguageModelOptions>> = {
  'an LSTM of two layers': { layers: 2 },
  'a GRU with one-hot input': { cell: 'gru', embedding: 'onehot' },
  'a relu RNN with a single bias': { cell: 'rnn', nonlinearity: 'relu', singleBias: true },
  'an LSTM in float64': { dtype: 'float64' },
};

describe('model files', () => {
  const at = useFolder();

  /** Saves a small model, changes what is in its file, and gives the file's path. */
  async function changed(
    change: (file: Safetensors) => void,
    options: Partial<LanguageModelOptions> = {},
  ): Promise<string> {
    using model = smallModel(options);
    await model.save(at('model.safetensors'));
    const file = await readSafetensors(at('model.safetensors'));
    change(file);
    await writeSafetensors(at('changed.safetensors'), file.tensors, file.metadata);
    return at('changed.safetensors');
  }

  function initFrom(path: string, options: Partial<LanguageModelOptions> = {}): Promise<LanguageModel> {
    return LanguageModel.initFrom(path, { vocabulary: CORPUS.vocabulary, ...options });
  }

  for (const [name, options] of Object.entries(CONFIGURATIONS)) {
    it(`give back ${name}`, async () => {
      using model = smallModel(options);
      await train(model, { epochs: 1 });
      await model.save(at('model.safetensors'));
      using loaded = await LanguageModel.load(at('model.safetensors'));
      assert.deepEqual(loaded.architecture, model.architecture);
      assert.ok(loaded.vocabulary.equals(model.vocabulary));
      assert.equal(loaded.model.dtype, model.model.dtype);
      assert.deepEqual(await loaded.parameters(), await model.parameters());
      assert.deepEqual(await loaded.evaluate(CORPUS), await model.evaluate(CORPUS));

      await loaded.save(at('again.safetensors'));
      assert.deepEqual(readFileSync(at('again.safetensors')), readFileSync(at('model.safetensors')));
      assert.deepEqual(readdirSync(at()).sort(), ['again.safetensors', 'model.safetensors']);
    });
  }

  it("have PyTorch's names and shapes, and sorted metadata", async () => {
    const path = await changed(() => {}, { layers: 2, singleBias: true });
    const { tensors, metadata } = await readSafetensors(path);
    assert.deepEqual(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape])), {
      'embedding.weight': [29, 8],
      'head.bias': [29],
      'head.weight': [29, 16],
      'rnn.bias_hh_l0': [64],
      'rnn.bias_hh_l1': [64],
      'rnn.bias_ih_l0': [64],
      'rnn.bias_ih_l1': [64],
      'rnn.weight_hh_l0': [64, 16],
      'rnn.weight_hh_l1': [64, 16],
      'rnn.weight_ih_l0': [64, 8],
      'rnn.weight_ih_l1': [64, 16],
    });
    assert.ok(tensors.get('rnn.bias_hh_l1')?.data.every((value) => value === 0));
    assert.deepEqual([...metadata.keys()], ['format', 'model', 'unrolled', 'vocabulary']);
    assert.equal(
      metadata.get('model'),
      '{"cell":"lstm","embedding":8,"hidden":16,"kind":"language-model","layers":2,"single_bias":true}',
    );
    assert.deepEqual(JSON.parse(metadata.get('vocabulary') as string), CORPUS.vocabulary.toJSON());
  });

  it('can be saved while training runs, of a whole step', async () => {
    using model = smallModel();
    const training = train(model, { epochs: 30 });
    await model.save(at('model.safetensors'));
    await training;
    using loaded = await LanguageModel.load(at('model.safetensors'));
    assert.ok(Number.isFinite((await loaded.evaluate(CORPUS)).loss));
  });

  it('start a model with their weights', async () => {
    const path = await changed(() => {}, { seed: 4 });
    using source = await LanguageModel.load(path);
    using fromDescription = await initFrom(path);
    assert.deepEqual(await weights(fromDescription), await weights(source));

    const plain = await changed(({ metadata }) => metadata.clear(), { seed: 4 });
    using fromWeights = await initFrom(plain, { embedding: 8, hidden: 16 });
    assert.deepEqual(await weights(fromWeights), await weights(source));
  });

  it('without a description are refused by load, with what to do', async () => {
    const path = await changed(({ metadata }) => metadata.clear());
    await assert.rejects(LanguageModel.load(path), { code: 'ERR_UNROLLED_MODEL_FORMAT', message: /--init/ });
  });

  it('must agree with the options and the vocabulary they are given beside', async () => {
    const path = await changed(() => {}, { cell: 'rnn', nonlinearity: 'relu' });
    const mismatch = { code: 'ERR_UNROLLED_MODEL_MISMATCH' };
    using agreeing = await initFrom(path, { cell: 'rnn', nonlinearity: 'relu', hidden: 16 });
    assert.equal(agreeing.architecture.nonlinearity, 'relu');
    await assert.rejects(initFrom(path, { hidden: 32 }), { ...mismatch, option: 'hidden', message: /16.*32/ });
    await assert.rejects(initFrom(path, { nonlinearity: 'tanh' }), { ...mismatch, option: 'nonlinearity' });
    await assert.rejects(initFrom(path, { hidden: 0 }), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'hidden' });
    const vocabulary = Vocabulary.build(CORPUS.text.replaceAll('.', '!'));
    await assert.rejects(initFrom(path, { vocabulary }), {
      ...mismatch,
      option: 'vocabulary',
      message: /it has "\." \(U\+002E\), which the text's vocabulary lacks\.$/,
    });
    for (const [other, message] of [
      [Vocabulary.build(`${CORPUS.text}!`), /it lacks "!" \(U\+0021\), which the text's vocabulary has\.$/],
      [Vocabulary.build(CORPUS.text, { tokens: 'word' }), /its tokens are of kind char, not word\.$/],
      [Vocabulary.build(CORPUS.text, { minCount: 1 }), /one has an unknown token and the other does not\.$/],
    ] as const) {
      await assert.rejects(initFrom(path, { vocabulary: other }), { ...mismatch, message });
    }
  });

  it('with missing, extra or misshapen tensors are refused, naming them', async () => {
    const mismatch = 'ERR_UNROLLED_MODEL_MISMATCH';
    const missing = await changed(({ tensors }) => tensors.delete('head.bias'));
    await assert.rejects(LanguageModel.load(missing), { code: mismatch, message: /head\.bias/ });
    const extra = await changed(({ tensors }) => tensors.set('rnn.weight_ih_l1', tensor.zeros([64, 16])));
    await assert.rejects(LanguageModel.load(extra), { code: mismatch, message: /rnn\.weight_ih_l1/ });
    const misshapen = await changed(({ tensors }) => tensors.set('head.weight', tensor.zeros([16, 29])));
    await assert.rejects(LanguageModel.load(misshapen), {
      code: mismatch,
      message: /head\.weight.*\[16, 29\].*\[29, 16\]/,
    });
    const integers = await changed(({ tensors }) => tensors.set('head.bias', tensor.zeros([29], 'int32')));
    await assert.rejects(LanguageModel.load(integers), { code: mismatch, message: /head\.bias.*int32/ });
    const biased = await changed(
      ({ tensors }) => tensors.set('rnn.bias_hh_l0', { ...tensor.zeros([64]), data: new Float32Array(64).fill(1, 63) }),
      { singleBias: true },
    );
    await assert.rejects(LanguageModel.load(biased), { code: mismatch, message: /rnn\.bias_hh_l0/ });
  });

  it('with weights that are no finite numbers are refused, naming tensor and position', async () => {
    for (const [value, shown] of [
      [Number.NaN, 'NaN'],
      [Number.POSITIVE_INFINITY, 'Infinity'],
    ] as const) {
      const path = await changed(({ tensors }) => {
        (tensors.get('head.weight') as Tensor).data[18] = value;
      });
      const expected = {
        code: 'ERR_UNROLLED_MODEL_NOT_FINITE',
        message: new RegExp(`head\\.weight\\[1, 2\\] is ${shown}`),
      };
      await assert.rejects(LanguageModel.load(path), expected);
      await assert.rejects(initFrom(path), expected);
    }
    const large = await changed(
      ({ tensors }) => {
        (tensors.get('head.bias') as Tensor).data[3] = 1e300;
      },
      { dtype: 'float64' },
    );
    await assert.rejects(initFrom(large, { dtype: 'float32' }), { code: 'ERR_UNROLLED_MODEL_NOT_FINITE' });
  });

  it('with a damaged description are refused', async () => {
    const format = { code: 'ERR_UNROLLED_MODEL_FORMAT' };
    for (const [key, value] of [
      ['model', 'no JSON'],
      ['model', '[]'],
      ['model', '{"kind":"language-model","cell":"lstm","hidden":-3}'],
      ['model', '{"kind":"language-model","cell":"transformer"}'],
      ['vocabulary', ''],
      ['vocabulary', '{}'],
      ['unrolled', '2'],
    ] as const) {
      const path = await changed(({ metadata }) => metadata.set(key, value));
      await assert.rejects(LanguageModel.load(path), format, `${key}: ${value}`);
    }
    for (const [change, message] of [
      [(metadata: Map<string, string>) => metadata.set('vocabulary', '{}'), /^\S+: The vocabulary is damaged/],
      [(metadata: Map<string, string>) => metadata.delete('vocabulary'), /^\S+: the metadata "vocabulary" is missing/],
    ] as const) {
      const path = await changed(({ metadata }) => change(metadata));
      await assert.rejects(LanguageModel.load(path), { ...format, message });
    }
    const gigantic =
      '{"cell":"lstm","embedding":8,"hidden":10000,"kind":"language-model","layers":2,"single_bias":false}';
    const path = await changed(({ metadata }) => metadata.set('model', gigantic));
    await assert.rejects(LanguageModel.load(path), { code: 'ERR_UNROLLED_MODEL_MISMATCH' });
    const classifier = await changed(({ metadata }) => metadata.set('model', '{"kind":"sequence-classifier"}'));
    await assert.rejects(LanguageModel.load(classifier), { code: 'ERR_UNROLLED_MODEL_MISMATCH' });
  });

  it('that are cut short, missing or no files are refused', async () => {
    const path = await changed(() => {});
    const bytes = readFileSync(path);
    for (const length of [0, 7, 8, 100, bytes.length - 1]) {
      writeFileSync(at('cut.safetensors'), bytes.subarray(0, length));
      await assert.rejects(LanguageModel.load(at('cut.safetensors')), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
    }
    await assert.rejects(LanguageModel.load(at('none.safetensors')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    await assert.rejects(LanguageModel.load(at()), { code: 'ERR_UNROLLED_FILE_READ' });
    using model = smallModel();
    await assert.rejects(model.save(at('no', 'folder')), { code: 'ERR_UNROLLED_FILE_WRITE' });
    await assert.rejects(model.save(''), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });
});
