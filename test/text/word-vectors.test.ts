import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { embeddingMatrix, readWordVectors } from '../../src/text/word-vectors/word-vectors';
import { useFolder } from '../support/folder';

const GLOVE = 'the 0.5 -1 2e-1\nof 1 2 3\n. . 7 8 9\nnaïve .25 0 -0\n';

function word2vecText(rows: string, header = '4 3'): string {
  return `${header}\n${rows}`;
}

function word2vecBinary(words: readonly [string, number[]][], { header = '', lineEnds = true } = {}): Buffer {
  const records = words.flatMap(([word, vector]) => [
    Buffer.from(`${word} `),
    Buffer.from(Float32Array.from(vector).buffer),
    Buffer.from(lineEnds ? '\n' : ''),
  ]);
  return Buffer.concat([Buffer.from(`${header || `${words.length} ${words[0]?.[1].length}`}\n`), ...records]);
}

const BINARY: [string, number[]][] = [
  ['</s>', [0.5, -1, 0.25]],
  // The bytes of these numbers have spaces and line feeds among them.
  ['of', [Buffer.from([0x20, 0x0a, 0x20, 0x3f]).readFloatLE(), 2, Buffer.from([0x0a, 0x0a, 0x0a, 0x40]).readFloatLE()]],
  ['naïve', [7, 8, 9]],
];

