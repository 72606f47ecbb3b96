/** The programs in the README run as they stand, but for shorter trainings. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { useFolder } from './support/folder';

const ROOT = path.resolve(__dirname, '..');
const FACE = path.join(ROOT, 'lib', 'index.mjs');

const programs = [...readFileSync(path.join(ROOT, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, program = '']) => program,
);

function shortened(program: string): string {
  return program
    .replace(/from 'unrolled'/g, `from '${pathToFileURL(FACE)}'`)
    .replace(/epochs: \d+/g, 'epochs: 1')
    .replace(/hidden: 256/g, 'hidden: 16');
}

describe('the README', () => {
  const at = useFolder();

  it('has its three programs', () => assert.equal(programs.length, 3));

  for (const [index, program] of programs.entries()) {
    it(`has a program that runs, number ${index + 1}`, function () {
      if (!existsSync(FACE)) this.skip();
      const file = at(`program-${index + 1}.mts`);
      writeFileSync(file, shortened(program));
      const { status, stderr, stdout } = spawnSync(
        process.execPath,
        ['--import', pathToFileURL(require.resolve('tsx')).href, file],
        { cwd: path.dirname(file), encoding: 'utf8' },
      );
      assert.equal(status, 0, stderr);
      assert.notEqual(stdout, '');
    }).timeout(60_000);
  }
});
