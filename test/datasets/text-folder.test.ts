import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UnrolledError } from '../../src/base/errors';
import * as datasets from '../../src/datasets';
import { isUnreadable } from '../../src/datasets/unreadable-files';
import { useFolder } from '../support/folder';

describe('datasets.textFolder', () => {
  const at = useFolder();

  function write(files: Record<string, string | Uint8Array>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), content);
    }
  }

  it('reads one class a sub-folder, classes and files by name', async () => {
    write({
      'b/2.txt': 'two',
      'b/10.txt': 'ten',
      'b/a.TXT': '\ufeffmarked',
      'a/x.txt': 'naïve 漢字\r\n',
      'Z/upper.txt': 'upper-case letters come first',
      'README.txt': 'no example',
    });
    const { classNames, examples, train, validation } = await datasets.textFolder(at());
    assert.deepEqual(classNames, ['Z', 'a', 'b']);
    assert.deepEqual(examples, [
      { text: 'upper-case letters come first', label: 0, source: 'Z/upper.txt' },
      { text: 'naïve 漢字\r\n', label: 1, source: 'a/x.txt' },
      { text: 'ten', label: 2, source: 'b/10.txt' },
      { text: 'two', label: 2, source: 'b/2.txt' },
      { text: 'marked', label: 2, source: 'b/a.TXT' },
    ]);
    assert.deepEqual([train, validation], [examples, []]);
  });

  it('reads folders inside a class after its own files, and passes over what is no text', async () => {
    write({
      'a/inner/1.txt': 'inner 1',
      'a/inner/deep/2.txt': 'inner 2',
      'a/z.txt': 'own',
      'a/.hidden.txt': 'hidden',
      'a/.git/1.txt': 'hidden',
      'a/notes.md': 'other',
      'a/folder.txt/3.txt': 'in a folder with the name of a file',
      '.cache/1.txt': 'hidden',
      'elsewhere.txt': 'linked',
    });
    symlinkSync(at('nowhere.md'), at('a', 'dangling.md'));
    symlinkSync('..', at('a', 'up'));
    symlinkSync(at('elsewhere.txt'), at('a', 'link.txt'));
    const { classNames, examples } = await datasets.textFolder(at());
    assert.deepEqual(classNames, ['a']);
    assert.deepEqual(
      examples.map(({ source, text }) => [source, text]),
      [
        ['a/link.txt', 'linked'],
        ['a/z.txt', 'own'],
        ['a/folder.txt/3.txt', 'in a folder with the name of a file'],
        ['a/inner/1.txt', 'inner 1'],
        ['a/inner/deep/2.txt', 'inner 2'],
      ],
    );
  });

  it('names links that lead nowhere or in a circle among the files that cannot be read, or leaves them out', async () => {
    write({ 'a/1.txt': 'one', 'a/inner/2.txt': 'two', 'b/3.txt': 'three' });
    symlinkSync(at('nowhere.txt'), at('a', 'dangling.txt'));
    symlinkSync('circle.txt', at('a', 'inner', 'circle.txt'));
    symlinkSync(at('a', 'dangling.txt'), at('b', 'again.TXT'));
    const shown = 'a/dangling.txt (the link is broken), a/inner/circle.txt (the link points back to itself)';
    const message = `3 of the 6 files in ${at()} cannot be read: ${shown}, b/again.TXT (the link is broken). `;
    await assert.rejects(datasets.textFolder(at()), (error: UnrolledError) => {
      assert.deepEqual([error.code, error.option], ['ERR_UNROLLED_FILE_READ', 'skipUnreadable']);
      assert.ok(error.message.startsWith(message), error.message);
      return true;
    });
    const { examples, skipped } = await datasets.textFolder(at(), { skipUnreadable: true });
    assert.deepEqual(
      [examples.map(({ text }) => text), skipped.map(({ source }) => source)],
      [
        ['one', 'two', 'three'],
        ['a/dangling.txt', 'a/inner/circle.txt', 'b/again.TXT'],
      ],
    );
  });

  it('takes the classes named, in their order, and links to folders as classes', async () => {
    write({ 'neg/1.txt': 'bad', 'pos/1.txt': 'good', 'unsup/1.txt': 'unknown' });
    symlinkSync(at('pos'), at('linked'));
    const { classNames, examples } = await datasets.textFolder(at(), { classes: ['pos', 'neg'] });
    assert.deepEqual(classNames, ['pos', 'neg']);
    assert.deepEqual(
      examples.map(({ text }) => text),
      ['good', 'bad'],
    );
    assert.deepEqual((await datasets.textFolder(at())).classNames, ['linked', 'neg', 'pos', 'unsup']);
    for (const classes of [['pos', 'other'], ['..'], ['pos', 'pos'], []]) {
      await assert.rejects(datasets.textFolder(at(), { classes }), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'classes',
      });
    }
    await assert.rejects(datasets.textFolder(at(), { classes: 'pos' as never }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('parts train and validation as split does, and keeps all examples in order', async () => {
    for (let i = 0; i < 60; i++)
      write({ [`${i % 2 ? 'odd' : 'even'}/${String(i).padStart(2, '0')}.txt`]: `text ${i}` });
    const read = await datasets.textFolder(at(), { validation: 0.25, seed: 3 });
    assert.deepEqual(
      { train: read.train, validation: read.validation },
      datasets.split(read.examples, { validation: 0.25, seed: 3 }),
    );
    assert.equal(read.validation.length, 15);
    assert.deepEqual(
      read.examples.map(({ text }) => Number(text.slice(5))),
      [...Array(30).keys()].flatMap((i) => [2 * i]).concat([...Array(30).keys()].map((i) => 2 * i + 1)),
    );
    await assert.rejects(datasets.textFolder(at(), { validation: 0.001 }), { code: 'ERR_UNROLLED_CORPUS_TOO_SHORT' });
  });

  it('keeps an empty file, and refuses a class without text', async () => {
    write({ 'a/1.txt': 'text', 'a/2.txt': '', 'b/1.txt': 'text' });
    assert.equal((await datasets.textFolder(at())).examples[1]?.text, '');
    write({ 'c/1.txt': '', 'd/notes.md': 'text', 'd/inner/more.csv': 'text', 'd/.hidden': '' });
    write({ 'f/1.txt': '', 'f/2.txt': ' \n', 'f/3.html': 'text' });
    mkdirSync(at('e'));
    for (const [name, found] of [
      ['c', 'its 1 .txt file is empty'],
      ['d', 'it has 2 other files, and only .txt files are read'],
      ['e', 'its folder has no files'],
      ['f', 'its 2 .txt files are empty; it has 1 other file, and only .txt files are read'],
    ] as const) {
      await assert.rejects(datasets.textFolder(at(), { classes: ['a', name] }), {
        code: 'ERR_UNROLLED_CORPUS_EMPTY',
        message: `The class ${name} has no text in ${at()}: ${found}.`,
      });
    }
  });

  it('says what is wrong with a folder or a file', async () => {
    await assert.rejects(datasets.textFolder(at('none')), {
      code: 'ERR_UNROLLED_FILE_NOT_FOUND',
      message: /^There is no folder /,
    });
    write({ 'file.txt': 'text' });
    await assert.rejects(datasets.textFolder(at('file.txt')), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /it is not a folder/,
    });
    await assert.rejects(datasets.textFolder(at()), { code: 'ERR_UNROLLED_CORPUS_EMPTY', message: /no sub-folders/ });
    write({ 'a/good.txt': 'text', 'a/latin1.txt': Buffer.from('caf\xe9 au lait', 'latin1') });
    await assert.rejects(datasets.textFolder(at()), {
      code: 'ERR_UNROLLED_ENCODING',
      message: /^1 of the 2 files in .* cannot be read: a\/latin1\.txt \(0xe9 at offset 3\)\. Set encoding to their /,
    });
    await assert.rejects(datasets.textFolder(''), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'directory' });
    await assert.rejects(datasets.textFolder(at(), { class: 'a' } as object), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    await assert.rejects(datasets.textFolder(at(), { seed: 0.5 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('tells what is known of the encoding that files are not in', async () => {
    const more = Buffer.of(0x61, 0xba, 0xba, 0x81, 0x39, 0xee, 0x39, 0x61);
    write({ 'a/1.txt': more, 'a/2.txt': 'plain', 'b/1.txt': more });
    const message =
      `2 of the 3 files in ${at()} cannot be read: a/1.txt (0x81 at offset 3), b/1.txt (0x81 at offset 3). ` +
      'GB18030 has these characters and more: use the encoding gb18030 if the text is Chinese. ' +
      'Set encoding to their actual encoding, convert them to UTF-8, or leave them out with skipUnreadable.';
    await assert.rejects(datasets.textFolder(at(), { encoding: 'GBK' }), { code: 'ERR_UNROLLED_ENCODING', message });
    assert.equal((await datasets.textFolder(at(), { encoding: 'gb18030' })).examples.length, 3);
    write({ 'b/2.txt': Buffer.of(0xff, 0xff) });
    await assert.rejects(datasets.textFolder(at(), { encoding: 'shift_jis' }), {
      message: /\)\. Set encoding to their actual encoding, convert/,
    });
  });

  it('tells of all bad files at once, and leaves them out by name where asked', async () => {
    const bad: string[] = [];
    for (let i = 100; i < 200; i++) {
      write({ [`a/${i}.txt`]: i % 3 === 2 ? Buffer.of(0xff) : `text ${i}` });
      if (i % 3 === 2) bad.push(`a/${i}.txt`);
    }
    write({
      'a/101.txt': Buffer.concat([Buffer.alloc(2 ** 20, 'a'), Buffer.of(0xff)]),
      'a/102.txt': Buffer.from('\ufeffmarked', 'utf16le'),
      'a/103.txt': Buffer.from('without a mark', 'utf16le'),
    });
    bad.splice(1, 0, 'a/102.txt', 'a/103.txt');
    await assert.rejects(datasets.textFolder(at()), {
      code: 'ERR_UNROLLED_ENCODING',
      option: 'encoding',
      mentions: ['encoding', 'skipUnreadable'],
      message:
        `35 of the 100 files in ${at()} cannot be read: a/101.txt (0xff at offset 1048576), ` +
        'a/102.txt (a byte-order mark of utf-16le), a/103.txt (utf-16le without a byte-order mark), ' +
        'a/104.txt (0xff at offset 0), a/107.txt (0xff at offset 0), …. ' +
        'Set encoding to their encoding, convert them to UTF-8, or leave them out with skipUnreadable.',
    });
    const { examples, train, skipped } = await datasets.textFolder(at(), { skipUnreadable: true });
    assert.deepEqual(
      skipped.map(({ source }) => source),
      bad,
    );
    assert.ok(skipped.every(({ error }) => error.code === 'ERR_UNROLLED_ENCODING'));
    assert.equal(examples.length, 65);
    assert.ok(examples.every(({ text, source }) => text === `text ${source.slice(2, 5)}`));
    assert.deepEqual(train, examples);
    assert.deepEqual((await datasets.textFolder(at(), { skipUnreadable: true, encoding: 'latin1' })).skipped.length, 2);
    write({ 'b/1.txt': Buffer.of(0xff) });
    await assert.rejects(datasets.textFolder(at(), { skipUnreadable: true }), {
      code: 'ERR_UNROLLED_CORPUS_EMPTY',
      message: `The class b has no text in ${at()}: 1 .txt file cannot be read and was left out.`,
    });
    await assert.rejects(datasets.textFolder(at(), { skipUnreadable: 1 as never }), {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'skipUnreadable',
    });
  });

  it('leaves out no file for what is the fault of the machine', () => {
    const fault = (code: string) => new UnrolledError('ERR_UNROLLED_FILE_READ', 'no', { cause: { code } });
    assert.deepEqual(
      ['EACCES', 'EMFILE', 'ENFILE', 'ENOMEM'].map((code) => isUnreadable(fault(code))),
      [...[true, false, false, false]],
    );
  });

  // File systems of macOS and Windows have no such names.
  const whereNamesAreBytes = process.platform === 'linux' ? it : () => {};
  whereNamesAreBytes('reads files and folders whose names are not UTF-8, and shows such bytes as escapes', async () => {
    const bytes = (name: string) => Buffer.concat([Buffer.from(`${at()}/`), Buffer.from(name, 'latin1')]);
    write({ 'caf\\xe9/1.txt': 'of a name with a backslash' });
    mkdirSync(bytes('caf\xe9'));
    mkdirSync(bytes('caf\xe9/\xff'));
    mkdirSync(bytes('\xf0\x9f\x98\x80')); // UTF-8 as its bytes
    writeFileSync(bytes('caf\xe9/\xe9t\xe9.txt'), 'name');
    writeFileSync(bytes('caf\xe9/\xff/\xe4\xbd\xa0\xfe.txt'), 'deep');
    writeFileSync(bytes('caf\xe9/\xe9.md'), 'no text');
    symlinkSync(bytes('caf\xe9/\xe9t\xe9.txt'), bytes('caf\xe9/link\xff.txt'));
    writeFileSync(bytes('\xf0\x9f\x98\x80/1.txt'), 'valid');
    const { classNames, examples } = await datasets.textFolder(at());
    assert.deepEqual(classNames, ['caf\\xe9', 'caf\\xe9', '\u{1f600}']);
    assert.deepEqual(
      examples.map(({ source, text }) => [source, text]),
      [
        ['caf\\xe9/1.txt', 'of a name with a backslash'],
        ['caf\\xe9/link\\xff.txt', 'name'],
        ['caf\\xe9/\\xe9t\\xe9.txt', 'name'],
        ['caf\\xe9/\\xff/\u4f60\\xfe.txt', 'deep'],
        ['\u{1f600}/1.txt', 'valid'],
      ],
    );
    rmSync(at('caf\\xe9'), { recursive: true });
    const some = await datasets.textFolder(at(), { classes: ['caf\\xe9'] });
    assert.deepEqual([some.classNames, some.examples.length], [['caf\\xe9'], 3]);
    writeFileSync(bytes('caf\xe9/\xfd.txt'), Buffer.of(0xff));
    await assert.rejects(datasets.textFolder(at()), {
      code: 'ERR_UNROLLED_ENCODING',
      message: /: caf\\xe9\/\\xfd\.txt \(0xff at offset 0\)\./,
    });
  });

  it('ends when its signal says so', async () => {
    for (let i = 0; i < 100; i++) write({ [`a/${i}.txt`]: 'text' });
    await assert.rejects(datasets.textFolder(at(), { signal: AbortSignal.abort(new Error('enough')) }), {
      code: 'ERR_UNROLLED_ABORTED',
      name: 'AbortError',
      cause: new Error('enough'),
    });
    const controller = new AbortController();
    const reading = datasets.textFolder(at(), { signal: controller.signal });
    controller.abort();
    await assert.rejects(reading, { code: 'ERR_UNROLLED_ABORTED' });
  });
});
