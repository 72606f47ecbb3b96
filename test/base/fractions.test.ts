/** Parts by a decimal fraction have the sizes that the fraction says. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { countWithout, roundedCount } from '../../src/base/fractions';
import { Corpus, callbacks, datasets, LanguageModel, layers, Model } from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';

describe('a part by a fraction', () => {
  const at = useFolder();

  it('has the size that integers give', () => {
    for (let thousandths = 0; thousandths < 1000; thousandths++) {
      for (const count of [1, 2, 5, 7, 10, 25, 50, 90, 100, 999, 1000, 4300, 123_456, 2 ** 31 - 1]) {
        const fraction = thousandths / 1000;
        const whole = BigInt(count) * BigInt(1000 - thousandths);
        assert.equal(countWithout(count, fraction), Number(whole / 1000n), `${count} without ${fraction}`);
        const rounded = (BigInt(count) * BigInt(thousandths) * 2n + 1000n) / 2000n;
        assert.equal(roundedCount(count, fraction), Number(rounded), `${fraction} of ${count}`);
      }
    }
  });

  it('is that of a text, of a file, and of examples', async () => {
    const text = 'ab'.repeat(5);
    const corpus = Corpus.fromText(text);
    writeFileSync(at('text'), text);
    const file = await datasets.textFile(at('text'), { idsFile: at('ids') });
    for (const [validation, trained] of [
      [0.9, 1],
      [0.8, 2],
      [0.7, 3],
      [0.1, 9],
      [0, 10],
    ] as const) {
      assert.equal(corpus.split(validation).train.length, trained);
      assert.equal(file.split(validation).train.count, trained);
    }
    // 0.35 of 90 are 31.5.
    const { train } = datasets.split(Array.from({ length: 90 }), { validation: 0.35 });
    assert.equal(train.length, 58);
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 2 },
      layers: [layers.embedding(2), layers.rnn(2), layers.dense(2)],
    });
    const inputs = Array.from({ length: 90 }, () => [0]);
    assert.equal(
      (await model.fit({ inputs, tags: inputs }, { validation: 0.35, epochs: 1, batch: 1 })).epochs[0]?.steps,
      58,
    );
  });

  it('is that of an earlier release where its checkpoint goes on', async () => {
    const corpus = Corpus.fromText('abcab'.repeat(20));
    const path = at('c');
    // 100 · (1 − 0.9) were 9.
    const earlier = Corpus.fromText('abcab'.repeat(20).slice(0, 9));
    const create = () => LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 2, hidden: 2 });
    const options = { batch: 1, window: 4, epochs: 2 };
    using whole = create();
    await whole.fit(earlier, { ...options, epochs: 3, callbacks: [callbacks.checkpoint({ path, everyEpochs: 2 })] });
    using first = create();
    await first.fit(earlier, { ...options, callbacks: [callbacks.checkpoint({ path })] });
    const { tensors, metadata } = await readSafetensors(path);
    const { frozen: _, ...training } = JSON.parse(metadata.get('training') as string);
    const recorded = { ...training, options: { ...training.options, validation: 0.9 } };
    await writeSafetensors(path, tensors, metadata.set('training', JSON.stringify(recorded)));
    using resumed = await LanguageModel.load(path);
    await resumed.fit(corpus, { resume: path, epochs: 3 });
    assert.deepEqual(await resumed.parameters(), await whole.parameters());
  });
});
