/** The results as Markdown: the table of docs/performance.md. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, type Machine } from './machine';
import { describeExtra, formatRatio, formatSpeed, met, type Result } from './result';

const BEGIN = '<!-- `npm run bench -- --markdown` writes from here -->';
const END = '<!-- to here -->';

function bold(text: string, reached: boolean): string {
  return reached ? `**${text}**` : text;
}

/** What is asked and what was measured, of times the peer or of the GEMM; bold where it is reached. */
function pair(asked: number | undefined, measured: number | undefined): [string, string] {
  if (asked === undefined) return ['–', '–'];
  return [String(asked), bold(formatRatio(measured), measured !== undefined && measured >= asked)];
}

function row(result: Result, threads: readonly number[]): string {
  const { name, title, unit, ours, peerName, peer, absent, timesPeer, ofMachine, asked, timesFirstThreads } = result;
  const cells = [
    name,
    title,
    formatSpeed(ours, unit),
    peer === undefined ? (absent ?? '–') : `${peerName} ${formatSpeed(peer, unit)}`,
    ...pair(asked.timesPeer, timesPeer),
    ...pair(asked.ofMachine, ofMachine),
    met(result),
    ...threads.slice(1).map((_, index) => formatRatio(timesFirstThreads[index])),
  ];
  return `| ${cells.join(' | ')} |`;
}

export function toMarkdown(machine: Machine, results: readonly Result[]): string {
  const [first, ...more] = machine.threads;
  const heading = [
    ...['', 'workload', 'unrolled', 'peer', 'asked: times the peer', 'measured', 'asked: of the GEMM', 'measured'],
    ...['met', ...more.map((number) => `${number} threads over ${first}`)],
  ];
  const remarks = results.flatMap(({ name, extras, notes, unit }) => [
    ...extras.map((extra) => `- ${name}, ${describeExtra(extra, unit)}`),
    ...notes.map((note) => `- ${name}, ${note}`),
  ]);
  return [
    `${describe(machine)}.`,
    '',
    `| ${heading.join(' | ')} |`,
    `|${'---|'.repeat(heading.length)}`,
    ...results.map((result) => row(result, machine.threads)),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
  ].join('\n');
}

/** Puts the table between the two marks of a text, or gives the table alone where the text has none. */
export function withTable(text: string, table: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) return `${table}\n`;
  return `${text.slice(0, begin)}${BEGIN}\n\n${table}\n\n${text.slice(end)}`;
}

/** @param file docs/performance.md, whose table is replaced, or a file of the table alone. */
export function writeMarkdown(file: string, machine: Machine, results: readonly Result[]): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  writeFileSync(file, withTable(text, toMarkdown(machine, results)));
}
