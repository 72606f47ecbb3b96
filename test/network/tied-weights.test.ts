/** Files of tied weights: PyTorch's have them twice, or once under the name that its saver keeps. */

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { LanguageModel, layers, Model, type ModelOptions, type Tensor } from '../../src/index';
import { readSafetensors, type Safetensors, writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';
import { CORPUS, collect, smallModel, train } from '../support/models';

const NETWORK = { tied: true, embedding: 16 } as const;

/** The same values in memory of their own. */
function copyOf({ dtype, shape, data }: Tensor): Tensor {
  return { dtype, shape, data: data.slice() } as Tensor;
}

describe('a file of tied weights', () => {
  const at = useFolder();

  /** A model's file, changed, and given the name `changed`. */
  async function changed(path: string, change: (file: Safetensors) => void): Promise<string> {
    const file = await readSafetensors(path);
    change(file);
    await writeSafetensors(at('changed'), file.tensors, file.metadata);
    return at('changed');
  }

  function twice({ tensors }: Safetensors): void {
    tensors.set('head.weight', copyOf(tensors.get('embedding.weight') as Tensor));
  }

  function underTheOther({ tensors }: Safetensors): void {
    tensors.set('head.weight', tensors.get('embedding.weight') as Tensor);
    tensors.delete('embedding.weight');
  }

  it('is read with both copies where they are equal, and with either of them alone', async () => {
    using model = smallModel(NETWORK);
    await train(model, { epochs: 1 });
    await model.save(at('model'));
    const expected = await model.parameters();
    for (const change of [twice, underTheOther]) {
      const path = await changed(at('model'), change);
      using loaded = await LanguageModel.load(path);
      assert.deepEqual(await loaded.parameters(), expected);
      await loaded.save(at('again'));
      assert.deepEqual(await readSafetensors(at('again')), await readSafetensors(at('model')));
    }
  });

  it('is read where it is from elsewhere, without description', async () => {
    using model = smallModel(NETWORK);
    await model.save(at('model'));
    const path = await changed(at('model'), (file) => {
      twice(file);
      file.metadata.clear();
    });
    const options = { vocabulary: CORPUS.vocabulary, hidden: 16, ...NETWORK };
    using theirs = await LanguageModel.initFrom(path, options);
    assert.deepEqual(await theirs.parameters(), await model.parameters());
    // Not tied, it has two tables, which are equal at first.
    using apart = await LanguageModel.initFrom(path, { ...options, tied: false });
    const { 'head.weight': head, 'embedding.weight': table } = await apart.parameters();
    assert.deepEqual(head, table);
  });

  it('is refused where the copies differ, by their names', async () => {
    using model = smallModel(NETWORK);
    await model.save(at('model'));
    const differ = (change: (weights: Tensor) => Tensor) =>
      changed(at('model'), (file) => {
        twice(file);
        file.tensors.set('head.weight', change(file.tensors.get('head.weight') as Tensor));
      });
    const last = (weights: Tensor) => {
      weights.data[weights.data.length - 1] = 7;
      return weights;
    };
    const shorter = ({ data }: Tensor) => ({ dtype: 'float32', shape: [16], data: data.slice(0, 16) }) as Tensor;
    for (const change of [last, shorter]) {
      await assert.rejects(LanguageModel.load(await differ(change)), {
        code: 'ERR_UNROLLED_MODEL_MISMATCH',
        message: /head\.weight and embedding\.weight differ, but the model has one for both/,
      });
    }
  });

  it('may be a model of layers, whatever they are called, and a checkpoint', async () => {
    const options: ModelOptions = {
      input: { kind: 'ids', vocabulary: 5 },
      layers: [layers.embedding(4), layers.gru(4), layers.dense(5, { tiedTo: 'embedding' })],
    };
    using model = Model.create(options);
    await model.save(at('model'));
    const twiceAs = (name: string) => (file: Safetensors) => {
      file.tensors.set(name, copyOf(file.tensors.get('embedding.weight') as Tensor));
    };
    const path = await changed(at('model'), twiceAs('dense.weight'));
    using loaded = await Model.load(path);
    assert.deepEqual(await loaded.parameters(), await model.parameters());
    using other = Model.create({ ...options, seed: 9 });
    await other.loadParameters(path);
    assert.deepEqual(await other.parameters(), await model.parameters());

    using tied = smallModel(NETWORK);
    await train(tied, { epochs: 1, checkpoint: { path: at('run'), everySteps: 10 } });
    copyFileSync(await changed(at('run'), twice), at('run of both'));
    const goOn = async (from: string) => {
      using resumed = await LanguageModel.load(from);
      await collect(resumed.fit(CORPUS, { resume: from, epochs: 2 }));
      return await resumed.parameters();
    };
    assert.deepEqual(await goOn(at('run of both')), await goOn(at('run')));
  });
});
