/** Dropout, layer normalisation and tied weights of the networks, in training and in files. */

import assert from 'node:assert/strict';
import {
  LanguageModel,
  type LanguageModelOptions,
  type NetworkOptions,
  SequenceClassifier,
  WordList,
} from '../../src/index';
import { parameterShapes } from '../../src/layers/plan';
import { readSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';
import { CORPUS, smallModel, train } from '../support/models';

describe('architecture', () => {
  const at = useFolder();

  it('with what is not plain is learned with, and the same after saving and loading', async () => {
    for (const options of [
      { dropout: 0.2, layers: 2 },
      { recurrentDropout: 0.2, cell: 'gru' },
      { layerNorm: true },
      { layerNorm: true, cell: 'gru', layers: 2, singleBias: true },
      { tied: true, embedding: 16 },
    ] satisfies Partial<LanguageModelOptions>[]) {
      using model = smallModel(options);
      const name = JSON.stringify(options);
      assert.deepEqual(Object.keys(parameterShapes(model.model.description)), Object.keys(model.model.parameterShapes));
      await train(model, { epochs: 4, learningRate: 0.02 });
      const { loss } = await model.evaluate(CORPUS);
      assert.ok(loss < 2, `${name}: ${loss}`);
      await model.save(at('m'));
      using loaded = await LanguageModel.load(at('m'));
      assert.deepEqual(loaded.architecture, model.architecture);
      assert.equal((await loaded.evaluate(CORPUS)).loss, loss, name);
    }
  });

  it('drops between layers and before the head alone, and only while training', async () => {
    using model = smallModel({ dropout: 0.5, layers: 2 });
    const { layers } = model.model.description;
    assert.deepEqual(
      layers.map(({ type, ...layer }) => [type, 'dropout' in layer ? layer.dropout : undefined]),
      [
        ['embedding', undefined],
        ['lstm', 0.5],
        ['dropout', undefined],
        ['dense', undefined],
      ],
    );
    using single = smallModel({ dropout: 0.5 });
    assert.ok(!('dropout' in (single.model.description.layers[1] as object)));
    using plain = smallModel({ layers: 2 });
    assert.equal((await model.evaluate(CORPUS)).loss, (await plain.evaluate(CORPUS)).loss);
    const [dropped, whole] = [await train(model, { steps: 1 }), await train(plain, { steps: 1 })];
    assert.notEqual(dropped[0]?.loss, whole[0]?.loss);
  });

  it('says nothing of it in files of models without', async () => {
    using model = smallModel({ dropout: 0, recurrentDropout: 0, layerNorm: false, tied: false });
    await model.save(at('m'));
    const { metadata } = await readSafetensors(at('m'));
    const keys = Object.keys(JSON.parse(metadata.get('model') as string));
    assert.deepEqual(keys, ['cell', 'embedding', 'hidden', 'kind', 'layers', 'single_bias']);
    assert.deepEqual(Object.keys(model.architecture), ['cell', 'embedding', 'hidden', 'layers', 'singleBias']);
  });

  it('stores tied weights once, and lets no weight-less option keep a file out', async () => {
    using model = smallModel({ tied: true, embedding: 16, dropout: 0.1 });
    await model.save(at('m'));
    const { tensors } = await readSafetensors(at('m'));
    assert.ok(tensors.has('embedding.weight') && !tensors.has('head.weight'));
    const vocabulary = CORPUS.vocabulary;
    using other = await LanguageModel.initFrom(at('m'), { vocabulary, dropout: 0.4 });
    assert.equal(other.architecture.dropout, 0.4);
    await assert.rejects(LanguageModel.initFrom(at('m'), { vocabulary, tied: false }), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      option: 'tied',
    });
  });

  it('is refused where it is impossible', () => {
    for (const [options, option] of [
      [{ dropout: 1 }, 'dropout'],
      [{ dropout: -0.1 }, 'dropout'],
      [{ dropout: null }, 'dropout'],
      [{ recurrentDropout: Number.NaN }, 'recurrentDropout'],
      [{ layerNorm: 1 }, 'layerNorm'],
      [{ tied: 'yes' }, 'tied'],
      [{ tied: true }, 'tied'],
      [{ tied: true, embedding: 'onehot' }, 'tied'],
    ] as const) {
      assert.throws(() => smallModel(options as unknown as NetworkOptions), { option }, JSON.stringify(options));
    }
    const vocabulary = new WordList(['good', 'bad']);
    assert.throws(() => SequenceClassifier.create({ vocabulary, classes: 2, tied: true, embedding: 8, hidden: 8 }), {
      option: 'tied',
    });
  });
});
