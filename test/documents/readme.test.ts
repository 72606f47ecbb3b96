/** The programs in the README, in both languages, run as they stand but for shorter trainings. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { programsOf, testPrograms } from '../support/programs';

const PAGES = ['README.md', 'README.zh-CN.md'] as const;

function shortened(program: string): string {
  return program.replace(/epochs: \d+/g, 'epochs: 1').replace(/hidden: 256/g, 'hidden: 16');
}

/** A program without its comments, which each language has in its own words. */
function code(program: string): string {
  return program.replace(/ *\/\/ .*$/gm, '');
}

describe('the README', () => {
  it('has a picture of its own, in light and in dark, that leaves room for the first words', () => {
    const seen = PAGES.flatMap((page) => {
      const text = readFileSync(path.join(__dirname, '..', '..', page), 'utf8');
      const [, dark = '', light = ''] =
        /<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img src="([^"]+)" alt="[^"]+">/.exec(
          text,
        ) ?? [];
      return [light, dark];
    });
    assert.equal(new Set(seen).size, 4);
    const pixels = seen.map((file) => {
      const picture = readFileSync(path.join(__dirname, '..', '..', file));
      assert.ok(picture.length < 300_000);
      // Width and height stand in the header of a PNG.
      const [width, height] = [picture.readUInt32BE(16), picture.readUInt32BE(20)];
      assert.ok(height <= 0.35 * width, `${file}: ${width} x ${height}`);
      return picture.toString('base64');
    });
    assert.equal(new Set(pixels).size, 4);
  });

  it('has its three programs, the same in both languages', () => {
    const [english, chinese] = PAGES.map((page) => programsOf(page).map(code));
    assert.equal(english?.length, 3);
    assert.deepEqual(chinese, english);
  });

  it('says the same in both languages, as far as its parts tell', () => {
    const [english, chinese] = PAGES.map((page) => {
      const text = readFileSync(path.join(__dirname, '..', '..', page), 'utf8');
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
