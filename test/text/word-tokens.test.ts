/** What `split: 'word'` makes of punctuation, numbers and emoji, and that vectorizers saved before read as they did. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TextClassifier, TextVectorizer } from '../../src/index';
import type { TextVectorizerJSON } from '../../src/text/text-vectorizer';
import type { TextVectorizerOptions } from '../../src/text/vectorizer-options';
import { useFolder } from '../support/folder';

const FILES = resolve(__dirname, 'files');

function words(text: string, options?: TextVectorizerOptions): readonly string[] {
  return TextVectorizer.fromVocabulary(['any'], { split: 'word', ...options }).tokens(text);
}

describe("split: 'word'", () => {
  const at = useFolder();

  it('cuts first: punctuation never makes another word of its neighbours', () => {
    assert.deepEqual(words('很好,像新的'), ['很好', '像', '新的']);
    assert.deepEqual(words('很好,像新的'), words('很好，像新的'));
    assert.deepEqual(words('味道不错,误了点'), ['味道', '不错', '误', '了', '点']);
    assert.deepEqual(words('A movie.Loved it'), ['a', 'movie', 'loved', 'it']);
    assert.deepEqual(words('well-made/cheap_and_good'), ['well', 'made', 'cheap', 'and', 'good']);
    for (const mark of '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~') {
      const kept = '!?'.includes(mark) ? [mark] : [];
      assert.deepEqual(words(`很好${mark}像新的`), ['很好', ...kept, '像', '新的'], mark);
    }
  });

  it('leaves numbers their point, words their apostrophe out, and abbreviations whole', () => {
    assert.deepEqual(words('9.5分，共1,000人'), ['9.5', '分', '共', '1,000', '人']);
    assert.deepEqual(words('3.5mm. End.'), ['3.5mm', 'end']);
    assert.deepEqual(words("It's rock'n'roll of the U.S.A., e.g."), ['its', 'rocknroll', 'of', 'the', 'usa', 'eg']);
  });

  it('has emoji, symbols, exclamation and question marks for tokens', () => {
    assert.deepEqual(words('好看😀👍🏽❤️🇨🇳1️⃣★'), ['好看', '😀', '👍🏽', '❤️', '🇨🇳', '1️⃣', '★']);
    assert.deepEqual(words('真的？很好！！ Why?!'), ['真的', '？', '很好', '！', '！', 'why', '?', '!']);
    assert.deepEqual(words('，。、；：“”《》（）……——·～＋ \u3000\u200b\n\ufe0f'), []);
    assert.deepEqual(words('😀', { normalization: 'NFKC' }), ['😀']);
  });

  it('keeps all punctuation where nothing strips it', () => {
    for (const standardize of ['lower', 'none', (text: string) => text] as const) {
      assert.deepEqual(words('很好, 9.5分。', { standardize }), ['很好', ',', '9.5', '分', '。']);
    }
    assert.deepEqual(words("It's", { standardize: 'lower' }), ["it's"]);
    assert.deepEqual(words("It's", { standardize: 'strip-punctuation' }), ['Its']);
  });

  it('takes stop words as the texts have them', () => {
    assert.deepEqual(words("It's 很好!", { stopWords: ["It's", '很好', '!'] }), []);
    assert.deepEqual(words("it's good", { stopWords: 'english' }), ['good']);
  });

  it('does the same of a long text, a little at a time', async () => {
    const text = '很好,像新的！'.repeat(3000);
    const vectorizer = await TextVectorizer.adapt([text], { split: 'word' });
    assert.deepEqual(vectorizer.vocabulary, ['', '[UNK]', '像', '很好', '新的', '！']);
    assert.equal(vectorizer.encode(text).length, 12_000);
  });

  it('is joined by functions, whose tokens lose their punctuation after the cut', () => {
    const split = (text: string) => text.split(/(?<=,)| /);
    assert.deepEqual(words('很好,像新的 9.5 It\'s "so"', { split }), ['很好', '像新的', '9.5', 'its', 'so']);
    assert.deepEqual(words("It's so", { split, stopWords: ["It's"] }), ['so']);
    assert.deepEqual(words('很好,像', { split, standardize: 'lower' }), ['很好,', '像']);
  });

  it('is in the file, and reads back as it was', async () => {
    const text = '很好,像新的！9.5分😀';
    const vectorizer = await TextVectorizer.adapt([text], { split: 'word' });
    assert.equal(vectorizer.toJSON().rule, 2);
    await vectorizer.save(at('vectorizer.json'));
    const loaded = await TextVectorizer.load(at('vectorizer.json'));
    assert.deepEqual(loaded.tokens(text), vectorizer.tokens(text));
    assert.deepEqual(loaded.toJSON(), vectorizer.toJSON());
    for (const rule of [0, 3, '2', null]) {
      const json = { ...vectorizer.toJSON(), rule };
      assert.throws(() => TextVectorizer.fromJSON(json), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
    }
    assert.ok(!('rule' in TextVectorizer.fromVocabulary(['a']).toJSON()));
  });

  describe('of files that releases before wrote', () => {
    const { texts, saved } = JSON.parse(readFileSync(resolve(FILES, 'vectorizers-of-first-rule.json'), 'utf8')) as {
      texts: string[];
      saved: { vectorizer: TextVectorizerJSON; tokens: string[][] }[];
    };

    it('cuts texts as they did, and is saved so again', () => {
      for (const { vectorizer, tokens } of saved) {
        const read = TextVectorizer.fromJSON(vectorizer);
        const what = JSON.stringify(vectorizer.options);
        for (const [index, text] of texts.entries()) assert.deepEqual(read.tokens(text), tokens[index], what);
        assert.deepEqual(JSON.parse(JSON.stringify(read)), vectorizer, what);
      }
      const gluing = saved.filter(({ tokens }) => tokens[0]?.includes('好像'));
      assert.ok(gluing.length >= 3, 'the old rule shows');
    });

    it('gives the classes that their classifiers gave', async () => {
      const before = [0.5079740891053702, 0.5152295698256886, 0.5087997794697848, 0.5136597439914483];
      using classifier = await TextClassifier.load(resolve(FILES, 'classifier-of-first-rule.model'), { threads: 1 });
      const predictions = await classifier.predict(texts.slice(0, before.length));
      for (const [index, { probability, unknownTokens }] of predictions.entries()) {
        assert.equal(unknownTokens, 0);
        assert.ok(Math.abs(probability - (before[index] as number)) < 1e-6, `${index}: ${probability}`);
      }
      await classifier.save(at('again.safetensors'));
      using again = await TextClassifier.load(at('again.safetensors'), { threads: 1 });
      assert.deepEqual(again.vectorizer.toJSON(), classifier.vectorizer.toJSON());
    });
  });
});
