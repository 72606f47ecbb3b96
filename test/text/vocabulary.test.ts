import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { readText } from '../../src/text/read-text';
import { Vocabulary } from '../../src/text/vocabulary';
import { TOKEN_KINDS } from '../../src/text/vocabulary-options';
import { requireData } from '../support/data';

const MIXED = 'naïve 漢字，𠮷野家!\r\n👨‍👩‍👧 don’t stop\u0301 \ufeffat 3.14\n\n한국어 ไทย 🇫🇷🇯🇵\u{10ffff}\uffff';

function tokensOf(vocabulary: Vocabulary): string[] {
  return Array.from({ length: vocabulary.size }, (_, id) => vocabulary.token(id));
}

/** Processor time that something takes of this process, in milliseconds. */
function work(run: () => unknown): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

describe('Vocabulary', () => {
  for (const tokens of TOKEN_KINDS) {
    it(`of ${tokens} tokens gives the text back`, () => {
      const vocabulary = Vocabulary.build(MIXED, { tokens });
      assert.equal(vocabulary.decode(vocabulary.encode(MIXED)), MIXED);
      assert.equal(vocabulary.kind, tokens);
      assert.equal(vocabulary.unknownId, undefined);
      for (let id = 0; id < vocabulary.size; id++) assert.equal(vocabulary.id(vocabulary.token(id)), id);
      const decoder = vocabulary.decoder();
      const streamed = Array.from(vocabulary.encode(MIXED), (id) => decoder.push(id));
      assert.equal(streamed.join('') + decoder.end(), MIXED);
    });

    it(`of ${tokens} tokens is the same after JSON`, () => {
      for (const bounds of [{}, { maxSize: 12 }]) {
        const vocabulary = Vocabulary.build(MIXED, { tokens, ...bounds });
        const read = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
        assert.deepEqual(read.toJSON(), vocabulary.toJSON());
        assert.ok(read.equals(vocabulary));
        assert.deepEqual(read.encode(MIXED), vocabulary.encode(MIXED));
      }
    });
  }

  it('orders characters by code point, not by UTF-16 unit', () => {
    assert.deepEqual(tokensOf(Vocabulary.build('b\u{1f600}a\uffeea')), ['a', 'b', '\uffee', '\u{1f600}']);
    assert.deepEqual([...Vocabulary.build('hello').encode('hello')], [1, 0, 2, 2, 3]);
  });

  it('takes a lone surrogate for a character of its own', () => {
    const text = '\ud800a\udc00';
    const vocabulary = Vocabulary.fromJSON(JSON.parse(JSON.stringify(Vocabulary.build(text))));
    assert.equal(vocabulary.size, 3);
    assert.equal(vocabulary.decode(vocabulary.encode(text)), text);
  });

  it('takes what a reader sees as one character for one grapheme', () => {
    const vocabulary = Vocabulary.build('e\u0301👨‍👩‍👧z\r\n', { tokens: 'grapheme' });
    assert.deepEqual(tokensOf(vocabulary), ['\r\n', 'e\u0301', 'z', '👨‍👩‍👧']);
  });

  it('orders bytes by value and writes those that are no character as numbers', () => {
    assert.deepEqual(tokensOf(Vocabulary.build('zäa', { tokens: 'byte' })), ['a', 'z', '<0xA4>', '<0xC3>']);
  });

  it('orders words by falling frequency, equals by code point', () => {
    const vocabulary = Vocabulary.build('to be, or not to be', { tokens: 'word' });
    assert.deepEqual(tokensOf(vocabulary), [' ', 'be', 'to', ',', 'not', 'or']);
  });

  it('gives a line that has no end the same words as its parts', () => {
    const sentence = 'The quick brown fox isn’t here, 3.14 times. 我愛你，你好嗎？ ';
    const vocabulary = Vocabulary.build(sentence, { tokens: 'word' });
    const once = [...vocabulary.encode(sentence)];
    const ids = vocabulary.encode(sentence.repeat(200));
    assert.deepEqual([...ids], Array.from({ length: 200 }, () => once).flat());
  });

  it('cuts a run without any boundary between two code points', () => {
    const text = '\u{20bb7}'.repeat(3000) + 'x'.repeat(3001);
    for (const tokens of ['word', 'grapheme'] as const) {
      const vocabulary = Vocabulary.build(text, { tokens });
      assert.equal(vocabulary.decode(vocabulary.encode(text)), text);
      assert.ok(tokensOf(vocabulary).every((token) => !/\p{Surrogate}/u.test(token)));
    }
  });

  it('keeps the most frequent where it is bounded by size, the unknown token last', () => {
    const vocabulary = Vocabulary.build('aabbbccd', { maxSize: 3 });
    assert.deepEqual(tokensOf(vocabulary), ['a', 'b', '\ufffd']);
    assert.equal(vocabulary.unknownId, 2);
    assert.equal(vocabulary.id('\ufffd'), undefined);
    assert.equal(vocabulary.decode(vocabulary.encode('abcd')), 'ab\ufffd\ufffd');
    const words = Vocabulary.build('a a b c', { tokens: 'word', maxSize: 3 });
    assert.equal(words.decode(words.encode('a b')), 'a <unk>');
    const bytes = Vocabulary.build('aab', { tokens: 'byte', maxSize: 2 });
    assert.equal(bytes.decode(bytes.encode('abä')), 'a\ufffd\ufffd\ufffd');
  });

  it('keeps what occurs often enough where it is bounded by count', () => {
    const vocabulary = Vocabulary.build('aabbbccd', { minCount: 2 });
    assert.deepEqual(tokensOf(vocabulary), ['a', 'b', 'c', '\ufffd']);
    assert.equal(Vocabulary.build('aab', { minCount: 1 }).size, 3);
    assert.throws(() => Vocabulary.build('aab', { minCount: 3 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('counts the tokens of a text that it knows, whatever becomes of the others', () => {
    const cases = [
      ['char', 'abc', 'abx\u{1f600}', { knownTokens: 2, unknownTokens: 2 }],
      ['grapheme', 'abc', 'a\u0301b', { knownTokens: 1, unknownTokens: 1 }],
      ['byte', 'abc', 'a\u00e4', { knownTokens: 1, unknownTokens: 2 }],
      ['word', 'to be', 'to see', { knownTokens: 2, unknownTokens: 1 }],
    ] as const;
    for (const [tokens, from, text, counts] of cases) {
      for (const unknown of ['error', 'skip', 'replace'] as const) {
        const vocabulary = Vocabulary.build(from, { tokens, unknown, minCount: 1 });
        assert.deepEqual(vocabulary.tokenCounts(text), counts, `${tokens} ${unknown}`);
      }
      assert.deepEqual(Vocabulary.build(from, { tokens }).tokenCounts(''), { knownTokens: 0, unknownTokens: 0 });
    }
    assert.throws(() => Vocabulary.build('a').tokenCounts(1 as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('keeps a form, into which it brings every text', () => {
    const form = { lineEnds: 'lf', normalization: 'NFKC' } as const;
    const vocabulary = Vocabulary.build('e\u0301\r\nﬁ', form);
    assert.deepEqual(tokensOf(vocabulary), ['\n', 'f', 'i', 'é']);
    assert.deepEqual(vocabulary.form, form);
    for (const same of [
      vocabulary,
      Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary))),
      vocabulary.withUnknown('skip'),
      vocabulary.withForm({ normalization: 'NFC' }).withForm({ normalization: 'NFKC' }),
    ]) {
      assert.deepEqual(same.form, form);
      assert.deepEqual([...same.encode('\rﬁe\u0301')], [0, 1, 2, 3]);
      assert.deepEqual(same.tokenCounts('ﬁ\r\n'), { knownTokens: 3, unknownTokens: 0 });
      assert.ok(same.equals(vocabulary));
    }
    const plain = Vocabulary.build('é\nfi');
    assert.equal(plain.form, undefined);
    assert.equal('form' in plain.toJSON(), false);
    assert.ok(plain.equals(vocabulary), 'the ids are the same');
    assert.deepEqual(plain.withForm({ lineEnds: 'lf' }).form, { lineEnds: 'lf', normalization: 'none' });
    assert.deepEqual(Vocabulary.build('a', { lineEnds: 'keep' }).form, { lineEnds: 'keep', normalization: 'none' });
    assert.equal(plain.withForm(form).frequencies, plain.frequencies);
    assert.match(inspect(vocabulary), /NFKC/);
  });

  it('refuses a form that there is not', () => {
    for (const [options, code] of [
      [{ normalization: 'nfc' }, 'ERR_UNROLLED_OPTION_RANGE'],
      [{ lineEnds: 'crlf' }, 'ERR_UNROLLED_OPTION_RANGE'],
      [{ lineEnds: 1 }, 'ERR_UNROLLED_OPTION_TYPE'],
    ] as const) {
      assert.throws(() => Vocabulary.build('a', options as never), { code });
      assert.throws(() => Vocabulary.build('a').withForm(options as never), { code });
    }
    assert.throws(() => Vocabulary.build('a').withForm({ form: 'NFC' } as never), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
    });
    const json = Vocabulary.build('a', { lineEnds: 'lf' }).toJSON();
    for (const form of [null, 'NFC', {}, { lineEnds: 'lf' }, { lineEnds: 'lf', normalization: 'toString' }]) {
      assert.throws(() => Vocabulary.fromJSON({ ...json, form }), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
    }
  });

  it('names the unseen token, its code point and its position', () => {
    const error = { name: 'RangeError', code: 'ERR_UNROLLED_UNKNOWN_TOKEN' };
    assert.throws(() => Vocabulary.build('abc').encode('ab\u{1f600}'), {
      ...error,
      message:
        'The character "😀" (U+1F600) at position 2 (from 0, in characters) is not in the vocabulary. Remove it from ' +
        "the text, or have unknown tokens skipped: vocabulary.withUnknown('skip'), or for a saved model " +
        "LanguageModel.load(path, { unknown: 'skip' }).",
      received: '"😀" (U+1F600)',
    });
    assert.throws(() => Vocabulary.build('a b', { tokens: 'word' }).encode('a c'), {
      ...error,
      message: /word "c".* 2 /,
    });
    assert.throws(() => Vocabulary.build('ab', { tokens: 'byte' }).encode('aä'), {
      ...error,
      message: /byte 0xC3.* 1 /,
    });
    assert.throws(() => Vocabulary.build('ab', { tokens: 'grapheme' }).encode('e\u0301'), {
      ...error,
      message: /U\+0065 U\+0301/,
    });
  });

  it('skips or replaces what is unseen, as asked', () => {
    const skipping = Vocabulary.build('abc', { unknown: 'skip' });
    assert.equal(skipping.decode(skipping.encode('xaxbx')), 'ab');
    const strict = Vocabulary.build('aab', { maxSize: 2, unknown: 'error' });
    assert.throws(() => strict.encode('b'), {
      code: 'ERR_UNROLLED_UNKNOWN_TOKEN',
      message: /unknown tokens skipped or replaced:/,
    });
    assert.throws(() => Vocabulary.build('abc', { unknown: 'replace' }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'unknown',
    });
  });

  it('never splits a character when bytes are decoded one by one', () => {
    const vocabulary = Vocabulary.build('é漢', { tokens: 'byte' });
    const [first, second, ...rest] = vocabulary.encode('é漢') as unknown as [number, number, ...number[]];
    const decoder = vocabulary.decoder();
    assert.equal(decoder.push(first), '');
    assert.equal(decoder.push(second), 'é');
    for (const id of rest.slice(0, -1)) assert.equal(decoder.push(id), '');
    assert.equal(decoder.end(), '\ufffd');
  });

  it('has an end token behind all others where it is asked, which is no text', () => {
    for (const tokens of TOKEN_KINDS) {
      for (const bounds of [{}, { maxSize: 12 }] as { maxSize?: number }[]) {
        const plain = Vocabulary.build(MIXED, { tokens, ...bounds, ...(bounds.maxSize && { maxSize: 11 }) });
        const vocabulary = Vocabulary.build(MIXED, { tokens, ...bounds, endToken: true });
        const endId = vocabulary.endId as number;
        assert.equal(endId, plain.size);
        assert.equal(vocabulary.size, plain.size + 1);
        assert.equal(vocabulary.unknownId, plain.unknownId);
        assert.deepEqual(vocabulary.encode(MIXED), plain.encode(MIXED));
        assert.ok(!vocabulary.equals(plain) && !plain.equals(vocabulary));
        assert.equal(vocabulary.decode([endId, 0, endId, 1, endId]), plain.decode([0, 1]));
        assert.equal(vocabulary.token(endId), '');
        const decoder = vocabulary.decoder();
        assert.equal(decoder.push(endId) + decoder.end(), '');
        assert.throws(() => vocabulary.decode([endId + 1]), { code: 'ERR_UNROLLED_OPTION_RANGE' });
        const read = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
        assert.equal(read.endId, endId);
        assert.ok(read.equals(vocabulary));
        assert.equal('endToken' in plain.toJSON(), false);
        assert.equal(vocabulary.withUnknown('skip').endId, endId);
      }
    }
    assert.throws(() => Vocabulary.build('a', { endToken: 1 as unknown as boolean }), { option: 'endToken' });
    assert.throws(() => Vocabulary.fromJSON({ ...Vocabulary.build('a').toJSON(), endToken: 'yes' }), {
      code: 'ERR_UNROLLED_MODEL_FORMAT',
    });
  });

  it('is equal to one with the same ids', () => {
    const vocabulary = Vocabulary.build('abc');
    assert.ok(vocabulary.equals(Vocabulary.build('cba', { unknown: 'skip' })));
    assert.ok(!vocabulary.equals(Vocabulary.build('abd')));
    assert.ok(!vocabulary.equals(Vocabulary.build('abcd')));
    assert.ok(!vocabulary.equals(Vocabulary.build('abc', { tokens: 'byte' })));
    assert.ok(!vocabulary.equals(Vocabulary.build('abc', { minCount: 1 })));
  });

  it('takes another choice of what unseen input does', () => {
    const vocabulary = Vocabulary.build('abc');
    const skipping = vocabulary.withUnknown('skip');
    assert.ok(skipping.equals(vocabulary));
    assert.deepEqual([...skipping.encode('abxc')], [0, 1, 2]);
    assert.throws(() => vocabulary.encode('x'), { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
    const wrong = { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'unknown' };
    assert.throws(() => vocabulary.withUnknown('replace'), wrong);
    assert.throws(() => vocabulary.withUnknown('guess' as 'skip'), wrong);
    const bounded = Vocabulary.build('abc', { minCount: 1, unknown: 'error' });
    assert.deepEqual([...bounded.withUnknown('replace').encode('x')], [3]);
  });

  it('refuses bad options, empty texts and numbers that are no ids', () => {
    assert.throws(() => Vocabulary.build(''), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    assert.throws(() => Vocabulary.build(1 as unknown as string), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    for (const options of [{ tokens: 'letter' as 'char' }, { maxSize: 1 }, { maxSize: 1e99 }, { minCount: 0 }]) {
      assert.throws(() => Vocabulary.build('abc', options), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    }
    assert.throws(() => Vocabulary.build('abc', { size: 3 } as object), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    const vocabulary = Vocabulary.build('abc');
    for (const id of [-1, 3, 0.5, NaN]) {
      assert.throws(() => vocabulary.decode([id]), { code: 'ERR_UNROLLED_OPTION_RANGE' });
      assert.throws(() => vocabulary.token(id), { code: 'ERR_UNROLLED_OPTION_RANGE' });
      assert.throws(() => vocabulary.decoder().push(id), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    }
  });

  it('of the Tang poems has 9,700 characters, and is built and used in less work than a plain loop takes', async function () {
    const text = await readText(requireData(this, 'tang.txt.gz'));
    const ours = () => {
      const vocabulary = Vocabulary.build(text);
      return { size: vocabulary.size, ids: vocabulary.encode(text) };
    };
    // What it comes to, as briefly as it can be written.
    const plain = () => {
      const counts = new Map<string, number>();
      for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
      const idOf = new Map([...counts.keys()].sort().map((character, id) => [character, id]));
      return { size: idOf.size, ids: Int32Array.from(Array.from(text, (character) => idOf.get(character) as number)) };
    };
    // About an eighth of it.
    const found = { ours: Math.min(work(ours), work(ours)), plain: work(plain) };
    assert.ok(found.ours < found.plain, JSON.stringify(found));
    const { size, ids } = ours();
    assert.equal(size, 9700);
    assert.equal(ids.length, 4_491_632);
    assert.equal(Vocabulary.build(text, { minCount: 3 }).size, 7138 + 1);
  });
});
