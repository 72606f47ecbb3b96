import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { type DownloadProgress, download } from '../../src/datasets/download';
import { type FileServer, startFileServer } from '../support/file-server';
import { useFolder } from '../support/folder';

describe('download', () => {
  const at = useFolder();
  const file = randomBytes(300_000);
  const half = file.subarray(0, 150_000);
  const sha256 = createHash('sha256').update(file).digest('hex');
  const expected = { sha256, maxBytes: file.length };
  let server: FileServer;

  before(async () => {
    server = await startFileServer(file);
  });
  beforeEach(() => {
    server.ranges.length = 0;
  });
  after(() => server.close());

  /** Leaves what a run would leave that ended with these bytes of that address. */
  function leavePart(url: string, bytes: Uint8Array, validator = '"1"'): void {
    writeFileSync(at('file.part'), bytes);
    writeFileSync(at('file.part.json'), JSON.stringify({ url, validator }));
  }

  /** Ends the connection when so many bytes more are there. */
  function breakAfter(bytes: number): (progress: DownloadProgress) => void {
    return ({ received }) => {
      if (received % bytes === 0 && received < file.length) server.breakOff();
    };
  }

  /** Asserts that the file is there, whole and alone. */
  function assertWhole(): void {
    assert.deepEqual(readFileSync(at('file')), file);
    assert.deepEqual(readdirSync(at()), ['file']);
  }

  it('writes the file and tells how far it is', async () => {
    const progress: DownloadProgress[] = [];
    await download(server.url('/good'), at('file'), expected, { onProgress: (report) => progress.push(report) });
    assertWhole();
    assert.deepEqual(progress.at(-1), { received: file.length, total: file.length, resumed: 0 });
    assert.deepEqual(server.ranges, [undefined]);
  });

  for (const [name, path, error] of [
    ['another file', '/wrong', { code: 'ERR_UNROLLED_CHECKSUM', expected: `SHA-256 ${sha256}` }],
    ['a file that is not there', '/missing', { code: 'ERR_UNROLLED_DOWNLOAD', message: /answered 404/ }],
    ['an address that leads in a circle', '/circle', { code: 'ERR_UNROLLED_DOWNLOAD', message: /redirect/ }],
  ] as const) {
    it(`refuses ${name} and leaves nothing behind`, async () => {
      await assert.rejects(download(server.url(path), at('file'), expected), error);
      assert.deepEqual(readdirSync(at()), []);
    });
  }

  it('follows a redirection', async () => {
    await download(server.url('/redirected'), at('file'), expected);
    assertWhole();
  });

  it('says when there is no server, or no such address', async () => {
    const closed = await startFileServer(file);
    const url = closed.url('/good');
    await closed.close();
    for (const address of [url, 'no address']) {
      await assert.rejects(download(address, at('file'), expected), { code: 'ERR_UNROLLED_DOWNLOAD' });
    }
  });

  it('never shows the password of an address', async () => {
    const { host } = new URL(server.url('/good'));
    const aborted = AbortSignal.abort(new Error('stop'));
    for (const address of [
      `http://me:hunter2@${host}/good`,
      `http:me:hunter2@${host}/good`,
      `http:\\\\me:hunter2@${host}\\good`,
      `HTTP://me:a@hunter2@${host}/good?at=@`,
      `http://me:a/hunter2@${host}/good`,
      `http://me:a?#hunter2@${host}:none/good`,
      `ftp://hunter2@${host}/good`,
      'me:hunter2@no address',
    ]) {
      for (const signal of [undefined, aborted]) {
        const error = await download(address, at('file'), expected, { signal }).then(
          () => assert.fail(),
          (it) => it,
        );
        assert.match(error.code, /^ERR_UNROLLED_(?:DOWNLOAD|ABORTED)$/);
        assert.match(error.message, /\*\*\*@/);
        assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter2/, address);
      }
    }
    await assert.rejects(download(`http://${host}/missing#/@me`, at('file'), expected), {
      message: /\/missing#\/@me could/,
    });
  });

  it('stops when its signal is aborted', async () => {
    const controller = new AbortController();
    const downloading = download(server.url('/silent'), at('file'), expected, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(downloading, { name: 'AbortError', code: 'ERR_UNROLLED_ABORTED' });
    assert.deepEqual(readdirSync(at()), []);
  });

  it('goes on where a connection broke off', async () => {
    const progress: DownloadProgress[] = [];
    const onProgress = (report: DownloadProgress) => {
      progress.push(report);
      breakAfter(100_000)(report);
    };
    await download(server.url('/in-thirds'), at('file'), expected, { onProgress });
    assertWhole();
    assert.deepEqual(server.ranges, [undefined, 'bytes=100000-', 'bytes=200000-']);
    assert.deepEqual(progress.at(-1), { received: file.length, total: file.length, resumed: 200_000 });
  });

  it('gives up after a few broken connections, and goes on in a later run', async () => {
    const failure = { code: 'ERR_UNROLLED_DOWNLOAD', message: /broke off/ };
    const inTenths = () => download(server.url('/in-tenths'), at('file'), expected, { onProgress: breakAfter(30_000) });
    await assert.rejects(inTenths(), failure);
    assert.equal(statSync(at('file.part')).size, 120_000);
    assert.equal(server.ranges.length, 4);
    await assert.rejects(inTenths(), failure);
    await inTenths();
    assert.equal(server.ranges[4], 'bytes=120000-');
    assertWhole();
  });

  it('gives up a server that always stops half-way and cannot go on', async () => {
    const failure = { code: 'ERR_UNROLLED_DOWNLOAD', message: /broke off/ };
    await assert.rejects(download(server.url('/truncated'), at('file'), expected), failure);
    assert.deepEqual(server.ranges, [undefined, undefined, undefined, undefined]);
    assert.ok(!readdirSync(at()).includes('file'));
    await download(server.url('/good'), at('file'), expected);
    assertWhole();
  });

  it('fails when nothing comes for a while, and keeps what came', async () => {
    for (const path of ['/silent', '/stalling'] as const) {
      await assert.rejects(download(server.url(path), at('file'), expected, { timeout: 0.1 }), {
        code: 'ERR_UNROLLED_DOWNLOAD',
        message: /nothing came for 0\.1 seconds/,
      });
    }
    assert.deepEqual(readFileSync(at('file.part')), half);
    assert.deepEqual(readdirSync(at()), ['file.part', 'file.part.json']);
  });

  it('keeps what came before its signal was aborted', async () => {
    const controller = new AbortController();
    const onProgress = ({ received }: DownloadProgress) => {
      if (received === half.length) controller.abort();
    };
    const options = { signal: controller.signal, onProgress };
    await assert.rejects(download(server.url('/stalling'), at('file'), expected, options), {
      code: 'ERR_UNROLLED_ABORTED',
    });
    assert.deepEqual(readFileSync(at('file.part')), half);
  });

  it('goes on from what an earlier run left', async () => {
    leavePart(server.url('/good'), half);
    const progress: DownloadProgress[] = [];
    await download(server.url('/good'), at('file'), expected, { onProgress: (report) => progress.push(report) });
    assertWhole();
    assert.deepEqual(server.ranges, ['bytes=150000-']);
    assert.deepEqual(progress.at(-1), { received: file.length, total: file.length, resumed: half.length });
  });

  it('asks for nothing more where the whole is there', async () => {
    leavePart(server.url('/good'), file);
    await download(server.url('/good'), at('file'), expected);
    assert.deepEqual(server.ranges, ['bytes=300000-']);
    assertWhole();
  });

  for (const [name, part, validator, path, ranges] of [
    ['the file has changed', Buffer.alloc(99), '"0"', '/good', ['bytes=99-']],
    ['the server ignores ranges', Buffer.alloc(400_000), '"1"', '/without-ranges', ['bytes=400000-']],
    ['the server sends another part', half, '"1"', '/another-part', ['bytes=150000-', undefined]],
    ['the server has no parts', half, '"1"', '/no-part', ['bytes=150000-', undefined]],
    ['the part is too long', Buffer.alloc(400_000), '"1"', '/good', ['bytes=400000-', undefined]],
  ] as const) {
    it(`begins anew where ${name}`, async () => {
      leavePart(server.url(path), part, validator);
      // A bound that the part does not show to be passed.
      await download(server.url(path), at('file'), { sha256, maxBytes: 2 * file.length });
      assertWhole();
      assert.deepEqual(server.ranges, ranges);
    });
  }

  it('begins anew where the part is of another address, or nobody knows of which', async () => {
    leavePart('http://elsewhere/', half);
    await download(server.url('/good'), at('file'), expected);
    assertWhole();
    for (const description of ['', 'null', '7', '{}', '{"url":"a"}']) {
      writeFileSync(at('file.part'), Buffer.alloc(500_000));
      writeFileSync(at('file.part.json'), description);
      await download(server.url('/good'), at('file'), expected);
      assertWhole();
    }
    assert.ok(server.ranges.every((range) => range === undefined));
  });

  it('refuses wrong bytes behind the right ones, and keeps none of them', async () => {
    leavePart(server.url('/wrong-part'), half);
    await assert.rejects(download(server.url('/wrong-part'), at('file'), expected), { code: 'ERR_UNROLLED_CHECKSUM' });
    assert.deepEqual(readdirSync(at()), []);
    await download(server.url('/wrong-part'), at('file'), expected);
    assertWhole();
  });

  it('takes a file that the server compresses, whatever was there before', async () => {
    for (const before of [undefined, half, file]) {
      if (before !== undefined) leavePart(server.url('/gzipped'), before);
      const progress: DownloadProgress[] = [];
      const onProgress = (report: DownloadProgress) => void progress.push(report);
      await download(server.url('/gzipped'), at('file'), expected, { onProgress });
      assertWhole();
      assert.deepEqual(progress.at(-1), { received: file.length, total: undefined, resumed: 0 });
    }
    await assert.rejects(download(server.url('/unknown-compression'), at('file'), expected), {
      code: 'ERR_UNROLLED_DOWNLOAD',
      message: /compressed as x-\\u009bodd, which was not requested/,
    });
  });

  for (const path of ['/long', '/endless', '/bomb'] as const) {
    it(`takes no more than the file can have, of ${path}, and keeps nothing`, async () => {
      let most = 0;
      const onProgress = ({ received }: DownloadProgress) => {
        most = Math.max(most, received);
      };
      await assert.rejects(download(server.url(path), at('file'), expected, { onProgress }), {
        code: 'ERR_UNROLLED_DOWNLOAD',
        message: /bytes or more, and at most 300000 are expected/,
      });
      assert.ok(most <= file.length);
      assert.deepEqual(readdirSync(at()), []);
    });
  }

  it('begins anew where nothing can be asked for by what an earlier run left', async () => {
    const leave: Record<string, () => void> = {
      'a line end': () => leavePart(server.url('/good'), half, '"1"\r\nx: y'),
      'no Latin': () => leavePart(server.url('/good'), half, '"漢"'),
      'no text': () => leavePart(server.url('/good'), half, 5 as never),
      nothing: () => leavePart(server.url('/good'), half, ''),
      'much of it': () => leavePart(server.url('/good'), half, `"${'1'.repeat(100_000)}"`),
      'more than the file': () => leavePart(server.url('/good'), Buffer.concat([file, half])),
      'no JSON': () => writeFileSync(at('file.part.json'), '{"url"'),
      'no object': () => writeFileSync(at('file.part.json'), '[]'),
    };
    for (const [what, left] of Object.entries(leave)) {
      left();
      await download(server.url('/good'), at('file'), expected);
      assertWhole();
      assert.equal(server.ranges.at(-1), undefined, what);
    }
    leavePart(server.url('/no-such-header'), half);
    await download(server.url('/no-such-header'), at('file'), expected);
    assertWhole();
  });

  it('shows what a server says without what a terminal would obey', async () => {
    const error = await download(server.url('/control'), at('file'), expected).then(
      () => assert.fail(),
      ({ code, message, received }) => ({ code, message, received }),
    );
    assert.equal(error.code, 'ERR_UNROLLED_DOWNLOAD');
    assert.doesNotMatch(error.message + error.received, /[\p{Cc}\p{Cf}]/u);
  });

  it('may run several times at once', async () => {
    const paths = ['/good', '/without-ranges', '/good', '/without-ranges', '/redirected'] as const;
    await Promise.all(paths.map((path) => download(server.url(path), at('file'), expected)));
    assertWhole();
    leavePart(server.url('/good'), half);
    await Promise.all(Array.from({ length: 4 }, () => download(server.url('/good'), at('file'), expected)));
    assertWhole();
  });

  it('says when it cannot write', async () => {
    mkdirSync(at('file.part'));
    await assert.rejects(download(server.url('/good'), at('file'), expected), { code: 'ERR_UNROLLED_FILE_WRITE' });
    await assert.rejects(download(server.url('/good'), at('none', 'file'), expected), {
      code: 'ERR_UNROLLED_FILE_WRITE',
    });
  });
});