describe('readWordVectors', () => {
  const at = useFolder();

  function read(content: string | Uint8Array, ...words: string[]) {
    writeFileSync(at('vectors'), content);
    return readWordVectors(at('vectors'), { words });
  }

  it('reads GloVe, plain or gzipped, the words wanted alone', async () => {
    for (const content of [GLOVE, gzipSync(GLOVE), GLOVE.trimEnd(), GLOVE.replaceAll('\n', ' \r\n')]) {
      assert.deepEqual(await read(content, 'naïve', 'none', 'the', '', 'also none'), {
        dimensions: 3,
        vectors: new Map([
          ['the', Float32Array.of(0.5, -1, 0.2)],
          ['naïve', Float32Array.of(0.25, 0, -0)],
        ]),
        missing: ['none', 'also none'],
      });
    }
  });

  it('reads columns that are padded with spaces', async () => {
    const padded = 'the  0.5   -1 2e-1\nof   1      2 3 \n. .  7\t 8  9\n';
    for (const content of [padded, `3  3 \n${padded}`, padded.split('\n').slice(1).join('\n'), padded.split('\n')[2]]) {
      const { dimensions, vectors } = await read(content as string, 'the', 'of', '. .', 'none');
      assert.equal(dimensions, 3);
      assert.deepEqual(vectors.get('. .'), Float32Array.of(7, 8, 9));
      if (content?.includes('of')) assert.deepEqual(vectors.get('of'), Float32Array.of(1, 2, 3));
      if (content?.includes('the')) assert.deepEqual(vectors.get('the'), Float32Array.of(0.5, -1, 0.2));
    }
    const short = { code: 'ERR_UNROLLED_FILE_READ', expected: '3 numbers', received: '2' };
    await assert.rejects(read('the  1  2  3\nof   4  5\n', 'of', 'none'), {
      ...short,
      message: /line 2 has 2 numbers after its word, not 3 numbers/,
    });
    await assert.rejects(read('the  1  2  3\nof   4  5  6  7\n', 'of', 'none'), { ...short, received: '4' });
  });

  it('refuses lines that end in a carriage return alone', async () => {
    const lines = GLOVE.replaceAll('\n', '\r');
    const long = 'word 1 2 3\r'.repeat(2 ** 17);
    for (const [content, line] of [
      [lines, 1],
      [lines.trimEnd(), 1],
      [gzipSync(lines), 1],
      [`4 3\r${lines}`, 1],
      [`4 3\n${lines}`, 2],
      ['the 1 2 3\nof 4 5 6\rto 7 8 9\n', 2],
      [long, 1],
    ] as const) {
      await assert.rejects(read(content, 'the', 'of', 'none'), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: new RegExp(`line ${line} contains a carriage return\\.`),
        received: 'a carriage return alone',
      });
    }
  });

  it('reads words with spaces in them', async () => {
    const { vectors } = await read(GLOVE, '. .', 'none');
    assert.deepEqual(vectors, new Map([['. .', Float32Array.of(7, 8, 9)]]));
  });

  it('knows the spaces of the first word from those between its numbers', async () => {
    for (const [content, word] of [
      ['New York 7 8 9\nof 1 2 3\n', 'New York'],
      ['New York 7 8 9\nLos Angeles 1 2 3\n', 'New York'],
      ['New York 7 8 9', 'New York'],
      ['Apollo 11 x 7 8 9\nof 1 2 3\n', 'Apollo 11 x'],
      ['in no. 1 7 8 9\nof 1 2 3\n', 'in no. 1'],
      ['2 3\nNew York 7 8 9\nof 1 2 3\n', 'New York'],
    ] as const) {
      const { dimensions, vectors } = await read(content, word, 'none');
      assert.deepEqual([dimensions, vectors], [3, new Map([[word, Float32Array.of(7, 8, 9)]])], content);
    }
  });

  it('reads files with a byte-order mark, and with tabs', async () => {
    const tabs = GLOVE.replace('. .', '..').replaceAll(' ', '\t');
    const mixed = GLOVE.replaceAll('\n', '\t\n').replace(/^(\w+) /gm, '$1\t');
    for (const content of [GLOVE, tabs, mixed, word2vecText(tabs, '4\t3'), word2vecText(GLOVE)]) {
      for (const marked of [content, `\ufeff${content}`]) {
        const { dimensions, vectors, missing } = await read(marked, 'the', 'of', 'none');
        const expected: [string, Float32Array][] = [
          ['the', Float32Array.of(0.5, -1, 0.2)],
          ['of', Float32Array.of(1, 2, 3)],
        ];
        assert.deepEqual([dimensions, vectors, missing], [3, new Map(expected), ['none']], JSON.stringify(marked));
      }
    }
    const { vectors } = await read(Buffer.concat([Buffer.from('\ufeff'), word2vecBinary(BINARY)]), 'naïve', 'none');
    assert.deepEqual(vectors, new Map([['naïve', Float32Array.of(7, 8, 9)]]));
  });

  it('reads word2vec as text, with the spaces it has at the ends of lines', async () => {
    for (const content of [word2vecText(GLOVE), word2vecText(GLOVE.replaceAll('\n', ' \n'))]) {
      const { dimensions, vectors } = await read(content, 'of', 'none', '4');
      assert.deepEqual([dimensions, vectors], [3, new Map([['of', Float32Array.of(1, 2, 3)]])]);
    }
  });

  it('reads word2vec’s binary layout, with line ends and without', async () => {
    for (const lineEnds of [true, false]) {
      for (const content of [word2vecBinary(BINARY, { lineEnds }), gzipSync(word2vecBinary(BINARY, { lineEnds }))]) {
        const { dimensions, vectors, missing } = await read(content, 'of', 'naïve', '</s>', 'none');
        assert.equal(dimensions, 3);
        assert.deepEqual(
          [...vectors],
          BINARY.map(([word, vector]) => [word, Float32Array.from(vector)]),
        );
        assert.deepEqual(missing, ['none']);
      }
    }
  });

  it('reads on where a record goes over the pieces of the file', async () => {
    const numbers = Array.from({ length: 50 }, (_, i) => i / 8);
    const rows = Array.from({ length: 3000 }, (_, i): [string, number[]] => [`wörd${i}`, numbers.map((n) => n + i)]);
    const text = rows.map(([word, vector]) => `${word} ${vector.join(' ')}\n`).join('');
    const wanted = rows.filter((_, i) => i % 7 === 0);
    const expected = new Map(wanted.map(([word, vector]) => [word, Float32Array.from(vector)]));
    const binary = word2vecBinary(rows);
    assert.ok(text.length > 2 ** 19 && binary.length > 2 ** 19, 'more than one piece');
    for (const content of [text, word2vecText(text, '3000 50'), gzipSync(text), binary, gzipSync(binary)]) {
      assert.deepEqual((await read(content, ...expected.keys(), 'none')).vectors, expected);
    }
  });

  it('takes the first of a word that is there twice, and leaves the file when it has all', async () => {
    const { vectors } = await read('a 1 2\na 3 4\nb 5 6\n', 'a', 'b');
    assert.deepEqual(vectors.get('a'), Float32Array.of(1, 2));
    const text = `a 1 2\n${'b 3 4\n'.repeat(2 ** 17)}damaged`;
    assert.deepEqual((await read(text, 'a')).missing, []);
    await assert.rejects(read(text, 'a', 'c'), { code: 'ERR_UNROLLED_FILE_READ', message: /line 131074 / });
  });

  it('says in which line another number of numbers is', async () => {
    for (const [content, message] of [
      ['a 1 2 3\nb 1 2\n', /line 2 has 2 numbers after its word, not 3 numbers/],
      ['a 1 2 3\n\nb 1 2 3 4\n', /line 3 has 4 numbers/],
      ['a 1 2 3\nb 1  3\n', /line 2 has 2 numbers after its word, not 3 numbers/],
      ['a\n', /line 1 has 0 numbers/],
      [word2vecText('a 1 2\n', '1 3'), /line 2 has 2 numbers after its word, not 3/],
    ] as const) {
      await assert.rejects(read(content, 'x'), { code: 'ERR_UNROLLED_FILE_READ', message });
    }
  });

  it('says in which line something else than a number is', async () => {
    for (const field of ['x', 'nan', 'inf', '1e99', '1,5']) {
      await assert.rejects(read(`a 1 2 3\nb 1 ${field} 3\n`, 'b'), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: `${at('vectors')} has no readable word vectors: line 2 has ${JSON.stringify(field)} instead of a number.`,
      });
    }
    const { vectors } = await read('a 1 2 3\nb 1 x 3\n', 'a', 'none');
    assert.deepEqual([...vectors.keys()], ['a'], 'lines of other words are not read');
    const infinite = word2vecBinary([['a', [1, Number.POSITIVE_INFINITY]]]);
    await assert.rejects(read(infinite, 'a'), { code: 'ERR_UNROLLED_FILE_READ', message: /word 1 has Infinity/ });
  });

  it('takes decimal digits alone for numbers', async () => {
    for (const field of ['0x10', '0b1', '0o7', '1_0', 'Infinity', '１', '+', '.', '1e', '--1']) {
      await assert.rejects(read(`a 1 2 3\nb 1 ${field} 3\n`, 'b'), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: `${at('vectors')} has no readable word vectors: line 2 has "${field}" instead of a number.`,
      });
      // In the first line it is a part of the word where that can be.
      const { dimensions } = await read(`a ${field} 2 3\nb 1 2\n`, `a ${field}`, 'none');
      assert.equal(dimensions, 2, field);
    }
    const { vectors } = await read('a +1 -.5 2. 1E2 1e-3\n', 'a');
    assert.deepEqual(vectors.get('a'), Float32Array.of(1, -0.5, 2, 100, 0.001));
  });

  it('says where a word is not UTF-8, and takes no mark for a part of one', async () => {
    const invalid = (text: string) => Buffer.from(text, 'latin1');
    for (const [content, message] of [
      [invalid('a 1 2 3\ncaf\xe9 1 2 3\n'), /is not UTF-8: byte 3 of line 2, 0xe9, is not a character/],
      [invalid('\xff\xfea 1 2 3\n'), /byte 0 of line 1, 0xff/],
      [invalid('2 3\na 1 2 3\n\xc3 1 2 3\n'), /byte 0 of line 3, 0xc3/],
      [gzipSync(invalid('a 1 2 3\nb\xed\xa0\x80 1 2 3\n')), /byte 1 of line 2, 0xed/],
    ] as const) {
      await assert.rejects(read(content, 'x'), { code: 'ERR_UNROLLED_ENCODING', message });
    }
    const binary = word2vecBinary(BINARY);
    binary[binary.indexOf('na') + 2] = 0xff;
    await assert.rejects(read(binary, 'x'), { code: 'ERR_UNROLLED_ENCODING', message: /byte 2 of word \d, 0xff/ });
    for (const content of [`2 3\n\ufeff${GLOVE}`, `\ufeff2 3\r\n\ufeff${GLOVE}`, `\ufeff${GLOVE}`]) {
      const count = GLOVE.trim().split('\n').length;
      const { vectors } = await read(content.replace('2 3', `${count} 3`), GLOVE.split(' ')[0] as string, 'none');
      assert.equal(vectors.size, 1, JSON.stringify(content));
    }
  });

  it('refuses a file that is empty, cut short, or goes on', async () => {
    for (const content of ['', '\n\n', '3 5\n', gzipSync('')]) {
      await assert.rejects(read(content, 'a'), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    }
    const binary = word2vecBinary(BINARY);
    for (const [content, message] of [
      [word2vecText('a 1 2\nb 3 4\n', '3 2'), /its first line promises 3 words, but it has 2/],
      [word2vecText('a 1 2\nb 3 4\n', '1 2'), /its first line promises 1 word, but it has 2/],
      [binary.subarray(0, -6), /it ends inside word 3 of 3/],
      [binary.subarray(0, 22), /its first line promises 3 words, but it has 1/],
      [word2vecBinary(BINARY, { header: '2 3' }), /it continues after the 2 words that its first line promises/],
      [gzipSync(GLOVE).subarray(0, -12), /cannot be decompressed/],
    ] as const) {
      await assert.rejects(read(content, 'x'), { code: 'ERR_UNROLLED_FILE_READ', message });
    }
  });

  it('refuses UTF-16 and archives by name, in which no word would be found', async () => {
    const little = Buffer.from(GLOVE, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const [content, what] of [
      [Buffer.concat([Buffer.of(0xff, 0xfe), little]), 'UTF-16LE'],
      [Buffer.concat([Buffer.of(0xfe, 0xff), big]), 'UTF-16BE'],
      [little, 'UTF-16LE'],
      [big, 'UTF-16BE'],
      [Buffer.from(word2vecText(GLOVE), 'utf16le'), 'UTF-16LE'],
      [Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.from(GLOVE)]), 'a zip archive'],
      [gzipSync(big), 'UTF-16BE'],
    ] as const) {
      await assert.rejects(read(content, 'the'), {
        code: what.startsWith('UTF') ? 'ERR_UNROLLED_ENCODING' : 'ERR_UNROLLED_FILE_READ',
        message: new RegExp(` is ${what}[,;]`),
        received: what,
      });
    }
  });

  it('refuses a pipe, without waiting for its writer', async function () {
    if (process.platform === 'win32') return this.skip();
    execFileSync('mkfifo', [at('pipe')]);
    await assert.rejects(readWordVectors(at('pipe'), { words: ['a'] }), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /it is not a regular file/,
    });
  });

  it('refuses what could fill the memory', async () => {
    await assert.rejects(read('1 999999999999\na 1\n', 'a'), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /line 1 says 999999999999 dimensions/,
    });
    await assert.rejects(read(word2vecText('', '5 0'), 'a'), { code: 'ERR_UNROLLED_FILE_READ' });
    await assert.rejects(read('a'.repeat(2 ** 21), 'a'), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /line 1 is longer than 1048576 bytes/,
    });
  });

  it('checks its arguments, and ends when its signal says so', async () => {
    writeFileSync(at('vectors'), GLOVE);
    for (const words of ['the', undefined, 5, [1]]) {
      await assert.rejects(readWordVectors(at('vectors'), { words: words as never }), {
        code: 'ERR_UNROLLED_OPTION_TYPE',
        option: 'words',
      });
    }
    await assert.rejects(readWordVectors(at('vectors'), { words: [], word: [] } as never), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
    });
    await assert.rejects(readWordVectors(at('none'), { words: [] }), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    await assert.rejects(readWordVectors(at(), { words: [] }), { code: 'ERR_UNROLLED_FILE_READ' });
    const words = new Set(['the', 'none']);
    await assert.rejects(readWordVectors(at('vectors'), { words, signal: AbortSignal.abort() }), {
      code: 'ERR_UNROLLED_ABORTED',
    });
    assert.equal((await readWordVectors(at('vectors'), { words })).vectors.size, 1);
  });
});

