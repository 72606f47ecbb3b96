/** The likeliest continuations. */

import assert from 'node:assert/strict';
import { LanguageModel, Vocabulary } from '../../src/index';
import { smallModel, train } from '../support/models';

describe('beam', () => {
  let model: LanguageModel;

  before(async () => {
    model = smallModel({ hidden: 32, dtype: 'float64' });
    await train(model, { epochs: 20, learningRate: 0.01 });
  });

  after(() => model.dispose());

  it('of one continuation is the likeliest token each time', async () => {
    for (const prompt of ['the', '', 'fox ']) {
      const [only, ...others] = await model.beam(prompt, { beams: 1, length: 40, lengthPenalty: 2 });
      assert.equal(only?.text, await model.sample(prompt, { length: 40, temperature: 0 }));
      assert.deepEqual(others, []);
    }
  });

  it('finds continuations in their order, as likely as score says', async () => {
    const found = await model.beam('lazy', { beams: 5, length: 12 });
    assert.equal(found.length, 5);
    for (const [i, { text, logProbability, score, ended }] of found.entries()) {
      const expected = await model.score(text, { context: 'lazy' });
      assert.ok(Math.abs(logProbability - expected.logProbability) < 1e-9);
      assert.equal(score, logProbability);
      assert.equal(ended, false);
      if (i > 0) assert.ok(score <= (found[i - 1]?.score as number));
    }
    assert.equal(new Set(found.map(({ text }) => text)).size, 5);
    assert.deepEqual(await model.beam('lazy', { beams: 5, length: 12 }), found);
  });

  it('finds nothing less likely with more beams', async () => {
    const best = async (beams: number) => (await model.beam('t', { beams, length: 10 }))[0]?.logProbability as number;
    assert.ok((await best(1)) <= (await best(300)) + 1e-9);
    assert.ok((await best(4)) <= (await best(300)) + 1e-9);
  });

  it('ranks by the length penalty', async () => {
    for (const { logProbability, score, text } of await model.beam('the', { length: 9, lengthPenalty: 0.7 })) {
      assert.ok(Math.abs(score - logProbability / ((5 + text.length) / 6) ** 0.7) < 1e-9);
    }
  });

  it('ends continuations at stop strings, across tokens', async () => {
    const [best] = await model.beam('the quick ', { beams: 3, length: 30, stop: ['wn f', 'zz'] });
    assert.equal(best?.text, 'bro');
    assert.equal(best?.ended, true);
    const kept = await model.beam('the quick ', { beams: 3, length: 30, stop: 'wn f', includeStop: true });
    assert.equal(kept[0]?.text, 'brown f');
    const expected = await model.score('brown f', { context: 'the quick ' });
    assert.ok(Math.abs((best?.logProbability as number) - expected.logProbability) < 1e-9);
  });

  it('finds stop strings across the bytes of a character', async () => {
    const vocabulary = Vocabulary.build('中文', { tokens: 'byte' });
    using bytes = LanguageModel.create({ vocabulary, hidden: 8, embedding: 4 });
    const found = await bytes.beam('中', { beams: 200, length: 6, stop: '文', includeStop: true });
    const ended = found.filter((one) => one.ended);
    assert.ok(ended.length > 0 && ended.length < found.length);
    for (const { text } of ended) assert.ok(text.endsWith('文'));
    for (const { text, ended } of found) if (!ended) assert.ok(!text.includes('文'));
  });

  it('never takes the unknown token', async () => {
    const vocabulary = Vocabulary.build('abcabcaab', { maxSize: 3 });
    using bounded = LanguageModel.create({ vocabulary, hidden: 8, embedding: 4 });
    const found = await bounded.beam('a', { beams: 100, length: 3 });
    assert.equal(found.length, 8);
    for (const { text } of found) assert.match(text, /^[ab]{3}$/);
  });

  it('of no length is one empty text', async () => {
    assert.deepEqual(await model.beam('the', { length: 0 }), [{ text: '', logProbability: 0, score: 0, ended: false }]);
  });

  it('refuses impossible options, naming them', async () => {
    const impossible = { beams: [0, 1.5, 2 ** 31], length: [-1, 0.5], lengthPenalty: [-1, Number.NaN] };
    for (const [option, values] of Object.entries(impossible)) {
      for (const value of values) {
        await assert.rejects(model.beam('the', { [option]: value }), { code: 'ERR_UNROLLED_OPTION_RANGE', option });
      }
    }
    await assert.rejects(model.beam('the', { seed: 1 } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    await assert.rejects(model.beam('THE'), { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
    const beams = { code: 'ERR_UNROLLED_OUT_OF_MEMORY', option: 'beams' };
    await assert.rejects(model.beam('the', { beams: 2 ** 31 - 1 }), beams);
  });

  it('stops on a signal, and when the model is disposed of', async () => {
    const controller = new AbortController();
    const search = model.beam('the', { length: 100_000_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(search, { code: 'ERR_UNROLLED_ABORTED', name: 'AbortError' });
    const gone = smallModel();
    const rest = gone.beam('the', { length: 100_000_000 });
    setTimeout(() => gone.dispose(), 20);
    await assert.rejects(rest, { code: 'ERR_UNROLLED_DISPOSED' });
    await assert.rejects(gone.beam('the'), { code: 'ERR_UNROLLED_DISPOSED' });
  });
});
