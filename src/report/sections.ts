/** The parts of the page, as HTML. Charts are empty frames that the page's script fills. */

import { showShape } from '../tensor/shape-text';
import { confusionTables } from './confusion';
import { firstShown, formatNumber, formatNumbers, sampleName } from './display';
import { epochTable } from './epoch-table';
import { figure } from './figure/model-figure';
import { escapeText, scrollable } from './html';
import type { ChartData, PageData, StepChartData } from './page-types';
import type { ReportModel, ReportNeighbours, ReportRecord, ReportTable } from './record';

/** A part of the page with a heading. */
interface Section {
  id: string;
  title: string;
  body: string;
  /** It takes half of a wide page, next to another half. */
  isHalf?: boolean;
}

function logarithmicToggle({ logarithmic }: Pick<ChartData, 'logarithmic'>): string {
  if (logarithmic === undefined) return '';
  return `<label class="switch"><input type="checkbox" data-log${logarithmic === 'initial' ? ' checked' : ''}> log scale</label>`;
}

function chartCard(chart: ChartData | StepChartData, controls: string, note = ''): string {
  const title = escapeText(chart.title);
  const unit = chart.yLabel === '' ? '' : ` <small>${escapeText(chart.yLabel)}</small>`;
  const below = note === '' ? '' : `<p class="note">${escapeText(note)}</p>`;
  const mark =
    'mark' in chart && chart.mark !== undefined ? ` A line marks what was ${escapeText(chart.mark.label)}.` : '';
  return (
    `<figure class="card chart" id="chart-${chart.id}"><figcaption><h3>${title}${unit}</h3><div class="controls">${controls}</div></figcaption>` +
    `<div class="plot" tabindex="0" role="img" aria-label="${title}. Left and right arrow keys read the values.${mark}"></div>` +
    `<p class="spoken" aria-live="polite"></p><div class="keys" role="group" aria-label="Curves of ${title}"></div>${below}</figure>`
  );
}

/** Widths of the smoothing, as buckets on each side. */
export const SMOOTHINGS = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500];

/** The page's script shows how many steps a position of the slider smooths over. */
function smoothingSlider({ smoothing, start }: StepChartData): string {
  if (smoothing === undefined) return '';
  const offered = SMOOTHINGS.filter((half) => half === 0 || half <= start.length / 2);
  const first = Math.max(
    offered.findLastIndex((half) => half <= smoothing),
    0,
  );
  return `<label class="slider">smoothed over <input type="range" data-smoothing="${offered.join(' ')}" min="0" max="${offered.length - 1}" step="1" value="${first}"><output></output></label>`;
}

function stepCard(chart: StepChartData): string {
  const notes = [
    ...(chart.width > 1
      ? [
          `Each point stands for ${formatNumber(chart.width)} steps; the band reaches from their smallest to their largest value.`,
        ]
      : []),
    ...(chart.gaps > 0
      ? [`${formatNumber(chart.gaps)} step${chart.gaps === 1 ? ' has' : 's have'} no finite value.`]
      : []),
  ];
  return chartCard(chart, smoothingSlider(chart) + logarithmicToggle(chart), notes.join(' '));
}

function epochCard(chart: ChartData): string {
  return chartCard(chart, logarithmicToggle(chart), chart.note);
}

/** The most important charts come first and are larger; the curve of each step is next to that of the epochs. */
const MAJOR = ['loss', 'step-loss', 'accuracy', 'gradient-norm', 'step-gradient-norm'];
const MINOR = ['learning-rate', 'step-learning-rate', 'speed'];

function trainingSection(record: ReportRecord, { charts: all, stepCharts }: PageData): Section[] {
  const epochs = all.filter(({ group }) => group === 'epochs');
  if (epochs.length + stepCharts.length === 0) return [];
  const hint =
    '<p class="note scripted">Point at a curve to read it, drag to zoom in, double-click to zoom out, and click a name to hide its curve.</p>';
  const cards = new Map([
    ...epochs.map((chart) => [chart.id, epochCard(chart)] as const),
    ...stepCharts.map((chart) => [chart.id, stepCard(chart)] as const),
  ]);
  const grid = (kind: string, ids: readonly string[]) => {
    const shown = ids.map((id) => cards.get(id) ?? '').join('');
    return shown === '' ? '' : `<div class="${kind}">${shown}</div>`;
  };
  const body = grid('grid', MAJOR) + grid('minor', MINOR) + hint + epochTable(record);
  return [{ id: 'training', title: 'Training', body }];
}

