/** That a release cannot leave a target out: each that is built is tested on a machine of its own, and demanded. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './support/installed-package';

const release = readFileSync(path.join(ROOT, '.github', 'workflows', 'release.yml'), 'utf8');

/** The text of a job. */
function job(name: string): string {
  const text = release.split(/^ {2}(?=[\w-]+:\n)/m).find((part) => part.startsWith(`${name}:\n`));
  assert.ok(text !== undefined, `there is no job ${name}`);
  return text;
}

/** The file of a target in prebuilds. */
function fileOf(target: string): string {
  const [system = '', arch = '', libc] = target.split('-');
  return `${system}-${arch}/unrolled${libc === undefined ? '' : `.${libc}`}.node`;
}

describe('the release', () => {
  const built = [...job('build').matchAll(/^ {10}- (\S+)$/gm)].map(([, target = '']) => target);

  it('tests each binary that it builds', () => {
    assert.equal(built.length, 8);
    const tested = [...`${job('test')}${job('test-alpine')}`.matchAll(/- \{ target: (\S+),/g)].map(
      ([, target]) => target,
    );
    assert.deepEqual(tested.toSorted(), built.toSorted());
  });

  it('packs nothing where one of them is absent', () => {
    const demanded = [...job('package').matchAll(/\S+\.node(?= )|\S+\.node$/gm)].map(([file]) => file);
    assert.deepEqual(demanded.filter((file) => !file.startsWith('prebuilds')).toSorted(), built.map(fileOf).toSorted());
  });

  it('publishes after all other jobs alone, for a tag alone, and may write nothing else', () => {
    const jobs = [...(release.split(/^jobs:$/m)[1] ?? '').matchAll(/^ {2}([\w-]+):$/gm)].map(([, name = '']) => name);
    const needs = /needs: \[(.*)\]/.exec(job('publish'))?.[1]?.split(', ');
    assert.deepEqual(needs?.toSorted(), jobs.filter((name) => name !== 'publish').toSorted());
    assert.match(job('publish'), /if: startsWith\(github\.ref, 'refs\/tags\/v'\)/);
    assert.match(release, /^permissions:\n {2}contents: read$/m);
    assert.deepEqual(release.match(/\w[\w-]*: write/g), ['id-token: write']);
    assert.doesNotMatch(release, /continue-on-error|secrets\./);
  });
});
