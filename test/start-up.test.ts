/** What the built package loads at its start: what is used. Counts, as a clock would tell of the machine too. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commands } from '../src/cli/commands';
import { useFolder } from './support/folder';
import { type ProgramOptions, requireEnd } from './support/program';

const ROOT = path.resolve(__dirname, '..');
const LIB = path.join(ROOT, 'lib');
const FACE = pathToFileURL(path.join(LIB, 'index.mjs')).href;

const COMMANDS = commands().map((command) => command.name());

interface Loaded {
  /** Files, those of the package by their path in it. */
  files: string[];
  /** Public modules of Node.js that Node.js itself had not loaded. */
  builtins: string[];
}

/** What a program has loaded of the package and of Node.js when it ends. */
async function loadedBy(program: string, options: ProgramOptions = {}): Promise<Loaded> {
  const output = await requireEnd(
    `const before = new Set(process.moduleLoadList);
     ${program}
     const files = Object.keys(require.cache).map((file) => require('node:path').relative(${JSON.stringify(ROOT)}, file));
     const builtins = process.moduleLoadList.filter((name) => !before.has(name) && !/internal/i.test(name));
     console.log(JSON.stringify({ files: files.map((file) => file.replaceAll('\\\\', '/')), builtins }));`,
    { bare: true, ...options },
  );
  return JSON.parse(output) as Loaded;
}

const CREATE = `unrolled.Model.create({
  input: { kind: 'ids', vocabulary: 10 },
  layers: [unrolled.layers.embedding(4), unrolled.layers.gru(4), unrolled.layers.dense(1)],
});`;

