import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {
  isSameFile,
  makeFolder,
  readWhole,
  replaceFile,
  requireWritable,
  writeWhole,
} from '../../src/base/files/files';
import { useFolder } from '../support/folder';

const WRITE_ERROR = { code: 'ERR_UNROLLED_FILE_WRITE' };

describe('files', () => {
  const at = useFolder();

  it('writes a new file and replaces an old one', async () => {
    await writeWhole(at('model'), Buffer.from('one'));
    await writeWhole(at('model'), Buffer.from('two'));
    assert.equal(Buffer.from(await readWhole(at('model'))).toString(), 'two');
    assert.deepEqual(readdirSync(at()), ['model']);
  });

  it('keeps the old file and leaves nothing behind when writing fails half-way', async () => {
    writeFileSync(at('model'), 'old');
    const failure = replaceFile(at('model'), async (file) => {
      await file.writeFile('ne');
      throw new Error('the power went');
    });
    await assert.rejects(failure, { ...WRITE_ERROR, message: /the power went/ });
    assert.equal(readFileSync(at('model'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(at()), ['model']);
  });

  it('refuses a missing folder, a directory and what is no regular file', async () => {
    await assert.rejects(writeWhole(at('none', 'model'), Buffer.from('')), {
      ...WRITE_ERROR,
      message: /the folder does not exist/,
    });
    mkdirSync(at('folder'));
    await assert.rejects(writeWhole(at('folder'), Buffer.from('')), { ...WRITE_ERROR, message: /is a directory/ });
    writeFileSync(at('file'), '');
    await assert.rejects(writeWhole(at('file', 'model'), Buffer.from('')), WRITE_ERROR);
    await assert.rejects(makeFolder(at('file', 'folder')), WRITE_ERROR);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [at('pipe')]);
    await assert.rejects(writeWhole(at('pipe'), Buffer.from('')), { ...WRITE_ERROR, message: /not a regular file/ });
    assert.ok(statSync(at('pipe')).isFIFO());
  });

  it('makes folders that several ask for at once, and refuses where none can be made, without waiting', async function () {
    await Promise.all(Array.from({ length: 8 }, (_, i) => makeFolder(at('a', 'b', 'c', String(i % 2)))));
    assert.deepEqual(readdirSync(at('a', 'b', 'c')).sort(), ['0', '1']);
    await makeFolder(at('a', '.', 'b'));
    if (process.platform !== 'linux') this.skip();
    for (const path of ['/proc/unrolled', '/proc/unrolled/ids', '/proc/self/fd/unrolled']) {
      await assert.rejects(makeFolder(path), { ...WRITE_ERROR, message: /no folder can be created there/ });
    }
  });

  it('follows a link to the file it stands for', async function () {
    if (process.platform === 'win32') this.skip();
    writeFileSync(at('model'), 'old');
    symlinkSync('model', at('link'));
    await writeWhole(at('link'), Buffer.from('new'));
    assert.ok(lstatSync(at('link')).isSymbolicLink());
    assert.equal(readFileSync(at('model'), 'utf8'), 'new');
  });

  it('follows a dangling link to the file that it names', async function () {
    if (process.platform === 'win32') this.skip();
    mkdirSync(at('models'));
    symlinkSync('models', at('folder'));
    symlinkSync('../model', at('models', 'first'));
    symlinkSync('folder/first', at('second'));
    await requireWritable(at('second'));
    assert.ok(!existsSync(at('model')));
    await writeWhole(at('second'), Buffer.from('new'));
    assert.ok(lstatSync(at('second')).isSymbolicLink());
    assert.ok(lstatSync(at('models', 'first')).isSymbolicLink());
    assert.equal(readFileSync(at('model'), 'utf8'), 'new');
    symlinkSync('none/model', at('lost'));
    await assert.rejects(requireWritable(at('lost')), { ...WRITE_ERROR, message: /the folder does not exist/ });
    symlinkSync('circle', at('circle'));
    await assert.rejects(writeWhole(at('circle'), Buffer.from('')), {
      ...WRITE_ERROR,
      message: /points back to itself/,
    });
  });

  it('leaves a link alone that leads to no regular file', async function () {
    if (process.platform === 'win32') this.skip();
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync('pipe', at('link'));
    await assert.rejects(writeWhole(at('link'), Buffer.from('')), { ...WRITE_ERROR, message: /not a regular file/ });
    assert.ok(lstatSync(at('link')).isSymbolicLink());
  });

  it('keeps the permissions of the file it replaces', async function () {
    if (process.platform === 'win32') this.skip();
    for (const mode of [0o600, 0o664, 0o777]) {
      writeFileSync(at('model'), 'old');
      chmodSync(at('model'), mode);
      await writeWhole(at('model'), Buffer.from('new'));
      assert.equal(statSync(at('model')).mode & 0o777, mode);
    }
  });

  it('tells one file under two paths', async () => {
    writeFileSync(at('a'), '');
    writeFileSync(at('b'), '');
    assert.equal(await isSameFile(at('a'), at('.', 'a')), true);
    assert.equal(await isSameFile(at('a'), at('b')), false);
    assert.equal(await isSameFile(at('none'), at('none')), false);
    if (process.platform === 'win32') return;
    symlinkSync('a', at('link'));
    assert.equal(await isSameFile(at('a'), at('link')), true);
  });

  it('says why a file cannot be read', async () => {
    await assert.rejects(readWhole(at('none')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND', received: at('none') });
    await assert.rejects(readWhole(at()), { code: 'ERR_UNROLLED_FILE_READ', message: /is a directory/ });
  });
});
