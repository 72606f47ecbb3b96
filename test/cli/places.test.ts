/** Commands where the system has no place for what they need. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { datasets } from '../../src/index';
import { MAIN, runCli } from '../support/cli';
import { useFolder } from '../support/folder';

/** Runs `unrolled` in a folder that is removed before Node.js starts. */
async function runInRemoved(folder: string, ...args: string[]): Promise<{ status: number; stderr: string }> {
  mkdirSync(folder);
  const program = ['-c', 'rmdir "$PWD" && exec "$@"', 'sh', process.execPath, MAIN, ...args];
  const child = spawn('sh', program, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const status = new Promise<number>((resolve) => child.once('close', resolve));
  return { stderr: await text(child.stderr), status: await status };
}

describe('unrolled', function () {
  this.timeout(60_000);
  const at = useFolder();

  it('works in a folder that was removed, and refuses with a code what is relative to it', async function () {
    if (process.platform === 'win32') this.skip();
    writeFileSync(at('text.txt'), 'the quick brown fox\n'.repeat(200));
    for (const args of [
      ['doctor'],
      ['train', at('text.txt'), '--steps', '1', '--out', at('model.safetensors')],
      ['train', at('text.txt'), '--steps', '1', '--stream', '--report', at('page.html')],
      ['sample', at('model.safetensors'), '--length', '5'],
    ]) {
      const { status, stderr } = await runInRemoved(at('gone'), ...args);
      assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
    }
    copyFileSync(at('model.safetensors'), at('checkpoint.safetensors'));
    for (const args of [
      ['train', 'text.txt'],
      ['train', 'text.txt', '--stream'],
      ['train', at('text.txt'), '--steps', '1', '--out', 'model.safetensors'],
      ['train', at('text.txt'), '--steps', '1', '--out', 'a.safetensors', '--checkpoint', 'b.safetensors'],
      ['train', at('text.txt'), '--steps', '1', '--report', 'page.html', '--out', at('b.safetensors')],
      ['sample', 'model.safetensors'],
      ['evaluate', at('model.safetensors'), 'text.txt'],
      ['classify', 'train', 'reviews'],
      ['classify', 'train', '.'],
    ]) {
      const { status, stderr } = await runInRemoved(at('gone'), ...args);
      assert.equal(status, 1, `${args.join(' ')}: ${stderr}`);
      assert.match(
        stderr,
        /\(ERR_UNROLLED_(FILE_NOT_FOUND|FILE_READ|FILE_WRITE|CORPUS_EMPTY|DATASET)\)/,
        args.join(' '),
      );
    }
  });

  it('refuses a cache where no folder can be made, without waiting', async function () {
    if (process.platform !== 'linux') this.skip();
    const { UNROLLED_CACHE, UNROLLED_DATA } = process.env;
    Object.assign(process.env, { UNROLLED_CACHE: '/proc', UNROLLED_DATA: '' });
    try {
      writeFileSync(at('text.txt'), 'the quick brown fox\n'.repeat(200));
      const { status, stderr } = await runCli('train', at('text.txt'), '--stream', '--steps', '1');
      assert.equal(status, 1);
      assert.match(stderr, /\/proc.* cannot be written: .* \(ERR_UNROLLED_FILE_WRITE\)/);
      Object.assign(process.env, { UNROLLED_CACHE: '/proc/unrolled' });
      await assert.rejects(datasets.imdb({ download: true, sha256: '0'.repeat(64) }), {
        code: 'ERR_UNROLLED_FILE_WRITE',
      });
    } finally {
      for (const [name, value] of Object.entries({ UNROLLED_CACHE, UNROLLED_DATA })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
});