describe('the start', function () {
  this.timeout(60_000);

  it('of a program that requires the package loads four files, and nothing more of Node.js', async () => {
    const { files, builtins } = await loadedBy('require(PACKAGE);');
    assert.deepEqual(files.sort(), [
      'lib/base/check.js',
      'lib/base/errors.js',
      'lib/base/messages/phrase.js',
      'lib/index.js',
    ]);
    assert.deepEqual(builtins, []);
  });

  it('of a program that imports the package loads a file for each public name, none of which works yet', async () => {
    const { files, builtins } = await loadedBy(`await import(${JSON.stringify(FACE)});`);
    assert.ok(files.length >= 20 && files.length <= 40, files.join(' '));
    const works =
      /\.node$|node_modules|^lib\/(cli|safetensors|generation|native)\/|download|report\/(?!index)|training\/(fit|loop)/;
    assert.deepEqual(
      files.filter((file) => works.test(file)),
      [],
    );
    assert.deepEqual(
      builtins.filter((name) => /worker|http|zlib|crypto|NativeModule (stream|net|url|readline)$/.test(name)),
      [],
    );
  });

  it('of a first model loads the native module, and nothing that trains, generates or reports', async () => {
    const { files } = await loadedBy(`const unrolled = require(PACKAGE); ${CREATE}`);
    assert.ok(files.some((file) => file.endsWith('.node')));
    assert.ok(files.length <= 26, files.join(' '));
    assert.deepEqual(
      files.filter((file) => /^lib\/(cli|datasets|generation|onnx|report|safetensors|text|training)\//.test(file)),
      [],
    );
  });

  for (const [args, called] of [
    [['--help'], []],
    [['--version'], []],
    [['sample', '--help'], ['sample']],
  ] as const) {
    it(`of the command line loads no command but that which is called: ${args.join(' ')}`, async () => {
      const { files } = await loadedBy(`
        const { write } = process.stdout;
        process.stdout.write = () => true;
        await require(${JSON.stringify(path.join(LIB, 'cli', 'program.js'))}).run(${JSON.stringify(args)});
        process.stdout.write = write;
        process.exitCode = 0;`);
      const isOf = (name: string) => new RegExp(`^lib/cli/(?:[a-z-]+/)?${name}(?:/index)?\\.js$`);
      const commands = COMMANDS.filter((name) => files.some((file) => isOf(name).test(file)));
      assert.deepEqual(commands, called);
      const own = files.filter((file) => file.startsWith('lib/'));
      assert.ok(own.length <= (called.length === 0 ? 10 : 30), own.join(' '));
      assert.ok(!files.some((file) => file.endsWith('.node')));
    });
  }

  it('makes no segmenter before a text is cut by one', async () => {
    const output = await requireEnd(
      `let made = 0;
       Intl.Segmenter = new Proxy(Intl.Segmenter, { construct: (Segmenter, words) => (made++, new Segmenter(...words)) });
       const { Vocabulary } = require(PACKAGE);
       Vocabulary.build('abc');
       console.log(made);
       Vocabulary.build('a b', { tokens: 'word' }).encode('a b');
       console.log(made);`,
      { bare: true },
    );
    assert.equal(output, '0\n1\n');
  });
});

describe('a module of the built package', function () {
  this.timeout(60_000);

  it('can be the first that is loaded, whichever it is', async () => {
    const modules = (readdirSync(LIB, { recursive: true }) as string[])
      .filter((file) => file.endsWith('.js') && file !== path.join('cli', 'main.js') && !/page.page\.js$/.test(file))
      .map((file) => path.join(LIB, file));
    assert.ok(modules.length > 200);
    const output = await requireEnd(
      `let exported = 0;
       for (const file of ${JSON.stringify(modules)}) {
         for (const loaded of Object.keys(require.cache)) delete require.cache[loaded];
         const module = require(file);
         for (const name of Object.keys(module)) if (module[name] !== undefined) exported++;
       }
       console.log(exported);`,
      { bare: true },
    );
    assert.ok(Number(output) > 500, output);
  });

  it('that could not be loaded is loaded by a later call', async () => {
    const output = await requireEnd(
      `const Module = require('node:module');
       const { load } = { load: Module._load };
       const unrolled = require(PACKAGE);
       Module._load = (name, ...more) => {
         if (/model-file$/.test(name)) throw new Error('no descriptor');
         return load(name, ...more);
       };
       const path = require('node:path').join(require('node:os').tmpdir(), 'there-is-none');
       const fault = () => unrolled.Model.load(path).then(String, (error) => error.code ?? error.message);
       console.log(await fault());
       Module._load = load;
       console.log(await fault());`,
      { bare: true },
    );
    assert.equal(output, 'no descriptor\nERR_UNROLLED_FILE_NOT_FOUND\n');
  });
});

describe('faults where no file can be opened any more', function () {
  this.timeout(60_000);
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it('are told by their codes, by what is loaded already', async () => {
    const output = await requireEnd(
      `const unrolled = require(PACKAGE);
       const { closeSync, openSync, mkdtempSync, rmSync } = require('node:fs');
       const { join } = require('node:path');
       const folder = mkdtempSync(join(require('node:os').tmpdir(), 'unrolled-'));
       const file = join(folder, 'model.safetensors');
       const model = ${CREATE.replace(/;$/, '')};
       await model.save(file);
       await unrolled.Model.load(file);
       const open = [];
       try { for (;;) open.push(openSync(PACKAGE)); } catch (error) { console.log(error.code); }
       const told = (error) => error instanceof unrolled.UnrolledError ? error.code : error;
       console.log(await model.save(file).then(() => 'saved', told));
       console.log(await unrolled.Model.load(file).then(() => 'loaded', told));
       for (const descriptor of open) closeSync(descriptor);
       await model.save(file);
       rmSync(folder, { recursive: true });`,
      { bare: true, runner: ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'] },
    );
    assert.equal(output, 'EMFILE\nERR_UNROLLED_FILE_WRITE\nERR_UNROLLED_FILE_READ\n');
  });
});

describe('imports that wait', () => {
  interface Exports {
    one?: unknown;
    all?: unknown;
    use?: () => unknown;
  }
  type Rewrite = (code: string, source: string, module: string) => string;
  const at = useFolder();
  let withLazyImports: Rewrite;
  let makeImportsLazy: (lib: string, src: string) => void;
  before(async () => {
    const script = pathToFileURL(path.join(ROOT, 'scripts', 'lazy-imports.mjs')).href;
    ({ withLazyImports, makeImportsLazy } = await import(script));
  });

  /** What a module exports whose text was rewritten, and a list that grows by what it loads. */
  function run(code: string, modules: Record<string, object>): { exports: Exports; loads: string[] } {
    const exports: Exports = {};
    const loads: string[] = [];
    const require = (name: string): object => {
      loads.push(name);
      return modules[name] as object;
    };
    new Function('exports', 'require', withLazyImports(code, '', 'a/b'))(exports, require);
    return { exports, loads };
  }

  it('load a module once, at the first use of a name', () => {
    const code = `"use strict";
const c_1 = require("./c");
exports.use = () => [(0, c_1.sum)(1, 2), new c_1.Box(3).value];`;
    const c = {
      sum: (a: number, b: number) => a + b,
      Box: class {
        constructor(public value: number) {}
      },
    };
    const { exports, loads } = run(code, { './c': c });
    assert.deepEqual(loads, []);
    assert.deepEqual(exports.use?.(), [3, 3]);
    exports.use?.();
    assert.deepEqual(loads, ['./c']);
  });

  it('hand on a name, and a module as one', () => {
    const code = `"use strict";
const __importStar = (module) => module;
exports.one = exports.all = void 0;
var c_1 = require("./c");
Object.defineProperty(exports, "one", { enumerable: true, get: function () { return c_1.one; } });
exports.all = __importStar(require("./d"));`;
    const { exports, loads } = run(code, { './c': { one: 1 }, './d': { two: 2 } });
    assert.deepEqual([Object.keys(exports).sort(), loads], [['all', 'one'], []]);
    assert.deepEqual([exports.one, loads], [1, ['./c']]);
    assert.deepEqual([exports.all, loads], [{ two: 2 }, ['./c', './d']]);
    assert.equal(exports.all, exports.all);
  });

  it('do not wait for what tells of faults', () => {
    const code = `"use strict";\nconst errors_1 = require("../base/errors");\nexports.use = () => errors_1.at;`;
    const { exports, loads } = run(code, { '../base/errors': { at: 5 } });
    assert.deepEqual(loads, ['../base/errors']);
    assert.equal(exports.use?.(), 5);
  });

  it('keep the lines where they are', () => {
    const code = `"use strict";\nconst c_1 = require("./c");\nvar d_1 = require("./d");\nexports.x = () => c_1.x;\n`;
    assert.equal(withLazyImports(code, '', 'b').split('\n').length, code.split('\n').length);
  });

  it('are refused where a module that tells of faults has moved', () => {
    mkdirSync(at('lib'));
    assert.throws(() => makeImportsLazy(at('lib'), at('src')), /names modules that are gone: base\/errors, /);
  });

  it("are refused where the source has a name of the compiler's own", () => {
    const code = `"use strict";\nconst c_1 = require("./c");\nexports.x = 'c_1.x';`;
    assert.throws(() => withLazyImports(code, "export const x = 'c_1.x';", 'b'), /c_1 stands in the source/);
  });
});
