/** The programs in the documentation run as they stand, and are of the right types. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { useFolder } from '../support/folder';
import { programsOf, testPrograms, typeFaults } from '../support/programs';

const ROOT = path.resolve(__dirname, '..', '..');

/** Markdown pages of a folder in `docs`, as paths from the root. */
function pagesOf(folder: string): string[] {
  const names = readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith('.md'));
  return names.sort().map((name) => `${folder}/${name}`);
}

const pages = ['docs/concepts'].flatMap(pagesOf).filter((page) => programsOf(page).length > 0);

describe('the documentation', () => {
  const at = useFolder();

  it('has programs', () => assert.ok(pages.length >= 10));

  it('has programs of the right types', async function () {
    if (!existsSync(path.join(ROOT, 'lib', 'index.d.mts'))) this.skip();
    const programs = [...pages, 'README.md', 'README.zh-CN.md'].flatMap((page) =>
      programsOf(page).map((program, index) => [`${page.replace(/\W/g, '-')}-${index + 1}`, program] as const),
    );
    assert.equal(await typeFaults(new Map(programs), at()), '');
  }).timeout(60_000);

  for (const page of pages) testPrograms(page);
});
