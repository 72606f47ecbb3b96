/**
 * What the package adds to the start of a program, in processor time beside Node.js alone, which is the first row.
 *
 *   node --import tsx bench/start-up.ts [--rounds 21] [--beside FOLDER]
 *
 * All processes take turns, and the median of the rounds' ratios is printed. `--beside` is the folder of another build of
 * the package, whose processes take turns with this one's.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './workload';

/** A program: the arguments of Node.js, for the package in a folder. */
interface Program {
  what: string;
  /** `other` is the folder of a package of one line. */
  words: (home: string, other: string) => readonly string[];
}

function importing(file: string): readonly string[] {
  return ['--input-type=module', '-e', `import ${JSON.stringify(pathToFileURL(file).href)};`];
}

const load = (home: string) => `const unrolled = require(${JSON.stringify(home)});`;

const PROGRAMS: readonly Program[] = [
  { what: "`require('unrolled')`", words: (home) => ['-e', load(home)] },
  {
    what: 'and `Model.create`',
    words: (home) => [
      '-e',
      `${load(home)}
      const { embedding, gru, dense } = unrolled.layers;
      unrolled.Model.create({ input: { kind: 'ids', vocabulary: 10 }, layers: [embedding(16), gru(32), dense(10)] });`,
    ],
  },
  {
    what: 'and `Corpus.fromText`, `LanguageModel.create`',
    words: (home) => [
      '-e',
      `${load(home)}
      const { vocabulary } = unrolled.Corpus.fromText('hello world');
      unrolled.LanguageModel.create({ vocabulary, cell: 'gru', hidden: 32 });`,
    ],
  },
  { what: "`import 'unrolled'`", words: (home) => importing(path.join(home, 'lib', 'index.mjs')) },
  { what: 'an import of another package, of one line', words: (_, other) => importing(path.join(other, 'face.mjs')) },
  { what: '`unrolled --help`', words: (home) => [path.join(home, 'lib', 'cli', 'main.js'), '--help'] },
  { what: '`unrolled train --help`', words: (home) => [path.join(home, 'lib', 'cli', 'main.js'), 'train', '--help'] },
];

/** Has a process write the processor time it has taken, of all its threads, as its last line. */
const METER = `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  require('node:fs').writeSync(2, '\\n' + (user + system) / 1000);
});`;

/** Processor time of a process in milliseconds. */
function cost(meter: string, words: readonly string[]): number {
  const { status, stderr } = spawnSync(process.execPath, ['--require', meter, ...words], { encoding: 'utf8' });
  const milliseconds = Number(stderr.split('\n').at(-1));
  if (status === 0 && milliseconds > 0) return milliseconds;
  throw new Error(`${words.join(' ')} ended with ${status}:\n${stderr}`);
}

/** A median as a share of the bare start: 0.4 is two fifths of what Node.js takes itself. */
function share(values: readonly number[]): string {
  return median([...values]).toFixed(2);
}

function main(): void {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '21' }, beside: { type: 'string' } } });
  const homes = [path.resolve(__dirname, '..'), ...(values.beside === undefined ? [] : [path.resolve(values.beside)])];
  const folder = mkdtempSync(path.join(tmpdir(), 'unrolled-bench-'));
  try {
    const meter = path.join(folder, 'meter.cjs');
    writeFileSync(meter, METER);
    writeFileSync(path.join(folder, 'index.cjs'), 'exports.name = 1;\n');
    writeFileSync(path.join(folder, 'face.mjs'), "export { name } from './index.cjs';\n");
    const bare: number[] = [];
    const times = PROGRAMS.map(() => homes.map((): number[] => []));
    const shares = PROGRAMS.map(() => homes.map((): number[] => []));
    for (let round = 0; round < Number(values.rounds); round++) {
      const alone = cost(meter, ['-e', '0']);
      bare.push(alone);
      for (const [row, { words }] of PROGRAMS.entries()) {
        for (const [column, home] of homes.entries()) {
          const time = cost(meter, words(home, folder));
          times[row]?.[column]?.push(time);
          shares[row]?.[column]?.push(time / alone - 1);
        }
      }
    }
    const beside = homes.length > 1 ? [' ms | added there |', '---|---|'] : ['', ''];
    console.log(`| | ms | added |${beside[0]}\n|---|---|---|${beside[1]}`);
    const blanks = homes.length > 1 ? ' | |' : '';
    console.log(`| Node.js ${process.versions.node} alone | ${median(bare).toFixed(0)} | |${blanks}`);
    for (const [row, { what }] of PROGRAMS.entries()) {
      const cells = homes.map((_, column) => {
        const time = median([...(times[row]?.[column] ?? [])]).toFixed(0);
        return `${time} | ${share(shares[row]?.[column] ?? [])} |`;
      });
      console.log(`| ${what} | ${cells.join(' ')}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
