import assert from 'node:assert/strict';
import { Corpus } from '../../src/text/corpus';
import { Vocabulary } from '../../src/text/vocabulary';

describe('Corpus', () => {
  it('encodes its text with the vocabulary of the text', () => {
    const corpus = Corpus.fromText('hello', { name: 'greeting' });
    assert.equal(corpus.name, 'greeting');
    assert.equal(corpus.vocabulary.size, 4);
    assert.deepEqual(corpus.ids, Int32Array.of(1, 0, 2, 2, 3));
    assert.equal(corpus.ids, corpus.ids);
  });

  it('takes the options of the vocabulary and no others', () => {
    const corpus = Corpus.fromText('to be or not to be', { tokens: 'word', maxSize: 3 });
    assert.equal(corpus.vocabulary.size, 3);
    assert.equal(corpus.vocabulary.kind, 'word');
    assert.throws(() => Corpus.fromText('a', { token: 'word' } as object), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    assert.throws(() => Corpus.fromText(''), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
  });

  it('can be seen through another vocabulary', () => {
    const corpus = Corpus.fromText('abc').withVocabulary(Vocabulary.build('cab!'));
    assert.deepEqual(corpus.ids, Int32Array.of(1, 2, 3));
    const lacking = Corpus.fromText('abc').withVocabulary(Vocabulary.build('ab'));
    assert.throws(() => lacking.ids, { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
  });

  it('splits off the last part for validation', () => {
    const corpus = Corpus.fromText('abcdefghijk');
    const { train, validation } = corpus.split(0.25);
    assert.equal(train.length, Math.floor(11 * 0.75));
    assert.deepEqual([...train, ...validation], [...corpus.ids]);
    assert.equal(train.buffer, corpus.ids.buffer);
    assert.equal(corpus.split(0).validation.length, 0);
    for (const part of [-0.1, 1, NaN]) assert.throws(() => corpus.split(part), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('is one text unless it has documents', () => {
    const corpus = Corpus.fromText('abc');
    assert.equal(corpus.documents, undefined);
    assert.equal(corpus.boundaries, undefined);
    assert.deepEqual(corpus.source, { kind: 'memory', ids: corpus.ids });
    assert.equal('boundaries' in corpus.split(0.5), false);
  });
});

describe('Corpus of documents', () => {
  const documents = ['cab', '', 'b', 'aa'];

  it('has the ids of each document and the end token behind it', () => {
    const corpus = Corpus.fromDocuments(documents, { name: 'poems' });
    assert.equal(corpus.name, 'poems');
    assert.deepEqual(corpus.documents, ['cab', 'b', 'aa'], 'without the empty one');
    assert.equal(corpus.vocabulary.endId, 3);
    assert.deepEqual(corpus.ids, Int32Array.of(2, 0, 1, 3, 1, 3, 0, 0, 3));
    assert.deepEqual(corpus.boundaries, Int32Array.of(0, 4, 6, 9));
    assert.equal(corpus.text, 'cabbaa');
    assert.equal(corpus.vocabulary.decode(corpus.ids), corpus.text);
  });

  it('gives characters the ids that they have in one text', () => {
    const corpus = Corpus.fromDocuments(['hello', 'world']);
    const text = Corpus.fromText('helloworld');
    for (let id = 0; id < text.vocabulary.size; id++) {
      assert.equal(corpus.vocabulary.token(id), text.vocabulary.token(id));
    }
    assert.equal(corpus.vocabulary.endId, text.vocabulary.size);
  });

  it('does not join the end of one document with the beginning of the next', () => {
    const corpus = Corpus.fromDocuments(['to b', 'e or'], { tokens: 'word' });
    assert.deepEqual(
      Array.from({ length: 5 }, (_, id) => corpus.vocabulary.token(id)),
      [' ', 'b', 'e', 'or', 'to'],
    );
    assert.deepEqual(corpus.boundaries, Int32Array.of(0, 4, 8));
  });

  it('counts the end token and the unknown token in the bound of its vocabulary', () => {
    const { vocabulary } = Corpus.fromDocuments(['aab', 'abc'], { maxSize: 4 });
    assert.deepEqual([vocabulary.size, vocabulary.unknownId, vocabulary.endId], [4, 2, 3]);
    assert.deepEqual([...vocabulary.encode('cab')], [2, 0, 1]);
    assert.throws(() => Corpus.fromDocuments(['ab'], { maxSize: 2 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('is split between two documents', () => {
    const corpus = Corpus.fromDocuments(documents);
    for (const [validation, trained, boundaries] of [
      [0, 9, [[0, 4, 6, 9], [0]]],
      [
        0.1,
        6,
        [
          [0, 4, 6],
          [0, 3],
        ],
      ],
      [
        0.4,
        4,
        [
          [0, 4],
          [0, 2, 5],
        ],
      ],
      [0.9, 0, [[0], [0, 4, 6, 9]]],
    ] as const) {
      const split = corpus.split(validation);
      assert.deepEqual([...split.train, ...split.validation], [...corpus.ids]);
      assert.equal(split.train.length, trained);
      assert.deepEqual(
        [split.boundaries?.train, split.boundaries?.validation].map((part) => [...(part ?? [])]),
        boundaries,
      );
    }
  });

  it('can be seen through another vocabulary that has an end token', () => {
    const other = Vocabulary.build('abcdef', { endToken: true });
    const corpus = Corpus.fromDocuments(documents).withVocabulary(other);
    assert.deepEqual([...corpus.ids.subarray(0, 4)], [2, 0, 1, 6]);
    assert.deepEqual(corpus.tokenCounts, { knownTokens: 6, unknownTokens: 0 }, 'without the end tokens');
    assert.throws(() => corpus.withVocabulary(Vocabulary.build('abc')), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'vocabulary',
    });
  });

  it('counts the tokens that it leaves out or replaces', () => {
    const bounded = Vocabulary.build('aab', { maxSize: 3, endToken: true });
    for (const [unknown, ids] of [
      ['skip', [0, 2, 2, 0, 0, 2]],
      ['replace', [1, 0, 1, 2, 1, 2, 0, 0, 2]],
    ] as const) {
      const corpus = Corpus.fromDocuments(documents).withVocabulary(bounded.withUnknown(unknown));
      assert.deepEqual(corpus.tokenCounts, { knownTokens: 3, unknownTokens: 3 });
      assert.deepEqual([...corpus.ids], ids);
    }
  });

  it('refuses what are no documents', () => {
    for (const none of [[], ['', '']]) {
      assert.throws(() => Corpus.fromDocuments(none), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    }
    assert.throws(() => Corpus.fromDocuments('text' as unknown as string[]), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    assert.throws(() => Corpus.fromDocuments(['a', 1 as unknown as string]), { option: 'documents[1]' });
    assert.throws(() => Corpus.fromDocuments(['a'], { endToken: false } as object), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
    });
  });
});
