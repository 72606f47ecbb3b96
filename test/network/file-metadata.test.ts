/** Strings that a user keeps in the file of a model. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  LanguageModel,
  layers,
  Model,
  type SaveOptions,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  Vocabulary,
} from '../../src/index';
import { readSafetensors } from '../../src/safetensors';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { smallModel, train } from '../support/models';

const GIVEN: Record<string, string> = Object.fromEntries([
  ['license', 'CC0-1.0'],
  ['trained on', 'the quick brown fox — 漢字'],
  ['__proto__', 'no prototype'],
  ['empty', ''],
]);

interface Saved {
  readonly metadata: Readonly<Record<string, string>>;
  save(path: string, options?: SaveOptions): Promise<void>;
  dispose(): void;
}

describe('metadata of a file', () => {
  const at = useFolder();

  /** A model of each kind, and what loads it. */
  async function* models(): AsyncGenerator<{ model: Saved; load: (path: string) => Promise<Saved> }> {
    yield { model: smallModel(), load: LanguageModel.load };
    const layered = Model.create({ input: { kind: 'features', features: 2 }, layers: [layers.dense(1)] });
    yield { model: layered, load: Model.load };
    const words = SequenceClassifier.create({ vocabulary: Vocabulary.build('ab'), classes: 2, hidden: 2 });
    yield { model: words, load: SequenceClassifier.load };
    const vectorizer = await TextVectorizer.adapt(['a b'], { maxTokens: 5 });
    const texts = TextClassifier.create({ vectorizer, classNames: ['a', 'b'], hidden: 2, embedding: 2, dense: 2 });
    yield { model: texts, load: TextClassifier.load };
  }

  it('is written, read back and written again, of every kind of model', async () => {
    for await (const { model, load } of models()) {
      assert.deepEqual(model.metadata, {});
      await model.save(at('plain'));
      await model.save(at('model'), { metadata: GIVEN });
      const { metadata } = await readSafetensors(at('model'));
      for (const [name, text] of Object.entries(GIVEN)) assert.equal(metadata.get(name), text);
      assert.equal(metadata.get('format'), 'pt');
      // The model itself stays as it was.
      assert.deepEqual(model.metadata, {});
      const loaded = await load(at('model'));
      assert.deepEqual(loaded.metadata, GIVEN);
      await loaded.save(at('again'));
      assert.deepEqual(readFileSync(at('again')), readFileSync(at('model')));
      await loaded.save(at('without'), { metadata: {} });
      assert.deepEqual(readFileSync(at('without')), readFileSync(at('plain')));
      loaded.dispose();
      model.dispose();
    }
  });

  it('is refused where it is no strings by name, or takes a name of the package, and so is every other option', async () => {
    for await (const { model } of models()) {
      for (const [options, code, option] of [
        [{ metadata: { model: 'x' } }, 'OPTION_RANGE', 'metadata.model'],
        [{ metadata: { training: 'x' } }, 'OPTION_RANGE', 'metadata.training'],
        [{ metadata: { year: 2024 } }, 'OPTION_TYPE', 'metadata.year'],
        [{ metadata: ['x'] }, 'OPTION_TYPE', 'metadata'],
        [{ metadata: 'x' }, 'OPTION_TYPE', 'metadata'],
        [{ comment: 'x' }, 'UNKNOWN_OPTION', 'comment'],
        ['x', 'OPTION_TYPE', 'options of save'],
      ] as const) {
        const saving = model.save(at('model'), options as unknown as SaveOptions);
        await assert.rejects(saving, { code: `ERR_UNROLLED_${code}`, option });
      }
      model.dispose();
    }
  });

  it('goes on in checkpoints, and in a training that goes on; a model made anew of the weights begins without', async () => {
    using model = smallModel();
    await model.save(at('model'), { metadata: GIVEN });
    using loaded = await LanguageModel.load(at('model'));
    await train(loaded, { epochs: 1, checkpoint: { path: at('run'), everySteps: 10 } });
    using resumed = await LanguageModel.load(at('run'));
    assert.deepEqual(resumed.metadata, GIVEN);
    const { vocabulary } = model;
    using anew = await LanguageModel.initFrom(at('model'), { vocabulary });
    assert.deepEqual(anew.metadata, {});
  });

  it('goes on with train --resume', async () => {
    using model = smallModel();
    await model.save(at('model'), { metadata: GIVEN });
    using loaded = await LanguageModel.load(at('model'));
    await train(loaded, { epochs: 1, checkpoint: { path: at('run'), everySteps: 10 } });
    writeFileSync(at('text'), 'the quick brown fox jumps over the lazy dog.\n'.repeat(30).slice(0, 1204));
    const args = ['--resume', at('run'), '--epochs', '2', '--out', at('out')];
    const { status, stderr } = await runCli('train', at('text'), ...args);
    assert.equal(status, 0, stderr);
    using again = await LanguageModel.load(at('out'));
    assert.deepEqual(again.metadata, GIVEN);
  }).timeout(30_000);
});
