/**
 * `npm run bench`: unrolled and its peers, alternately in one run, as ratios.
 *
 *   npm run bench -- --quick               one short round of everything
 *   npm run bench -- --only W2,W5          these alone; --long takes W11 along, which trains for minutes
 *   npm run bench -- --threads 1,2         a column with our speed on two threads over that on one
 *   npm run bench -- --install-peers       brings TensorFlow.js and brain.js into bench/node_modules
 *   npm run bench -- --rounds 5 --seconds 4 --json FILE --markdown FILE --chart FILE.html|FILE.svg
 *
 * A machine's speed varies from minute to minute, so a ratio is taken between neighbours in time, and the
 * median of the rounds is shown. NumPy runs on one thread, PyTorch on as many as unrolled; a peer that is
 * absent is named. Nothing here passes or fails: what is asked stands beside what was measured.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { info } from '../src';
import { writeChart } from './chart';
import { commandLine, languageModel } from './language-models';
import type { Machine } from './machine';
import { writeMarkdown } from './markdown';
import { parseOptions } from './options';
import { installPeers } from './peers/install';
import type { Result } from './result';
import { systems } from './systems';
import { printHeading, printResult } from './table';
import { timeToLossWorkload } from './time-to-loss';
import { measure, type Workload } from './workload';
import { languageModels } from './workloads';

function select(workloads: readonly Workload[], only: readonly string[] | undefined, long: boolean): Workload[] {
  const names = workloads.map(({ name }) => name);
  const unknown = only?.find((name) => !names.some((each) => each.toUpperCase() === name));
  if (unknown !== undefined) throw new RangeError(`--only knows ${names.join(', ')}, and not ${unknown}.`);
  return workloads.filter((workload) => only?.includes(workload.name.toUpperCase()) ?? (long || !workload.long));
}

function describeMachine(threads: readonly number[]): Machine {
  const [load = 0] = loadavg();
  const { blasCore } = info();
  const processor = cpus()[0]?.model ?? 'unknown processor';
  return {
    processor,
    processors: availableParallelism(),
    blasCore,
    threads: [...threads],
    load,
    node: process.version,
  };
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const { only, long, rounds, seconds, threads, json, markdown, chart } = options;
  if (options.installPeers) await installPeers();
  if (!existsSync(commandLine)) throw new Error('unrolled is not built yet: run "npm run build" first.');
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-bench-'));
  try {
    const [first, last] = await systems(folder);
    const all = [first, ...languageModels.map(languageModel), last, timeToLossWorkload(folder)];
    const selected = select(all, only, long);
    const machine = describeMachine(threads);
    console.log(`${machine.processor}, ${machine.blasCore} kernels, threads: ${threads.join(', ')}`);
    if (machine.load > 0.5)
      console.log(`The machine is busy (load ${machine.load.toFixed(1)}): the figures will say less.`);
    printHeading(threads);
    const results: Result[] = [];
    for (const workload of selected) {
      if (workload.obstacle !== undefined) {
        console.log(`${workload.name} is skipped: ${workload.obstacle}.`);
        continue;
      }
      const result = await measure(workload, rounds, seconds, threads);
      results.push(result);
      printResult(result);
      // After each row, so that a run that is broken off leaves what it has measured.
      if (json !== undefined) {
        writeFileSync(json, `${JSON.stringify({ machine, info: info(), rounds, seconds, results }, null, 2)}\n`);
      }
      if (markdown !== undefined) writeMarkdown(markdown, machine, results);
      if (chart !== undefined) writeChart(chart, machine, results);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
