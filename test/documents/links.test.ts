/** Links between Markdown pages lead somewhere, and every page of the documentation can be reached. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');
const FOLDERS = ['.', 'bench', 'docs', 'examples', 'lib', 'prebuilds'];

/** Markdown files below a folder, those of the root itself alone. */
function pagesIn(folder: string): string[] {
  const entries = existsSync(path.join(ROOT, folder))
    ? readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    : [];
  return entries.flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return folder === '.' || entry.name === 'node_modules' ? [] : pagesIn(place);
    return entry.name.endsWith('.md') ? [place] : [];
  });
}

const pages = FOLDERS.flatMap(pagesIn);

function read(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8');
}

/** A page without its blocks of code, in which nothing is a heading or a link. */
function prose(page: string): string {
  return read(page).replace(/^```.*?^```$/gms, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replace(/ /g, '-');
    let [name, number] = [anchor, 0];
    while (anchors.has(name)) name = `${anchor}-${++number}`;
    anchors.add(name);
  }
  return anchors;
}

/** Where the links and pictures of a page lead, but for those to the network. */
function targetsOf(page: string): string[] {
  const text = prose(page).replace(/`[^`\n]*`/g, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g), ...text.matchAll(/^\[[^\]]+\]: (\S+)/gm)];
  return links.map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/** The file a link leads to, from the root, and the anchor in it. */
function resolved(page: string, target: string): { file: string; anchor: string | undefined } {
  const [file = '', anchor] = decodeURI(target).split('#');
  return { file: file === '' ? page : path.join(path.dirname(page), file), anchor };
}

describe('links', () => {
  for (const page of pages) {
    it(`of ${page} lead somewhere`, () => {
      for (const target of targetsOf(page)) {
        const { file, anchor } = resolved(page, target);
        assert.ok(!file.startsWith('..') && existsSync(path.join(ROOT, file)), `${target} leads nowhere`);
        if (anchor !== undefined) assert.ok(anchorsOf(file).has(anchor), `${target}: there is no such heading`);
      }
    });
  }

  it('lead from the README to every page of the documentation', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const target of targetsOf(page)) {
        const { file } = resolved(page, target);
        if (file.endsWith('.md')) reached.add(file);
      }
    }
    const documentation = pages.filter((page) => page.startsWith('docs'));
    assert.ok(documentation.length > 10);
    assert.deepEqual(
      documentation.filter((page) => !reached.has(page)),
      [],
    );
  });

  it('of the pages that npm packs lead to files that it packs', function () {
    this.timeout(60_000);
    const options = { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' } as const;
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options);
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
    const places = new Set<string>();
    for (const { path: file } of files) {
      for (let place = file; place !== '.'; place = path.posix.dirname(place)) places.add(place);
    }
    const shipped = files.map(({ path: file }) => file).filter((file) => file.endsWith('.md'));
    assert.ok(shipped.length > 40);
    assert.ok(!shipped.some((page) => /releasing/i.test(page)), 'how a release is made does not ship');
    for (const page of shipped) {
      for (const target of targetsOf(page)) {
        const file = path.posix.normalize(resolved(page, target).file).replace(/\/$/, '');
        assert.ok(places.has(file), `${page}: ${target} is not in the package`);
      }
    }
  });

  it('are found, with the headings they lead to', () => {
    assert.ok(targetsOf('README.md').includes('docs/errors.md'));
    assert.ok(targetsOf('docs/concepts/vocabularies.md').includes('corpora.md#documents'));
    assert.ok(anchorsOf('docs/errors.md').has('err_unrolled_shape'));
    assert.ok(anchorsOf('docs/architecture.md').has('a-report'));
  });
});
