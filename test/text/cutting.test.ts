/** Where long texts are cut makes no difference to their tokens. `npm run fuzz -- cutting` looks longer. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { Corpus, datasets } from '../../src/index';
import { checkCut, cutPlaces, cutText } from '../support/cut-texts';
import { useFolder } from '../support/folder';

/** Units of a piece, and bytes of a file that are read at once. */
const PIECE = 1024;
const READ_AT_ONCE = 1 << 18;

/** Each once was cut otherwise in a file than in memory. */
const FOUND: Record<string, string> = {
  'a run of spaces that a word follows': `${' '.repeat(PIECE)}${'x'.repeat(2 * PIECE)}`,
  'marks behind which a space ends the piece': `e${'\u0301'.repeat(PIECE - 3)}\u200d ${'漢'.repeat(PIECE)}`,
  'runs without boundaries that a space parts': `${'x'.repeat(PIECE - 1)} `.repeat(9),
  'two flags about the end of a piece': `${'🇫'.repeat(PIECE / 2)} ${'x'.repeat(PIECE)}`,
};

describe('A text that is cut', function () {
  this.timeout(60_000);
  const at = useFolder();

  for (const [what, text] of Object.entries(FOUND)) {
    it(`has the tokens of the whole: ${what}`, async () => {
      for (const length of [1, 7, PIECE - 1, PIECE, PIECE + 1, PIECE + 2, 3 * PIECE])
        checkCut(text.repeat(3), [length]);
    });

    it(`has the same ids in a file: ${what}`, async () => {
      for (const tokens of ['word', 'grapheme'] as const) {
        // The delicate place about where the first piece of the file ends, and where it does not.
        const bytes = Buffer.byteLength(text);
        const before = `${'x'.repeat(PIECE - 9)}\n`.repeat(Math.ceil((READ_AT_ONCE - bytes / 2) / (PIECE - 8)));
        for (const shift of [0, 1, 2, Math.floor(bytes / 2)]) {
          const long = before + 'x'.repeat(shift) + text.repeat(2);
          writeFileSync(at('text'), long);
          const { idsFile, vocabulary } = await datasets.textFile(at('text'), {
            tokens,
            idsFile: at('ids'),
            reread: true,
          });
          const inMemory = Corpus.fromText(long, { tokens });
          assert.deepEqual(vocabulary.toJSON(), inMemory.vocabulary.toJSON());
          assert.ok(readFileSync(idsFile.path).equals(Buffer.from(inMemory.ids.buffer)));
        }
      }
    });
  }

  it('has the tokens of the whole, whatever it is and wherever it is cut', () => {
    fc.assert(
      fc.property(cutText, cutPlaces, (text, lengths) => checkCut(text, lengths)),
      { numRuns: 200, seed: 1 },
    );
  });

  it('is cut at sure boundaries alone where it has them', () => {
    const words = 'to be, or not to be: 漢字、かな。また ';
    const text = words.repeat(300);
    const segments = (part: string) => [...new Intl.Segmenter('en', { granularity: 'word' }).segment(part)];
    const { vocabulary, ids } = Corpus.fromText(text, { tokens: 'word' });
    assert.deepEqual(
      [...ids].map((id) => vocabulary.token(id)),
      Array.from({ length: 300 }, () => segments(words).map(({ segment }) => segment)).flat(),
    );
  });
});
