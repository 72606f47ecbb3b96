/** The table on the console. */

import { describeExtra, formatRatio, formatSpeed, met, type Result } from './result';

const WIDTHS = [11, 40, 18, 28, 16, 16, 5];

function printRow(cells: readonly string[]): void {
  const padded = cells.map((cell, column) =>
    column < 2 ? cell.padEnd(WIDTHS[column]!) : cell.padStart(WIDTHS[column] ?? 12),
  );
  console.log(padded.join('  ').trimEnd());
}

/** @param threads the numbers of threads; a column for each beside the first. */
export function printHeading(threads: readonly number[]): void {
  const [first, ...more] = threads;
  const columns = more.map((number) => `${number} thr. / ${first}`);
  printRow(['', '', 'unrolled', 'peer', 'times (asked)', 'of GEMM (asked)', 'met', ...columns]);
}

export function printResult(result: Result): void {
  const { name, title, unit, ours, peerName, peer, absent, timesPeer, ofMachine, asked, extras, notes } = result;
  printRow([
    name,
    title,
    formatSpeed(ours, unit),
    peer === undefined ? (absent ?? '') : `${peerName} ${formatSpeed(peer, unit)}`,
    `${formatRatio(timesPeer)} (${asked.timesPeer})`,
    asked.ofMachine === undefined ? '' : `${formatRatio(ofMachine)} (${asked.ofMachine})`,
    met(result),
    ...result.timesFirstThreads.map((times) => formatRatio(times)),
  ]);
  for (const line of [...extras.map((extra) => describeExtra(extra, unit)), ...notes]) printRow(['', line]);
}
