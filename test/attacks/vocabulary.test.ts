/** Vocabularies of model files that must be refused with a coded error. */

import assert from 'node:assert/strict';
import { Vocabulary } from '../../src/text/vocabulary';

const WHOLE = { kind: 'char', tokens: ['a', 'b'], unknownToken: false, unknown: 'error' };

const ATTACKS: [name: string, value: unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a string', 'abc'],
  ['a list', ['a', 'b']],
  ['an unknown kind', { ...WHOLE, kind: 'letter' }],
  ['a kind of the prototype', { ...WHOLE, kind: 'constructor' }],
  ['no tokens', { ...WHOLE, tokens: [] }],
  ['tokens that are no list', { ...WHOLE, tokens: 'ab' }],
  ['tokens that only look like a list', { ...WHOLE, tokens: { length: 2 ** 40 } }],
  ['a token that is no string', { ...WHOLE, tokens: ['a', 1] }],
  ['an empty token', { ...WHOLE, tokens: ['a', ''] }],
  ['a token of two characters', { ...WHOLE, tokens: ['a', 'bc'] }],
  ['a token twice', { ...WHOLE, tokens: ['a', 'b', 'a'] }],
  ['a byte that is none', { ...WHOLE, kind: 'byte', tokens: ['<0x100>'] }],
  ['a byte with two spellings', { ...WHOLE, kind: 'byte', tokens: ['<0x41>'] }],
  ['a character for a byte', { ...WHOLE, kind: 'byte', tokens: ['ä'] }],
  ['an empty word', { ...WHOLE, kind: 'word', tokens: [''] }],
  ['no word on the unknown token', { ...WHOLE, unknownToken: undefined }],
  ['an unknown policy', { ...WHOLE, unknown: 'ignore' }],
  ['a replacement there is not', { ...WHOLE, unknown: 'replace' }],
];

describe('hostile vocabularies', () => {
  it('are told from a whole one', () => {
    assert.equal(Vocabulary.fromJSON(WHOLE).size, 2);
  });

  for (const [name, value] of ATTACKS) {
    it(`refuses ${name}`, () => {
      assert.throws(() => Vocabulary.fromJSON(value), { name: 'Error', code: 'ERR_UNROLLED_MODEL_FORMAT' });
    });
  }
});
