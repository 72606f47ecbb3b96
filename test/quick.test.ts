/** The choice of `npm run test:quick`: which tests a change is tried by. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { useFolder } from './support/folder';

const ROOT = path.resolve(__dirname, '..');

interface Graph {
  texts: Map<string, string>;
  edges: Map<string, Set<string>>;
}

interface Chosen {
  test: string;
  seconds: number;
  isTimed: boolean;
  why: string;
}

interface Part {
  chosen: Chosen[];
  leftOut: number;
}

interface Change {
  changed: readonly string[];
  times?: Readonly<Record<string, number>>;
  budget?: number;
}

/** A graph of files by their texts and by what they import. */
function graph(files: Readonly<Record<string, readonly [text: string, ...imports: string[]]>>): Graph {
  const entries = Object.entries(files);
  return {
    texts: new Map(entries.map(([file, [text]]) => [file, text])),
    edges: new Map(entries.map(([file, [, ...imports]]) => [file, new Set(imports)])),
  };
}

describe('the tests of a change', () => {
  let choose: (given: Change & { modules: Graph; cpp: Graph }) => { core: Part; modules: Part; addon: boolean };
  let real: { modules: Graph; cpp: Graph };

  before(async () => {
    const load = (name: string) => import(pathToFileURL(path.join(ROOT, 'scripts', 'quick', name)).href);
    const { chooseTests } = await load('choice.mjs');
    const { readModules, readCpp } = await load('graph.mjs');
    choose = chooseTests;
    real = { modules: readModules(ROOT), cpp: readCpp(ROOT) };
  });

  const MODULES = graph({
    'src/index.ts': ['', 'src/words.ts', 'src/other.ts'],
    'src/words.ts': ['export function readWords() {}', 'src/base.ts'],
    'src/other.ts': ['export const other = 1;', 'src/base.ts'],
    'src/base.ts': ['export class Base {}'],
    'src/alone.ts': ['export interface Alone {}'],
    'test/words.test.ts': ['', 'src/index.ts'],
    'test/direct.test.ts': ['', 'src/words.ts'],
    'test/mention.test.ts': ['readWords()', 'src/index.ts'],
    'test/far.test.ts': ['', 'src/index.ts'],
    'test/unrelated.test.ts': ['readWords is not reached; it reads script.mjs'],
  });
  const NONE = graph({});

  function tests({ changed, times = {}, budget = 1000 }: Change, modules = MODULES, cpp = NONE) {
    const { core, modules: found } = choose({ changed, times, budget, modules, cpp });
    return {
      core: core.chosen.map(({ test }) => test),
      modules: found.chosen.map(({ test }) => test),
      leftOut: found.leftOut,
    };
  }

  it('are in this order: its own, of its name, that import it, that use a name of it, that reach it', () => {
    assert.deepEqual(tests({ changed: ['src/words.ts'] }).modules, [
      'test/words.test.ts',
      'test/direct.test.ts',
      'test/mention.test.ts',
      'test/far.test.ts',
    ]);
    assert.equal(tests({ changed: ['src/words.ts', 'test/far.test.ts'] }).modules[0], 'test/far.test.ts');
    assert.deepEqual(tests({ changed: ['src/alone.ts'] }).modules, []);
  });

  it('of a file without a test of its own are those of its readers, before what only reaches it', () => {
    const modules = graph({
      'src/index.ts': ['', 'src/reader.ts'],
      'src/reader.ts': ['', 'src/part.ts'],
      'src/part.ts': ['export function part() {}', 'src/small.ts'],
      'src/small.ts': ['export function small() {}'],
      'test/a.test.ts': ['', 'src/index.ts'],
      'test/mention.test.ts': ['small()', 'src/index.ts'],
      'test/part.test.ts': ['', 'src/index.ts'],
      'test/reader.test.ts': ['', 'src/index.ts'],
    });
    const order = ['test/part.test.ts', 'test/mention.test.ts', 'test/reader.test.ts', 'test/a.test.ts'];
    assert.deepEqual(tests({ changed: ['src/small.ts'] }, modules).modules, order);
  });

  it('are as many as there is time for, the shorter before the longer of two that are as near', () => {
    const times = {
      'test/words.test.ts': 50,
      'test/direct.test.ts': 5,
      'test/mention.test.ts': 8,
      'test/far.test.ts': 1,
    };
    const within = (budget: number) => tests({ changed: ['src/words.ts'], times, budget });
    // The nearest is run whatever it takes.
    assert.deepEqual(within(10), { core: [], modules: ['test/words.test.ts'], leftOut: 3 });
    assert.deepEqual(within(56), {
      core: [],
      modules: ['test/words.test.ts', 'test/direct.test.ts', 'test/far.test.ts'],
      leftOut: 1,
    });
    const far = { ...times, 'test/words.test.ts': 9, 'test/mention.test.ts': 2, 'test/direct.test.ts': 4 };
    assert.deepEqual(tests({ changed: ['src/base.ts'], times: far }).modules, [
      'test/words.test.ts',
      'test/direct.test.ts',
      'test/far.test.ts',
      'test/mention.test.ts',
    ]);
  });

  it('of a script are those that name it', () => {
    assert.deepEqual(tests({ changed: ['scripts/script.mjs'] }).modules, ['test/unrelated.test.ts']);
  });

  it('of a file of the core are those of the core; in TypeScript, with the addon, where there is none', () => {
    const cpp = graph({
      'binding/core/gru.h': ['', 'binding/core/gru.cpp'],
      'binding/core/gru.cpp': ['', 'binding/core/gru.h', 'binding/core/step.h'],
      'binding/core/step.h': [''],
      'binding/core/lonely.h': [''],
      'test/core/cells.cpp': ['', 'binding/core/gru.h'],
      'test/core/main.cpp': ['', 'binding/core/gru.h'],
      'binding/core/model.h': ['', 'binding/core/gru.h'],
      'test/core/far.cpp': ['', 'binding/core/model.h'],
      'test/core/other.cpp': ['a GRU, say', 'binding/core/model.h'],
      'test/core/unrelated.cpp': ['a GRU, say'],
    });
    const modules = graph({ 'test/worker.test.ts': [''], 'test/words.test.ts': [''] });
    assert.deepEqual(tests({ changed: ['binding/core/gru.cpp'] }, modules, cpp), {
      core: ['test/core/cells.cpp', 'test/core/other.cpp', 'test/core/far.cpp'],
      modules: [],
      leftOut: 0,
    });
    assert.equal(tests({ changed: ['binding/core/step.h'] }, modules, cpp).core[0], 'test/core/cells.cpp');
    const given = { times: {}, budget: 10, modules, cpp };
    assert.equal(choose({ changed: ['binding/core/gru.cpp'], ...given }).addon, false);
    const lonely = choose({ changed: ['binding/core/lonely.h'], ...given });
    assert.deepEqual([lonely.addon, lonely.modules.chosen.map(({ test }) => test)], [true, ['test/worker.test.ts']]);
  });

  it('are there for every file of this project that runs', () => {
    const { texts, edges } = real.modules;
    const imported = new Set([...edges.values()].flatMap((targets) => [...targets]));
    const sources = [...texts.keys()].filter((file) => file.startsWith('src/') && !file.startsWith('src/report/page/'));
    assert.ok(sources.length > 200);
    const without = (file: string) => {
      const { core, modules } = choose({ ...real, changed: [file], times: {}, budget: 30 });
      return core.chosen.length + modules.chosen.length === 0;
    };
    // What nobody imports but for its types is the type-check's; src/cli/main.ts is started by tests.
    assert.deepEqual(
      sources.filter((file) => imported.has(file) && without(file)),
      [],
    );
    const native = [...real.cpp.texts.keys()].filter((file) => file.startsWith('binding/'));
    assert.ok(native.length > 150);
    assert.deepEqual(native.filter(without), []);
  });

  it('of some files of this project are those that a person would take', () => {
    const first = (file: string, count: number) => {
      const { core, modules } = choose({ ...real, changed: [file], times: {}, budget: 5 * count });
      return [...core.chosen, ...modules.chosen].map(({ test }) => test).sort();
    };
    assert.deepEqual(first('src/text/word-vectors/word-vectors.ts', 1), ['test/text/word-vectors.test.ts']);
    assert.deepEqual(first('src/base/json/json-reader.ts', 1), ['test/base/json-reader.test.ts']);
    assert.ok(first('src/cli/language-model/score.ts', 12).includes('test/cli/commands.test.ts'));
    assert.ok(first('src/cli/program.ts', 10).filter((test) => test.startsWith('test/cli/')).length >= 5);
    assert.ok(first('scripts/lazy-imports.mjs', 3).includes('test/start-up.test.ts'));
    assert.ok(first('binding/core/training/schedule.h', 1).includes('test/core/schedule.cpp'));
    assert.ok(first('binding/core/layers/recurrent/lstm.cpp', 9).includes('test/core/cells.cpp'));
    assert.ok(first('binding/core/optimizers/adam.h', 4).includes('test/core/optimizers.cpp'));
  });
});