function samplesSection({ samples }: PageData): Section[] {
  const first = firstShown(samples);
  const shown = samples[first];
  if (shown === undefined) return [];
  const most = samples.length - 1;
  const slider =
    most === 0
      ? ''
      : `<button type="button" data-previous aria-label="Earlier sample">‹</button><input type="range" min="0" max="${most}" value="${first}" step="1" aria-label="Epoch of the sample"><button type="button" data-next aria-label="Later sample">›</button>`;
  // The page's script shows one of them at a time.
  const others = samples.toSpliced(first, 1).map((sample) => {
    const text = `<pre dir="auto">${escapeText(sample.text)}</pre>`;
    return `<p class="note">${escapeText(sampleName(sample))}</p>${text}`;
  });
  const unscripted = others.length === 0 ? '' : `<noscript>${others.join('')}</noscript>`;
  const body =
    `<div class="card" id="sample-view"><div class="controls">${slider}<output>${escapeText(sampleName(shown))}</output></div>` +
    `<pre dir="auto" tabindex="0" role="group" aria-label="Sample">${escapeText(shown.text)}</pre>${unscripted}</div>`;
  return [{ id: 'samples', title: 'What it wrote', body, isHalf: true }];
}

function confusionSection({ confusions = [] }: ReportRecord): Section[] {
  const shown = confusions.filter(({ classNames }) => classNames.length > 0);
  return shown.length === 0 ? [] : [{ id: 'classes', title: 'Classes', body: shown.map(confusionTables).join('') }];
}

function activationsSection({ activations }: PageData): Section[] {
  const [first] = activations;
  if (first === undefined) return [];
  const layers = activations
    .map(({ layer }, index) => `<option value="${index}">${escapeText(layer)}</option>`)
    .join('');
  const body =
    '<div class="card" id="activation-view"><div class="controls">' +
    `<label${activations.length === 1 ? ' hidden' : ''}>layer <select data-layer>${layers}</select></label>` +
    '<button type="button" data-previous aria-label="Previous unit">‹</button>' +
    `<label>unit <input type="number" data-unit min="0" max="${first.units - 1}" step="1" value="0"></label>` +
    '<button type="button" data-next aria-label="Next unit">›</button>' +
    '<button type="button" data-liveliest>liveliest</button>' +
    '<span class="printed" aria-hidden="true" data-printed></span><span class="scale" aria-hidden="true"><span data-low></span><i></i><span data-high></span></span></div>' +
    '<div class="tokens" dir="auto" tabindex="0" role="group" aria-label="The text, coloured by the unit. Left and right arrow keys change the unit.">' +
    `${first.tokens.map(escapeText).join('')}</div>` +
    '<p class="note scripted" data-value aria-live="polite">Point at a token to read its value.</p></div>';
  return [{ id: 'activations', title: 'One hidden unit over a text', body, isHalf: true }];
}

function gradientSection({ charts: all }: PageData): Section[] {
  const chart = all.filter(({ id }) => id === 'gradient-by-step');
  if (chart.length === 0) return [];
  const note =
    '<p class="note">The norm of the loss’s gradient by the state after each time step. A curve that falls to the left is a vanishing gradient, one that rises an exploding one.</p>';
  return [
    {
      id: 'gradient',
      title: 'The gradient through time',
      body: `<div class="grid">${chart.map(epochCard).join('')}</div>${note}`,
    },
  ];
}

function comparisonSection({ charts: all }: PageData): Section[] {
  const which = all.filter(({ id }) => id.startsWith('comparison-'));
  if (which.length === 0) return [];
  const body = which.map(epochCard).join('');
  return [{ id: 'comparisons', title: 'Comparison', body: `<div class="grid">${body}</div>` }];
}

function neighbourLists({ lists }: ReportNeighbours): string {
  return lists
    .map(({ word, neighbours }) => {
      const distances = formatNumbers(neighbours.map(({ distance }) => distance));
      const items = neighbours
        .map(({ word: near }, index) => `<li><bdi>${escapeText(near)}</bdi> <small>${distances[index]}</small></li>`)
        .join('');
      return `<div class="neighbours"><h3><bdi>${escapeText(word)}</bdi></h3><ol>${items}</ol></div>`;
    })
    .join('');
}

