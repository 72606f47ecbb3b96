/** Sizes that a model may have: one bound for each, which the core has too, and refusals that name the option as it was typed. */

import assert from 'node:assert/strict';
import { MAX_SIZE, MAX_WIDTH } from '../../src/base/resource-limits';
import { LanguageModel, layers, Model, TextClassifier, TextVectorizer, Vocabulary } from '../../src/index';
import { addon } from '../../src/native/load';
import type { InputDescription, LayerDescription } from '../../src/native/native';
import { runCli } from '../support/cli';

const IDS = { kind: 'ids', vocabulary: 3 } as const;

/** The message with which the core itself refuses a model. */
function refusal(input: InputDescription, ...described: LayerDescription[]): string {
  try {
    new (addon().ModelFloat32)({ input, layers: described });
  } catch (error) {
    return (error as Error).message;
  }
  return assert.fail('it was not refused');
}

describe('the width of a layer', () => {
  it('has the same bound here and in the core', () => {
    const width = new RegExp(` from 1 to ${MAX_WIDTH}, not ${MAX_WIDTH + 1}\\.$`);
    const features = MAX_WIDTH + 1;
    const dense = { type: 'dense', name: 'dense', features: 2 } as const;
    assert.match(refusal(IDS, { type: 'embedding', name: 'embedding', features }, dense), width);
    assert.match(refusal({ kind: 'features', features }, dense), width);
    for (const type of ['rnn', 'gru', 'lstm'] as const) {
      const layer = { type, name: 'rnn', features, layers: 1 } as LayerDescription;
      assert.match(refusal({ kind: 'features', features: 2 }, layer, dense), width);
    }
    const count = new RegExp(` from 1 to ${MAX_SIZE}, not ${MAX_SIZE + 1}\\.$`);
    assert.match(refusal({ kind: 'ids', vocabulary: MAX_SIZE + 1 }, dense), count);
    const vectors = { kind: 'features', features: 2 } as const;
    assert.match(refusal(vectors, { ...dense, features: MAX_SIZE + 1 }), count);
  });

  it('is refused by the option that it was given by', async () => {
    const vocabulary = Vocabulary.build('abc');
    const refused = (option: string) => ({
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option,
      message: `${option} must be a whole number at least 1 and at most 16777216, not 16777217.`,
    });
    const width = MAX_WIDTH + 1;
    for (const option of ['embedding', 'hidden']) {
      assert.throws(() => LanguageModel.create({ vocabulary, [option]: width }), refused(option));
    }
    const vectorizer = await TextVectorizer.adapt(['a b'], { maxTokens: 5 });
    for (const option of ['embedding', 'hidden']) {
      const create = () => TextClassifier.create({ vectorizer, classNames: ['a', 'b'], [option]: width });
      assert.throws(create, refused(option));
    }
    for (const layer of [layers.embedding(width), layers.rnn(width), layers.gru(width), layers.lstm(width)]) {
      const create = () => Model.create({ input: IDS, layers: [layer, layers.dense(1)] });
      assert.throws(create, refused('layers[0].features'));
    }
    const vectors = { kind: 'features', features: width } as const;
    assert.throws(() => Model.create({ input: vectors, layers: [layers.dense(1)] }), refused('input.features'));
  });

  it('is refused by the flag that was typed', async () => {
    for (const [command, flag] of [
      [['train', 'sonnets'], '--embedding'],
      [['train', 'sonnets'], '--hidden'],
      [['bench'], '--embedding'],
      [['classify', 'train', '.'], '--hidden'],
    ] as const) {
      const { status, stderr } = await runCli(...command, flag, String(MAX_WIDTH + 1));
      assert.equal(status, 2);
      assert.match(
        stderr,
        new RegExp(`^unrolled: ${flag} must be a whole number at least 1 and at most 16777216, not`),
      );
    }
  });
});
