/** The parts of the page, as HTML. Charts are empty frames that the page's script fills. */

import { confusionTables } from './confusion';
import { formatNumber, formatSeconds } from './display';
import { showShape } from './figure/graph';
import { figure } from './figure/model-figure';
import { escapeText } from './html';
import type { ChartData, PageData, StepChartData } from './page-types';
import type { ReportModel, ReportNeighbours, ReportRecord, ReportTable } from './record';

/** A part of the page with a heading. */
interface Section {
  id: string;
  title: string;
  body: string;
  /** It takes half of a wide page, beside another of its kind. */
  isHalf?: boolean;
}

function tile(name: string, value: string, unit = ''): string {
  return `<div class="tile"><dt>${escapeText(name)}</dt><dd>${escapeText(value)}${unit === '' ? '' : ` <small>${escapeText(unit)}</small>`}</dd></div>`;
}

/** The figures one looks for first. */
export function tiles({ history = [], keptEpoch, model }: ReportRecord): string {
  const last = history.at(-1);
  const shown: string[] = [];
  const finite = (values: (number | undefined)[]) => values.filter((value) => Number.isFinite(value)) as number[];
  const validation = finite(history.map((epoch) => epoch.validationLoss));
  const accuracy = finite(history.map((epoch) => epoch.validationAccuracy));
  if (validation.length > 0) {
    const best = Math.min(...validation);
    const epoch = history.find((each) => each.validationLoss === best)?.epoch ?? 0;
    shown.push(tile('Best validation loss', formatNumber(best), `nats, epoch ${epoch + 1}`));
  }
  if (accuracy.length > 0)
    shown.push(tile('Best validation accuracy', `${formatNumber(Math.max(...accuracy) * 100)} %`));
  if (keptEpoch !== undefined) {
    const all = last === undefined ? '' : `of ${Math.max(last.epoch, keptEpoch) + 1}`;
    shown.push(tile('Weights kept', `epoch ${keptEpoch + 1}`, all));
  }
  if (last !== undefined) {
    shown.push(tile('Last training loss', formatNumber(last.loss), 'nats'));
    shown.push(
      tile('Steps', formatNumber(last.step + 1), `in ${history.length} epoch${history.length === 1 ? '' : 's'}`),
    );
  }
  if (model !== undefined) {
    shown.push(tile('Parameters', formatNumber(model.layers.reduce((total, layer) => total + layer.parameters, 0))));
  }
  const speeds = finite(history.map((epoch) => epoch.tokensPerSecond)).sort((a, b) => a - b);
  if (speeds.length > 0) shown.push(tile('Median speed', formatNumber(speeds[speeds.length >> 1]), 'tokens/s'));
  if (last?.seconds !== undefined && Number.isFinite(last.seconds))
    shown.push(tile('Time', formatSeconds(last.seconds)));
  return shown.length === 0 ? '' : `<dl class="tiles">${shown.join('')}</dl>`;
}

function logarithmicToggle({ logarithmic }: Pick<ChartData, 'logarithmic'>): string {
  if (logarithmic === undefined) return '';
  return `<label class="switch"><input type="checkbox" data-log${logarithmic === 'initial' ? ' checked' : ''}> log scale</label>`;
}

function chartCard(chart: ChartData | StepChartData, controls: string, note = ''): string {
  const title = escapeText(chart.title);
  const unit = chart.yLabel === '' ? '' : ` <small>${escapeText(chart.yLabel)}</small>`;
  return (
    `<figure class="card chart" id="chart-${chart.id}"><figcaption><h3>${title}${unit}</h3><div class="controls">${controls}</div></figcaption>` +
    `<div class="plot" tabindex="0" role="img" aria-label="${title}. Left and right arrow keys read the values."></div>` +
    `<p class="spoken" aria-live="polite"></p><div class="keys" role="group" aria-label="Curves of ${title}"></div>${note}</figure>`
  );
}

function stepCard(chart: StepChartData): string {
  // The learning rate has no noise.
  const isSmooth = chart.id === 'step-learning-rate';
  const weight = isSmooth ? '0.00' : chart.start.length > 300 ? '0.90' : '0.60';
  const smoothing = `<label class="slider"${isSmooth ? ' hidden' : ''}>smoothing <input type="range" data-smoothing min="0" max="0.99" step="0.01" value="${weight}"><output>${weight}</output></label>`;
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
  const note = notes.length === 0 ? '' : `<p class="note">${notes.join(' ')}</p>`;
  return chartCard(chart, smoothing + logarithmicToggle(chart), note);
}

