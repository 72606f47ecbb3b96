/** Text after many prompts at once. */

import assert from 'node:assert/strict';
import type { LanguageModel } from '../../src/index';
import { smallModel, train } from '../support/models';

const PROMPTS = ['the', 'the quick brown fox jumps', '', 'lazy', 'dog.\n', 'the', 'o'.repeat(300)];

describe('sampleAll', () => {
  let model: LanguageModel;

  before(async () => {
    model = smallModel({ hidden: 32 });
    await train(model, { epochs: 30, learningRate: 0.01 });
  });

  after(() => model.dispose());

  it('draws after each prompt what sample draws with the seed of its place', async () => {
    for (const options of [{ seed: 7 }, { temperature: 0 }, { topK: 3, topP: 0.9, length: 70 }]) {
      const texts = await model.sampleAll(PROMPTS, options);
      const seed = (options as { seed?: number }).seed ?? 0;
      const alone = await Promise.all(PROMPTS.map((prompt, i) => model.sample(prompt, { ...options, seed: seed + i })));
      assert.deepEqual(texts, alone);
    }
  });

  it('does not let a prompt depend on the others', async () => {
    const options = { seed: 3, length: 60 };
    const [first, second] = await model.sampleAll(['lazy', 'fox'], options);
    const [third, fourth] = await model.sampleAll(['lazy', 'fox', 'the quick', 'x'], options);
    assert.deepEqual([first, second], [third, fourth]);
  });

  it('goes on with the others where one has ended', async () => {
    const options = { seed: 1, stop: ['\n', ' q'], length: 400, temperature: 1.3 };
    const texts = await model.sampleAll(PROMPTS, options);
    for (const [i, prompt] of PROMPTS.entries()) {
      assert.equal(texts[i], await model.sample(prompt, { ...options, seed: 1 + i }));
    }
    assert.ok(new Set(texts.map((text) => text.length)).size > 3);
  });

  it('takes more prompts than are computed together, and none', async () => {
    const prompts = Array.from({ length: 150 }, (_, i) => 'the lazy dog.\n'.slice(0, i % 14));
    const texts = await model.sampleAll(prompts, { length: 5, seed: 10 });
    assert.equal(texts.length, 150);
    for (const i of [0, 63, 64, 149]) {
      assert.equal(texts[i], await model.sample(prompts[i] as string, { length: 5, seed: 10 + i }));
    }
    assert.deepEqual(await model.sampleAll([]), []);
    assert.deepEqual(await model.sampleAll(['the', 'fox'], { length: 0 }), ['', '']);
  });

  it('names the prompt that it cannot read', async () => {
    await assert.rejects(model.sampleAll(['the', 'a Fox']), {
      code: 'ERR_UNROLLED_UNKNOWN_TOKEN',
      option: 'prompts[1]',
      message: /^prompts\[1\]: .*"F".*position 2/,
    });
    await assert.rejects(model.sampleAll(['the', 3 as never]), {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'prompts[1]',
    });
    const text = { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'prompts' };
    await assert.rejects(model.sampleAll('the' as never), text);
    const seed = { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'seed' };
    await assert.rejects(model.sampleAll(['a', 'b'], { seed: Number.MAX_SAFE_INTEGER }), seed);
  });

  it('has the same bits for any number of threads, as beams and scores have', async () => {
    const results = [1, 2].map(async (threads) => {
      using own = smallModel({ hidden: 96, seed: 4, threads });
      return [
        await own.sampleAll(PROMPTS, { seed: 2, length: 50 }),
        await own.beam('the', { beams: 7, length: 12 }),
        await own.score('the quick brown fox', { perToken: true }),
        await own.next('the', 5),
      ];
    });
    const [one, two] = await Promise.all(results);
    assert.deepEqual(one, two);
  });

  it('stops on a signal, and when the model is disposed of', async () => {
    const controller = new AbortController();
    const all = model.sampleAll(PROMPTS, { length: 100_000_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(all, { code: 'ERR_UNROLLED_ABORTED' });
    const gone = smallModel();
    const rest = gone.sampleAll(PROMPTS, { length: 100_000_000 });
    setTimeout(() => gone.dispose(), 20);
    await assert.rejects(rest, { code: 'ERR_UNROLLED_DISPOSED' });
  });
});
