/** Texts that spaces do not part into words, and the vectorizer's warning of them. */

import assert from 'node:assert/strict';
import { TextVectorizer, type TextVectorizerOptions } from '../../src/index';
import { ScriptSample } from '../../src/text/unspaced-script';

function isUnspaced(texts: Iterable<string>): boolean {
  const sample = new ScriptSample();
  for (const text of texts) sample.add(text);
  return sample.isUnspaced;
}

const CHINESE = ['这部电影很好看，下次再看。', '太难看了！', '还行'];

describe('scripts without spaces between words', () => {
  for (const [language, texts] of Object.entries({
    Chinese: CHINESE,
    'Chinese of one or two characters': ['好', '不好', '很好'],
    'Chinese with lines and some English': ['这部电影很好看\n我喜欢 Tom Hanks\n下次再看', '三部曲 PART 2 不怎么样啊'],
    Japanese: ['この映画はとても面白かったです。', 'つまらないアニメ'],
    Thai: ['หนังเรื่องนี้สนุกมาก', 'ไม่ชอบเลย น่าเบื่อจริงๆ'],
    Lao: ['ຮູບເງົານີ້ດີຫຼາຍ'],
    Khmer: ['ខ្សែភាពយន្តនេះល្អណាស់'],
    Burmese: ['ဒီရုပ်ရှင်ကအရမ်းကောင်းတယ်'],
  })) {
    it(`are known: ${language}`, () => assert.equal(isUnspaced(texts), true));
  }

  for (const [language, texts] of Object.entries({
    nothing: [],
    'no letters': ['', '123 !?'],
    English: ['A lovely film.', 'Dull.'],
    Korean: ['이 영화는 정말 재미있다'],
    Vietnamese: ['phim này rất hay'],
    Hindi: ['यह फिल्म बहुत अच्छी है'],
    'English with a Chinese name': ['The director, 张艺谋, made a lovely film.'],
    'Chinese that was cut into words beforehand': ['这 部 电影 很 好看 ， 下次 再 看 。', '太 难看 了 ！'],
    'Thai that was cut into words beforehand': ['หนัง เรื่อง นี้ สนุก มาก', 'ไม่ ชอบ เลย น่าเบื่อ จริงๆ'],
  })) {
    it(`are not taken for it: ${language}`, () => assert.equal(isUnspaced(texts), false));
  }

  it('are looked for in all the texts, but in no more than a sample of them', () => {
    const texts = function* (chinese: number, english: number): Generator<string> {
      for (let i = 0; i < chinese; i++) yield '这部电影很好看';
      for (let i = 0; i < english; i++) yield 'a lovely film';
    };
    assert.equal(isUnspaced(texts(2000, 8000)), false);
    assert.equal(isUnspaced(texts(8000, 2000)), true);
    let read = 0;
    const long = {
      slice(_: number, end: number) {
        read += end;
        return '字';
      },
    };
    isUnspaced(Array<string>(100_000).fill(long as unknown as string));
    assert.ok(read > 0 && read < 10_000_000, `${read} units`);
  });
});

describe('TextVectorizer.adapt', () => {
  async function warningsOf(texts: readonly string[], options: TextVectorizerOptions = {}): Promise<string[]> {
    const warnings: string[] = [];
    await TextVectorizer.adapt(texts, { ...options, onWarning: (message) => warnings.push(message) });
    return warnings;
  }

  it('warns, once, of texts that spaces do not part', async () => {
    const warnings = await warningsOf(CHINESE);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, /without spaces.*split 'word'/);
    assert.deepEqual(await warningsOf(CHINESE, { split: 'word' }), []);
    assert.deepEqual(await warningsOf(CHINESE, { split: 'character' }), []);
    assert.deepEqual(await warningsOf(CHINESE, { split: (text) => [text] }), []);
    assert.deepEqual(await warningsOf(['a lovely film']), []);
  });

  it('warns as Node.js does where nobody else is told', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    await TextVectorizer.adapt(CHINESE);
    const { name, message } = await warned;
    assert.equal(name, 'UnrolledWarning');
    assert.match(message, /split 'word'/);
    await assert.rejects(TextVectorizer.adapt(CHINESE, { onWarning: 'log' as never }), {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'onWarning',
    });
  });
});
