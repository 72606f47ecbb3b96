import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { firstInvalidUtf8 } from '../../src/base/utf8';
import { readText } from '../../src/text/read-text';
import { useFolder } from '../support/folder';

describe('readText', () => {
  const at = useFolder();

  it('reads UTF-8, with or without a mark, plain or gzipped', async () => {
    const text = 'naïve 漢字 \u{1f600}\r\n';
    writeFileSync(at('plain'), text);
    writeFileSync(at('marked'), `\ufeff${text}`);
    writeFileSync(at('packed.gz'), gzipSync(text));
    writeFileSync(at('packed-under-another-name.txt'), gzipSync(`\ufeff${text}`));
    for (const name of ['plain', 'marked', 'packed.gz', 'packed-under-another-name.txt']) {
      assert.equal(await readText(at(name)), text, name);
    }
  });

  it('says where a file stops being UTF-8', async () => {
    writeFileSync(at('latin1'), Buffer.from('caf\xe9 au lait', 'latin1'));
    await assert.rejects(readText(at('latin1')), { code: 'ERR_UNROLLED_ENCODING', message: /at offset 3 / });
  });

  it('reads other encodings and forms as asked', async () => {
    writeFileSync(at('latin1'), Buffer.from('caf\xe9\r\nau lait\r', 'latin1'));
    assert.equal(await readText(at('latin1'), { encoding: 'latin1' }), 'café\r\nau lait\r');
    const options = { encoding: 'latin1', lineEnds: 'lf', normalization: 'NFD' } as const;
    assert.equal(await readText(at('latin1'), options), 'cafe\u0301\nau lait\n');
    writeFileSync(at('utf16'), gzipSync(Buffer.from('\ufeff漢字', 'utf16le')));
    assert.equal(await readText(at('utf16'), { encoding: 'utf-16le' }), '漢字');
    await assert.rejects(readText(at('utf16')), {
      code: 'ERR_UNROLLED_ENCODING',
      message: /begins with the byte-order mark of UTF-16LE.*Give encoding utf-16le/,
    });
    for (const bad of [{ encoding: 'ebcdic' }, { lineEnds: 'crlf' }, { normalization: 'nfc' }]) {
      await assert.rejects(readText(at('utf16'), bad as object), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: Object.keys(bad)[0],
      });
    }
  });

  it('refuses what is missing, empty, no file, or damaged', async () => {
    await assert.rejects(readText(at('none')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    await assert.rejects(readText(at()), { code: 'ERR_UNROLLED_FILE_READ' });
    await assert.rejects(readText(''), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await assert.rejects(readText(0 as unknown as string), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    for (const content of ['', '\ufeff']) {
      writeFileSync(at('empty'), content);
      await assert.rejects(readText(at('empty')), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    }
    writeFileSync(at('cut.gz'), gzipSync('text').subarray(0, 12));
    await assert.rejects(readText(at('cut.gz')), { code: 'ERR_UNROLLED_FILE_READ', message: /decompressed/ });
  });
});

describe('firstInvalidUtf8', () => {
  const cases: [name: string, bytes: number[], offset: number][] = [
    ['nothing', [], -1],
    ['characters of one to four bytes', [...Buffer.from('aß漢\u{1f600}\u{10ffff}\ud7ff\ue000')], -1],
    ['a continuation alone', [0x61, 0x80], 1],
    ['an overlong slash', [0xc0, 0xaf], 0],
    ['an overlong sequence of three', [0xe0, 0x9f, 0xbf], 0],
    ['an overlong sequence of four', [0xf0, 0x8f, 0xbf, 0xbf], 0],
    ['a surrogate', [0x61, 0xed, 0xa0, 0x80], 1],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
    ['a first byte there is not', [0xf5, 0x80, 0x80, 0x80], 0],
    ['a sequence cut short', [0x61, 0x62, 0xe6, 0xbc], 2],
    ['a sequence broken off', [0xe6, 0xbc, 0x61], 0],
  ];
  for (const [name, bytes, offset] of cases) {
    it(`finds ${offset === -1 ? 'no fault in ' : ''}${name}`, () => {
      assert.equal(firstInvalidUtf8(Uint8Array.from(bytes)), offset);
    });
  }
});
