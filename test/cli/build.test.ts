/** `unrolled build` where it cannot build. That it can is tried on the packed package by `npm run test:package -- --long`. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

describe('unrolled build', () => {
  function build(...args: string[]) {
    const program = path.join(ROOT, 'src', 'cli', 'main.ts');
    return spawnSync(process.execPath, ['--import', 'tsx', program, 'build', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, PATH: path.join(ROOT, 'no', 'such', 'folder') },
    });
  }

  it('refuses a folder without OpenBLAS before it begins', () => {
    const { status, stderr } = build('--openblas', path.join(ROOT, 'docs'));
    assert.equal(status, 2);
    assert.match(stderr, /^unrolled: --openblas must be a folder with include\/cblas\.h and .*, not ".*docs"\. \(ERR_/);
  });

  it('says what is missing and what it needs, and fails', () => {
    const { status, stdout, stderr } = build();
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /The native module was not built: cmake is missing\. It needs a C\+\+20 compiler .*OpenBLAS/);
  });
});
