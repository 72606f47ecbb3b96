/** One chart: uPlot, with a tooltip, names that hide their curves, a logarithmic scale, and the keyboard. */

import uPlot from 'uplot';
import { formatNumber } from '../display';
import type { Value } from '../page-types';
import { find, make } from './elements';
import { logarithmicMarks, logarithmicRange } from './logarithm';
import { color, onThemeChange } from './theme';

/** A curve as the chart draws it. */
export interface Curve {
  label: string;
  dashed?: boolean;
  /** Number of its colour, from 0; the next free one where absent. */
  color?: number;
  /** Drawn faintly, as what stands behind another curve. */
  isFaint?: boolean;
  /** Not drawn, named or read: the edge of a band. */
  isEdge?: boolean;
}

export interface ChartOptions {
  xLabel: string;
  curves: readonly Curve[];
  /** Pairs of curves with a band between them: upper and lower. */
  bands?: readonly [upper: number, lower: number][];
  /** The y axis begins at 0. */
  fromZero?: boolean;
  /** Charts of one group move their cursors together. */
  group?: string;
  /** The words for an x value. */
  showX?: (x: number) => string;
}

/** Colours of `page.css`, made to be told apart by colour-blind readers too. */
const COLORS = 6;

function dataColor(index: number): string {
  return color(`data-${(index % COLORS) + 1}`);
}

