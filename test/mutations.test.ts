/** The faults of `npm run test:mutations`: where they are put, which are drawn, and that the record's are found again. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(__dirname, '..');

interface Site {
  file: string;
  operator: string;
  before: string;
  line: string;
  after: string;
  from: string;
  to: string;
  nth: number;
  start: number;
  end: number;
}

type Recorded = Site & { id: string; outcome: string; by?: string; how?: string; reason?: string };
type House = Map<string, string>;

interface Draw {
  house: House;
  seed: string;
  share: number;
  taken?: readonly Site[];
  refused?: (site: Site) => boolean;
}

describe('mutations', () => {
  let sitesOf: (file: string, text: string) => Site[];
  let mutated: (text: string, site: Site) => string;
  let findAgain: (recorded: Site, house: House) => Site | undefined;
  let draw: (given: Draw) => (Site & { id: string })[];
  let changesProgram: (site: Site, text: string) => boolean;
  let someOf: <T>(list: T[], options: { count: number; seed: string; cpp?: number }) => T[];
  let readHouse: (root: string) => House;
  let operators: Record<string, { does: string }>;

  before(async () => {
    const load = (name: string) => import(pathToFileURL(path.join(ROOT, 'scripts', 'mutations', name)).href);
    ({ sitesOf, mutated, findAgain, readHouse } = await load('sites.mjs'));
    ({ draw, changesProgram, someOf } = await load('draw.mjs'));
    ({ OPERATORS: operators } = await load('operators.mjs'));
  });

  /** What the operators make of a line: each with its name. */
  function faults(line: string, file = 'src/a.ts', around: readonly [string, string] = ['{', '}']): string[] {
    const text = [around[0], line, around[1]].join('\n');
    return sitesOf(file, text).map((site) => `${site.operator}: ${mutated(text, site).split('\n')[1]?.trim()}`);
  }

  it('are made by each operator as it says', () => {
    const made: Record<string, [line: string, faulty: string[]]> = {
      comparison: ['a = b < c;', ['a = b <= c;']],
      constant: ['a = [0, 7, 0.5];', ['a = [1, 7, 0.5];', 'a = [0, 8, 0.5];', 'a = [0, 7, 1.0];']],
      arithmetic: ['a += b * c;', ['a -= b * c;', 'a += b / c;']],
      sign: ['a = -b;', ['a = b;']],
      logical: ['a = b && c;', ['a = b || c;']],
      condition: ['if (a(b)) {', ['if (!(a(b))) {']],
      negation: ['a = b(!c);', ['a = b(c);']],
      boolean: ['a = true;', ['a = false;']],
      call: ['this.#a.b(c);', ['{}']],
      exit: ['if (a) return b;', ['if (a) {}']],
      arguments: ['a = b(c, d.e, `f`);', ['a = b(d.e, c, `f`);']],
      await: ['a = await b;', ['a = b;']],
      opposite: ['a = Math.min(b);', ['a = Math.max(b);']],
    };
    assert.deepEqual(Object.keys(made).sort(), Object.keys(operators).sort());
    for (const [operator, [line, faulty]] of Object.entries(made)) {
      const found = faults(line).filter((each) => each.startsWith(`${operator}: `));
      assert.deepEqual(
        found,
        faulty.map((each) => `${operator}: ${each}`),
      );
    }
  });

  it('in C++ are made of numbers with a suffix, of pointers and of templates', () => {
    const of = (line: string) => faults(line, 'binding/core/a.cpp');
    assert.deepEqual(of('a = 2.0F;'), ['constant: a = 4.0F;']);
    assert.deepEqual(of('a = std::max<Index>(b, c);'), ['opposite: a = std::min<Index>(b, c);']);
    assert.deepEqual(of('a(b->c, d());'), ['call: {}', 'arguments: a(d(), b->c);']);
    assert.deepEqual(of('template <class T, int N = 3>'), []);
    assert.deepEqual(of('void a(b c);'), []);
    assert.deepEqual(of('const char* a = R"(1 < 2)";'), []);
    assert.deepEqual(of('#define A 1'), []);
    // What another system compiles is left alone.
    const between = (...around: [string, string]) => faults('a = 2;', 'binding/core/a.cpp', around);
    assert.deepEqual(between('#ifdef _WIN32', '#else'), []);
    assert.deepEqual(between('#ifdef __APPLE__', '#endif'), []);
    assert.deepEqual(between('#ifndef _WIN32', '#endif'), ['constant: a = 3;']);
    assert.deepEqual(between('#else', '#endif'), ['constant: a = 3;']);
  });

  /** A template whose expression has an operator, and whose text has what looks like more. */
  const template = (operator: string) => ['a = `1 < 2 $', '{b ', operator, ' c} true`;'].join('');

  it('leave comments, strings, regular expressions, imports and types alone', () => {
    for (const line of [
      '// if (a < 1) return -1;',
      'a = b; /* true && 2 */',
      "a = '1 < 2 && true';",
      'a = `1 < 2 true`;',
      'a = /1 < 2 [/] true/;',
      "import { a } from './1 < 2';",
      'type A = 1 | true;',
      'export interface A { a: 1; b: true }',
    ]) {
      assert.deepEqual(faults(line), [], line);
    }
    assert.deepEqual(faults(template('+')), [`arithmetic: ${template('-')}`]);
    assert.deepEqual(faults('a = b / c; // 1 / 2'), ['arithmetic: a = b * c; // 1 / 2']);
  });

  it('drop what is a statement of its own, not a part of one', () => {
    const calls = (before: string) => faults('a(b);', 'src/a.ts', [before, '}']);
    assert.deepEqual(calls('{'), ['call: {}']);
    assert.deepEqual(calls('c ='), []);
    assert.deepEqual(faults('return a;'), []);
    // What only saves time, or gives others a turn, is no fault.
    assert.deepEqual(faults('list.reserve(n);', 'binding/core/a.cpp'), []);
    assert.deepEqual(faults('pause();', 'binding/core/a.cpp'), []);
    assert.deepEqual(faults('if (index % PART === 0) yield;'), []);
  });

  it('of a type alone, and what is no program, are not drawn', () => {
    const text = ['function a(b: true): void {', '  c(b as 1);', '  d = e ?? f ?? 2;', '}'].join('\n');
    const isDrawn = (site: Site) => changesProgram(site, text);
    const parts = (sites: Site[]) => sites.map(({ operator, from }) => `${operator} ${from}`).sort();
    const sites = sitesOf('src/a.ts', text);
    // `e && f ?? 2` is no program.
    assert.deepEqual(parts(sites.filter((site) => !isDrawn(site))), [
      'boolean true',
      'constant 1',
      'logical ??',
      'logical ??',
    ]);
    assert.deepEqual(parts(sites.filter(isDrawn)), ['call c(b as 1);', 'constant 2']);
  });

  it('are found again by their text: on another line, in another file, not where two are as good', () => {
    const line = 'if (a < b) return c;';
    const text = ['first();', line, 'last();'].join('\n');
    const [site] = sitesOf('src/a.ts', text).filter(({ operator }) => operator === 'comparison');
    assert.ok(site !== undefined);
    const again = (house: Record<string, string>) => {
      const found = findAgain(site, new Map(Object.entries(house)));
      return found === undefined
        ? undefined
        : [found.file, house[found.file]?.slice(0, found.start).split('\n').length];
    };
    assert.deepEqual(again({ 'src/a.ts': `new();\n\n${text}` }), ['src/a.ts', 4]);
    assert.deepEqual(again({ 'src/base/a.ts': text, 'src/b.ts': text }), ['src/base/a.ts', 2]);
    assert.deepEqual(again({ 'src/base/c.ts': text }), ['src/base/c.ts', 2]);
    // Of two that are alike it is the one with the same neighbours.
    assert.deepEqual(again({ 'src/a.ts': `${text}\n${line}` }), ['src/a.ts', 2]);
    assert.equal(again({ 'src/a.ts': `${text}\n${text}` }), undefined);
    assert.equal(again({ 'src/a.ts': text.replace('a < b', 'a <= b') }), undefined);
  });

  it('are drawn in equal shares of the rooms, the same by the same seed, of each line one', () => {
    const code = (name: string) =>
      Array.from({ length: 6 }, (_, number) => `${name}${number} = ${number} + ${name} && true;`).join('\n');
    const house = new Map([
      ['src/a.ts', code('a')],
      ['src/b.ts', code('b')],
      ['src/text/c.ts', code('c')],
      ['binding/core/d.cpp', code('d')],
    ]);
    const drawn = draw({ house, seed: '1', share: 4 });
    const count = (room: string) => drawn.filter(({ file }) => path.posix.dirname(file) === room).length;
    assert.deepEqual([count('src'), count('src/text'), count('binding/core')], [4, 4, 4]);
    assert.equal(new Set(drawn.map(({ line }) => line)).size, drawn.length);
    assert.ok(new Set(drawn.map(({ operator }) => operator)).size >= 3);
    assert.deepEqual(draw({ house, seed: '1', share: 4 }), drawn);
    assert.notDeepEqual(draw({ house, seed: '2', share: 4 }), drawn);
    const [first] = drawn.filter(({ file }) => file === 'src/text/c.ts');
    assert.ok(first !== undefined);
    // What is recorded counts for its room, and what was refused is not drawn again.
    assert.equal(draw({ house, seed: '1', share: 4, taken: [first] }).length, drawn.length - 1);
    const others = draw({ house, seed: '1', share: 4, refused: (site) => site.line === first.line });
    assert.ok(!others.some(({ line }) => line === first.line) && others.length === drawn.length);
  });

  it('of the record are chosen by a seed, few of them in C++', () => {
    const list = [...'abcdefgh'].flatMap((name) => [{ file: `src/${name}.ts` }, { file: `binding/core/${name}.cpp` }]);
    const isNative = ({ file }: { file: string }) => file.endsWith('.cpp');
    const chosen = someOf(list, { count: 8, seed: '1', cpp: 2 });
    assert.deepEqual([chosen.length, chosen.filter(isNative).length], [8, 2]);
    assert.deepEqual(someOf(list, { count: 8, seed: '1', cpp: 2 }), chosen);
    assert.notDeepEqual(someOf(list, { count: 8, seed: '2', cpp: 2 }), chosen);
  });

  it('of the record are in this house, with what caught each', () => {
    const record: Recorded[] = JSON.parse(readFileSync(path.join(ROOT, 'test', 'mutations', 'record.json'), 'utf8'));
    const house = readHouse(ROOT);
    const found = record.filter((each) => findAgain(each, house) !== undefined);
    // Lines change; a record of which half is gone is out of date.
    assert.ok(found.length > record.length / 2, `${found.length} of ${record.length} are found again`);
    assert.equal(new Set(record.map(({ id }) => id)).size, record.length);
    for (const { id, outcome, by, how, reason } of record) {
      assert.match(outcome, /^(caught|survived|equivalent|refused)$/, id);
      if (outcome === 'caught') assert.ok(by !== undefined && /^(failed|hung|ended)$/.test(how ?? ''), id);
      if (outcome === 'equivalent') assert.ok(reason !== undefined && reason.length > 10, id);
    }
  });

  it('of the record are enough, of every room, and nearly all of them caught', () => {
    const record: Recorded[] = JSON.parse(readFileSync(path.join(ROOT, 'test', 'mutations', 'record.json'), 'utf8'));
    const house = readHouse(ROOT);
    const of = (...outcomes: string[]) => record.filter(({ outcome }) => outcomes.includes(outcome));
    const judged = of('caught', 'survived', 'equivalent');
    const equivalent = of('equivalent').length;
    assert.ok(judged.length >= 150, `${judged.length} are judged`);
    assert.ok(equivalent <= 0.05 * judged.length, `${equivalent} of ${judged.length} are equivalent`);
    const caught = of('caught').length / (judged.length - equivalent);
    assert.ok(caught >= 0.97, `${(100 * caught).toFixed(1)} % are caught`);
    const roomsOf = (files: Iterable<string>) => new Set([...files].map((file) => path.posix.dirname(file)));
    const places = [...house].filter(([file, text]) => sitesOf(file, text).length > 0).map(([file]) => file);
    const tried = roomsOf(judged.map((each) => findAgain(each, house)?.file ?? each.file));
    const untried = [...roomsOf(places)].filter((room) => !tried.has(room));
    // Rooms that are new have none until `--new --record` was run.
    const all = roomsOf(places).size;
    assert.ok(untried.length <= 0.2 * all, `no mutation is judged of ${untried.join(', ')}`);
  });
});
