import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { cacheFolder } from '../../src/base/files/cache-folder';
import * as datasets from '../../src/datasets';
import { requireData } from '../support/data';
import { type FileServer, startFileServer } from '../support/file-server';
import { useFolder } from '../support/folder';

describe('datasets', () => {
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

  it('the cache is where UNROLLED_CACHE says, else in a place of this package', async () => {
    assert.equal(await cacheFolder(), at('cache'));
    Object.assign(process.env, { UNROLLED_CACHE: '' });
    assert.match(await cacheFolder(), /unrolled/);
  });

  it('text reads a file and takes the options of the vocabulary', async () => {
    writeFileSync(at('poem.txt.gz'), gzipSync('to be or not to be'));
    const corpus = await datasets.text(at('poem.txt.gz'), { tokens: 'word' });
    assert.equal(corpus.name, 'poem.txt.gz');
    assert.equal(corpus.vocabulary.size, 5);
    assert.equal((await datasets.text(at('poem.txt.gz'), { name: 'poem' })).name, 'poem');
    await assert.rejects(datasets.text(at('none')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    for (const read of [datasets.text, datasets.textFile]) {
      await assert.rejects(read(at()), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: / is a folder, but a text is one file: .*datasets\.documents\(.*datasets\.textFolder\(/,
      });
    }
  });

  it('text takes how its file is read, and no option it does not know', async () => {
    writeFileSync(at('poem.txt'), Buffer.from('a\xe9\r\n', 'latin1'));
    const corpus = await datasets.text(at('poem.txt'), { encoding: 'latin1', lineEnds: 'lf', normalization: 'NFD' });
    assert.equal(corpus.text, 'ae\u0301\n');
    await assert.rejects(datasets.text(at('poem.txt'), { charset: 'latin1' } as object), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
      message: /^datasets\.text has no option "charset"/,
    });
  });

  describe('documents', () => {
    it('are the lines of a file', async () => {
      writeFileSync(at('poems'), gzipSync('one\r\n\r\ntwo\rthree\n'));
      const corpus = await datasets.documents(at('poems'), { format: 'lines', minCount: 2 });
      assert.equal(corpus.name, 'poems');
      assert.deepEqual(corpus.documents, ['one', 'two', 'three']);
      assert.notEqual(corpus.vocabulary.unknownId, undefined);
    });

    it('tell of all files that cannot be read, and are those without them where asked', async () => {
      mkdirSync(at('mixed'));
      writeFileSync(at('mixed', 'a'), 'first');
      writeFileSync(at('mixed', 'x'), Buffer.of(0x61, 0xff));
      writeFileSync(at('mixed', 'y'), Buffer.from('no mark', 'utf16le'));
      await assert.rejects(datasets.documents(at('mixed'), { format: 'folder' }), {
        code: 'ERR_UNROLLED_ENCODING',
        message:
          /^2 of the 3 files in .* cannot be read: x \(0xff at offset 1\), y \(utf-16le without a byte-order mark\)\. Set /,
      });
      const skipped: string[] = [];
      const some = await datasets.documents(at('mixed'), {
        format: 'folder',
        skipUnreadable: true,
        onSkipped: ({ source, error }) => skipped.push(`${source} ${error.code}`),
      });
      assert.deepEqual(some.documents, ['first']);
      assert.deepEqual(skipped, ['x ERR_UNROLLED_ENCODING', 'y ERR_UNROLLED_ENCODING']);
      await assert.rejects(datasets.documents(at('mixed', 'a'), { format: 'lines', skipUnreadable: true }), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'skipUnreadable',
      });
    });

    it('are the files of a folder in the order of their names', async () => {
      mkdirSync(at('poems', 'folder'), { recursive: true });
      for (const [name, text] of Object.entries({ b: 'second\r\n', a: 'first', '10': '', '.c': 'hidden' })) {
        writeFileSync(at('poems', name), Buffer.from(`\ufeff${text}`, 'utf16le'));
      }
      const options = { format: 'folder', encoding: 'utf-16le', lineEnds: 'lf' } as const;
      const corpus = await datasets.documents(at('poems'), options);
      assert.deepEqual(corpus.documents, ['first', 'second\n']);
      writeFileSync(at('poems', 'd'), 'ab');
      await assert.rejects(datasets.documents(at('poems'), { format: 'folder' }), { code: 'ERR_UNROLLED_ENCODING' });
      await assert.rejects(datasets.documents(at('poems', 'd'), { format: 'folder' }), {
        code: 'ERR_UNROLLED_FILE_READ',
      });
      await assert.rejects(datasets.documents(at('none'), { format: 'folder' }), {
        code: 'ERR_UNROLLED_FILE_NOT_FOUND',
      });
    });

    it('are a field of lines of JSON', async () => {
      const lines = ['{"text":"e\\u0301\\r\\n","poem":"a"}', '', '  {"poem":"b","text":""}\r'];
      writeFileSync(at('poems'), lines.join('\n'));
      const options = { format: 'jsonl', lineEnds: 'lf', normalization: 'NFC' } as const;
      assert.deepEqual((await datasets.documents(at('poems'), options)).documents, ['é\n']);
      assert.deepEqual((await datasets.documents(at('poems'), { ...options, field: 'poem' })).documents, ['a', 'b']);
    });

    it('that are bad lines of JSON are named by their number', async () => {
      for (const [line, message] of [
        ['{"text":', /line 3 is not valid JSON/],
        ['["text"]', /line 3 is an array of 1, not an object/],
        ['null', /line 3 is null, not an object/],
        ['{"texts":"a"}', /line 3 has no string "text"/],
        ['{"text":1}', /line 3 has no string "text"/],
        ['{"__proto__":{"text":"a"}}', /line 3 has no string "text"/],
      ] as const) {
        writeFileSync(at('poems'), `{"text":"a"}\n\n${line}\n{"text":"b"}`);
        const error = { code: 'ERR_UNROLLED_FILE_READ', message };
        await assert.rejects(datasets.documents(at('poems'), { format: 'jsonl' }), error);
      }
    });

    it('need a format, a field where there are fields, and text', async () => {
      writeFileSync(at('poems'), '\n');
      for (const [options, error] of [
        [{ format: 'csv' }, { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'format' }],
        [undefined, { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'format' }],
        [
          { format: 'lines', field: 'text' },
          { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'field' },
        ],
        [
          { format: 'jsonl', field: '' },
          { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'field' },
        ],
        [{ format: 'lines', endToken: true }, { code: 'ERR_UNROLLED_UNKNOWN_OPTION' }],
        [{ format: 'lines' }, { code: 'ERR_UNROLLED_CORPUS_EMPTY' }],
        [{ format: 'jsonl' }, { code: 'ERR_UNROLLED_CORPUS_EMPTY' }],
      ] as const) {
        await assert.rejects(datasets.documents(at('poems'), options as { format: 'lines' }), error);
      }
    });
  });

  it('sonnets are the 154 sonnets, an empty line between two', async () => {
    const corpus = await datasets.sonnets();
    assert.equal(corpus.name, 'sonnets');
    assert.equal(corpus.text.split('\n\n').length, 154);
    assert.match(corpus.text, /^From fairest creatures we desire increase,\n/);
    assert.match(corpus.text, /water cools not love\.\n$/);
    assert.doesNotMatch(corpus.text, /[ \t]\n/);
    assert.equal(corpus.vocabulary.size, 61);
    assert.equal((await datasets.sonnets({ maxSize: 20 })).vocabulary.size, 20);
  });

  it('toySentiment has 58 and 20 phrases of 18 words', async function () {
    const { train, test, words } = datasets.toySentiment();
    assert.equal(train.length, 58);
    assert.equal(test.length, 20);
    assert.equal(words.length, 18);
    assert.deepEqual(words.slice(0, 3), ['all', 'am', 'and']);
    const published = JSON.parse(readFileSync(requireData(this, 'toy-sentiment.json'), 'utf8'));
    assert.deepEqual({ train, test }, published);
  });

  it('tang is read from a folder', async function () {
    const path = requireData(this, 'tang.txt.gz');
    mkdirSync(at('data'));
    copyFileSync(path, at('data', 'tang.txt.gz'));
    const corpus = await datasets.tang({ directory: at('data'), minCount: 3 });
    assert.equal(corpus.vocabulary.size, 7138 + 1);
    await assert.rejects(datasets.tang(), {
      code: 'ERR_UNROLLED_DATASET',
      message: /Set UNROLLED_DATA to the folder that has tang\.txt\.gz or tang\.txt/,
    });
  });

  it('a dataset that is nowhere says what to do', async () => {
    await assert.rejects(datasets.shakespeare({ directory: at('none'), download: false }), {
      code: 'ERR_UNROLLED_DATASET',
      message: /Set UNROLLED_DATA to the folder that has tinyshakespeare\.txt \(.* directory\), or allow/,
    });
  });

  it('a file of the right name and another content is refused', async () => {
    writeFileSync(at('tinyshakespeare.txt'), 'To be, or not to be');
    await assert.rejects(datasets.shakespeare({ directory: at() }), { code: 'ERR_UNROLLED_CHECKSUM' });
  });

  it('options are checked', async () => {
    await assert.rejects(datasets.shakespeare({ folder: '.' } as object), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    await assert.rejects(datasets.shakespeare({ directory: '' }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await assert.rejects(datasets.shakespeare({ timeout: 0 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await assert.rejects(datasets.sonnets({ tokens: 'letter' as 'char' }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  describe('shakespeare (from tinyshakespeare.txt)', () => {
    let server: FileServer | undefined;

    before(async function () {
      server = await startFileServer(readFileSync(requireData(this, 'tinyshakespeare.txt')));
    });
    after(() => server?.close());

    it('is found in the folder named, or in that of UNROLLED_DATA', async function () {
      copyFileSync(requireData(this, 'tinyshakespeare.txt'), at('tinyshakespeare.txt'));
      const corpus = await datasets.shakespeare({ directory: at(), download: false });
      assert.equal(corpus.text.length, 1_115_394);
      assert.equal(corpus.vocabulary.size, 65);
      Object.assign(process.env, { UNROLLED_DATA: at() });
      assert.equal((await datasets.shakespeare({ download: false })).text, corpus.text);
      assert.ok(!existsSync(at('cache')));
    });

    it('is downloaded into the cache once', async () => {
      const url = (server as FileServer).url('/good');
      const corpus = await datasets.shakespeare({ url, tokens: 'byte' });
      assert.equal(corpus.vocabulary.kind, 'byte');
      assert.ok(existsSync(at('cache', 'tinyshakespeare.txt')));
      assert.equal((await datasets.shakespeare({ download: false })).text, corpus.text);
    });

    it('is not taken from a server that has another file', async () => {
      const url = (server as FileServer).url('/wrong');
      await assert.rejects(datasets.shakespeare({ url }), { code: 'ERR_UNROLLED_CHECKSUM' });
      assert.ok(!existsSync(at('cache', 'tinyshakespeare.txt')));
    });
  });
});
