import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { TarEntry } from 'modern-tar';
import { alternating, reviewWords } from '../../examples/support/reviews';
import * as datasets from '../../src/datasets';
import { requireData } from '../support/data';
import { startFileServer } from '../support/file-server';
import { useFolder } from '../support/folder';

const REVIEWS = {
  'train/neg/0_3.txt': 'dull',
  'train/neg/10_1.txt': 'a bore',
  'train/pos/0_9.txt': 'superb <br />\u0096 a naïve joy',
  'test/neg/0_2.txt': 'lame',
  'test/pos/0_10.txt': 'lovely',
};

const EXPECTED: datasets.Imdb = {
  classNames: ['neg', 'pos'],
  train: [
    { text: 'dull', label: 0, source: 'train/neg/0_3.txt' },
    { text: 'a bore', label: 0, source: 'train/neg/10_1.txt' },
    { text: 'superb <br />\u0096 a naïve joy', label: 1, source: 'train/pos/0_9.txt' },
  ],
  test: [
    { text: 'lame', label: 0, source: 'test/neg/0_2.txt' },
    { text: 'lovely', label: 1, source: 'test/pos/0_10.txt' },
  ],
};

function entry(name: string, body: string | Uint8Array): TarEntry {
  return { header: { name, size: Buffer.byteLength(body), type: 'file' }, body };
}

function entries(files: Record<string, string> = REVIEWS): TarEntry[] {
  return Object.entries(files).map(([path, text]) => entry(`aclImdb/${path}`, text));
}

async function tar(...content: TarEntry[]): Promise<Uint8Array> {
  const { packTar } = await import('modern-tar');
  return packTar(content);
}

