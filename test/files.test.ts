import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { makeFolder, readWhole, replaceFile, writeWhole } from '../src/files';
import { useFolder } from './support/folder';

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

  it('follows a link to the file it stands for', async function () {
    if (process.platform === 'win32') this.skip();
    writeFileSync(at('model'), 'old');
    symlinkSync('model', at('link'));
    await writeWhole(at('link'), Buffer.from('new'));
    assert.ok(lstatSync(at('link')).isSymbolicLink());
    assert.equal(readFileSync(at('model'), 'utf8'), 'new');
  });

  it('says why a file cannot be read', async () => {
    await assert.rejects(readWhole(at('none')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND', received: at('none') });
    await assert.rejects(readWhole(at()), { code: 'ERR_UNROLLED_FILE_READ', message: /is a directory/ });
  });
});
