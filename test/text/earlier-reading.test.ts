/** An unchanged text is not read again, and what is taken is what a new reading gives. */

import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { gzipSync } from 'node:zlib';
import {
  Corpus,
  datasets,
  type FileCorpus,
  type FileCorpusOptions,
  LanguageModel,
  type ReadingProgress,
  Vocabulary,
} from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { smallModel, train } from '../support/models';

const TEXT = 'naïve cafés à la carte\r\nto be or not to be 漢字 👨‍👩‍👧\n'.repeat(50);

/** All that a corpus has. */
function contents({ name, path, vocabulary, idsFile, tokenCounts }: FileCorpus) {
  const { frequencies, form, unknownId, size } = vocabulary;
  const json = vocabulary.toJSON();
  const ids = readFileSync(idsFile.path).toString('hex');
  return { name, path, json, frequencies, form, unknownId, size, idsFile, tokenCounts, ids };
}

describe('An unchanged text', function () {
  this.timeout(60_000);
  const at = useFolder();
  const now = Date.now;
  const { UNROLLED_CACHE, UNROLLED_IDS_LIMIT } = process.env;

  beforeEach(() => {
    Object.assign(process.env, { UNROLLED_CACHE: at('cache') });
    writeFileSync(at('text'), TEXT);
    // Its times are those of long ago, not of now, when it might change again within one tick of the clock.
    Date.now = () => now() + 60_000;
  });
  afterEach(() => {
    Date.now = now;
    Reflect.deleteProperty(process.env, 'UNROLLED_IDS_LIMIT');
  });
  after(() => {
    if (UNROLLED_CACHE === undefined) Reflect.deleteProperty(process.env, 'UNROLLED_CACHE');
    else Object.assign(process.env, { UNROLLED_CACHE });
    if (UNROLLED_IDS_LIMIT !== undefined) Object.assign(process.env, { UNROLLED_IDS_LIMIT });
  });

  /** Reads the text, and says in which passes. */
  async function read(options: FileCorpusOptions = {}, path = at('text')) {
    const passes = new Set<number>();
    const onProgress = ({ pass }: ReadingProgress) => passes.add(pass);
    const corpus = await datasets.textFile(path, { onProgress, ...options });
    return { passes: [...passes], corpus };
  }

  const WAYS: FileCorpusOptions[] = [
    {},
    { tokens: 'word' },
    { tokens: 'word', maxTokens: 4 },
    { tokens: 'grapheme', minCount: 60, unknown: 'skip' },
    { tokens: 'byte', name: 'bytes' },
    { lineEnds: 'lf', normalization: 'NFKD' },
    { vocabulary: Vocabulary.build('to be').withUnknown('skip') },
    { vocabulary: Vocabulary.build('to be or', { tokens: 'word', minCount: 1, lineEnds: 'lf' }) },
  ];

  for (const [number, given] of WAYS.entries()) {
    for (const place of ['cache', 'file']) {
      it(`gives what reading it anew gives, with options ${number}, of ids in a ${place}`, async () => {
        const options = { ...given, ...(place === 'file' && { idsFile: at('ids') }) };
        const first = await read(options);
        assert.deepEqual(first.passes, [1, 2]);
        const second = await read(options);
        assert.deepEqual(second.passes, [], 'it is not read');
        assert.deepEqual(contents(second.corpus), contents(first.corpus));
        const anew = await read({ ...options, reread: true });
        assert.deepEqual(anew.passes, [1, 2]);
        assert.deepEqual(contents(anew.corpus), contents(first.corpus));
        assert.deepEqual((await read(options)).passes, []);
      });
    }
  }

  it('is known by its own options only', async () => {
    for (const given of WAYS) assert.deepEqual((await read(given)).passes.length > 0, true);
    for (const given of WAYS) assert.deepEqual((await read(given)).passes, []);
    assert.deepEqual((await read({ tokens: 'char' })).passes, [], 'a default that is given');
    assert.ok((await read({ tokens: 'word', maxTokens: 5 })).passes.includes(2));
  });

  it('is known when it is gzipped, and by another path', async () => {
    writeFileSync(at('text.gz'), gzipSync(TEXT));
    assert.deepEqual((await read({}, at('text.gz'))).passes, [1, 2]);
    assert.deepEqual((await read({}, at('text.gz'))).passes, []);
    symlinkSync(at('text.gz'), at('link'));
    const { passes, corpus } = await read({}, at('link'));
    assert.deepEqual(passes, []);
    assert.equal(corpus.path, at('link'));
    assert.equal(corpus.name, 'link');
  });

  it('is read again where it has changed in any way that can be seen', async () => {
    const changes: Record<string, () => void> = {
      content: () => writeFileSync(at('text'), TEXT.replace('to', 'so')),
      time: () => utimesSync(at('text'), 1e9, 1e9),
      file: () => {
        copyFileSync(at('text'), at('copy'));
        renameSync(at('copy'), at('text'));
      },
      'content, its time put back': () => {
        const { atime, mtime } = statSync(at('text'));
        writeFileSync(at('text'), TEXT.replace('carte', 'craft'));
        utimesSync(at('text'), atime, mtime);
      },
    };
    for (const [what, change] of Object.entries(changes)) {
      await read();
      assert.deepEqual((await read()).passes, []);
      change();
      const { passes, corpus } = await read();
      assert.ok(passes.includes(1), what);
      assert.equal(corpus.vocabulary.decode(idsOf(corpus)), readFileSync(at('text'), 'utf8'), what);
    }
  });

  function idsOf(corpus: FileCorpus): Int32Array {
    const bytes = readFileSync(corpus.idsFile.path);
    return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }

  it('is read again where it changed just before it was read, or will have', async () => {
    Date.now = now;
    await read();
    assert.deepEqual((await read()).passes, [1], 'it is of now');
    Date.now = () => now() + 60_000;
    utimesSync(at('text'), 4e9, 4e9);
    await read();
    assert.deepEqual((await read()).passes, [1], 'it is of the future');
    utimesSync(at('text'), 1e9, 1e9);
    await read();
    assert.deepEqual((await read()).passes, []);
  });

  it('is read again where its ids, or what is kept beside them, are damaged or gone', async () => {
    for (const idsFile of [undefined, at('ids')]) {
      const { corpus } = await read({ idsFile });
      const expected = contents(corpus);
      const { path } = corpus.idsFile;
      const folder = at('cache', 'ids');
      const kept =
        idsFile === undefined
          ? at('cache', 'ids', readdirSync(folder).find((name) => name.endsWith('.text.json')) as string)
          : `${path}.json`;
      const text = readFileSync(kept, 'utf8');
      const damages: Record<string, () => void> = {
        'the ids cut short': () => truncateSync(path, 40),
        'the ids gone': () => rmSync(path),
        'others in their place': () => writeFileSync(path, Buffer.alloc(statSync(path).size)),
        'what is kept cut short': () => truncateSync(kept, text.length >> 1),
        'what is kept empty': () => writeFileSync(kept, ''),
        'what is kept no object': () => writeFileSync(kept, '[1]'),
        'another token': () => writeFileSync(kept, text.replace('"tokens":["\\n"', '"tokens":["\\f"')),
        'another frequency': () => writeFileSync(kept, text.replace(/"frequencies":\[\d+/, '"frequencies":[7')),
        'what is kept gone': () => rmSync(kept),
      };
      for (const [what, damage] of Object.entries(damages)) {
        assert.deepEqual((await read({ idsFile })).passes, []);
        damage();
        if (idsFile !== undefined && /^what is kept/.test(what)) {
          // Nothing says any more that the file has ids, and is not the user's.
          await assert.rejects(read({ idsFile }), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'idsFile' }, what);
          rmSync(idsFile);
          rmSync(kept, { force: true });
        }
        const again = await read({ idsFile });
        assert.ok(again.passes.includes(1), what);
        assert.deepEqual(contents(again.corpus), expected, what);
      }
    }
  });

  it('trains to the same bits, and a training goes on with it', async () => {
    const options = { steps: 20, batch: 4, window: 16, validation: 0.1, seed: 3 } as const;
    const create = ({ vocabulary }: FileCorpus) =>
      LanguageModel.create({ vocabulary, hidden: 8, embedding: 4, output: 'sampled', samples: 8, seed: 1 });
    const losses: number[][] = [];
    for (let run = 0; run < 2; run++) {
      const { passes, corpus } = await read({ tokens: 'word' });
      assert.equal(passes.length, run === 0 ? 2 : 0);
      using model = create(corpus);
      losses.push((await train(model, options, corpus)).map(({ loss }) => loss));
    }
    assert.deepEqual(losses[0], losses[1]);
  });

  it('has a limit of its ids in the cache, by which the oldest used go first', async () => {
    const names = ['one', 'two', 'three', 'four'];
    for (const [i, name] of names.entries()) writeFileSync(at(name), `${TEXT}${i}`);
    const script = `
      const { datasets } = require(${JSON.stringify(require.resolve('../../lib/index.js'))});
      datasets.textFile(process.argv[1]).then(({ idsFile }) => console.log(idsFile.path));`;
    const { execFileSync } = await import('node:child_process');
    // Each by a process of its own, as none removes what it has in use.
    const paths = names.map((name, i) => {
      const env = { ...process.env, UNROLLED_IDS_LIMIT: i === 3 ? String(10 * TEXT.length) : '' };
      if (i === 3) for (const path of [first(1), first(2)]) assert.ok(existsSync(path));
      const path = execFileSync(process.execPath, ['-e', script, at(name)], { env, encoding: 'utf8' }).trim();
      found.push(path);
      // The first was used last.
      const used = i === 0 ? 2e9 : 1e9 + i;
      for (const file of [path, `${path}.json`]) if (i < 3) touch(file, used);
      return path;
    });
    assert.deepEqual(
      paths.map((path) => existsSync(path)),
      [true, false, true, true].map((is, i) => is && i !== 2),
    );
    assert.deepEqual(
      paths.map((path) => existsSync(`${path}.json`)),
      paths.map((path) => existsSync(path)),
    );
  });

  const found: string[] = [];
  const first = (i: number) => found[i] as string;
  function touch(path: string, seconds: number): void {
    utimesSync(path, seconds, seconds);
  }

  it('refuses a limit that is no number of bytes', async () => {
    Object.assign(process.env, { UNROLLED_IDS_LIMIT: '5 GB' });
    await assert.rejects(read(), { code: 'ERR_UNROLLED_OPTION_RANGE', message: /UNROLLED_IDS_LIMIT.*5 GB/ });
  });

  it('is told of on the command line, and read again with --reread', async () => {
    Date.now = now;
    writeFileSync(at('old'), 'to be or not to be\n'.repeat(40));
    const wait = 3000 - (now() - statSync(at('old')).ctimeMs);
    await new Promise((resolve) => setTimeout(resolve, wait));
    const small = ['--hidden', '4', '--batch', '2', '--window', '8', '--steps', '2', '--stream'];
    const command = ['train', at('old'), ...small];
    const first = await runCli(...command, '--out', at('model'), '--checkpoint', at('run'));
    assert.match(first.stderr, /Reading .*old to find its tokens.*\n.*Writing the ids/s);
    const second = await runCli(...command, '--json');
    assert.match(second.stderr, /old has not changed: the ids of an earlier run are used/);
    assert.doesNotMatch(second.stderr, /Reading/);
    const evaluated = await runCli('evaluate', at('model'), at('old'), '--stream', '--reread');
    assert.match(evaluated.stderr, /Reading .*Writing/s);
    const resumed = await runCli('train', at('old'), '--stream', '--resume', at('run'), '--steps', '4');
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.match(resumed.stderr, /has not changed/);
    const whole = await runCli('evaluate', at('model'), at('old'), '--reread');
    assert.equal(whole.status, 2);
    assert.match(whole.stderr, /--reread must be left out unless --stream is given/);
  });
});