describe('datasets.imdb', () => {
  const at = useFolder();
  const { UNROLLED_CACHE, UNROLLED_DATA } = process.env;

  beforeEach(() => {
    Object.assign(process.env, { UNROLLED_CACHE: at('cache'), UNROLLED_DATA: '' });
  });
  after(() => {
    for (const [name, value] of Object.entries({ UNROLLED_CACHE, UNROLLED_DATA })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  function write(files: Record<string, string | Uint8Array>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), content);
    }
  }

  function writeFolder(folder: string): void {
    for (const [path, text] of Object.entries(REVIEWS)) write({ [`${folder}/${path}`]: text });
  }

  it('reads the folder, found in a folder, named itself, or by UNROLLED_DATA', async () => {
    writeFolder('data/aclImdb');
    write({ 'data/aclImdb/train/unsup/0_0.txt': 'unknown', 'data/aclImdb/train/labeledBow.feat': '9 0:9' });
    assert.deepEqual(await datasets.imdb({ directory: at('data') }), EXPECTED);
    assert.deepEqual(await datasets.imdb({ directory: at('data', 'aclImdb') }), EXPECTED);
    Object.assign(process.env, { UNROLLED_DATA: at('data') });
    assert.deepEqual(await datasets.imdb(), EXPECTED);
    assert.deepEqual(await datasets.imdb({ directory: at('empty') }), EXPECTED);
  });

  it('reads the tarball under either name, gzipped or not, in any order of its files', async () => {
    const content = [
      { header: { name: 'aclImdb/', size: 0, type: 'directory' } } as const,
      entry('aclImdb/train/unsup/0_0.txt', 'unknown'),
      entry('aclImdb/train/labeledBow.feat', '9 0:9'),
      entry('aclImdb/README', 'about it'),
      ...entries().reverse(),
    ];
    write({ 'first/aclImdb_v1.tar.gz': gzipSync(await tar(...content)) });
    write({ 'second/aclImdb_labelled.tar.gz': await tar(...content) });
    assert.deepEqual(await datasets.imdb({ directory: at('first') }), EXPECTED);
    assert.deepEqual(await datasets.imdb({ directory: at('second') }), EXPECTED);
  });

  it('reads a review a line, all to train on, in their order', async () => {
    write({ 'reviews.txt': 'superb\ndull\n', 'labels.txt': 'positive\r\nnegative\r\n' });
    assert.deepEqual(await datasets.imdb({ directory: at() }), {
      classNames: ['neg', 'pos'],
      train: [
        { text: 'superb', label: 1, source: 'reviews.txt:1' },
        { text: 'dull', label: 0, source: 'reviews.txt:2' },
      ],
      test: [],
    });
    write({ 'labels.txt': 'positive\nnegative\nnegative' });
    await assert.rejects(datasets.imdb({ directory: at() }), {
      code: 'ERR_UNROLLED_SHAPE',
      message: /2 lines.*3 lines/,
    });
    write({ 'labels.txt': 'positive\nneutral' });
    await assert.rejects(datasets.imdb({ directory: at() }), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /line 2 is "neutral", neither negative nor positive/,
    });
  });

  it('says what to do where it is nowhere', async () => {
    await assert.rejects(datasets.imdb({ directory: at() }), {
      code: 'ERR_UNROLLED_DATASET',
      message: /Get https:.*aclImdb_v1\.tar\.gz and set UNROLLED_DATA .* aclImdb_labelled\.tar\.gz .*reviews\.txt/,
    });
  });

  it('is downloaded into the cache, with a checksum only', async () => {
    await assert.rejects(datasets.imdb({ download: true }), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'sha256' });
    await assert.rejects(datasets.imdb({ download: true, sha256: 'abc' }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    const archive = gzipSync(await tar(...entries()));
    const sha256 = createHash('sha256').update(archive).digest('hex').toUpperCase();
    const server = await startFileServer(archive);
    try {
      assert.deepEqual(await datasets.imdb({ download: true, url: server.url('/good'), sha256 }), EXPECTED);
    } finally {
      await server.close();
    }
    assert.ok(existsSync(at('cache', 'aclImdb_v1.tar.gz')));
    assert.deepEqual(await datasets.imdb(), EXPECTED);
  });

  it('has its checksum wherever the tarball is', async () => {
    const archive = gzipSync(await tar(...entries()));
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const other = 'f'.repeat(64);
    for (const name of ['aclImdb_v1.tar.gz', 'aclImdb_labelled.tar.gz', 'cache/aclImdb_v1.tar.gz']) {
      write({ [name]: archive });
      const options = { directory: at() };
      assert.deepEqual(await datasets.imdb({ ...options, sha256 }), EXPECTED);
      for (const download of [true, false]) {
        await assert.rejects(datasets.imdb({ ...options, sha256: other, download }), {
          code: 'ERR_UNROLLED_CHECKSUM',
          option: 'sha256',
          expected: `SHA-256 ${other}`,
          received: `SHA-256 ${sha256}`,
        });
      }
      rmSync(at(name));
    }
    // Of two the one that is meant.
    write({ 'aclImdb_labelled.tar.gz': gzipSync(await tar(entry('aclImdb/x', ''))), 'aclImdb_v1.tar.gz': archive });
    assert.deepEqual(await datasets.imdb({ directory: at(), sha256 }), EXPECTED);
    await assert.rejects(datasets.imdb({ directory: at(), sha256, signal: AbortSignal.abort() }), {
      code: 'ERR_UNROLLED_ABORTED',
    });
    // What is no one file has none.
    writeFolder('aclImdb');
    assert.deepEqual(await datasets.imdb({ directory: at(), sha256: other }), EXPECTED);
  });

  it('is not downloaded beyond its size, nor unpacked beyond what it may have', async () => {
    const archive = gzipSync(await tar(...entries(), entry('aclImdb/zeros', Buffer.alloc(1 << 22))));
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const server = await startFileServer(archive);
    try {
      const options = { download: true, url: server.url('/good'), sha256 };
      await assert.rejects(datasets.imdb({ ...options, maxBytes: archive.length - 1 }), {
        code: 'ERR_UNROLLED_DOWNLOAD',
        message: new RegExp(`at most ${archive.length - 1} are expected`),
      });
      await assert.rejects(datasets.imdb({ ...options, maxBytes: archive.length, maxUnpackedBytes: 1 << 22 }), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: /unpacks to more than 4194304 bytes/,
      });
      assert.deepEqual(await datasets.imdb({ maxUnpackedBytes: 1 << 23 }), EXPECTED);
    } finally {
      await server.close();
    }
    for (const option of ['maxBytes', 'maxUnpackedBytes']) {
      await assert.rejects(datasets.imdb({ [option]: 0 }), { code: 'ERR_UNROLLED_OPTION_RANGE', option });
    }
  });

  it('is not unpacked beyond 2 GiB unless it may have more', async () => {
    // The size of an entry is 11 octal digits in its header, whose checksum is the sum of its bytes, its own digits as spaces.
    const header = Buffer.from((await tar(entry('aclImdb/zeros', ''))).subarray(0, 512));
    header.write('20000000000', 124, 'latin1');
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const zeros = gzipSync(Buffer.alloc(2 ** 27));
    write({ 'aclImdb_v1.tar.gz': Buffer.concat([gzipSync(header), ...new Array<Buffer>(16).fill(zeros)]) });
    await assert.rejects(datasets.imdb({ directory: at() }), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /unpacks to more than 2147483648 bytes/,
    });
  }).timeout(120_000);

  describe('with a hostile tarball', () => {
    async function read(...content: TarEntry[]): Promise<datasets.Imdb> {
      write({ 'aclImdb_v1.tar.gz': gzipSync(await tar(...content)) });
      return datasets.imdb({ directory: at() });
    }

    it('writes nothing and takes no file from elsewhere', async () => {
      const imdb = await read(
        ...entries(),
        entry('aclImdb/train/pos/../../../../evil.txt', 'evil'),
        entry('../aclImdb/train/pos/1_9.txt', 'evil'),
        entry(`${at('evil')}/aclImdb/train/pos/1_9.txt`, 'evil'),
        entry('aclImdb/train/pos/..\\..\\evil.exe', 'evil'),
        { header: { name: 'aclImdb/train/pos/2_9.txt', size: 0, type: 'symlink', linkname: '/etc/passwd' } },
        { header: { name: 'aclImdb/train/pos/3_9.txt', size: 0, type: 'link', linkname: 'aclImdb/train/pos/0_9.txt' } },
        { header: { name: 'aclImdb/train/pos/4_9.txt', size: 0, type: 'fifo' } },
      );
      assert.deepEqual(imdb, EXPECTED);
      assert.deepEqual(readdirSync(at()), ['aclImdb_v1.tar.gz']);
    });

    it('of two files of a name takes the last', async () => {
      const imdb = await read(...entries(), entry('aclImdb/train/neg/0_3.txt', 'dreadful'));
      assert.equal(imdb.train.length, 3);
      assert.equal(imdb.train[0]?.text, 'dreadful');
    });

    it('refuses what is no review, or not UTF-8', async () => {
      await assert.rejects(read(...entries(), entry('aclImdb/train/pos/1_9.txt', 'x'.repeat(2 ** 20 + 1))), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: /1_9\.txt is no review: it is too long/,
      });
      await assert.rejects(read(...entries(), entry('aclImdb/test/pos/1_9.txt', Buffer.from([0x61, 0xff]))), {
        code: 'ERR_UNROLLED_ENCODING',
        message: /aclImdb\/test\/pos\/1_9\.txt in .* is not UTF-8: the bytes at offset 1 /,
      });
    });

    it('refuses one that is cut short or damaged anywhere', async () => {
      const whole = await tar(...entries());
      const packed = gzipSync(whole);
      const flipped = Uint8Array.from(whole);
      flipped[130] = 0x39;
      for (const [what, bytes] of [
        ['cut in its compression', packed.subarray(0, packed.length - 20)],
        ['cut in a header', whole.subarray(0, 700)],
        ['cut in a text', whole.subarray(0, 515)],
        ['cut before its end', whole.subarray(0, whole.length - 1024)],
        ['a header changed', flipped],
        ['no tarball', Buffer.from('<html>log in first</html>'.repeat(40))],
        ['gzipped nonsense', gzipSync('<html>log in first</html>'.repeat(40))],
      ] as const) {
        write({ 'aclImdb_v1.tar.gz': bytes });
        await assert.rejects(datasets.imdb({ directory: at() }), { code: 'ERR_UNROLLED_FILE_READ' }, what);
      }
    });

    it('refuses one without reviews of both classes', async () => {
      for (const missing of ['train/pos/0_9.txt', 'test/neg/0_2.txt'] as const) {
        const { [missing]: _, ...rest } = REVIEWS;
        await assert.rejects(read(...entries(rest)), { code: 'ERR_UNROLLED_CORPUS_EMPTY' }, missing);
      }
      await assert.rejects(read(), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
      write({ 'aclImdb_v1.tar.gz': '' });
      await assert.rejects(datasets.imdb({ directory: at() }), { code: /ERR_UNROLLED_(CORPUS_EMPTY|FILE_READ)/ });
    });

    it('refuses a folder or a dangling link of its name', async () => {
      mkdirSync(at('aclImdb_v1.tar.gz'));
      await assert.rejects(datasets.imdb({ directory: at() }), { code: 'ERR_UNROLLED_FILE_READ' });
      symlinkSync(at('nowhere'), at('aclImdb_labelled.tar.gz'));
      await assert.rejects(datasets.imdb({ directory: at() }), { code: 'ERR_UNROLLED_FILE_READ' });
    });

    it('ends when its signal says so', async () => {
      const signal = AbortSignal.abort();
      write({ 'aclImdb_v1.tar.gz': gzipSync(await tar(...entries())) });
      await assert.rejects(datasets.imdb({ directory: at(), signal }), { code: 'ERR_UNROLLED_ABORTED' });
    });
  });

  it('refuses a folder whose test part lacks a class', async () => {
    write({ 'aclImdb/train/neg/0.txt': 'dull', 'aclImdb/train/pos/0.txt': 'superb' });
    assert.deepEqual((await datasets.imdb({ directory: at() })).test, []);
    write({ 'aclImdb/test/neg/0.txt': 'lame' });
    await assert.rejects(datasets.imdb({ directory: at() }), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    mkdirSync(at('aclImdb', 'test', 'pos'));
    await assert.rejects(datasets.imdb({ directory: at() }), {
      code: 'ERR_UNROLLED_CORPUS_EMPTY',
      message: /^The class pos has no text in test of /,
    });
  });

  it('has 25,000 and 25,000 reviews, and the tutorials’ words in them', async function () {
    const { train, test } = await datasets.imdb({ directory: dirname(requireData(this, 'aclImdb_labelled.tar.gz')) });
    for (const part of [train, test]) {
      assert.equal(part.length, 25_000);
      assert.equal(part.filter(({ label }) => label === 1).length, 12_500);
    }
    assert.deepEqual(
      [train[0], train[12_499], train[12_500], test[24_999]].map((example) => example?.source),
      ['train/neg/0_3.txt', 'train/neg/9_1.txt', 'train/pos/0_9.txt', 'test/pos/9_7.txt'],
    );

    const reviews = alternating(train);
    assert.deepEqual(
      reviews.slice(0, 4).map(({ label }) => label),
      [1, 0, 1, 0],
    );
    const words = new Set<string>();
    const distinct = reviews.map(({ text }) => {
      const own = new Set(reviewWords(text));
      for (const word of own) words.add(word);
      return own.size;
    });
    assert.deepEqual(distinct.slice(0, 3), [93, 92, 232]);
    assert.equal(words.size, 73_274);
  });
});

describe('reviewWords', () => {
  it('has a full stop and the empty string for words', () => {
    assert.deepEqual(reviewWords("It's 10/10. Wow"), ['it', 's', '', '', '', '', '', '', '.', '', 'wow']);
  });
});

describe('alternating', () => {
  it('takes positive and negative in turn, what is left at the end', () => {
    const examples = [0, 0, 0, 1, 1].map((label, index) => ({ text: `${index}`, label }));
    assert.deepEqual(
      alternating(examples).map(({ text }) => text),
      ['3', '0', '4', '1', '2'],
    );
  });
});
