/** `unrolled build` where it cannot build. That it can is tried on the packed package by `npm run test:package -- --long`. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

describe('unrolled build', () => {
  it('says what is missing and what it needs, and fails', () => {
    const program = path.join(ROOT, 'src', 'cli', 'main.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program, 'build'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, PATH: path.join(ROOT, 'no', 'such', 'folder') },
    });
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /The native module was not built: cmake is missing\. It needs a C\+\+20 compiler .*OpenBLAS/);
  });
});
