/** Texts that are cut into tokens piece by piece. */

import assert from 'node:assert/strict';
import { Vocabulary } from '../../src/text/vocabulary';
import { TOKEN_KINDS } from '../../src/text/vocabulary-options';

/** Units that the segmenting tokenizers look at once; cuts near its multiples are the delicate ones. */
const PIECE = 1024;

const TEXTS: Record<string, string> = {
  'lines of many scripts':
    'naïve 漢字，𠮷野家!\r\n👨‍👩‍👧 don’t stop\u0301 3.14\n\n한국어 ไทย 🇫🇷🇯🇵\u{10ffff} e\u0301 '.repeat(40),
  'a line with boundaries': 'to be, or not to be: '.repeat(400),
  'a line without any': `${'x'.repeat(PIECE)}${'ก็ว่า🇫🇷'.repeat(400)}${'\u{1f468}\u200d'.repeat(600)}`,
  'lines that are almost as long as a piece': Array.from({ length: 9 }, (_, i) =>
    'a b'.padEnd(PIECE - 5 + i, 'é'),
  ).join('\n'),
};

/** Cuts a text after so many UTF-16 units, but inside no surrogate pair. */
function* cut(text: string, length: number): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = start + length;
    const isInside = (text.codePointAt(end - 1) ?? 0) > 0xffff;
    const part = text.slice(start, isInside ? end + 1 : end);
    yield part;
    start += part.length;
  }
}

describe('a text in pieces', () => {
  for (const tokens of TOKEN_KINDS) {
    for (const [name, text] of Object.entries(TEXTS)) {
      it(`has the ${tokens} tokens of the whole: ${name}`, () => {
        const vocabulary = Vocabulary.build(text, { tokens });
        const expected = [...vocabulary.encode(text)];
        for (const length of [61, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]) {
          const builder = Vocabulary.builder({ tokens });
          const ids: number[] = [];
          const take = (part: string) => {
            builder.add(part);
            ids.push(...vocabulary.encodePart(part, { tokens: ids.length, lines: 0 }).ids);
          };
          let held = '';
          for (const part of cut(text, length)) {
            held += part;
            const stableLength = vocabulary.stableLength(held);
            assert.equal(builder.stableLength(held), stableLength);
            take(held.slice(0, stableLength));
            held = held.slice(stableLength);
            assert.ok(held.length <= PIECE, 'little is held back');
          }
          take(held);
          assert.deepEqual(ids, expected, `${length}`);
          assert.deepEqual(builder.build().toJSON(), vocabulary.toJSON());
        }
      });
    }
  }
});
