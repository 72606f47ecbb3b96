/** A program with the package in one file, as esbuild makes it, and what such a bundle rests on: no module needs itself. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { useFolder } from './support/folder';
import { BUILT, installPackage, put, ROOT } from './support/installed-package';

const PROGRAM = `
  const corpus = Corpus.fromText('hello world. '.repeat(50));
  const model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 8 });
  model.fit(corpus, { batch: 2, window: 8, epochs: 3 }).then(({ epochs }) => {
    console.log(epochs.length, epochs[2].loss < epochs[0].loss);
  });`;

/** Modules each of which needs, by way of others, itself. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  function visit(name: string, way: readonly string[]): void {
    const start = way.indexOf(name);
    if (start !== -1) found.push(way.slice(start));
    if (start !== -1 || done.has(name)) return;
    for (const next of graph.get(name) ?? []) visit(next, [...way, name]);
    done.add(name);
  }
  for (const name of graph.keys()) visit(name, []);
  return found;
}

describe('a bundle', function () {
  this.timeout(60_000);
  const at = useFolder();

  for (const [how, loading] of [
    ['requires', "const { Corpus, LanguageModel } = require('../lib/index.js');"],
    ['imports', "import { Corpus, LanguageModel } from '../lib/index.js';"],
  ] as const) {
    it(`of a program that ${how} the package trains a model, where the binary is found`, async () => {
      const home = installPackage(at(), 'all');
      put(home, `prebuilds/${process.platform}-${process.arch}/unrolled.node`, { link: BUILT });
      put(home, 'app/program.js', '');
      writeFileSync(path.join(home, 'app', 'program.js'), loading + PROGRAM);
      for (const minify of [false, true]) {
        const outfile = path.join(home, 'bundles', `${minify}.cjs`);
        const entryPoints = [path.join(home, 'app', 'program.js')];
        await build({
          ...{ bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent' },
          minify,
          outfile,
          entryPoints,
        });
        const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' });
        assert.deepEqual([status, stdout], [0, '3 true\n'], stderr);
      }
    });
  }

  it('has no module that needs itself, so that their order is one in which each has what it needs', async () => {
    const entryPoints = ['index', 'cli/main'].map((name) => path.join(ROOT, 'src', `${name}.ts`));
    const { metafile } = await build({
      ...{ bundle: true, platform: 'node', target: 'node20', logLevel: 'silent', metafile: true, write: false },
      ...{ entryPoints, outdir: at() },
    });
    const graph = new Map(
      Object.entries(metafile.inputs).map(([name, { imports }]) => [
        name,
        imports.filter(({ external }) => external !== true).map((one) => one.path),
      ]),
    );
    assert.ok(graph.size > 150, `${graph.size}`);
    assert.deepEqual(
      circles(graph).filter((way) => way.some((name) => name.startsWith('src/'))),
      [],
    );
    assert.deepEqual(circles(new Map([...graph, ['src/base/errors.ts', ['src/models/model.ts']]])).length > 0, true);
  });
});
