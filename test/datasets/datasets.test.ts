import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { cacheFolder } from '../../src/cache-folder';
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
      message: /Set UNROLLED_DATA to the folder that has tinyshakespeare\.txt \(.* directory too\), or allow/,
    });
  });

  it('a file of the right name and another content is refused', async () => {
    writeFileSync(at('tinyshakespeare.txt'), 'To be, or not to be');
    await assert.rejects(datasets.shakespeare({ directory: at() }), { code: 'ERR_UNROLLED_CHECKSUM' });
  });

  it('options are checked', async () => {
    await assert.rejects(datasets.shakespeare({ folder: '.' } as object), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    await assert.rejects(datasets.shakespeare({ directory: '' }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
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