describe('embeddingMatrix', () => {
  const given = { dimensions: 2, vectors: new Map([['a', Float32Array.of(1, 2)]]) };

  it('has the vector of each token, small random numbers for others, zeros for padding', () => {
    const { shape, data } = embeddingMatrix(['', '[UNK]', 'a', 'b'], given, { scale: 0.5, seed: 1 });
    assert.deepEqual(shape, [4, 2]);
    assert.deepEqual([...data.subarray(0, 2), ...data.subarray(4, 6)], [0, 0, 1, 2]);
    const random = [...data.subarray(2, 4), ...data.subarray(6, 8)];
    assert.equal(new Set(random).size, 4);
    for (const value of random) assert.ok(value !== 0 && Math.abs(value) <= 0.5);
  });

  it('depends on the seed and the row alone', () => {
    const first = embeddingMatrix(['x', 'y'], given, { seed: 1 });
    assert.deepEqual(embeddingMatrix(['z', 'y', 'w'], given, { seed: 1 }).data.subarray(0, 4), first.data);
    assert.notDeepEqual(embeddingMatrix(['x', 'y'], given, { seed: 2 }), first);
    assert.deepEqual(embeddingMatrix(['x'], given), embeddingMatrix(['x'], given, { scale: 0.05, seed: 0 }));
    assert.deepEqual([...embeddingMatrix(['x'], given, { scale: 0 }).data].map(Math.abs), [0, 0]);
  });

  it('checks its arguments', () => {
    const wrong = { dimensions: 3, vectors: given.vectors };
    assert.throws(() => embeddingMatrix(['a'], wrong), { code: 'ERR_UNROLLED_SHAPE' });
    assert.throws(() => embeddingMatrix(['a'], given, { scale: -1 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    assert.throws(() => embeddingMatrix(['a'], given, { std: 1 } as object), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    assert.throws(() => embeddingMatrix('a' as never, given), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'tokens' });
    assert.throws(() => embeddingMatrix(new Array(2 ** 32 - 1), given), { code: 'ERR_UNROLLED_OUT_OF_MEMORY' });
  });
});
