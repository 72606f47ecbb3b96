import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { CHINESE_STOP_WORDS } from '../../src/text/chinese-stop-words';
import { ENGLISH_STOP_WORDS } from '../../src/text/stop-words';
import { TextVectorizer } from '../../src/text/text-vectorizer';
import type { TextVectorizerOptions } from '../../src/text/vectorizer-options';
import { useFolder } from '../support/folder';

const TEXTS = ['The cat, the dog!', 'A cat?', 'the bird'];

async function vocabulary(texts: readonly string[], options?: TextVectorizerOptions): Promise<readonly string[]> {
  return (await TextVectorizer.adapt(texts, options)).vocabulary;
}

function tokens(text: string, options: TextVectorizerOptions): readonly string[] {
  return TextVectorizer.fromVocabulary(['any'], options).tokens(text);
}

describe('TextVectorizer', () => {
  const at = useFolder();

  describe('its vocabulary', () => {
    it('goes by falling frequency, then by code point, after padding and unknown', async () => {
      assert.deepEqual(await vocabulary(TEXTS), ['', '[UNK]', 'the', 'cat', 'a', 'bird', 'dog']);
      assert.deepEqual(await vocabulary(['\u{1f600} \uffff b']), ['', '[UNK]', 'b', '\uffff', '\u{1f600}']);
    });

    it('has no padding for the other outputs', async () => {
      for (const output of ['multi-hot', 'count', 'tf-idf'] as const) {
        const vectorizer = await TextVectorizer.adapt(TEXTS, { output });
        assert.deepEqual(vectorizer.vocabulary, ['[UNK]', 'the', 'cat', 'a', 'bird', 'dog']);
        assert.deepEqual([vectorizer.unknownId, vectorizer.size], [0, 6]);
      }
    });

    it('counts padding and unknown among maxTokens', async () => {
      assert.deepEqual(await vocabulary(TEXTS, { maxTokens: 5 }), ['', '[UNK]', 'the', 'cat', 'a']);
      assert.deepEqual(await vocabulary(TEXTS, { maxTokens: 3 }), ['', '[UNK]', 'the']);
      assert.deepEqual(await vocabulary(TEXTS, { maxTokens: 2, output: 'count' }), ['[UNK]', 'the']);
      assert.deepEqual(await vocabulary(TEXTS, { maxTokens: 99 }), await vocabulary(TEXTS));
    });

    it('never learns what stands for padding and unknown', async () => {
      const options = { standardize: 'none', split: (text: string) => text.split(' ') } as const;
      assert.deepEqual(await vocabulary(['[UNK]  a'], options), ['', '[UNK]', 'a']);
    });

    it('comes from any iterable of strings', async () => {
      async function* texts() {
        yield* TEXTS;
      }
      assert.deepEqual((await TextVectorizer.adapt(texts())).vocabulary, await vocabulary(TEXTS));
      assert.deepEqual((await TextVectorizer.adapt(new Set(TEXTS))).vocabulary, await vocabulary(TEXTS));
    });

    it('lets the event loop go on, and ends when its signal says so', async () => {
      const controller = new AbortController();
      function* texts() {
        for (let i = 0; i < 100; i++) yield 'word '.repeat(2 ** 14);
        assert.fail('nothing stopped it');
      }
      setImmediate(() => controller.abort());
      await assert.rejects(TextVectorizer.adapt(texts(), { signal: controller.signal }), {
        code: 'ERR_UNROLLED_ABORTED',
      });
    });

    it('can be given, with padding and unknown or without', () => {
      for (const given of [
        ['b', 'a'],
        ['', '[UNK]', 'b', 'a'],
      ]) {
        const vectorizer = TextVectorizer.fromVocabulary(given);
        assert.deepEqual(vectorizer.vocabulary, ['', '[UNK]', 'b', 'a']);
        assert.deepEqual(vectorizer.encode('a b c'), Int32Array.of(3, 2, 1));
      }
      assert.deepEqual(TextVectorizer.fromVocabulary(['[UNK]', 'a'], { output: 'count' }).vocabulary, ['[UNK]', 'a']);
    });
  });

  describe('standardize', () => {
    const text = 'Éa-B_c\'s "X"  ¿…?';

    it('lowers letters and strips the punctuation of ASCII', () => {
      assert.deepEqual(tokens(text, {}), ['éabcs', 'x', '¿…']);
      assert.deepEqual(tokens(text, { standardize: 'lower' }), ["éa-b_c's", '"x"', '¿…?']);
      assert.deepEqual(tokens(text, { standardize: 'strip-punctuation' }), ['ÉaBcs', 'X', '¿…']);
      assert.deepEqual(tokens(text, { standardize: 'none' }), ["Éa-B_c's", '"X"', '¿…?']);
      assert.deepEqual(tokens('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\' a\tb\n1', {}), ['a', 'b', '1']);
    });

    it('can be a function', () => {
      assert.deepEqual(tokens('a1b22', { standardize: (given) => given.replace(/\d+/g, ' ') }), ['a', 'b']);
      assert.throws(() => tokens('a', { standardize: (() => 1) as never }), {
        code: 'ERR_UNROLLED_OPTION_TYPE',
        option: 'standardize',
      });
    });
  });

  describe('normalization', () => {
    const [composed, decomposed] = ['Caf\u00e9 \ufb01n', 'Cafe\u0301 \ufb01n'];

    it('makes one token of all ways to write it, before all else', async () => {
      assert.deepEqual(tokens(decomposed, { normalization: 'NFC' }), ['caf\u00e9', '\ufb01n']);
      assert.deepEqual(tokens(composed, { normalization: 'NFKD' }), ['cafe\u0301', 'fin']);
      assert.deepEqual(tokens(decomposed, { normalization: 'none' }), tokens(decomposed, {}));
      const stopWords = ['CAFE\u0301'];
      assert.deepEqual(tokens(composed, { normalization: 'NFC', stopWords }), ['\ufb01n']);
      const standardize = (text: string) => text.slice(0, 4);
      assert.deepEqual(tokens(decomposed, { normalization: 'NFC', standardize }), ['Caf\u00e9']);
      const vectorizer = await TextVectorizer.adapt([composed, decomposed], { normalization: 'NFC' });
      assert.deepEqual(vectorizer.vocabulary, ['', '[UNK]', 'caf\u00e9', '\ufb01n']);
      assert.deepEqual(vectorizer.encode(decomposed), vectorizer.encode(composed));
    });

    it('is in the file of a vectorizer that has one, and of that alone', async () => {
      const vectorizer = await TextVectorizer.adapt([composed], { normalization: 'NFD' });
      const again = TextVectorizer.fromJSON(JSON.parse(JSON.stringify(vectorizer)));
      assert.deepEqual(again.encode(decomposed), vectorizer.encode(composed));
      for (const normalization of [undefined, 'none'] as const) {
        assert.ok(!JSON.stringify(await TextVectorizer.adapt([composed], { normalization })).includes('normalization'));
      }
      await assert.rejects(TextVectorizer.adapt(['a'], { normalization: 'nfc' as never }), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'normalization',
      });
      const json = { ...vectorizer.toJSON(), options: { normalization: 'nfc' } };
      assert.throws(() => TextVectorizer.fromJSON(json), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
    });
  });

  describe('split', () => {
    it('cuts at spaces, characters, words, or by a function', () => {
      assert.deepEqual(tokens(' a\u00a0 b\n', {}), ['a', 'b']);
      assert.deepEqual(tokens('a\u{1f600} ', { split: 'character' }), ['a', '\u{1f600}', ' ']);
      assert.deepEqual(tokens('学习，真的。 Yes', { split: 'word' }), ['学习', '真的', 'yes']);
      assert.deepEqual(tokens('a|b||', { standardize: 'none', split: (given) => given.split('|') }), ['a', 'b']);
      assert.throws(() => tokens('a', { split: (() => 'a') as never }), {
        code: 'ERR_UNROLLED_OPTION_TYPE',
        option: 'split',
      });
    });
  });

  describe('ngrams', () => {
    it('are runs of tokens, all of one length first', () => {
      assert.deepEqual(tokens('a b c', { ngrams: 2 }), ['a', 'b', 'c', 'a b', 'b c']);
      assert.deepEqual(tokens('a b c', { ngrams: [2] }), ['a b', 'b c']);
      assert.deepEqual(tokens('a b c', { ngrams: [3, 1] }), ['a b c', 'a', 'b', 'c']);
      assert.deepEqual(tokens('a', { ngrams: [2] }), []);
    });
  });

  describe('stop words', () => {
    it('are left out before n-grams are made, as the texts have them', () => {
      assert.deepEqual(tokens('It is a cat on THE mat', { stopWords: 'english', ngrams: [2] }), ['cat mat']);
      assert.deepEqual(tokens("It's not a cat", { stopWords: 'english' }), ['not', 'cat']);
      assert.deepEqual(tokens("it's A b", { stopWords: ["It's", 'b'] }), ['a']);
    });

    it('of English are different lower-case words, and leave what negates', () => {
      assert.equal(new Set(ENGLISH_STOP_WORDS).size, ENGLISH_STOP_WORDS.length);
      for (const word of ENGLISH_STOP_WORDS) assert.match(word, /^[a-z]+('[a-z]+)?$/);
      for (const word of ['the', 'and', 'of', "it's"]) assert.ok(ENGLISH_STOP_WORDS.includes(word), word);
      for (const word of ['not', 'no', 'nor', 'never', 'good']) assert.ok(!ENGLISH_STOP_WORDS.includes(word), word);
    });
  });

  describe('Chinese stop words', () => {
    const split = 'word' as const;

    it('are left out, and leave what negates and what judges', () => {
      assert.deepEqual(tokens('我觉得这部电影的音乐非常好，但是故事不好。', { split, stopWords: 'chinese' }), [
        ...['觉得', '部', '电影', '音乐', '好', '故事', '不好'],
      ]);
      assert.deepEqual(tokens('了 的!', { split, stopWords: 'chinese' }), ['!']);
      assert.deepEqual(tokens('a the 的', { stopWords: 'chinese' }), ['a', 'the']);
    });

    it('are different words, each of which a text can have as it is cut', () => {
      assert.equal(new Set(CHINESE_STOP_WORDS).size, CHINESE_STOP_WORDS.length);
      assert.ok(CHINESE_STOP_WORDS.length > 300);
      assert.ok(Object.isFrozen(CHINESE_STOP_WORDS));
      for (const word of CHINESE_STOP_WORDS) {
        assert.match(word, /^\p{Script=Han}+$/u);
        assert.deepEqual(tokens(word, { split }), [word]);
      }
      for (const word of ['的', '我们', '因为', '可以']) assert.ok(CHINESE_STOP_WORDS.includes(word), word);
      for (const word of ['不', '没', '没有', '别', '无', '未', '好', '差', '喜欢']) {
        assert.ok(!CHINESE_STOP_WORDS.includes(word), word);
      }
    });

    it('are saved by their name', async () => {
      const vectorizer = await TextVectorizer.adapt(['我的电影'], { split, stopWords: 'chinese' });
      assert.equal(vectorizer.toJSON().options.stopWords, 'chinese');
      assert.deepEqual(TextVectorizer.fromJSON(vectorizer.toJSON()).tokens('我的电影'), ['电影']);
    });
  });

  describe('encode', () => {
    it('gives ids, cut off and filled up as asked', async () => {
      const vectorizer = await TextVectorizer.adapt(TEXTS);
      assert.deepEqual(vectorizer.encode('The bird, a cow.'), Int32Array.of(2, 5, 4, 1));
      const options = { sequenceLength: 3 };
      assert.deepEqual((await TextVectorizer.adapt(TEXTS, options)).encode('the bird a cow'), Int32Array.of(2, 5, 4));
      assert.deepEqual((await TextVectorizer.adapt(TEXTS, options)).encode('cat'), Int32Array.of(3));
      const padded = await TextVectorizer.adapt(TEXTS, { ...options, pad: true });
      assert.deepEqual(padded.encode('cat'), Int32Array.of(3, 0, 0));
    });

    it('has the unknown id for a text without tokens', async () => {
      assert.deepEqual((await TextVectorizer.adapt(TEXTS)).encode(' ?! '), Int32Array.of(1));
      assert.deepEqual((await TextVectorizer.adapt(TEXTS, { output: 'count' })).encode(''), Int32Array.of(0));
      const padded = await TextVectorizer.adapt(TEXTS, { sequenceLength: 2, pad: true });
      assert.deepEqual(padded.encode(''), Int32Array.of(1, 0));
    });

    it('has many texts in one array', async () => {
      const vectorizer = await TextVectorizer.adapt(TEXTS);
      assert.deepEqual(vectorizer.encodeAll(['the cat', '', 'dog cow dog']), {
        ids: Int32Array.of(2, 3, 1, 6, 1, 6),
        offsets: Int32Array.of(0, 2, 3, 6),
      });
      assert.deepEqual(vectorizer.encodeAll([]), { ids: new Int32Array(0), offsets: Int32Array.of(0) });
    });
  });

  describe('vectors', () => {
    const asked = ['the cat the cow', '', 'bird'];

    it('say which tokens a text has, or how often', async () => {
      // [UNK] the cat a bird dog
      const hot = (await TextVectorizer.adapt(TEXTS, { output: 'multi-hot' })).vectors(asked);
      assert.deepEqual(hot.shape, [3, 6]);
      assert.deepEqual([...hot.data], [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
      const counted = (await TextVectorizer.adapt(TEXTS, { output: 'count' })).vectors(asked);
      assert.deepEqual([...counted.data], [1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    });

    it('say which part of a text a token is, known or not', async () => {
      const vectorizer = await TextVectorizer.adapt(TEXTS, { output: 'frequency' });
      assert.deepEqual(vectorizer.vocabulary[0], '[UNK]');
      const { data } = vectorizer.vectors([...asked, 'the the cow']);
      const expected = [
        ...[1 / 4, 2 / 4, 1 / 4, 0, 0, 0],
        ...[0, 0, 0, 0, 0, 0],
        ...[0, 0, 0, 0, 1, 0],
        ...[1 / 3, 2 / 3, 0, 0, 0, 0],
      ];
      assert.deepEqual(data, Float32Array.from(expected));
      const again = TextVectorizer.fromJSON(JSON.parse(JSON.stringify(vectorizer)));
      assert.deepEqual(again.vectors(['a cat']), vectorizer.vectors(['a cat']));
      // Without stop words the rest is the whole.
      const few = await TextVectorizer.adapt(TEXTS, { output: 'frequency', stopWords: ['the'] });
      assert.equal(few.vectors(['the cat'])?.data[few.vocabulary.indexOf('cat')], 1);
    });

    it('weigh a count by ln(1 + N / (1 + n)), the unknown token by the mean', async () => {
      const vectorizer = await TextVectorizer.adapt(TEXTS, { output: 'tf-idf' });
      // Of three texts two have "the", two "cat", and one each of the others.
      const [two, one] = [Math.log(1 + 3 / 3), Math.log(1 + 3 / 2)];
      const mean = (2 * two + 3 * one) / 5;
      const expected = [mean, two, two, one, one, one];
      for (const [id, weight] of expected.entries()) {
        assert.ok(Math.abs((vectorizer.idf?.[id] as number) - weight) < 1e-12, `weight of ${id}`);
      }
      const { data } = vectorizer.vectors(['the cat the cow']);
      assert.deepEqual(data, Float32Array.of(mean, 2 * two, two, 0, 0, 0));
    });

    it('take given weights, and the mean of them for the unknown token', () => {
      const options = { output: 'tf-idf', idf: [1, 3] } as const;
      assert.deepEqual(TextVectorizer.fromVocabulary(['a', 'b'], options).idf, Float64Array.of(2, 1, 3));
      const whole = { output: 'tf-idf', idf: Float32Array.of(5, 1, 3) } as const;
      assert.deepEqual(TextVectorizer.fromVocabulary(['[UNK]', 'a', 'b'], whole).idf, Float64Array.of(5, 1, 3));
      assert.throws(() => TextVectorizer.fromVocabulary(['a', 'b', 'c'], options), { code: 'ERR_UNROLLED_SHAPE' });
      assert.throws(() => TextVectorizer.fromVocabulary(['a'], { output: 'tf-idf' }), {
        code: 'ERR_UNROLLED_OPTION_TYPE',
        option: 'idf',
      });
      for (const wrong of [{ output: 'count', idf: [1] } as const, { output: 'tf-idf', idf: [Number.NaN] } as const]) {
        assert.throws(() => TextVectorizer.fromVocabulary(['a'], wrong), {
          code: 'ERR_UNROLLED_OPTION_RANGE',
          option: 'idf',
        });
      }
    });

    it('are refused for ids, and where memory cannot hold them', async () => {
      const ids = await TextVectorizer.adapt(TEXTS);
      assert.throws(() => ids.vectors(['cat']), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'output' });
      const counts = await TextVectorizer.adapt(TEXTS, { output: 'count' });
      assert.throws(() => counts.vectors(new Array(2 ** 32 - 1)), { code: 'ERR_UNROLLED_OUT_OF_MEMORY' });
    });
  });

  describe('a file of it', () => {
    it('gives back the same vectorizer', async () => {
      for (const options of [
        {},
        { maxTokens: 4, sequenceLength: 3, pad: true, ngrams: [1, 3], stopWords: ['a'] },
        { output: 'tf-idf', standardize: 'lower', split: 'word', stopWords: 'english' },
        { output: 'multi-hot', split: 'character', standardize: 'none' },
      ] as const satisfies TextVectorizerOptions[]) {
        const vectorizer = await TextVectorizer.adapt(TEXTS, options);
        await vectorizer.save(at('vectorizer.json'));
        const loaded = await TextVectorizer.load(at('vectorizer.json'));
        assert.deepEqual(loaded.toJSON(), vectorizer.toJSON());
        assert.deepEqual(loaded.idf, vectorizer.idf);
        assert.deepEqual(loaded.encodeAll(TEXTS), vectorizer.encodeAll(TEXTS));
      }
    });

    it('cannot hold a function', async () => {
      for (const options of [{ standardize: (text: string) => text }, { split: (text: string) => [text] }]) {
        const [option = ''] = Object.keys(options);
        const vectorizer = await TextVectorizer.adapt(TEXTS, options);
        await assert.rejects(vectorizer.save(at('vectorizer.json')), { code: 'ERR_UNROLLED_OPTION_TYPE', option });
      }
      assert.deepEqual(readdirSync(at()), []);
    });

    it('is refused where it is damaged', async () => {
      const sound = (await TextVectorizer.adapt(TEXTS, { output: 'tf-idf' })).toJSON();
      const { vocabulary: words, idf = [], options } = sound;
      for (const value of [
        null,
        [],
        {},
        { ...sound, kind: 'words' },
        { ...sound, options: null },
        { ...sound, options: { ...options, ngrams: 0 } },
        { ...sound, options: { ...options, extra: 1 } },
        { ...sound, vocabulary: undefined },
        { ...sound, vocabulary: ['[UNK]'], idf: [1] },
        { ...sound, vocabulary: words.map(() => 'twice') },
        { ...sound, vocabulary: words.map(() => 1) },
        { ...sound, idf: idf.slice(1) },
        { ...sound, idf: idf.map(() => 'x') },
        { ...sound, idf: undefined },
      ]) {
        const json = JSON.stringify(value);
        writeFileSync(at('vectorizer.json'), json);
        await assert.rejects(TextVectorizer.load(at('vectorizer.json')), { code: 'ERR_UNROLLED_MODEL_FORMAT' }, json);
      }
      writeFileSync(at('vectorizer.json'), JSON.stringify(sound).slice(0, -5));
      await assert.rejects(TextVectorizer.load(at('vectorizer.json')), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
      await assert.rejects(TextVectorizer.load(at('none.json')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    });
  });

  it('refuses texts without tokens, and what are no texts', async () => {
    for (const texts of [[], [''], ['?!', ' ']]) {
      await assert.rejects(TextVectorizer.adapt(texts), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    }
    for (const texts of ['a string', 5, null, [1], {}]) {
      await assert.rejects(TextVectorizer.adapt(texts as never), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'texts' });
    }
    const vectorizer = await TextVectorizer.adapt(TEXTS);
    assert.throws(() => vectorizer.encode(5 as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    assert.throws(() => vectorizer.encodeAll('abc'), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('refuses options that cannot be', async () => {
    for (const [option, value] of [
      ['maxTokens', 2],
      ['maxTokens', 2.5],
      ['standardize', 'upper'],
      ['split', 'sentence'],
      ['ngrams', 0],
      ['ngrams', []],
      ['ngrams', [2, 2]],
      ['output', 'ids'],
      ['sequenceLength', 0],
      ['pad', true],
      ['stopWords', 'german'],
    ] as const) {
      const options = { [option]: value } as TextVectorizerOptions;
      await assert.rejects(TextVectorizer.adapt(TEXTS, options), { code: 'ERR_UNROLLED_OPTION_RANGE', option });
    }
    for (const [option, value] of [
      ['maxTokens', '5'],
      ['standardize', 1],
      ['stopWords', 5],
      ['signal', {}],
    ] as const) {
      const options = { [option]: value } as TextVectorizerOptions;
      await assert.rejects(TextVectorizer.adapt(TEXTS, options), { code: 'ERR_UNROLLED_OPTION_TYPE', option });
    }
    const words = (stopWords: unknown) => TextVectorizer.adapt(TEXTS, { stopWords } as TextVectorizerOptions);
    await assert.rejects(words(['a', 1]), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'stopWords[1]' });
    await assert.rejects(words(new Set(['a'])), {
      message: /^stopWords must be one of .*, or a list of words, not an/,
    });
    await assert.rejects(TextVectorizer.adapt(TEXTS, { sequenceLength: 3, output: 'count' }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'sequenceLength',
    });
    await assert.rejects(TextVectorizer.adapt(TEXTS, { max_tokens: 5 } as object), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
    });
    for (const words of [[], ['a', 'a'], ['a', '[UNK]'], ['', 'a'], ['', '[UNK]']]) {
      assert.throws(() => TextVectorizer.fromVocabulary(words), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'tokens',
      });
    }
    assert.throws(() => TextVectorizer.fromVocabulary(['a', 'b'], { maxTokens: 3 }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'maxTokens',
    });
  });
});
