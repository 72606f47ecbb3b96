import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as datasets from '../../src/datasets';
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
    symlinkSync(at('nowhere.txt'), at('a', 'dangling.txt'));
    symlinkSync('circle.txt', at('a', 'circle.txt'));
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
      message: /a.latin1\.txt is not UTF-8: the bytes at offset 3 /,
    });
    await assert.rejects(datasets.textFolder(''), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'directory' });
    await assert.rejects(datasets.textFolder(at(), { class: 'a' } as object), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    await assert.rejects(datasets.textFolder(at(), { seed: 0.5 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('of several bad files names the first', async () => {
    for (let i = 100; i < 200; i++) write({ [`a/${i}.txt`]: i % 3 === 2 ? Buffer.of(0xff) : 'text' });
    write({ 'a/101.txt': Buffer.concat([Buffer.alloc(2 ** 20, 'a'), Buffer.of(0xff)]) });
    await assert.rejects(datasets.textFolder(at()), {
      code: 'ERR_UNROLLED_ENCODING',
      message: /a.101\.txt is not UTF-8/,
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
