import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { gzipSync } from 'node:zlib';
import {
  Corpus,
  datasets,
  type Encoding,
  FileCorpus,
  type FileCorpusOptions,
  type ReadingProgress,
  Vocabulary,
} from '../../src/index';
import { TOKEN_KINDS } from '../../src/text/vocabulary-options';
import { useFolder } from '../support/folder';
import { smallModel, train, weights } from '../support/models';

/** 270 kilobytes: more than the 256 KiB that are read at once. */
const VERSE = 'naïve 漢字，𠮷野家!\r\n👨‍👩‍👧 don’t stop\u0301 3.14\n\n한국어 ไทย 🇫🇷🇯🇵\u{10ffff} e\u0301 ';
const MIXED = Array.from({ length: 2300 }, (_, i) => VERSE + String.fromCodePoint(0x4e00 + (i % 99))).join('');

function idsIn(corpus: FileCorpus): Int32Array {
  const bytes = readFileSync(corpus.idsFile.path);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

describe('FileCorpus', function () {
  this.timeout(20_000);
  const at = useFolder();
  const VARIABLE = 'UNROLLED_CACHE';
  const { UNROLLED_CACHE } = process.env;

  beforeEach(() => {
    process.env[VARIABLE] = at('cache');
  });
  after(() => {
    if (UNROLLED_CACHE === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = UNROLLED_CACHE;
  });

  for (const tokens of TOKEN_KINDS) {
    it(`has the vocabulary and the ids of the same text in memory, of ${tokens} tokens`, async () => {
      writeFileSync(at('text'), MIXED);
      const inFile = await datasets.textFile(at('text'), { tokens });
      const inMemory = Corpus.fromText(MIXED, { tokens });
      assert.deepEqual(inFile.vocabulary.toJSON(), inMemory.vocabulary.toJSON());
      assert.equal(inFile.idsFile.count, inMemory.ids.length);
      assert.deepEqual(idsIn(inFile), inMemory.ids);
    });
  }

  it('refuses a pipe, without waiting for its writer', async function () {
    if (process.platform === 'win32') return this.skip();
    execFileSync('mkfifo', [at('pipe')]);
    await assert.rejects(datasets.textFile(at('pipe')), { code: 'ERR_UNROLLED_FILE_READ', message: /regular file/ });
    writeFileSync(at('text'), MIXED);
    const corpus = await datasets.textFile(at('text'), { idsFile: at('ids') });
    execFileSync('mv', [at('pipe'), at('ids')]);
    const model = smallModel({ vocabulary: corpus.vocabulary });
    await assert.rejects(model.evaluate(corpus), { code: 'ERR_UNROLLED_FILE_READ' });
  });

  it('is bounded as a vocabulary is', async () => {
    const part = MIXED.slice(0, 20_000);
    writeFileSync(at('text'), part);
    const inFile = await FileCorpus.read(at('text'), { tokens: 'word', maxSize: 20, name: 'mixed' });
    const inMemory = Corpus.fromText(part, { tokens: 'word', maxSize: 20 });
    assert.equal(inFile.name, 'mixed');
    assert.deepEqual(inFile.vocabulary.toJSON(), inMemory.vocabulary.toJSON());
    assert.deepEqual(idsIn(inFile), inMemory.ids);
    assert.deepEqual(inFile.tokenCounts, inMemory.tokenCounts);
    assert.ok(inFile.tokenCounts.unknownTokens > 100);
  });

  it('reads what is gzipped, of another encoding, and in another form', async () => {
    const expected = MIXED.replace(/\r\n?/g, '\n').normalize('NFKD');
    const utf16 = Buffer.from(`\ufeff${MIXED}`, 'utf16le');
    for (const [bytes, encoding] of [
      [gzipSync(MIXED), 'utf-8'],
      [utf16, 'utf-16le'],
      [gzipSync(utf16), 'utf-16le'],
    ] as [Buffer, Encoding][]) {
      writeFileSync(at('text'), bytes);
      const options = { encoding, lineEnds: 'lf', normalization: 'NFKD' } as const;
      const corpus = await datasets.textFile(at('text'), options);
      assert.equal(corpus.vocabulary.decode(idsIn(corpus)), expected);
      assert.equal((await datasets.text(at('text'), options)).text, expected);
    }
  });

  it('splits into ranges of its file', async () => {
    writeFileSync(at('text'), 'abcdefghijk');
    const corpus = await datasets.textFile(at('text'));
    const { path } = corpus.idsFile;
    const { train: first, validation } = corpus.split(0.25);
    assert.deepEqual(first, { kind: 'file', path, total: 11, first: 0, count: 8 });
    assert.deepEqual(validation, { kind: 'file', path, total: 11, first: 8, count: 3 });
    assert.deepEqual(corpus.source, { kind: 'file', path, total: 11, first: 0, count: 11 });
    assert.throws(() => corpus.split(1), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('takes the ids of an earlier run for the same text and vocabulary only', async () => {
    writeFileSync(at('text'), 'to be or not to be');
    utimesSync(at('text'), 1e9, 1e9);
    const passes = async (options = {}) => {
      const seen = new Set<number>();
      const onProgress = ({ pass }: ReadingProgress) => seen.add(pass);
      await datasets.textFile(at('text'), { idsFile: at('ids'), onProgress, ...options });
      return [...seen];
    };
    assert.deepEqual(await passes(), [1, 2]);
    assert.deepEqual(readdirSync(at()).sort(), ['ids', 'ids.json', 'text']);
    assert.deepEqual(await passes(), [1]);
    assert.deepEqual(await passes({ maxSize: 4 }), [1, 2]);
    assert.deepEqual(await passes(), [1, 2]);
    truncateSync(at('ids'), 8);
    assert.deepEqual(await passes(), [1, 2]);
    writeFileSync(at('ids'), Buffer.alloc(4 * 18));
    assert.deepEqual(await passes(), [1, 2], 'another file of the same size');
    writeFileSync(at('ids.json'), 'null');
    await assert.rejects(passes(), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'idsFile' });
    truncateSync(at('ids'), 0);
    truncateSync(at('ids.json'), 0);
    assert.deepEqual(await passes(), [1, 2]);
    utimesSync(at('text'), 2e9, 2e9);
    assert.deepEqual(await passes(), [1, 2], 'another time');
    writeFileSync(at('text'), 'to be or not to bE');
    utimesSync(at('text'), 2e9, 2e9);
    assert.deepEqual(await passes(), [1, 2], 'another text of the same size and time');
  });

  it('takes the ids of the same text in the same form, whoever has said in which', async () => {
    writeFileSync(at('text'), 'e\u0301\r\n'.repeat(3));
    const form = { lineEnds: 'lf', normalization: 'NFC' } as const;
    const passes = async (options: FileCorpusOptions) => {
      const seen = new Set<number>();
      const onProgress = ({ pass }: ReadingProgress) => seen.add(pass);
      const { idsFile } = await datasets.textFile(at('text'), { idsFile: at('ids'), onProgress, ...options });
      assert.equal(idsFile.count, 6);
      return [...seen];
    };
    const plain = Vocabulary.build('\né');
    assert.deepEqual(await passes(form), [1, 2]);
    assert.deepEqual(await passes(form), [1]);
    // As in an earlier release, where the vocabulary had none.
    assert.deepEqual(await passes({ vocabulary: plain, ...form }), [1]);
    assert.deepEqual(await passes({ vocabulary: plain.withForm(form) }), [1]);
    assert.deepEqual(await passes({ vocabulary: plain.withForm(form), normalization: 'NFD' }), [1]);
    assert.deepEqual(await passes({ ...form, normalization: 'NFKC' }), [1, 2]);
  });

  it('takes the ids of an earlier release, which did not count unknown tokens, where there can be none', async () => {
    writeFileSync(at('text'), 'to be or not to be');
    const read = async (options: FileCorpusOptions) => {
      const seen = new Set<number>();
      const onProgress = ({ pass }: ReadingProgress) => seen.add(pass);
      const { tokenCounts } = await datasets.textFile(at('text'), { idsFile: at('ids'), onProgress, ...options });
      return { passes: [...seen], ...tokenCounts };
    };
    const forget = () => {
      const { unknownTokens: _, ...description } = JSON.parse(readFileSync(at('ids.json'), 'utf8'));
      writeFileSync(at('ids.json'), JSON.stringify(description));
    };
    await read({});
    forget();
    assert.deepEqual(await read({}), { passes: [1], knownTokens: 18, unknownTokens: 0 });
    const counts = { knownTokens: 16, unknownTokens: 2 };
    assert.deepEqual(await read({ minCount: 2 }), { passes: [1, 2], ...counts });
    assert.deepEqual(await read({ minCount: 2 }), { passes: [1], ...counts });
    forget();
    assert.deepEqual(await read({ minCount: 2 }), { passes: [1, 2], ...counts });
  });

  it('says where in the file bytes are no text, and leaves nothing behind', async () => {
    // A character of three bytes over the border of the first piece, the last of them wrong.
    const bytes = Buffer.concat([
      Buffer.alloc((1 << 18) - 2, 'a'),
      Buffer.from([0xe6, 0xbc, 0x41]),
      Buffer.alloc(99, 'b'),
    ]);
    writeFileSync(at('text'), bytes);
    const error = { code: 'ERR_UNROLLED_ENCODING', message: /bytes at offset 262142 are not a character/ };
    await assert.rejects(datasets.textFile(at('text')), error);
    const { vocabulary } = Corpus.fromText('ab');
    await assert.rejects(datasets.textFile(at('text'), { vocabulary }), error);
    assert.deepEqual(existsSync(at('cache', 'ids')) ? readdirSync(at('cache', 'ids')) : [], []);
  });

  it('names the token that a given vocabulary lacks with its position in the file', async () => {
    writeFileSync(at('text'), `${'ab\n'.repeat(100_000)}c`);
    const vocabulary = Corpus.fromText('ab\n').vocabulary;
    await assert.rejects(datasets.textFile(at('text'), { vocabulary }), {
      code: 'ERR_UNROLLED_UNKNOWN_TOKEN',
      message: /"c" \(U\+0063\) at position 300000 /,
    });
    const corpus = await datasets.textFile(at('text'), { vocabulary: vocabulary.withUnknown('skip') });
    assert.equal(corpus.idsFile.count, 300_000);
  });

  it('refuses what it cannot read, and options it does not have', async () => {
    await assert.rejects(datasets.textFile(at('none')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    await assert.rejects(datasets.textFile(at()), { code: 'ERR_UNROLLED_FILE_READ' });
    writeFileSync(at('empty'), '\ufeff');
    await assert.rejects(datasets.textFile(at('empty')), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    await assert.rejects(datasets.textFile(at('empty'), { endToken: true } as object), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
    });
    writeFileSync(at('cut.gz'), gzipSync(MIXED).subarray(0, 500));
    await assert.rejects(datasets.textFile(at('cut.gz')), { code: 'ERR_UNROLLED_FILE_READ', message: /decompressed/ });
    const { vocabulary } = Corpus.fromText('ab');
    await assert.rejects(datasets.textFile(at('empty'), { vocabulary, maxSize: 3 }), { option: 'maxSize' });
    writeFileSync(at('text'), 'text');
    await assert.rejects(datasets.textFile(at('text'), { idsFile: at('no', 'folder') }), {
      code: 'ERR_UNROLLED_FILE_WRITE',
    });
    await assert.rejects(datasets.textFile(at('text'), { signal: AbortSignal.abort() }), {
      code: 'ERR_UNROLLED_ABORTED',
    });
  });

  it('ends when its signal is aborted, and where the file changes, and leaves nothing behind', async () => {
    writeFileSync(at('text'), MIXED);
    for (const pass of [1, 2]) {
      const controller = new AbortController();
      const onProgress = (progress: ReadingProgress) => {
        if (progress.pass === pass) controller.abort();
      };
      await assert.rejects(datasets.textFile(at('text'), { signal: controller.signal, onProgress }), {
        code: 'ERR_UNROLLED_ABORTED',
      });
      const change = (progress: ReadingProgress) => {
        if (progress.pass === pass) appendFileSync(at('text'), 'more');
      };
      await assert.rejects(datasets.textFile(at('text'), { onProgress: change, lineEnds: 'lf' }), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: /changed while it was read/,
      });
    }
    assert.deepEqual(readdirSync(at('cache', 'ids')), []);
  });

  it('says that the file changed or was replaced, not what is wrong with a text that nobody gave', async () => {
    const other = `${MIXED.slice(0, -9)}ж${MIXED.slice(-8)}`;
    const { vocabulary } = Corpus.fromText(MIXED);
    for (const given of [{}, { vocabulary }]) {
      const failure = async (when: (progress: ReadingProgress) => boolean, change: () => void) => {
        writeFileSync(at('text'), MIXED);
        let left = 1;
        const onProgress = (progress: ReadingProgress) => {
          if (when(progress) && left-- > 0) change();
        };
        return datasets.textFile(at('text'), { ...given, onProgress, reread: true }).then(
          () => undefined,
          ({ code, message }) => `${code} ${message}`,
        );
      };
      const replace = () => {
        writeFileSync(at('other'), other);
        renameSync(at('other'), at('text'));
      };
      const isRead = ({ pass, received, total }: ReadingProgress) => pass === 1 && received === total;
      assert.match(String(await failure(isRead, replace)), /^ERR_UNROLLED_FILE_READ .*another file took its place/);
      for (const pass of [1, 2]) {
        const changed = await failure(
          (progress) => progress.pass === pass,
          () => writeFileSync(at('text'), other),
        );
        assert.match(String(changed), /^ERR_UNROLLED_FILE_READ .*it changed while it was read/);
        const damaged = await failure(
          (progress) => progress.pass === pass,
          () => writeFileSync(at('text'), Buffer.alloc(Buffer.byteLength(MIXED), 0xff)),
        );
        assert.match(String(damaged), /^ERR_UNROLLED_FILE_READ .*it changed while it was read/);
      }
    }
    // With the time put back, its own vocabulary shows it.
    writeFileSync(at('text'), MIXED);
    utimesSync(at('text'), 1e9, 1e9);
    const onProgress = ({ pass, received }: ReadingProgress) => {
      if (pass !== 2 || received > 1 << 18) return;
      writeFileSync(at('text'), other);
      utimesSync(at('text'), 1e9, 1e9);
    };
    await assert.rejects(datasets.textFile(at('text'), { onProgress }), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /it changed while it was read/,
    });
    assert.deepEqual(readdirSync(at('cache', 'ids')), []);
  });

  it('takes UTF-16 without a mark for text that begins with the bytes of gzip', async () => {
    for (const text of ['謟', '謟x', '謟合', '謟\u4e08\n謟合'.repeat(9)]) {
      writeFileSync(at('text'), Buffer.from(text, 'utf16le'));
      const options = { encoding: 'utf-16le' } as const;
      const corpus = await datasets.textFile(at('text'), options);
      assert.equal(corpus.vocabulary.decode(idsIn(corpus)), text);
      assert.equal((await datasets.text(at('text'), options)).text, text);
      assert.deepEqual(
        (await datasets.documents(at('text'), { ...options, format: 'lines' })).documents?.[0],
        text.split('\n')[0],
      );
    }
    writeFileSync(at('text'), gzipSync(Buffer.from('謟合', 'utf16le')));
    assert.equal((await datasets.text(at('text'), { encoding: 'utf-16le' })).text, '謟合');
  });

  it('tells how far it is', async () => {
    writeFileSync(at('text'), MIXED);
    const { size } = statSync(at('text'));
    const progress: ReadingProgress[] = [];
    await datasets.textFile(at('text'), { onProgress: (report) => progress.push(report) });
    assert.deepEqual(progress, [
      { pass: 1, received: 1 << 18, total: size },
      { pass: 1, received: size, total: size },
      { pass: 2, received: 1 << 18, total: size },
      { pass: 2, received: size, total: size },
    ]);
  });

  it('trains and evaluates to the same bits as in memory', async () => {
    const text = 'the quick brown fox jumps over the lazy dog.\n'.repeat(200_000);
    writeFileSync(at('text'), text);
    const inFile = await datasets.textFile(at('text'));
    const inMemory = Corpus.fromText(text);
    const options = { steps: 12, batch: 16, window: 20, validation: 0.001, optimizer: 'sgd', learningRate: 1 } as const;
    const runs: { losses: number[]; validation: number; weights: number[] }[] = [];
    for (const corpus of [inFile, inMemory]) {
      const model = smallModel();
      const [epoch] = await train(model, options, corpus);
      const { validation } = inMemory.split(0.001);
      const tail = Corpus.fromText(text.slice(-validation.length));
      const { loss } = await model.evaluate(tail, { batch: 16, window: 20 });
      assert.equal(loss, epoch?.validationLoss, 'the validation part is the last');
      runs.push({ losses: [...(epoch?.stepLosses ?? [])], validation: loss, weights: await weights(model) });
      model.dispose();
    }
    assert.equal(runs[0]?.losses.length, 12);
    assert.deepEqual(runs[0], runs[1]);
  });

  it('is evaluated as in memory, under the vocabulary of the model', async () => {
    const text = 'the lazy dog jumps. '.repeat(500);
    writeFileSync(at('text'), text);
    const inFile = await datasets.textFile(at('text'));
    const model = smallModel();
    assert.notEqual(inFile.vocabulary.size, model.vocabulary.size);
    assert.deepEqual(await model.evaluate(inFile), await model.evaluate(Corpus.fromText(text)));
    model.dispose();
  });

  it('ends training with an error where its ids are damaged', async () => {
    writeFileSync(at('text'), 'the lazy dog jumps. '.repeat(500));
    const read = () => datasets.textFile(at('text'), { vocabulary: smallModel().vocabulary });
    const { path } = (await read()).idsFile;
    utimesSync(path, 1e9, 1e9);
    const corpus = await read();
    const model = smallModel();
    const bytes = readFileSync(path);
    bytes.writeInt32LE(999, 4 * 3);
    writeFileSync(path, bytes);
    const replaced = { code: 'ERR_UNROLLED_FILE_READ', message: /cut short or replaced after its text was read/ };
    await assert.rejects(train(model, { steps: 1 }, corpus), replaced);
    // Behind the back of its times, as by a failing disk.
    utimesSync(path, 1e9, 1e9);
    await assert.rejects(train(model, { steps: 1 }, corpus), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /number 3 is 999, which is not an id below 29/,
    });
    await assert.rejects(model.evaluate(corpus), { code: 'ERR_UNROLLED_FILE_READ' });
    truncateSync(corpus.idsFile.path, 4 * 9999);
    await assert.rejects(model.evaluate(corpus), { code: 'ERR_UNROLLED_FILE_READ', message: /cut short/ });
    const other = await train(model, { steps: 1 });
    assert.equal(other.length, 1, 'the model stays usable');
    model.dispose();
  });
});
