/** Streaming by extended grapheme cluster. */

import assert from 'node:assert/strict';
import { GraphemeFilter } from '../../src/generation/grapheme-filter';
import { LanguageModel, Vocabulary } from '../../src/index';
import { collect } from '../support/models';

/** A family, a flag, e with an accent of its own, a line end, a plain letter, Hangul from its parts. */
const CLUSTERS = ['👨‍👩‍👧', '🇩🇪', '🇫🇷', 'e\u0301', '\r\n', 'x', '\u1112\u1161\u11ab', '👍🏽'];

describe('graphemes', () => {
  it('come whole, each once, in whatever pieces', () => {
    const text = CLUSTERS.join('');
    for (const pieces of [[text], [...text], [text.slice(0, 9), text.slice(9)]]) {
      const filter = new GraphemeFilter();
      const clusters = pieces.flatMap((piece) => filter.push(piece));
      assert.deepEqual([...clusters, ...filter.end()], CLUSTERS);
    }
    assert.deepEqual(new GraphemeFilter().end(), []);
  });

  it('wait for the next to begin', () => {
    const filter = new GraphemeFilter();
    assert.deepEqual(filter.push('ae'), ['a']);
    assert.deepEqual(filter.push('\u0301'), []);
    assert.deepEqual(filter.push('b'), ['e\u0301']);
    assert.deepEqual(filter.end(), ['b']);
  });

  it('are what stream yields where asked', async () => {
    for (const tokens of ['char', 'byte'] as const) {
      const vocabulary = Vocabulary.build(CLUSTERS.join(''), { tokens });
      using model = LanguageModel.create({ vocabulary, hidden: 8, embedding: 4 });
      const options = { length: 150, seed: 2 };
      const text = await model.sample('x', options);
      const clusters = await collect(model.stream('x', { ...options, by: 'grapheme' }));
      const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
      const expected = Array.from(segmenter.segment(text), ({ segment }) => segment);
      assert.deepEqual(clusters, expected);
      assert.ok(clusters.length < [...text].length);
      assert.equal((await collect(model.stream('x', { ...options, by: 'piece' }))).join(''), text);
      const stop = expected.find((cluster) => cluster.length > 1) as string;
      const stopped = await collect(model.stream('x', { ...options, stop, by: 'grapheme' }));
      assert.equal(stopped.join(''), text.slice(0, text.indexOf(stop)));
    }
  });

  it('are an option of stream alone, and no other word is', async () => {
    using model = LanguageModel.create({ vocabulary: Vocabulary.build('ab'), hidden: 4, embedding: 2 });
    const wrong = collect(model.stream('a', { by: 'word' as never }));
    await assert.rejects(wrong, { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'by' });
    await assert.rejects(model.sample('a', { by: 'piece' } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
  });
});
