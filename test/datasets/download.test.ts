import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { type DownloadProgress, download } from '../../src/datasets/download';
import { type FileServer, startFileServer } from '../support/file-server';
import { useFolder } from '../support/folder';

describe('download', () => {
  const at = useFolder();
  const file = randomBytes(300_000);
  const sha256 = createHash('sha256').update(file).digest('hex');
  let server: FileServer;

  before(async () => {
    server = await startFileServer(file);
  });
  after(() => server.close());

  it('writes the file and tells how far it is', async () => {
    const progress: DownloadProgress[] = [];
    await download(server.url('/good'), at('file'), sha256, { onProgress: (report) => progress.push(report) });
    assert.deepEqual(readFileSync(at('file')), file);
    assert.deepEqual(readdirSync(at()), ['file']);
    assert.deepEqual(progress.at(-1), { received: file.length, total: file.length });
  });

  for (const [name, path, error] of [
    ['a file cut short', '/truncated', { code: 'ERR_UNROLLED_DOWNLOAD' }],
    ['another file', '/wrong', { code: 'ERR_UNROLLED_CHECKSUM', expected: `SHA-256 ${sha256}` }],
    ['a file that is not there', '/missing', { code: 'ERR_UNROLLED_DOWNLOAD', message: /answered 404/ }],
  ] as const) {
    it(`refuses ${name} and leaves nothing behind`, async () => {
      await assert.rejects(download(server.url(path), at('file'), sha256), error);
      assert.deepEqual(readdirSync(at()), []);
    });
  }

  it('says when there is no server, or no such address', async () => {
    const closed = await startFileServer(file);
    const url = closed.url('/good');
    await closed.close();
    for (const address of [url, 'no address']) {
      await assert.rejects(download(address, at('file'), sha256), { code: 'ERR_UNROLLED_DOWNLOAD' });
    }
  });

  it('stops when its signal is aborted', async () => {
    const controller = new AbortController();
    const downloading = download(server.url('/silent'), at('file'), sha256, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(downloading, { name: 'AbortError', code: 'ERR_UNROLLED_ABORTED' });
    assert.deepEqual(readdirSync(at()), []);
  });
});
