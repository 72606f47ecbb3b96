/**
 * The guide's programs run as they stand and print what the text quotes, and both languages have the same programs,
 * figures and outputs.
 */

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';

const execute = promisify(execFile);
const ROOT = path.resolve(__dirname, '..', '..');
const GUIDE = path.join(ROOT, 'docs', 'guide');
const FIGURES = path.join(ROOT, 'docs', 'images', 'guide');
const FACE = path.join(ROOT, 'lib', 'index.mjs');
const LANGUAGES = ['en', 'zh'] as const;

interface Program {
  /** Chapter and number in it. */
  name: string;
  code: string;
  quoted: string;
  /** Whether the output may be another one on another machine, as the block says by `text varies`. */
  varies: boolean;
}

/** A program and the block behind it that quotes its output. */
const PROGRAM = /^```ts\n(.*?)^```\n\n```text( varies)?\n(.*?)^```$/gms;

function chaptersOf(language: string): string[] {
  return readdirSync(path.join(GUIDE, language)).sort();
}

function read(language: string, chapter: string): string {
  return readFileSync(path.join(GUIDE, language, chapter), 'utf8');
}

function programsOf(language: string): Program[] {
  return chaptersOf(language).flatMap((chapter) =>
    Array.from(read(language, chapter).matchAll(PROGRAM), ([, code = '', varies, quoted = ''], index) => ({
      ...{ name: `${chapter.replace('.md', '')}, program ${index + 1}`, code, quoted },
      varies: varies !== undefined,
    })),
  );
}

/** A program without types and comments, laid out by the compiler. */
function bare(code: string): string {
  return transformSync(code, { loader: 'ts', format: 'esm', legalComments: 'none', minifyWhitespace: true }).code;
}

interface Result {
  output: string;
  error?: string;
}

/** What programs print, each run in a folder of its own inside `folder`, which has the program's number. */
async function run(programs: readonly Program[], folder: string): Promise<Result[]> {
  const files = programs.map(({ code }, index) => {
    const file = path.join(folder, String(index), 'program.mjs');
    mkdirSync(path.dirname(file));
    const { code: plain } = transformSync(code, { loader: 'ts', format: 'esm' });
    writeFileSync(file, plain.replace(/from "unrolled"/g, `from '${pathToFileURL(FACE)}'`));
    return file;
  });
  const { stdout } = await execute(process.execPath, [
    path.join(__dirname, '..', 'support', 'run-programs.mjs'),
    ...files,
  ]);
  return JSON.parse(stdout);
}

/** The formulas on lines of their own, without words and the stops of the sentence around them. */
function formulasOf(text: string): string[] {
  return Array.from(text.matchAll(/\$\$(.*?)\$\$/gs), ([, formula = '']) =>
    formula.replace(/\\text\{[^}]*\}/g, '').replace(/[.,\s]+$/, ''),
  );
}

/** Relative links and images of a text, without their anchors. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return Array.from(prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g), ([, link = '']) => link).filter(
    (link) => !link.includes('://'),
  );
}

describe('the guide', () => {
  const programs = programsOf('en');
  const translated = programsOf('zh');

  it('has the same chapters in both languages', () => {
    assert.equal(chaptersOf('en').length, 11);
    assert.deepEqual(chaptersOf('zh'), chaptersOf('en'));
  });

  for (const chapter of chaptersOf('en')) {
    it(`has the same headings, figures and formulas in both languages: ${chapter}`, () => {
      const [english, chinese] = LANGUAGES.map((language) => read(language, chapter));
      for (const pattern of [/!\[[^\]]+\]\(([^)]+)\)/g, /^(#+) /gm]) {
        const all = [english, chinese].map((text = '') => Array.from(text.matchAll(pattern), ([, found]) => found));
        assert.deepEqual(all[1], all[0]);
      }
      assert.deepEqual(formulasOf(chinese ?? ''), formulasOf(english ?? ''));
    });
  }

  it('quotes an output behind every program', () => {
    for (const language of LANGUAGES) {
      const blocks = chaptersOf(language).flatMap((chapter) => [...read(language, chapter).matchAll(/^```ts$/gm)]);
      assert.equal(blocks.length, programsOf(language).length);
    }
    assert.ok(programs.length > 20);
  });

  it('has the same programs and outputs in both languages, but for comments', () => {
    assert.deepEqual(
      translated.map(({ code, ...rest }) => ({ ...rest, code: bare(code) })),
      programs.map(({ code, ...rest }) => ({ ...rest, code: bare(code) })),
    );
  });

  it('has the figures that npm run figures draws', async () => {
    const { GUIDE_FIGURES } = await import(pathToFileURL(path.join(ROOT, 'scripts', 'guide-figures.mjs')).href);
    assert.deepEqual(Object.keys(GUIDE_FIGURES), ['sums-to-network.svg', 'hello-unrolled.svg']);
    for (const [name, draw] of Object.entries(GUIDE_FIGURES) as [string, () => string][]) {
      assert.equal(readFileSync(path.join(FIGURES, name), 'utf8'), draw());
    }
  });

  for (const language of LANGUAGES) {
    it(`links only to files that are there (${language})`, () => {
      for (const chapter of chaptersOf(language)) {
        for (const link of linksOf(read(language, chapter))) {
          assert.ok(existsSync(path.resolve(GUIDE, language, link)), `${chapter} links to ${link}`);
        }
      }
    });
  }

  describe('its programs', () => {
    let folder = '';
    let results: Result[] = [];

    before(async function () {
      this.timeout(120_000);
      if (!existsSync(FACE)) this.skip();
      folder = mkdtempSync(path.join(tmpdir(), 'unrolled-guide-'));
      results = await run(programs, folder);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it('have no errors of type', async () => {
      for (const [index, { code }] of programs.entries()) writeFileSync(path.join(folder, `${index}.mts`), code);
      const compilerOptions = {
        ...{ strict: true, noEmit: true, skipLibCheck: true, target: 'es2022', lib: ['es2023', 'esnext.disposable'] },
        ...{ module: 'nodenext', types: ['node'], typeRoots: [path.join(ROOT, 'node_modules', '@types')] },
        paths: { unrolled: [path.join(ROOT, 'lib', 'index.d.mts')] },
      };
      writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
      const compiler = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
      const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
      assert.equal(status, 0, stdout);
    });

    for (const [index, { name, quoted, varies }] of programs.entries()) {
      it(`print what the text quotes: ${name}`, () => {
        const { output, error } = results[index] as Result;
        assert.equal(error, undefined);
        if (varies) assert.notEqual(output.trim(), '');
        else assert.equal(output, quoted);
      });
    }

    it('draw the figure that the text shows', () => {
      const drawn = programs.flatMap((_, index) => {
        const own = path.join(folder, String(index));
        return readdirSync(own)
          .filter((file) => file.endsWith('.svg'))
          .map((file) => [file, path.join(own, file)] as const);
      });
      assert.deepEqual(
        drawn.map(([file]) => file),
        ['gradient-norms.svg'],
      );
      for (const [file, made] of drawn) {
        assert.equal(readFileSync(made, 'utf8'), readFileSync(path.join(FIGURES, file), 'utf8'));
      }
    });
  });
});
