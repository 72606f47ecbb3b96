/** The results as one drawing that needs nothing beside itself: times the peer, and the fraction of the GEMM. */

import { writeFileSync } from 'node:fs';
import { escapeText } from '../src/report/html';
import { describe, type Machine } from './machine';
import { formatRatio, type Result } from './result';

/** One bar; `asked` is a mark across it. */
interface Bar {
  value: number | undefined;
  asked?: number;
  /** Where there is no value. */
  reason?: string;
}

interface Row {
  label: string;
  detail: string;
  times: Bar;
  ofMachine?: Bar;
}

/** From a value to pixels within a panel. */
type Scale = (value: number) => number;

const ROW = 40;
const TOP = 78;
const LABEL = 330;
const GAP = 96;
const PANEL = { times: 360, ofMachine: 200 };
const LEFT = { times: LABEL, ofMachine: LABEL + PANEL.times + GAP };
const WIDTH = LEFT.ofMachine + PANEL.ofMachine + GAP;

const STYLE = [
  ':root{color-scheme:light dark;--paper:#fff;--ink:#1b2330;--soft:#5b6675;--line:#d5dae1;--bar:#0067a8;--short:#c2570c;--plain:#7d8998}',
  '@media(prefers-color-scheme:dark){:root{--paper:#12171e;--ink:#e8ecf2;--soft:#9aa6b5;--line:#333d4a;--bar:#6cbcf5;--short:#f2a154;--plain:#727f8e}}',
  'svg,body{background:var(--paper)}text{font-family:system-ui,sans-serif;font-size:13px;fill:var(--ink)}',
  '.title{font-size:16px;font-weight:600}.soft{fill:var(--soft);font-size:11.5px}.grid{stroke:var(--line)}',
  '.bar{fill:var(--bar)}.short{fill:var(--short)}.plain{fill:var(--plain)}.asked{stroke:var(--ink);stroke-width:2.5}',
].join('');

function text(x: number, y: number, words: string, className = '', anchor = 'start'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${className}" text-anchor="${anchor}">${escapeText(words)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" class="${className}"/>`;
}

function rowsOf(results: readonly Result[]): Row[] {
  return results.flatMap(({ name, title, peerName, absent, timesPeer, ofMachine, asked, extras }) => [
    {
      label: `${name}  ${title}`,
      detail: `beside ${peerName}`,
      times: { value: timesPeer, asked: asked.timesPeer, ...(absent !== undefined && { reason: absent }) },
      ...(asked.ofMachine !== undefined && { ofMachine: { value: ofMachine, asked: asked.ofMachine } }),
    },
    ...extras.map((extra) => ({
      label: '',
      detail: `${name} beside ${extra.name}`,
      times: { value: extra.times, reason: extra.cannot === undefined ? extra.absent! : `cannot: ${extra.cannot}` },
    })),
  ]);
}

/** Orange falls short of what is asked; the number and the mark say it too. */
function drawBar({ value, asked, reason }: Bar, left: number, y: number, scale: Scale): string {
  if (value === undefined) return text(left + 6, y + 15, reason ?? '–', 'soft');
  const kind = asked === undefined ? 'plain' : value >= asked ? 'bar' : 'short';
  const width = Math.max(1, scale(value));
  const mark = asked === undefined ? '' : line(left + scale(asked), y - 3, left + scale(asked), y + 23, 'asked');
  const note = asked === undefined ? '' : `, asked ${asked}`;
  const end = Math.max(width, asked === undefined ? 0 : scale(asked));
  return (
    `<rect x="${left}" y="${y}" width="${width.toFixed(1)}" height="20" rx="2" class="${kind}"/>` +
    `${mark}${text(left + end + 8, y + 15, `${formatRatio(value)}${note}`, 'soft')}`
  );
}

/** Marks of a panel, with a line down through all rows for each. */
function drawAxis(title: string, ticks: readonly number[], left: number, bottom: number, scale: Scale): string {
  const marks = ticks.map((tick) => {
    const x = left + scale(tick);
    return line(x, TOP - 4, x, bottom, 'grid') + text(x, TOP - 10, String(tick), 'soft', 'middle');
  });
  return text(left, TOP - 30, title) + marks.join('');
}

export function toSvg(machine: Machine, results: readonly Result[]): string {
  const rows = rowsOf(results);
  const bottom = TOP + rows.length * ROW;
  const values = rows.flatMap(({ times }) => [times.value ?? 1, times.asked ?? 1]);
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...values))));
  const [least, most] = [Math.log10(0.5), decades];
  const times: Scale = (value) => (PANEL.times * Math.max(0, Math.log10(value) - least)) / (most - least);
  const ofMachine: Scale = (value) => (PANEL.ofMachine * Math.min(value, 1.2)) / 1.2;
  const bars = rows.map((row, index) => {
    const y = TOP + index * ROW + 8;
    return [
      row.label === '' ? '' : text(12, y + 8, row.label),
      text(12, y + (row.label === '' ? 15 : 23), row.detail, 'soft'),
      drawBar(row.times, LEFT.times, y, times),
      row.ofMachine === undefined ? '' : drawBar(row.ofMachine, LEFT.ofMachine, y, ofMachine),
    ].join('');
  });
  const timesTicks = Array.from({ length: decades + 1 }, (_, decade) => 10 ** decade);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 16}" width="${WIDTH}" height="${bottom + 16}"`,
    ` role="img" aria-label="Training speed beside the peers"><style>${STYLE}</style>`,
    text(12, 22, 'Training speed beside the peers', 'title'),
    text(LABEL, 22, describe(machine), 'soft'),
    drawAxis('times the peer (each mark ten times the last)', timesTicks, LEFT.times, bottom, times),
    drawAxis('of the machine’s matrix product', [0, 0.5, 1], LEFT.ofMachine, bottom, ofMachine),
    ...bars,
    '</svg>',
  ].join('');
}

/** @param file ends in .svg, or in .html for a page around the same drawing. */
export function writeChart(file: string, machine: Machine, results: readonly Result[]): void {
  const svg = toSvg(machine, results);
  const head =
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>unrolled: training speed</title>';
  // The drawing is wide: it scrolls by itself, by the keyboard too.
  const drawing = `<h1 style="position:absolute;clip-path:inset(50%)">Training speed</h1><div style="overflow-x:auto" tabindex="0" role="group" aria-label="Training speed beside the peers">${svg}</div>`;
  const page = `<!doctype html>\n<html lang="en"><head>${head}</head><body style="margin:0;print-color-adjust:exact"><main>${drawing}</main></body></html>`;
  writeFileSync(file, `${/\.html$/i.test(file) ? page : svg}\n`);
}
