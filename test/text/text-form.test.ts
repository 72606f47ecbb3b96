import assert from 'node:assert/strict';
import {
  AS_IT_IS,
  FormChunks,
  formAfter,
  formText,
  isInForm,
  LINE_ENDS,
  NORMALIZATIONS,
  type ResolvedReading,
} from '../../src/text/text-form';

/** Cuts a text after every `length` characters. */
function chunksOf(text: string, length: number): string[] {
  const characters = [...text];
  const count = Math.ceil(characters.length / length);
  return Array.from({ length: count }, (_, i) => characters.slice(i * length, (i + 1) * length).join(''));
}

function inChunks(text: string, form: ResolvedReading, length: number): string {
  const chunks = new FormChunks(form, 'file');
  return (
    chunksOf(text, length)
      .map((part) => chunks.push(part))
      .join('') + chunks.end()
  );
}

describe('formText', () => {
  const keep = { lineEnds: 'keep', normalization: 'none' } as const;

  it('keeps a text as it is unless asked', () => {
    const text = 'a\r\nb\rc\n\re\u0301';
    assert.equal(formText(text, keep), text);
  });

  it('makes every line end a line feed', () => {
    assert.equal(formText('a\r\nb\rc\nd\r\r\n\n\r', { ...keep, lineEnds: 'lf' }), 'a\nb\nc\nd\n\n\n\n');
  });

  it('brings a text into the normal form asked', () => {
    assert.equal(formText('e\u0301\ufb01', { ...keep, normalization: 'NFC' }), 'é\ufb01');
    assert.equal(formText('é\ufb01', { ...keep, normalization: 'NFKD' }), 'e\u0301fi');
  });
});

describe('formAfter', () => {
  const text = 'e\u0301é\r\nﬁ\r①½Å\u212b가\u1112\u1161\u11ab\n\u0323\u0307ｶﾞ\u1e9b\u0323\u0344x\u0338=\u0338';
  const forms = LINE_ENDS.flatMap((lineEnds) => NORMALIZATIONS.map((normalization) => ({ lineEnds, normalization })));

  it('is the form of a text that was brought into one form and then into another', () => {
    for (const first of forms) {
      for (const then of forms) {
        const twice = formText(formText(text, first), then);
        assert.equal(twice, formText(text, formAfter(first, then)), JSON.stringify({ first, then }));
        assert.equal(isInForm(first, then), twice === formText(text, first), JSON.stringify({ first, then }));
      }
      assert.deepEqual(formAfter(AS_IT_IS, first), first);
    }
  });
});

describe('FormChunks', () => {
  // Marks that change places, letters that compose with what follows, jamo, line ends, and letters that do neither.
  const text =
    'a\u0323\u0307\u0301\r\n\u0301한\u1112\u1161\u11ab가\u11a8\r\r\nが\u304b\u3099ｶﾞ日本\u0308x\u0338=\u0338ﬁ\u0344\u{1d15e}е\u0306\r';

  for (const normalization of NORMALIZATIONS) {
    for (const lineEnds of ['keep', 'lf'] as const) {
      it(`gives the ${normalization} form of the whole with line ends ${lineEnds}, wherever it is cut`, () => {
        const form: ResolvedReading = { encoding: 'utf-8', lineEnds, normalization };
        const repeated = text.repeat(3);
        for (let length = 1; length <= 40; length++) {
          assert.equal(inChunks(repeated, form, length), formText(repeated, form), `${length}`);
        }
      });
    }
  }

  it('cuts before every character that it takes for the start of a run as the whole would be', () => {
    const before = ['a', 'e\u0323', '\u1100', '가', '\u304b', '\u0627', '\u0915', '\u0308', 'ｶ', '\u05e9'];
    for (let codePoint = 0; codePoint < 0xffff; codePoint++) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue;
      const character = String.fromCharCode(codePoint);
      for (const normalization of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const) {
        const start = before[codePoint % before.length] as string;
        const chunks = new FormChunks({ encoding: 'utf-8', lineEnds: 'keep', normalization }, 'file');
        const received = chunks.push(`a${start}`) + chunks.push(character) + chunks.end();
        assert.equal(received, `a${start}${character}`.normalize(normalization), `U+${codePoint.toString(16)}`);
      }
    }
  }).timeout(20_000);

  it('refuses a text to normalise that has no place to cut', () => {
    const chunks = new FormChunks({ encoding: 'utf-8', lineEnds: 'keep', normalization: 'NFC' }, 'marks.txt');
    const marks = '\u0301'.repeat(1 << 19);
    chunks.push(marks);
    assert.throws(() => [chunks.push(marks), chunks.push(marks)], {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      message: /^marks\.txt cannot be normalised in pieces/,
      option: 'normalization',
    });
  });
});
