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
});
