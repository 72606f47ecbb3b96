import assert from 'node:assert/strict';
import type { UnrolledError } from '../../src/base/errors';
import { resolveEncoding } from '../../src/text/encoding-names';
import { ENCODINGS, type Encoding, TextChunks } from '../../src/text/encodings';

/** A text and its bytes in every encoding but UTF-8 and UTF-16, as other programs write it. */
const SAMPLES: [encoding: Encoding, bytes: number[], text: string][] = [
  ['utf-8', [...Buffer.from('aß漢\u{1f600}z')], 'aß漢\u{1f600}z'],
  ['utf-16le', [...Buffer.from('aß漢\u{1f600}z', 'utf16le')], 'aß漢\u{1f600}z'],
  ['utf-16be', [...Buffer.from('aß漢\u{1f600}z', 'utf16le').swap16()], 'aß漢\u{1f600}z'],
  ['gb18030', [0x61, 0xba, 0xba, 0x81, 0x30, 0x89, 0x38, 0x94, 0x39, 0xfc, 0x36, 0x7a], 'a汉ß\u{1f600}z'],
  ['gbk', [0x61, 0xba, 0xba, 0xd7, 0xd6, 0x7a], 'a汉字z'],
  ['big5', [0x61, 0xba, 0x7e, 0xa6, 0x72, 0x7a], 'a漢字z'],
  ['shift_jis', [0x61, 0x8a, 0xbf, 0x8e, 0x9a, 0xb6, 0x7a], 'a漢字ｶz'],
  ['euc-jp', [0x61, 0xb4, 0xc1, 0xbb, 0xfa, 0x7a], 'a漢字z'],
  ['euc-kr', [0x61, 0xc7, 0xd1, 0xb1, 0xdb, 0x7a], 'a한글z'],
  ['latin1', [0x63, 0xe9, 0x80, 0x93], 'cé\u0080\u0093'],
  ['windows-1252', [0x63, 0xe9, 0x80, 0x93, 0x81], 'cé€“\u0081'],
  ['windows-1251', [0xcf, 0xf0], 'Пр'],
  ['koi8-r', [0xf0, 0xd2], 'Пр'],
];

function decode(encoding: Encoding, bytes: number[], length: number): string {
  const chunks = new TextChunks(encoding, 'file');
  let text = '';
  for (let i = 0; i < bytes.length; i += length) text += chunks.push(Uint8Array.from(bytes.slice(i, i + length)));
  return text + chunks.end();
}

describe('TextChunks', () => {
  for (const [encoding, bytes, text] of SAMPLES) {
    it(`reads ${encoding}, wherever it is cut`, () => {
      for (let length = 1; length <= bytes.length; length++) assert.equal(decode(encoding, bytes, length), text);
    });
  }

  for (const [encoding, mark] of [
    ['utf-8', [0xef, 0xbb, 0xbf]],
    ['utf-16le', [0xff, 0xfe]],
    ['utf-16be', [0xfe, 0xff]],
    ['gb18030', [0x84, 0x31, 0x95, 0x33]],
  ] as const) {
    it(`drops the byte-order mark of ${encoding}, and refuses it as another's`, () => {
      const [, bytes, text] = SAMPLES.find(([name]) => name === encoding) as (typeof SAMPLES)[number];
      for (const length of [1, 2, 3, 100]) {
        assert.equal(decode(encoding, [...mark, ...bytes], length), text);
        assert.equal(decode(encoding, [...mark], length), '');
        assert.throws(() => decode('latin1', [...mark, ...bytes], length), {
          code: 'ERR_UNROLLED_ENCODING',
          option: 'encoding',
          message: new RegExp(`^file begins with the byte-order mark of ${encoding}, but ISO 8859-1 was`, 'i'),
        });
      }
    });
  }

  it('notices UTF-16 without a mark, wherever it is cut, and takes texts with a NUL now and then', () => {
    const encoded = {
      'utf-16le': Buffer.from('“Naïve” – 12 films\n'.repeat(60), 'utf16le'),
      'utf-16be': Buffer.alloc(0),
    };
    encoded['utf-16be'] = Buffer.from(encoded['utf-16le']).swap16();
    for (const [found, whole] of Object.entries(encoded)) {
      for (const bytes of [whole, whole.subarray(2 * '“Naïve” – '.length, 2 * '“Naïve” – 12'.length)]) {
        for (const encoding of ['utf-8', 'latin1', 'gbk'] as const) {
          for (const size of [1, 7, 5000]) {
            const chunks = new TextChunks(encoding, 'FILE');
            assert.throws(
              () => {
                for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
                chunks.end();
              },
              (error: UnrolledError) =>
                error.code === 'ERR_UNROLLED_ENCODING' &&
                error.message.startsWith(
                  `FILE looks like ${found.toUpperCase()} without a byte-order mark, not like `,
                ) &&
                error.message.endsWith(`Give encoding ${found}.`),
              `${found} read as ${encoding}, ${size} bytes at a time`,
            );
          }
        }
      }
    }
    for (const text of ['a\0', 'a\0b', `a\0${'bc'.repeat(9)}`, '\0'.repeat(50), 'ab\0cd\0'.repeat(99), '\0a\0\0b\0']) {
      const chunks = new TextChunks('utf-8', 'FILE');
      assert.equal(chunks.push(Buffer.from(text)) + chunks.end(), text);
    }
  });

  it('says at which byte of the whole a text is none, wherever it is cut', () => {
    const cases: [encoding: Encoding, bytes: number[], offset: number][] = [
      ['utf-8', [...Buffer.from('aß漢\u{1f600}'), 0xe6, 0xbc, 0x61], 10],
      ['utf-8', [...Buffer.from('aß漢\u{1f600}'), 0xe6, 0xbc], 10],
      ['utf-8', [0xef, 0xbb, 0xbf, 0x61, 0xff], 4],
      ['utf-16le', [0x61, 0, 0x62, 0, 0, 0xd8, 0x61, 0], 4],
      ['utf-16le', [0x61, 0, 0x62, 0, 0x63], 4],
      ['utf-16be', [0, 0x61, 0xdc, 0, 0, 0x61], 2],
      ['gb18030', [...(SAMPLES[3]?.[1] ?? []), 0xff, 0x61, 0x61, 0x61, 0x61], 12],
      ['gb18030', [0x61, 0xba, 0xba, 0x81, 0x30, 0x89], 3],
      ['shift_jis', [0x61, 0x8a, 0xbf, 0x80, 0x61, 0x61, 0x61, 0x61], 3],
    ];
    for (const [encoding, bytes, offset] of cases) {
      for (let length = 1; length <= bytes.length; length++) {
        assert.throws(
          () => decode(encoding, bytes, length),
          { code: 'ERR_UNROLLED_ENCODING', message: new RegExp(` offset ${offset} are not a character`) },
          `${encoding} ${bytes} in pieces of ${length}`,
        );
      }
    }
    const long = [...Buffer.alloc(4000, Buffer.from([0x94, 0x39, 0xfc, 0x36])), 0xff, ...Buffer.alloc(999, 0x61)];
    assert.throws(() => decode('gb18030', long, long.length), /offset 4000 are/);
    // Texts that are called GBK often have characters of four bytes, which GB18030 alone has.
    const more = [0x61, 0xba, 0xba, 0x81, 0x39, 0xee, 0x39, 0x61];
    assert.throws(() => decode('gbk', more, more.length), /offset 3 are not a character\. .* use the encoding gb18030/);
    assert.equal(decode('gb18030', more, more.length), 'a\u6c49\u3400a');
  });
});

