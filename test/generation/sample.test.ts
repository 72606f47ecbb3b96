/** Text drawn from a language model. */

import assert from 'node:assert/strict';
import { LanguageModel, Vocabulary } from '../../src/index';
import { CORPUS, collect, smallModel, train } from '../support/models';

describe('generation', () => {
  let model: LanguageModel;

  before(async () => {
    model = smallModel({ hidden: 32 });
    await train(model, { epochs: 60, learningRate: 0.01 });
  });

  after(() => model.dispose());

  it('goes on with what was learned', async () => {
    assert.equal(await model.sample('the quick ', { length: 9, temperature: 0 }), 'brown fox');
  });

  it('draws as many tokens as asked, without the prompt', async () => {
    for (const length of [0, 1, 7, 8, 9, 2000]) {
      assert.equal((await model.sample('the', { length })).length, length);
    }
    assert.equal((await model.sample('the')).length, 200);
  });

  it('draws the same for the same seed, whole or in pieces', async () => {
    const options = { length: 100, temperature: 5, seed: 5 };
    const whole = await model.sample('the', options);
    assert.equal(await model.sample('the', options), whole);
    const pieces = await collect(model.stream('the', options));
    assert.ok(pieces.length > 5);
    assert.equal(pieces.join(''), whole);
    assert.notEqual(await model.sample('the', { ...options, seed: 6 }), whole);
  });

  it('takes the likeliest at temperature 0, and with top-k 1', async () => {
    const likeliest = await model.sample('fox', { length: 60, temperature: 0 });
    assert.equal(await model.sample('fox', { length: 60, topK: 1, seed: 3 }), likeliest);
    assert.equal(await model.sample('fox', { length: 60, topP: 1e-9, seed: 3 }), likeliest);
    assert.equal(await model.sample('fox', { length: 60, topK: 1000, temperature: 0 }), likeliest);
  });

  it('starts an empty prompt like a new line', async () => {
    const options = { length: 20, seed: 2 };
    assert.equal(await model.sample('', options), await model.sample('\n', options));
  });

  it('draws no more when the stream is left, and stops on a signal', async () => {
    for await (const piece of model.stream('the', { length: 1_000_000 })) {
      assert.ok(piece.length > 0);
      break;
    }
    const controller = new AbortController();
    const generation = model.sample('the', { length: 100_000_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(generation, { code: 'ERR_UNROLLED_ABORTED', name: 'AbortError' });
  });

  it('refuses a prompt with unseen characters, naming them, unless the vocabulary skips or replaces', async () => {
    await assert.rejects(model.sample('the Fox'), { code: 'ERR_UNROLLED_UNKNOWN_TOKEN', message: /"F".*position 4/ });
    const { text } = CORPUS;
    for (const unknown of ['skip', 'replace'] as const) {
      const vocabulary = Vocabulary.build(text, { maxSize: 20, unknown });
      using bounded = LanguageModel.create({ vocabulary, hidden: 8, embedding: 4 });
      assert.equal([...(await bounded.sample('FOX', { length: 30 }))].length, 30);
    }
  });

  it('never draws the unknown token', async () => {
    const vocabulary = Vocabulary.build(CORPUS.text, { maxSize: 3 });
    using bounded = LanguageModel.create({ vocabulary, hidden: 8, embedding: 4 });
    const drawn = await bounded.sample('e', { length: 500, temperature: 5 });
    assert.deepEqual(new Set(drawn), new Set([vocabulary.token(0), vocabulary.token(1)]));
  });

  it('never splits a character of several bytes', async () => {
    const vocabulary = Vocabulary.build('中文', { tokens: 'byte' });
    using bytes = LanguageModel.create({ vocabulary, hidden: 8, embedding: 4 });
    const pieces = await collect(bytes.stream('中', { length: 60, seed: 1 }));
    assert.equal(pieces.join(''), await bytes.sample('中', { length: 60, seed: 1 }));
  });

  it('refuses impossible options, naming them', async () => {
    const impossible = {
      length: [-1, 1.5, Number.NaN],
      temperature: [-1, Number.NaN],
      topK: [0, -1, 1.5],
      topP: [0, 1.1, Number.NaN],
      seed: [-1, 0.5],
    };
    for (const [option, values] of Object.entries(impossible)) {
      for (const value of values) {
        await assert.rejects(model.sample('the', { [option]: value }), { code: 'ERR_UNROLLED_OPTION_RANGE', option });
      }
    }
    await assert.rejects(model.sample('the', { beam: 2 } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    await assert.rejects(model.sample(3 as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });
});
