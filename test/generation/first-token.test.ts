/** Text that nothing comes before, of models of plain text. */

import assert from 'node:assert/strict';
import { type GenerationOptions, LanguageModel, Vocabulary, type VocabularyOptions } from '../../src/index';
import { CORPUS, collect, smallModel } from '../support/models';

function modelOf(text: string, options?: VocabularyOptions): LanguageModel {
  return LanguageModel.create({ vocabulary: Vocabulary.build(text, options), hidden: 8, embedding: 4 });
}

const SEEDS = 400;

/** How often each first token came, of texts after nothing. */
async function firstTokens(model: LanguageModel, options: GenerationOptions = {}): Promise<Map<string, number>> {
  const texts = await model.sampleAll(Array(SEEDS).fill(''), { length: 1, ...options });
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** Each count within five standard deviations of an even share. */
function assertEven(counts: Map<string, number>, tokens: readonly string[]): void {
  assert.deepEqual([...counts.keys()].sort(), [...tokens].sort());
  const share = 1 / tokens.length;
  const most = 5 * Math.sqrt(SEEDS * share * (1 - share));
  for (const [token, count] of counts) assert.ok(Math.abs(count - SEEDS * share) < most, `${token}: ${count}`);
}

describe('the first token of a plain text', () => {
  it('is drawn by the seed, evenly, however the rest is drawn', async () => {
    using model = modelOf('abcdefgh');
    for (const options of [{}, { temperature: 0 }, { topK: 1 }, { temperature: 0.01, topP: 0.1 }]) {
      assertEven(await firstTokens(model, options), [...'abcdefgh']);
    }
  });

  it('is never unknown, and counts in the length', async () => {
    using model = modelOf('aaabbbcccdef', { maxSize: 4 });
    assert.notEqual(model.vocabulary.unknownId, undefined);
    assertEven(await firstTokens(model), ['a', 'b', 'c']);
    for (const length of [0, 1, 2, 30]) assert.equal((await model.sample('', { length, seed: 3 })).length, length);
  });

  it('is a word among words, a whole character among bytes', async () => {
    using words = modelOf('one two three', { tokens: 'word' });
    assertEven(await firstTokens(words), [' ', 'one', 'two', 'three']);
    using bytes = modelOf('aé中', { tokens: 'byte' });
    const counts = await firstTokens(bytes);
    // One byte completes no character but the first.
    assert.deepEqual([...counts.keys()].sort(), ['a', '\ufffd']);
    const thirds = (counts.get('a') as number) / SEEDS;
    assert.ok(Math.abs(thirds - 1 / 3) < 0.12, 'of three first bytes one, and none from within a character');
    const continuing = { kind: 'byte', tokens: ['<0x80>', '<0x81>'], unknownToken: false, unknown: 'error' };
    using odd = LanguageModel.create({ vocabulary: Vocabulary.fromJSON(continuing), hidden: 4, embedding: 4 });
    assert.ok((await odd.sample('', { length: 3 })).length > 0);
  });

  it('is followed by what follows it as a prompt', async () => {
    using model = modelOf('abcdefgh');
    for (let seed = 0; seed < 10; seed++) {
      const text = await model.sample('', { length: 12, temperature: 0, seed });
      assert.equal(text.slice(1), await model.sample(text[0] as string, { length: 11, temperature: 0, seed }));
    }
    assert.notEqual(await model.sample('', { seed: 1 }), await model.sample('', { seed: 2 }));
  });

  it('is the same alone, among others and in pieces, and may end the text', async () => {
    using model = modelOf('abcdefgh');
    const prompts = ['', 'abc', '', ''];
    const all = await model.sampleAll(prompts, { length: 20, seed: 5 });
    for (const [i, text] of all.entries()) {
      const options = { length: 20, seed: 5 + i };
      assert.equal(await model.sample(prompts[i] as string, options), text);
      for (const piece of [1, 3, 64]) {
        assert.equal((await collect(model.stream(prompts[i] as string, { ...options, piece }))).join(''), text);
      }
      assert.equal((await collect(model.stream(prompts[i] as string, { ...options, by: 'grapheme' }))).join(''), text);
    }
    const [first = ''] = all;
    assert.equal(await model.sample('', { length: 20, seed: 5, stop: first[0] }), '');
    assert.equal(await model.sample('', { length: 20, seed: 5, stop: first[0], includeStop: true }), first[0]);
    const signal = AbortSignal.abort();
    await assert.rejects(model.sample('', { signal }), { code: 'ERR_UNROLLED_ABORTED' });
  });

  it('is drawn too after a prompt that has no token left', async () => {
    using model = modelOf('abcdefgh', { unknown: 'skip' });
    assert.equal(await model.sample('XYZ', { length: 9, seed: 4 }), await model.sample('', { length: 9, seed: 4 }));
  });

  it('is refused where nothing is drawn', async () => {
    using model = modelOf('abcdefgh', { unknown: 'skip' });
    for (const [empty, message] of [
      ['', /has no line end to start from\. Give a/],
      ['XYZ', /has no token that the model knows \(3 unknown ones: "X"/],
    ] as const) {
      const refused = { code: 'ERR_UNROLLED_CORPUS_EMPTY', message };
      await assert.rejects(model.next(empty), { ...refused, option: 'text' });
      await assert.rejects(model.beam(empty), { ...refused, option: 'prompt' });
      await assert.rejects(model.score('abc', { context: empty }), { ...refused, option: 'context' });
    }
    await assert.rejects(model.score('abc', { document: true }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'document',
    });
  });

  it('comes after a line end where the vocabulary has one', async () => {
    using model = smallModel();
    const options = { length: 20, seed: 2 };
    assert.equal(await model.sample('', options), await model.sample('\n', options));
    assert.deepEqual(await model.next('', 3), await model.next('\n', 3));
    assert.deepEqual(await model.beam('', { length: 5 }), await model.beam('\n', { length: 5 }));
    assert.deepEqual(await model.score('the', { context: '' }), await model.score('the', { context: '\n' }));
    assert.ok(CORPUS.vocabulary.id('\n') !== undefined);
  });
});
