/** The programs in the README, in both languages, run as they stand but for shorter trainings. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { programsOf, testPrograms } from './support/programs';

const PAGES = ['README.md', 'README.zh-CN.md'] as const;

function shortened(program: string): string {
  return program.replace(/epochs: \d+/g, 'epochs: 1').replace(/hidden: 256/g, 'hidden: 16');
}

/** A program without its comments, which each language has in its own words. */
function code(program: string): string {
  return program.replace(/ *\/\/ .*$/gm, '');
}

describe('the README', () => {
  it('has its three programs, the same in both languages', () => {
    const [english, chinese] = PAGES.map((page) => programsOf(page).map(code));
    assert.equal(english?.length, 3);
    assert.deepEqual(chinese, english);
  });

  it('says the same in both languages, as far as its parts tell', () => {
    const [english, chinese] = PAGES.map((page) => {
      const text = readFileSync(path.join(__dirname, '..', page), 'utf8');
      return {
        headings: [...text.matchAll(/^#+ /gm)].map(([marks]) => marks),
        rows: [...text.matchAll(/^\| (`[^`]+`)?/gm)].map(([, command]) => command),
        commands: [...text.matchAll(/^(?:npm|npx) .*?(?= {2}|$)/gm)].map(([command]) => command),
        links: [...text.matchAll(/\]\((?!README)([^)]+)\)/g)].map(([, target]) => target),
      };
    });
    assert.deepEqual(chinese, english);
  });

  for (const page of PAGES) testPrograms(page, shortened);

  describe('with a text of the reader’s own', () => {
    // As the comment in the first program says. The text lacks many a letter that the sonnets have.
    const [page] = PAGES;
    testPrograms(page, (program) => shortened(program).replace('datasets.sonnets()', "datasets.text('poems.txt')"));
  });
});