describe('npm run test:quick', function () {
  this.timeout(60_000);
  const at = useFolder();

  const quick = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(ROOT, 'scripts', 'test-quick.mjs'), ...args], { encoding: 'utf8' });

  it('refuses what it cannot compare with, and times that are none', () => {
    for (const [args, message] of [
      [['no-such-commit'], /no-such-commit/],
      [['HEAD', 'HEAD'], /give one commit/],
      [['--seconds', '0'], /--seconds must be a number above 0, and is "0"/],
      [['--fast'], /--fast/],
    ] as const) {
      const { status, stderr } = quick(...args);
      assert.deepEqual([status, stderr.startsWith('unrolled: ')], [1, true], stderr);
      assert.match(stderr, message);
    }
  });

  it('takes the seconds that files of tests took, with their hooks, from a file that keeps those of others', () => {
    const [times, tests] = [at('times.json'), at('slow.cjs')];
    writeFileSync(times, '{"test/other.test.ts":5}');
    writeFileSync(
      tests,
      `const wait = () => new Promise((resolve) => setTimeout(resolve, 60));
      describe('slow', () => { before(wait); it('waits', wait); });`,
    );
    const mocha = path.join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const reporter = path.join(ROOT, 'test', 'support', 'reporter.cjs');
    const { status, stdout } = spawnSync(process.execPath, [mocha, '--no-config', '--reporter', reporter, tests], {
      ...{ cwd: at(), encoding: 'utf8' },
      env: { ...process.env, UNROLLED_TEST_TIMES: times, UNROLLED_TEST_TOTALS: at('totals.json') },
    });
    assert.equal(status, 0, stdout);
    const { 'test/other.test.ts': other, 'slow.cjs': slow, ...rest } = JSON.parse(readFileSync(times, 'utf8'));
    assert.deepEqual([other, rest], [5, {}]);
    // Two waits of 60 ms, which a timer may end a millisecond early.
    assert.ok(slow >= 0.11, `${slow}`);
  });
});