/** A colour of the form `rgb(r, g, b)` made transparent. */
function faint(opaque: string, alpha: number): string {
  const [r, g, b] = opaque.match(/[\d.]+/g) ?? ['0', '0', '0'];
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/**
 * Where a curve is broken, in pixels of the canvas: between the values around a null. An undefined value is no gap:
 * it stands where only other curves have one.
 */
function gaps(plot: uPlot, series: number, first: number, last: number): [number, number][] {
  const [x, values] = [plot.data[0], plot.data[series] ?? []];
  const position = (index: number) => Math.round(plot.valToPos(x[index] as number, 'x', true));
  const found: [number, number][] = [];
  let [before, isBroken] = [first, false];
  for (let index = first; index <= last; index++) {
    if (values[index] === null) isBroken = true;
    if (values[index] === null || values[index] === undefined) continue;
    if (isBroken) found.push([position(before), position(index)]);
    [before, isBroken] = [index, false];
  }
  if (isBroken) found.push([position(before), position(last)]);
  return found;
}

/** Moves the cursor to the nearest value. */
function snapped(plot: uPlot, left: number, top: number): [number, number] {
  const x = plot.data[0][plot.posToIdx(left)];
  return left < 0 || x === undefined ? [left, top] : [plot.valToPos(x, 'x'), top];
}

export class Chart {
  readonly #card: HTMLElement;
  readonly #plot: HTMLElement;
  readonly #tooltip = make('div', 'tooltip');
  readonly #options: ChartOptions;
  readonly #hidden = new Set<number>();
  #data: uPlot.AlignedData;
  #isLogarithmic: boolean;
  #drawn: uPlot | undefined;

  constructor(card: HTMLElement, options: ChartOptions, data: uPlot.AlignedData) {
    this.#card = card;
    this.#plot = find(card, '.plot');
    this.#options = options;
    this.#data = data;
    const log = card.querySelector<HTMLInputElement>('[data-log]');
    this.#isLogarithmic = log?.checked ?? false;
    log?.addEventListener('change', () => {
      this.#isLogarithmic = log.checked;
      this.#draw();
    });
    this.#makeKeys();
    this.#draw();
    this.#listenToKeyboard();
    onThemeChange(() => this.#draw());
    new ResizeObserver(() => {
      const width = this.#plot.clientWidth;
      if (width > 0 && width !== this.#drawn?.width) this.#drawn?.setSize({ width, height: this.#plot.clientHeight });
    }).observe(this.#plot);
  }

  setData(data: uPlot.AlignedData): void {
    this.#data = data;
    this.#drawn?.setData(this.#plotted(), false);
    this.#drawn?.redraw();
  }

  /** A logarithm has no place for what is not positive: a gap. */
  #plotted(): uPlot.AlignedData {
    if (!this.#isLogarithmic) return this.#data;
    const [x, ...curves] = this.#data;
    return [
      x,
      ...curves.map((curve) => Array.from(curve, (value) => (value === null || (value ?? 1) > 0 ? value : null))),
    ];
  }

  #draw(): void {
    this.#drawn?.destroy();
    this.#tooltip.hidden = true;
    const { curves, bands = [], group, xLabel, fromZero } = this.#options;
    const axis = {
      stroke: color('soft'),
      font: '12px system-ui, sans-serif',
      labelFont: '12px system-ui, sans-serif',
      grid: { stroke: color('line'), width: 1 },
      ticks: { show: false },
    };
    const colors = this.#colors();
    this.#drawn = new uPlot(
      {
        width: Math.max(this.#plot.clientWidth, 200),
        height: this.#plot.clientHeight,
        legend: { show: false },
        scales: {
          x: { time: false, range: (_, min, max) => (min === max ? [min - 1, max + 1] : [min, max]) },
          y: this.#isLogarithmic
            ? { distr: 3, range: logarithmicRange }
            : fromZero === true
              ? { range: { min: { soft: 0, mode: 1 }, max: { pad: 0.1 } } }
              : {},
        },
        axes: [
          {
            ...axis,
            label: xLabel,
            labelSize: 16,
            labelGap: -2,
            size: 26,
            space: 60,
            incrs: [1, 2, 5]
              .flatMap((step) => [...Array(8).keys()].map((power) => step * 10 ** power))
              .sort((a, b) => a - b),
          },
          {
            ...axis,
            size: 62,
            ...(this.#isLogarithmic && { splits: logarithmicMarks, filter: (_: uPlot, splits: number[]) => splits }),
            values: (_, splits) => splits.map((value) => (value === null ? '' : formatNumber(value))),
          },
        ],
        series: [
          {},
          ...curves.map(({ label, dashed, isEdge, isFaint }, index) => ({
            label,
            gaps,
            show: !this.#hidden.has(index),
            stroke: isEdge === true ? 'transparent' : faint(colors[index] as string, isFaint === true ? 0.35 : 1),
            width: isEdge === true ? 0 : isFaint === true ? 1.2 : 2,
            ...(dashed === true && { dash: [6, 4] }),
            points: { show: isEdge !== true && this.#data[0].length <= 40, size: 6, fill: colors[index] as string },
          })),
        ],
        bands: bands.map(([upper, lower]) => ({
          series: [upper + 1, lower + 1],
          fill: faint(colors[upper] as string, 0.22),
        })),
        cursor: {
          drag: { x: true, y: false },
          points: { size: 9 },
          y: false,
          move: snapped,
          ...(group !== undefined && { sync: { key: group, setSeries: false } }),
        },
        hooks: { setCursor: [(plot) => this.#read(plot)] },
      },
      this.#plotted(),
      this.#plot,
    );
    this.#drawn.over.append(this.#tooltip);
    this.#drawn.over.addEventListener('mouseleave', () => {
      this.#tooltip.hidden = true;
    });
  }

  /** Of each curve; the edges of a band have that of the curve they belong to. */
  #colors(): string[] {
    let next = -1;
    return this.#options.curves.map(({ isEdge, color }) => {
      if (isEdge !== true) next++;
      return dataColor(color ?? Math.max(next, 0));
    });
  }

  #makeKeys(): void {
    const keys = find(this.#card, '.keys');
    const named = this.#options.curves.filter(({ isEdge }) => isEdge !== true);
    let order = 0;
    for (const [index, { label, dashed, isEdge, isFaint, color: given }] of this.#options.curves.entries()) {
      if (isEdge === true || (named.length < 2 && named.length === this.#options.curves.length)) continue;
      const key = make('button', `key${dashed === true ? ' dashed' : ''}${isFaint === true ? ' faint' : ''}`);
      key.type = 'button';
      key.style.setProperty('--key', `var(--data-${((given ?? order++) % COLORS) + 1})`);
      key.append(make('i', ''), label);
      key.setAttribute('aria-pressed', 'true');
      key.addEventListener('click', () => {
        const hides = !this.#hidden.delete(index);
        if (hides) this.#hidden.add(index);
        key.setAttribute('aria-pressed', String(!hides));
        this.#drawn?.setSeries(index + 1, { show: !hides });
      });
      keys.append(key);
    }
  }

  /** Shows the values under the cursor. */
  #read(plot: uPlot): void {
    const { idx, left = -1 } = plot.cursor;
    if (idx === null || idx === undefined || left < 0) {
      this.#tooltip.hidden = true;
      return;
    }
    const { curves, xLabel, showX } = this.#options;
    const x = this.#data[0][idx] as number;
    const head = showX?.(x) ?? `${xLabel} ${formatNumber(x)}`;
    const colors = this.#colors();
    const lines = curves.flatMap(({ label, isEdge }, index) => {
      const value = this.#data[index + 1]?.[idx] as Value | undefined;
      if (value === undefined || isEdge === true || this.#hidden.has(index)) return [];
      return [{ label, value: formatNumber(value), color: colors[index] as string }];
    });
    this.#tooltip.replaceChildren(
      make('b', '', head),
      ...lines.map((line) => {
        const row = make('span', 'row');
        const mark = make('i', '');
        mark.style.background = line.color;
        row.append(mark, make('span', '', line.label), make('strong', '', line.value));
        return row;
      }),
    );
    this.#tooltip.hidden = false;
    // Beside the pointer, on the side where there is room; within the chart in any case.
    const width = this.#tooltip.offsetWidth;
    const room = this.#plot.clientWidth - plot.over.offsetLeft;
    const wanted = left > plot.over.clientWidth / 2 ? left - 14 - width : left + 14;
    this.#tooltip.style.left = `${Math.max(Math.min(wanted, room - width), -plot.over.offsetLeft)}px`;
    if (document.activeElement === this.#plot) {
      find(this.#card, '.spoken').textContent = [head, ...lines.map(({ label, value }) => `${label} ${value}`)].join(
        ', ',
      );
    }
  }

  #listenToKeyboard(): void {
    this.#plot.addEventListener('keydown', (event) => {
      const plot = this.#drawn;
      const x = this.#data[0];
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -x.length, End: x.length }[event.key];
      if (plot === undefined || step === undefined) return;
      event.preventDefault();
      const now = plot.cursor.idx ?? (step > 0 ? -1 : x.length);
      const index = Math.min(Math.max(now + step, 0), x.length - 1);
      plot.setCursor({ left: plot.valToPos(x[index] as number, 'x'), top: plot.over.clientHeight / 2 });
    });
  }
}
