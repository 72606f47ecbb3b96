/**
 * The TypeScript programs of Markdown pages, run as a reader would run them.
 *
 * A block of `ts` that imports from 'unrolled' begins a program; one that does not goes on with the program before. A
 * comment behind a `console.log(…);` is the line it prints, and must be.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { useFolder } from './folder';

const ROOT = path.resolve(__dirname, '..', '..');
const FACE = path.join(ROOT, 'lib', 'index.mjs');
const TEXT_FACE = path.join(ROOT, 'lib', 'text', 'browser', 'index.mjs');

/** Files that programs may find in their folder. */
const FILES: Readonly<Record<string, string>> = {
  'poems.txt': 'The sun goes down, the moon comes up,\nand all the stars stand still.\n'.repeat(40),
  'reviews/neg/1.txt': 'A dull film, and far too long.',
  'reviews/neg/2.txt': 'Bad from the first scene to the last one.',
  'reviews/neg/3.txt': 'The worst I have seen this year!',
  'reviews/pos/1.txt': 'A lovely film, and not a minute too long.',
  'reviews/pos/2.txt': 'Good from the first scene to the last one.',
  'reviews/pos/3.txt': 'The best I have seen this year!',
  'glove.6B.100d.txt': ['film', 'good', 'bad']
    .map((word, at) => `${word} ${Array.from({ length: 100 }, (_, i) => ((at + i) % 7) / 10).join(' ')}\n`)
    .join(''),
};

/** The programs of a page. */
export function programsOf(page: string): string[] {
  const programs: string[] = [];
  for (const [, block = ''] of readFileSync(path.join(ROOT, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)) {
    const isContinued = programs.length > 0 && !/from 'unrolled'/.test(block);
    if (isContinued) programs[programs.length - 1] += block;
    else programs.push(block);
  }
  return programs;
}

/** The lines that a program says it prints. */
function promised(program: string): string[] {
  return [...program.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line = '']) => line);
}

/** Looks whether each line is among those printed, in their order. */
function requireLines(stdout: string, lines: readonly string[]): void {
  const printed = stdout.split('\n');
  let next = 0;
  for (const line of lines) {
    const at = printed.indexOf(line, next);
    assert.notEqual(at, -1, `it does not print ${JSON.stringify(line)}; what it prints is\n${stdout}`);
    next = at + 1;
  }
}

function writeFiles(at: (...segments: string[]) => string): void {
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), content);
  }
}

/** Stands before what each program prints. */
const MARK = '\u0000program ';

/** A module that runs others one after another, each behind its mark. */
function runner(modules: readonly string[]): string {
  return modules
    .map((module) => `console.log(${JSON.stringify(MARK)});\nawait import(${JSON.stringify(`./${module}`)});\n`)
    .join('');
}

/**
 * A test that runs the programs of a page, one after another in one process and one folder, so that one finds the files
 * of those before. `shortened` makes a program quick that is long for its reader's sake.
 */
export function testPrograms(page: string, shortened: (program: string) => string = (program) => program): void {
  describe(page, () => {
    const at = useFolder();

    it('has programs that run', async function () {
      if (!existsSync(FACE)) this.skip();
      writeFiles(at);
      const programs = programsOf(page);
      const modules: string[] = [];
      for (const [index, program] of programs.entries()) {
        const source = shortened(program)
          .replace(/from 'unrolled'/g, `from '${pathToFileURL(FACE)}'`)
          .replace(/from 'unrolled\/text'/g, `from '${pathToFileURL(TEXT_FACE)}'`);
        const { code } = await transform(source, { loader: 'ts', target: 'es2022', tsconfigRaw: {} });
        modules.push(`program-${index + 1}.mjs`);
        writeFileSync(at(`program-${index + 1}.mjs`), code);
      }
      writeFileSync(at('run.mjs'), runner(modules));
      const { stdout } = await promisify(execFile)(process.execPath, ['run.mjs'], { cwd: at() });
      const outputs = stdout.split(MARK).slice(1);
      assert.equal(outputs.length, programs.length);
      for (const [index, program] of programs.entries()) {
        const output = (outputs[index] as string).trimStart();
        assert.notEqual(output, '', `program ${index + 1} prints nothing`);
        requireLines(output, promised(program));
      }
    }).timeout(60_000);
  });
}

/**
 * What the type-checker says of programs, nothing where all are right.
 * @param folder an empty one, which is filled.
 */
export async function typeFaults(programs: ReadonlyMap<string, string>, folder: string): Promise<string> {
  for (const [name, program] of programs) writeFileSync(path.join(folder, `${name}.mts`), program);
  const options = {
    extends: path.join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      ...{ rootDir: '/', noEmit: true, declaration: false, typeRoots: [path.join(ROOT, 'node_modules', '@types')] },
      // A page may show a value and do nothing with it.
      ...{ noUnusedLocals: false, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
      paths: {
        unrolled: [path.join(ROOT, 'lib', 'index.d.mts')],
        'unrolled/text': [path.join(ROOT, 'lib', 'text', 'browser', 'index.d.mts')],
      },
    },
    include: ['*.mts'],
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
  const compiler = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const run = promisify(execFile)(process.execPath, [compiler, '--project', folder, '--pretty', 'false']);
  return run.then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
}