describe('names of encodings', () => {
  it('are the usual ones, in any case', () => {
    const names: Record<string, readonly string[]> = {
      'utf-8': ['utf-8', 'UTF8', 'Utf_8', ' utf-8 ', 'unicode-1-1-utf-8', 'utf-8-sig', 'cp65001'],
      'utf-16le': ['UTF-16LE', 'utf16le', 'utf-16', 'UTF16', 'ucs-2', 'ucs2', 'UCS-2LE', 'unicode'],
      'utf-16be': ['UTF-16BE', 'utf16be', 'ucs-2be', 'unicodefffe'],
      gb18030: ['GB18030', 'gb-18030', 'GB18030-2005', 'gb18030-2022'],
      gbk: [
        'GBK',
        'gb2312',
        'GB2312',
        'gb_2312-80',
        'cp936',
        'CP936',
        'ms936',
        'windows-936',
        'EUC-CN',
        'chinese',
        'x-gbk',
      ],
      big5: ['Big5', 'big5-hkscs', 'cp950', 'cn-big5', 'x-x-big5'],
      shift_jis: ['Shift_JIS', 'shift-jis', 'SJIS', 'cp932', 'windows-31j', 'MS_Kanji'],
      'euc-jp': ['EUC-JP', 'eucjp', 'x-euc-jp'],
      'euc-kr': ['EUC-KR', 'euckr', 'cp949', 'windows-949', 'ks_c_5601-1987', 'KSC5601'],
      latin1: ['latin1', 'Latin-1', 'ISO-8859-1', 'iso8859-1', 'l1', 'cp819'],
      'windows-1251': ['Windows-1251', 'cp1251', 'x-cp1251'],
      'windows-1252': ['windows1252', 'CP1252', 'us-ascii', 'ASCII'],
      'koi8-r': ['KOI8-R', 'koi8', 'koi8_r'],
    };
    assert.deepEqual(Object.keys(names), [...ENCODINGS]);
    for (const [encoding, all] of Object.entries(names)) {
      for (const name of all) assert.equal(resolveEncoding(name), encoding, name);
    }
    assert.equal(resolveEncoding(undefined), 'utf-8');
  });

  it('are refused where nothing is of that name, or cannot be read', () => {
    for (const name of ['', 'ebcdic', 'iso-8859-2', 'utf-7', 'utf-32', 'constructor', 'gb']) {
      assert.throws(() => resolveEncoding(name), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'encoding' }, name);
    }
    for (const name of [null, 936, ['gbk']]) {
      assert.throws(() => resolveEncoding(name), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'encoding' });
    }
  });
});