describe('The ids of a text', function () {
  this.timeout(60_000);
  const at = useFolder();

  it('are not written in the place of the text, by whatever name', async () => {
    writeFileSync(at('text'), TEXT);
    writeFileSync(at('ids.json'), TEXT);
    mkdirSync(at('folder'));
    symlinkSync(at('text'), at('link'));
    symlinkSync(at('folder', '..', 'text'), at('folder', 'far'));
    linkSync(at('text'), at('hard'));
    symlinkSync(at('text'), at('beside.json'));
    for (const [text, idsFile] of [
      ['text', at('text')],
      ['text', at('folder', '..', 'text')],
      ['text', at('link')],
      ['link', at('text')],
      ['link', at('link')],
      ['text', at('folder', 'far')],
      ['text', at('hard')],
      ['ids.json', at('ids')],
      ['text', at('beside')],
    ] as const) {
      await assert.rejects(datasets.textFile(at(text), { idsFile }), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'idsFile',
        message: /^idsFile must be another file than the text, /,
      });
    }
    assert.equal(readFileSync(at('text'), 'utf8'), TEXT);
    assert.equal(readFileSync(at('ids.json'), 'utf8'), TEXT);
  });

  it('are not written over another file that has something in it, nor is their .json', async () => {
    writeFileSync(at('text'), TEXT);
    writeFileSync(at('mine'), 'precious');
    writeFileSync(at('data.json'), '{"key":"mine"}');
    writeFileSync(at('list'), 'precious too');
    writeFileSync(at('list.json'), '[1,2]');
    symlinkSync(at('mine'), at('mine-link'));
    const refused = { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'idsFile' };
    for (const name of ['mine', 'mine-link', 'data', 'list']) {
      const reading = datasets.textFile(at('text'), { idsFile: at(name), reread: true });
      await assert.rejects(reading, {
        ...refused,
        message: /^idsFile must be a new file, an empty one, or a file of ids /,
      });
    }
    assert.equal(readFileSync(at('mine'), 'utf8'), 'precious');
    assert.equal(readFileSync(at('data.json'), 'utf8'), '{"key":"mine"}');
    assert.equal(existsSync(at('data')), false);
    assert.equal(readFileSync(at('list'), 'utf8'), 'precious too');
    // An empty one is taken, and one with the ids of another text.
    writeFileSync(at('empty'), '');
    for (const text of ['text', 'other']) {
      writeFileSync(at('other'), `other ${TEXT}`);
      const { idsFile } = await datasets.textFile(at(text), { idsFile: at('empty') });
      assert.equal(statSync(idsFile.path).size, 4 * idsFile.count);
    }
  });

  it('are refused once those of another text have taken their place', async () => {
    writeFileSync(at('one'), 'the lazy dog jumps. '.repeat(100));
    writeFileSync(at('two'), 'a quick brown fox . '.repeat(100));
    const { vocabulary } = Corpus.fromText('abcdefghijklmnopqrstuvwxyz .\n');
    using model = smallModel();
    const options = { idsFile: at('ids'), vocabulary: model.vocabulary };
    assert.ok(vocabulary.size > 0);
    const one = await datasets.textFile(at('one'), options);
    const two = await datasets.textFile(at('two'), options);
    assert.equal(one.idsFile.count, two.idsFile.count);
    const error = { code: 'ERR_UNROLLED_FILE_READ', message: /replaced after its text was read: read the text again/ };
    await assert.rejects(train(model, { steps: 2 }, one), error);
    await assert.rejects(model.evaluate(one), error);
    await assert.rejects(model.estimate(one), error);
    assert.equal((await train(model, { steps: 2 }, two)).length, 1);
    const again = await datasets.textFile(at('one'), options);
    assert.deepEqual(
      await model.evaluate(again),
      await model.evaluate(Corpus.fromText('the lazy dog jumps. '.repeat(100))),
    );
    await assert.rejects(model.evaluate(two), error);
  });

  it('are refused where they are replaced between two epochs, which validate', async () => {
    writeFileSync(at('one'), 'the lazy dog jumps. '.repeat(100));
    writeFileSync(at('two'), 'a quick brown fox . '.repeat(100));
    using model = smallModel();
    const options = { idsFile: at('ids'), vocabulary: model.vocabulary };
    const corpus = await datasets.textFile(at('one'), options);
    const epochs = model.fit(corpus, { epochs: 3, batch: 4, window: 8, validation: 0.2 });
    const read = async () => {
      for await (const { epoch } of epochs) if (epoch === 0) await datasets.textFile(at('two'), options);
    };
    await assert.rejects(read(), { code: 'ERR_UNROLLED_FILE_READ', message: /replaced after its text was read/ });
  });

  it('are still those of the text where another reading of it has written them anew', async () => {
    writeFileSync(at('text'), TEXT);
    const options = { idsFile: at('ids'), reread: true };
    const readings = await Promise.all([1, 2, 3].map(() => datasets.textFile(at('text'), options)));
    const last = await datasets.textFile(at('text'), options);
    using model = LanguageModel.create({ vocabulary: last.vocabulary, hidden: 4, embedding: 4 });
    const expected = await model.evaluate(last);
    for (const corpus of readings) assert.deepEqual(await model.evaluate(corpus), expected);
  });

  it('are never taken for those of another text, however two readings at once meet', async () => {
    const texts = ['the lazy dog jumps. ', 'a quick brown fox . '].map((line) => line.repeat(20));
    for (const [i, text] of texts.entries()) writeFileSync(at(`text${i}`), text);
    using model = smallModel();
    const { vocabulary } = model;
    const expected = await Promise.all(texts.map((text) => model.evaluate(Corpus.fromText(text))));
    for (let round = 0; round < 20; round++) {
      const read = (i: number) => datasets.textFile(at(`text${i}`), { idsFile: at('ids'), vocabulary });
      const corpora = await Promise.all([read(round % 2), read(1 - (round % 2))]);
      for (const [place, corpus] of corpora.entries()) {
        const i = place === 0 ? round % 2 : 1 - (round % 2);
        const found = await model.evaluate(corpus).catch(({ code }) => code);
        if (found !== 'ERR_UNROLLED_FILE_READ') assert.deepEqual(found, expected[i]);
      }
      for (const i of [0, 1]) assert.deepEqual(await model.evaluate(await read(i)), expected[i], `round ${round}`);
    }
  });
});
