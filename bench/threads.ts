/**
 * What a second thread gains, by shape: training steps on two threads over those on one, from tiny models to large ones.
 *
 *   node --import tsx bench/threads.ts [--threads 2] [--rounds 3] [--seconds 1]
 *
 * Where a pass is soon over, the core takes one thread whatever it may take, so that no row is below 1 by more than noise.
 * The two take turns, and the median of the rounds' ratios is printed.
 */

import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import { commandLine } from './language-models';
import { median } from './workload';

type Shape = Record<'cell' | 'vocab' | 'embedding' | 'hidden' | 'window' | 'batch', string | number>;

const SHAPES: Shape[] = [
  { cell: 'rnn', vocab: 65, embedding: 16, hidden: 20, window: 25, batch: 1 },
  { cell: 'rnn', vocab: 65, embedding: 64, hidden: 128, window: 50, batch: 1 },
  { cell: 'lstm', vocab: 65, embedding: 64, hidden: 128, window: 50, batch: 1 },
  { cell: 'gru', vocab: 65, embedding: 32, hidden: 64, window: 25, batch: 8 },
  { cell: 'rnn', vocab: 65, embedding: 64, hidden: 128, window: 50, batch: 16 },
  { cell: 'lstm', vocab: 65, embedding: 64, hidden: 256, window: 64, batch: 32 },
  { cell: 'gru', vocab: 65, embedding: 64, hidden: 512, window: 100, batch: 32 },
  { cell: 'lstm', vocab: 8000, embedding: 256, hidden: 512, window: 64, batch: 32 },
];

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
  },
});

/** Tokens per second. */
async function speed(shape: Shape, threads: string): Promise<number> {
  const model = Object.entries(shape).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const run = ['--threads', threads, '--seconds', values.seconds, '--clip-norm', '5', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [commandLine, 'bench', ...model, ...run]);
  return JSON.parse(stdout).tokensPerSecond;
}

async function main(): Promise<void> {
  console.log(
    `| model | window × batch | tokens/s on one thread | times that on ${values.threads} |\n|---|---|---|---|`,
  );
  for (const shape of SHAPES) {
    const single: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const alone = await speed(shape, '1');
      single.push(alone);
      ratios.push((await speed(shape, values.threads)) / alone);
    }
    const { cell, vocab, embedding, hidden, window, batch } = shape;
    const model = `${String(cell).toUpperCase()}, V ${vocab}, E ${embedding}, H ${hidden}`;
    const rate = Math.round(median(single)).toLocaleString('en');
    console.log(`| ${model} | ${window} × ${batch} | ${rate} | ${median(ratios).toFixed(2)} |`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