function epochCard(chart: ChartData): string {
  return chartCard(chart, logarithmicToggle(chart));
}

/** What one looks at first comes first and larger, each step's curve beside the epochs'. */
const MAJOR = ['loss', 'step-loss', 'accuracy', 'gradient-norm', 'step-gradient-norm'];
const MINOR = ['learning-rate', 'step-learning-rate', 'speed'];

function trainingSection({ charts: all, stepCharts }: PageData): Section[] {
  const epochs = all.filter(({ group }) => group === 'epochs');
  if (epochs.length + stepCharts.length === 0) return [];
  const hint =
    '<p class="note">Point at a curve to read it, drag to zoom in, double-click to zoom out, and click a name to hide its curve.</p>';
  const cards = new Map([
    ...epochs.map((chart) => [chart.id, epochCard(chart)] as const),
    ...stepCharts.map((chart) => [chart.id, stepCard(chart)] as const),
  ]);
  const grid = (kind: string, ids: readonly string[]) => {
    const shown = ids.map((id) => cards.get(id) ?? '').join('');
    return shown === '' ? '' : `<div class="${kind}">${shown}</div>`;
  };
  const body = grid('grid', MAJOR) + grid('minor', MINOR) + hint;
  return [{ id: 'training', title: 'Training', body }];
}

function samplesSection({ samples }: PageData): Section[] {
  if (samples.length === 0) return [];
  const last = samples.length - 1;
  const slider =
    last === 0
      ? ''
      : `<button type="button" data-previous aria-label="Earlier sample">‹</button><input type="range" min="0" max="${last}" value="${last}" step="1" aria-label="Epoch of the sample"><button type="button" data-next aria-label="Later sample">›</button>`;
  const body = `<div class="card" id="sample-view"><div class="controls">${slider}<output></output></div><pre dir="auto" tabindex="0" aria-label="Sample"></pre></div>`;
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
    '<span class="scale" aria-hidden="true"><span data-low></span><i></i><span data-high></span></span></div>' +
    '<div class="tokens" dir="auto" tabindex="0" role="group" aria-label="The text, coloured by the unit. Left and right arrow keys change the unit."></div>' +
    '<p class="note" data-value aria-live="polite">Point at a token to read its value.</p></div>';
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
      const items = neighbours
        .map((near) => `<li><bdi>${escapeText(near.word)}</bdi> <small>${formatNumber(near.distance)}</small></li>`)
        .join('');
      return `<div class="neighbours"><h4><bdi>${escapeText(word)}</bdi></h4><ol>${items}</ol></div>`;
    })
    .join('');
}

function neighboursSection({ neighbours }: ReportRecord): Section[] {
  if (neighbours === undefined || neighbours.words.length + neighbours.lists.length === 0) return [];
  const map =
    neighbours.words.length === 0
      ? ''
      : '<div class="card" id="neighbour-map"><div class="keys"></div><div class="map"></div><p class="note" aria-live="polite">Point at a word, or step to it with the tab key, to see its neighbours.</p></div>';
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
    `<div class="drawing" data-drawing="folded">${figure(model, false, false)}</div><div class="drawing" data-drawing="unrolled" hidden>${figure(model, true, false)}</div></div>` +
    `<div class="card scroll">${description}<table><thead><tr><th scope="col">layer</th><th scope="col">type</th><th scope="col">output</th><th scope="col">states</th><th scope="col" class="number">parameters</th></tr></thead>` +
    `<tbody>${layerRows(model)}</tbody><tfoot><tr><th scope="row" colspan="4">all</th><td class="number">${total}</td></tr></tfoot></table></div></div>`;
  return [{ id: 'model', title: 'The model', body }];
}

function table({ title, columns, rows }: ReportTable): string {
  const isNumber = columns.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const kind = (column: number) => (isNumber[column] === true ? ' class="number"' : '');
  const show = (cell: string | number) => escapeText(typeof cell === 'number' ? formatNumber(cell) : cell);
  const head = columns.map((column, index) => `<th scope="col"${kind(index)}>${escapeText(column)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${row.map((cell, index) => `<td${kind(index)}>${show(cell)}</td>`).join('')}</tr>`)
    .join('');
  return `<div class="card scroll"><table><caption>${escapeText(title)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function tablesSection({ tables = [] }: ReportRecord): Section[] {
  return tables.length === 0 ? [] : [{ id: 'tables', title: 'Tables', body: tables.map(table).join('') }];
}

/** The sections that the record has anything for, in the order of the page. */
export function sections(record: ReportRecord, data: PageData): Section[] {
  return [
    ...trainingSection(data),
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