function neighboursSection({ neighbours }: ReportRecord): Section[] {
  if (neighbours === undefined || neighbours.words.length + neighbours.lists.length === 0) return [];
  const map =
    neighbours.words.length === 0
      ? ''
      : '<div class="card" id="neighbour-map"><div class="keys"></div><div class="map"></div><p class="note scripted" aria-live="polite">Point at a word, or step to it with the tab key, to see its neighbours.</p></div>';
  const lists = neighbours.lists.length === 0 ? '' : `<div class="card lists">${neighbourLists(neighbours)}</div>`;
  return [{ id: 'neighbours', title: 'Words and their neighbours', body: map + lists }];
}

function layerRows({ inputs, layers }: ReportModel): string {
  const row = (cells: string[]) => `<tr>${cells.join('')}</tr>`;
  const name = (words: string) => `<th scope="row">${escapeText(words)}</th>`;
  const cell = (words: string, kind = '') => `<td${kind}>${escapeText(words)}</td>`;
  return [
    ...inputs.map((input) =>
      row([name(input.name), cell(input.kind), cell(showShape(input.shape), ' class="mono"'), cell(''), cell('')]),
    ),
    ...layers.map(({ name: layer, type, note, stacked = 1, bidirectional, shape, states = [], parameters }) => {
      const kind = `${stacked > 1 ? `${stacked} × ` : ''}${type}${bidirectional === true ? ', both directions' : ''}${note === undefined ? '' : `, ${note}`}`;
      const held = states.map((state) => `${state.name} [B, ${state.features}]`).join('\n');
      return row([
        name(layer),
        cell(kind),
        cell(showShape(shape), ' class="mono"'),
        cell(held, ' class="mono"'),
        cell(parameters.toLocaleString('en'), ' class="number"'),
      ]);
    }),
  ].join('');
}

function modelSection({ model }: ReportRecord): Section[] {
  if (model === undefined) return [];
  const description = model.description === undefined ? '' : `<p>${escapeText(model.description)}</p>`;
  const total = model.layers.reduce((sum, { parameters }) => sum + parameters, 0).toLocaleString('en');
  const body =
    `<div class="${model.inputs.length > 1 ? 'stack' : 'grid'}">` +
    '<div class="card model-figure" id="model-view"><div class="controls" role="group" aria-label="How the model is drawn">' +
    '<button type="button" data-figure="folded" aria-pressed="true">folded</button><button type="button" data-figure="unrolled" aria-pressed="false">unrolled</button></div>' +
    `<div class="drawing" data-drawing="folded" tabindex="0" role="group" aria-label="The model, folded">${figure(model, false, false)}</div><div class="drawing" data-drawing="unrolled" tabindex="0" role="group" aria-label="The model, unrolled" hidden>${figure(model, true, false)}</div></div>` +
    `${scrollable('Layers of the model')}${description}<table><thead><tr><th scope="col">layer</th><th scope="col">type</th><th scope="col">output</th><th scope="col">states</th><th scope="col" class="number">parameters</th></tr></thead>` +
    `<tbody>${layerRows(model)}</tbody><tfoot><tr><th scope="row" colspan="4">all</th><td class="number">${total}</td></tr></tfoot></table></div></div>`;
  return [{ id: 'model', title: 'The model', body }];
}

function table({ title, columns, rows }: ReportTable): string {
  const isNumber = columns.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const kind = (column: number) => (isNumber[column] === true ? ' class="number"' : '');
  const numbers = columns.map((_, column) => {
    const cells = rows.map((row) => row[column]);
    return formatNumbers(cells.map((cell) => (typeof cell === 'number' ? cell : undefined)));
  });
  const show = (cell: string | number, row: number, column: number) =>
    escapeText(typeof cell === 'number' ? (numbers[column]?.[row] as string) : cell);
  const head = columns.map((column, index) => `<th scope="col"${kind(index)}>${escapeText(column)}</th>`).join('');
  const body = rows
    .map(
      (row, at) => `<tr>${row.map((cell, index) => `<td${kind(index)}>${show(cell, at, index)}</td>`).join('')}</tr>`,
    )
    .join('');
  return `${scrollable(`Table: ${title}`)}<table><caption>${escapeText(title)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function tablesSection({ tables = [] }: ReportRecord): Section[] {
  return tables.length === 0 ? [] : [{ id: 'tables', title: 'Tables', body: tables.map(table).join('') }];
}

/** The sections that the record has anything for, in the order of the page. */
export function sections(record: ReportRecord, data: PageData): Section[] {
  return [
    ...trainingSection(record, data),
    ...confusionSection(record),
    ...samplesSection(data),
    ...activationsSection(data),
    ...gradientSection(data),
    ...neighboursSection(record),
    ...comparisonSection(data),
    ...tablesSection(record),
    ...modelSection(record),
  ];
}
