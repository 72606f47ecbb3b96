/** A file that a comment or a page of the documentation names is there. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');
/** What is built, and what others wrote. */
const NOT_OURS = ['.git', 'build', 'lib', 'node_modules', 'prebuilds'];
const COMMENTED = ['bench', 'binding', 'docs', 'examples', 'scripts', 'src', 'test'];

/** Files that are elsewhere: a header of OpenBLAS, and what a build makes. */
const ELSEWHERE = [
  ...['include/cblas.h', 'lib/index.mjs'],
  ...['lib/text.mjs', 'node_modules/unrolled/lib/text.mjs', 'text.mjs'],
];

/** This file, whose samples of code name what is nowhere. */
const OWN = path.posix.join('test', 'documents', path.basename(__filename));

function filesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.includes(entry.name)) return [];
    const place = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(place) : [place];
  });
}

/** Text with all but line breaks blanked, so that what stands behind it keeps its line. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** What of a file is prose: a page without its blocks of code, and of code the comments. Undefined for other files. */
function proseOf(file: string, text: string): string | undefined {
  if (file.endsWith('.md')) return text.replace(/^```.*?^```$/gms, blank);
  if (/\.(?:[cm]?[jt]s|h|cpp)$/.test(file)) return comments(text, /\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gms);
  return /\.(?:cmake|py|sh|yml)$|CMakeLists\.txt$/.test(file) ? comments(text, /(?<=^|\s)#[^\n]*/gm) : undefined;
}

function comments(text: string, pattern: RegExp): string {
  let [prose, end] = ['', 0];
  for (const { 0: comment, index } of text.matchAll(pattern)) {
    prose += blank(text.slice(end, index)) + comment;
    end = index + comment.length;
  }
  return prose;
}

/** A name, maybe with folders before it and a star in it; not the end of an address or of a longer word. */
const NAME = /(?<![\w./*<>{}$\\-])(?:\.{1,2}\/)*([\w*][\w./*-]*\.(?:ts|[cm]js|h|cpp|md|py|yml))\b(?![\w*/-]|\.\w)/g;

/** The files that a text names, each with the line it stands in. */
function namesIn(prose: string): { name: string; line: number }[] {
  return [...prose.matchAll(NAME)].map(({ 1: name = '', index }) => ({
    name,
    line: prose.slice(0, index).split('\n').length,
  }));
}

/** Whether a file is there that is called so: by its whole path, or by the end of it. */
class Tree {
  readonly #paths: Set<string>;

  constructor(files: readonly string[]) {
    this.#paths = new Set(
      files.flatMap((file) => {
        const parts = file.split('/');
        return parts.map((_, index) => parts.slice(index).join('/'));
      }),
    );
  }

  has(name: string): boolean {
    if (!name.includes('*')) return this.#paths.has(name);
    const [before, ...after] = name.split('*').map((part) => part.replace(/\./g, '\\.'));
    const pattern = new RegExp(`^${[before, ...after].join('[^/]*')}$`);
    return [...this.#paths].some((file) => pattern.test(file));
  }
}

/** What the examples of docs/extending.md add to the tree. */
function addedByExamples(files: readonly string[]): string[] {
  const patches = files.filter((file) => /^test\/extending\/.*\.patch$/.test(file));
  return patches.flatMap((file) => {
    const patch = readFileSync(path.join(ROOT, file), 'utf8');
    return [...patch.matchAll(/^--- \/dev\/null\n\+\+\+ b\/(.*)$/gm)].map(([, added = '']) => added);
  });
}

describe('a file that a comment names', () => {
  const files = filesIn('.');

  it('is there', () => {
    const tree = new Tree([...files, ...addedByExamples(files), ...ELSEWHERE]);
    let named = 0;
    const missing = files
      .filter((file) => COMMENTED.some((folder) => file.startsWith(`${folder}/`)) && file !== OWN)
      .flatMap((file) => {
        const names = namesIn(proseOf(file, readFileSync(path.join(ROOT, file), 'utf8')) ?? '');
        named += names.length;
        return names.filter(({ name }) => !tree.has(name)).map(({ name, line }) => `${file}:${line}: ${name}`);
      });
    assert.deepEqual(missing, []);
    assert.ok(named > 300, `${named} names`);
  });

  it('is found in every kind of comment, and missed where it is not there', () => {
    const tree = new Tree(['src/a.ts', 'binding/core/b.h', 'binding/core/tile_x.h']);
    const missing = (file: string, text: string) =>
      namesIn(proseOf(file, text) ?? '')
        .filter(({ name }) => !tree.has(name))
        .map(({ name, line }) => `${line}: ${name}`);
    const code = '/**\n * As `gone.ts` has it, and src/a.ts.\n */\nconst a = "lost.ts"; // core/b.h, core/gone.h\n';
    assert.deepEqual(missing('x.ts', code), ['2: gone.ts', '4: core/gone.h']);
    assert.deepEqual(missing('x.cpp', '// tile_*.h and tile_*.cpp\nint a;  // "no.h".\n'), [
      '1: tile_*.cpp',
      '2: no.h',
    ]);
    assert.deepEqual(missing('CMakeLists.txt', 'add(no.cpp)  # of gone.cpp\n'), ['1: gone.cpp']);
    assert.deepEqual(missing('x.md', 'See `a.ts`, `src/b.ts`.\n\n```ts\n// no.ts\n```\n\nno.md, b.hpp\n'), [
      ...['1: src/b.ts', '7: no.md'],
    ]);
    assert.deepEqual(missing('x.ts', '// https://example.org/no.md, a.ts.map, *.ts in <folder>/no.ts, x.test.ts'), [
      '1: x.test.ts',
    ]);
    assert.equal(proseOf('x.json', '// gone.ts'), undefined);
  });

  it('is in a kernel the plain loop that it is compared with', () => {
    const loops = files.filter((file) => path.dirname(file) === 'test/core/kernels');
    const kernels = loops.filter((loop) => files.includes(`binding/core/kernels/${path.basename(loop)}`));
    assert.ok(kernels.length >= 10, `${kernels.length} kernels`);
    for (const loop of kernels) {
      const kernel = readFileSync(path.join(ROOT, 'binding/core/kernels', path.basename(loop)), 'utf8');
      const [first = ''] = kernel.split('#pragma once');
      assert.ok(first.includes(loop), `binding/core/kernels/${path.basename(loop)} does not name ${loop}`);
    }
  });
});
