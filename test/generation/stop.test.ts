/** Where generated text ends: at strings, at the end token, and what streaming holds back until it is sure. */

import assert from 'node:assert/strict';
import { StopFilter } from '../../src/generation/stop-filter';
import { Corpus, LanguageModel, Vocabulary } from '../../src/index';
import { CORPUS, collect, smallModel, train } from '../support/models';

/** What comes through of pieces, one by one, and whether it was stopped. */
function through(pieces: string[], strings: string[], include = false): { parts: string[]; stopped: boolean } {
  const filter = new StopFilter({ strings, include });
  const parts = pieces.map((piece) => filter.push(piece));
  return { parts: [...parts, filter.end()], stopped: filter.stopped };
}

describe('stop strings', () => {
  let model: LanguageModel;

  before(async () => {
    model = smallModel({ hidden: 32 });
    await train(model, { epochs: 60, learningRate: 0.01 });
  });

  after(() => model.dispose());

  it('hold back what may be the start of one, and no more', () => {
    assert.deepEqual(through(['a', 'b', 'c'], []), { parts: ['a', 'b', 'c', ''], stopped: false });
    assert.deepEqual(through(['xa', 'b', 'c', 'y'], ['abd']).parts, ['x', '', 'abc', 'y', '']);
    assert.deepEqual(through(['aa', 'a', 'b'], ['aab']), { parts: ['', 'a', '', ''], stopped: true });
    assert.deepEqual(through(['xa', 'b'], ['abc']), { parts: ['x', '', 'ab'], stopped: false });
  });

  it('end the text before the first that is complete, of those the longest, in whatever pieces', () => {
    const text = 'the cat sat on the mat';
    const cases: [string[], string][] = [
      [['cat'], 'the '],
      [['sat', 'cat'], 'the '],
      [['t s', 'cat sat on', 'sat'], 'the ca'],
      [['at', 'cat', ' cat'], 'the'],
      [['dog'], text],
      [['the'], ''],
      [['mat'], 'the cat sat on the '],
    ];
    for (const [strings, expected] of cases) {
      for (const size of [1, 2, 3, 7, 100]) {
        const pieces = text.match(new RegExp(`.{1,${size}}`, 'g')) as string[];
        const { parts, stopped } = through(pieces, strings);
        assert.equal(parts.join(''), expected, `${strings} in pieces of ${size}`);
        assert.equal(stopped, expected !== text);
      }
    }
    assert.equal(through(['the c', 'at sat'], ['cat'], true).parts.join(''), 'the cat');
    assert.equal(through(['the c', 'at sat'], ['cat', 'the cat'], true).parts.join(''), 'the cat');
  });

  it('end what sample and stream draw, whatever the seed', async () => {
    const options = { length: 300, temperature: 1.5 };
    let cut = 0;
    for (let seed = 0; seed < 5; seed++) {
      const whole = await model.sample('the', { ...options, seed });
      for (const stop of ['\n', ['og', 'fox'], 'e']) {
        const ends = [stop].flat().map((string) => whole.indexOf(string) + string.length);
        const end = Math.min(...ends.filter((_, i) => whole.includes([stop].flat()[i] as string)), Infinity);
        const string = [stop].flat().find((_, i) => ends[i] === end);
        const expected = string === undefined ? whole : whole.slice(0, end - string.length);
        if (string !== undefined) cut++;
        assert.equal(await model.sample('the', { ...options, seed, stop }), expected);
        const pieces = await collect(model.stream('the', { ...options, seed, stop }));
        assert.equal(pieces.join(''), expected);
        const kept = await model.sample('the', { ...options, seed, stop, includeStop: true });
        assert.equal(kept, expected + (string ?? ''));
      }
    }
    assert.ok(cut > 5);
  });

  it('end a text far from its length without drawing on', async () => {
    const text = await model.sample('the quick ', { length: 1_000_000_000, temperature: 0, stop: ' jumps' });
    assert.equal(text, 'brown fox');
  });

  it('are found across the bytes of a character', async () => {
    const vocabulary = Vocabulary.build('中文', { tokens: 'byte' });
    using bytes = LanguageModel.create({ vocabulary, hidden: 8, embedding: 4 });
    let found = 0;
    for (let seed = 0; seed < 20; seed++) {
      const whole = await bytes.sample('中', { length: 60, seed });
      const at = whole.indexOf('文');
      if (at >= 0) found++;
      const options = { length: 60, seed, stop: '文' };
      assert.equal(await bytes.sample('中', options), at < 0 ? whole : whole.slice(0, at));
    }
    assert.ok(found > 0);
  });

  it('are refused where they cannot be', async () => {
    for (const stop of ['', ['a', ''], '\ud83d']) {
      await assert.rejects(model.sample('the', { stop }), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'stop' });
    }
    for (const stop of [3, [3], null, { a: 1 }]) {
      const refused = { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'stop' };
      await assert.rejects(model.sample('the', { stop: stop as never }), refused);
    }
    const refused = { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'includeStop' };
    await assert.rejects(model.sample('the', { includeStop: 1 as never }), refused);
  });

  describe('and an end token', () => {
    /** A model whose vocabulary says that a text ends with this character. */
    async function endingWith(character: string): Promise<LanguageModel> {
      const vocabulary = Vocabulary.fromJSON(CORPUS.vocabulary.toJSON());
      Object.defineProperty(vocabulary, 'endId', { value: vocabulary.id(character) });
      const ending = LanguageModel.create({ vocabulary, embedding: 8, hidden: 32 });
      await ending.model.setParameters(await model.parameters());
      return ending;
    }

    it('end the text when it is drawn, and do not show', async () => {
      using ending = await endingWith('.');
      const options = { length: 200, temperature: 1, seed: 3 };
      const whole = await model.sample('the', options);
      assert.ok(whole.includes('.'));
      const expected = whole.slice(0, whole.indexOf('.'));
      assert.equal(await ending.sample('the', options), expected);
      assert.equal((await collect(ending.stream('the', options))).join(''), expected);
      assert.deepEqual(await ending.sampleAll(['the'], options), [expected]);
    });

    it('end texts where the documents that it learned from do', async () => {
      const corpus = Corpus.fromDocuments(['one two', 'three four five', 'six'].flatMap((text) => Array(8).fill(text)));
      using learned = LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 8, hidden: 32 });
      await train(learned, { epochs: 40, batch: 4, window: 8, learningRate: 0.02 }, corpus);
      const endings = { one: ' two', three: ' four five', six: '' };
      for (const [prompt, ending] of Object.entries(endings)) {
        assert.equal(await learned.sample(prompt, { length: 50, temperature: 0 }), ending);
        const [best] = await learned.beam(prompt, { beams: 2, length: 50 });
        assert.deepEqual([best?.text, best?.ended], [ending, true]);
      }
    });

    it('end a beam', async () => {
      using ending = await endingWith(' ');
      const [best] = await ending.beam('the quick br', { beams: 2, length: 20 });
      assert.equal(best?.text, 'own');
      assert.equal(best?.ended, true);
    });
  });
});
