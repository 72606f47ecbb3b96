/** One chart: uPlot, with a tooltip, names that hide their curves, a logarithmic scale, and the keyboard. */

import uPlot from 'uplot';
import { digitsOf, formatNumber, formatNumbers } from '../display';
import type { Mark, Value } from '../page-types';
import { axes, rightPadding } from './axes';
import { find, make } from './elements';
import { logarithmicRange } from './logarithm';
import { color, onThemeChange } from './theme';

/** A curve as the chart draws it. */
export interface Curve {
  label: string;
  dashed?: boolean;
  /** Number of its colour, from 0; the next free one where absent. */
  color?: number;
  /** Drawn paler, because it is behind another curve. */
  isFaint?: boolean;
  /** Drawn in the colour of the text, over what is faint. */
  isInk?: boolean;
  /** Without a name or a value: the edge of a band. */
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
  /** The x axis counts: its marks are whole numbers. */
  whole: boolean;
  /** A line across the curves. */
  mark?: Mark;
}

/** Colours of `page.css`, which colour-blind readers can also distinguish. */
const COLORS = 6;

/** A colour of the form `rgb(r, g, b)` made transparent. */
function transparent(opaque: string, alpha: number): string {
  const [r, g, b] = opaque.match(/[\d.]+/g) ?? ['0', '0', '0'];
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/**
 * The gaps of a curve, in pixels of the canvas: between the values around a null. An undefined value is not a gap: only
 * other curves have a value there.
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
  readonly #mark = make('div', 'mark');
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
    if (options.mark !== undefined) this.#mark.append(make('span', '', options.mark.label));
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
    const { curves, bands = [], group, fromZero } = this.#options;
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
        axes: axes(this.#options, this.#isLogarithmic),
        padding: [null, (plot) => rightPadding(plot), null, null],
        series: [
          {},
          ...curves.map(({ label, dashed, isEdge, isFaint }, index) => ({
            label,
            gaps,
            show: !this.#hidden.has(index),
            stroke: colors[index] as string,
            width: isEdge === true ? 0.7 : isFaint === true ? 1 : 2,
            ...(dashed === true && { dash: [6, 4] }),
            points: { show: isEdge !== true && this.#data[0].length <= 40, size: 6, fill: colors[index] as string },
          })),
        ],
        bands: bands.map(([upper, lower]) => ({
          series: [upper + 1, lower + 1],
          fill: transparent(colors[upper] as string, 0.25),
        })),
        cursor: {
          drag: { x: true, y: false },
          points: { size: 9 },
          y: false,
          move: snapped,
          ...(group !== undefined && { sync: { key: group, setSeries: false } }),
        },
        hooks: { setCursor: [(plot) => this.#read(plot)], draw: [(plot) => this.#placeMark(plot)] },
      },
      this.#plotted(),
      this.#plot,
    );
    this.#drawn.over.append(this.#mark, this.#tooltip);
    this.#drawn.over.addEventListener('mouseleave', () => {
      this.#tooltip.hidden = true;
    });
  }

  /** Moves the line to its x, or hides it if the visible range does not contain it. */
  #placeMark(plot: uPlot): void {
    const { mark } = this.#options;
    const { min = 0, max = 0 } = plot.scales.x ?? {};
    this.#mark.hidden = mark === undefined || mark.x < (min ?? 0) || mark.x > (max ?? 0);
    if (mark === undefined || this.#mark.hidden) return;
    const left = plot.valToPos(mark.x, 'x');
    this.#mark.style.left = `${left}px`;
    this.#mark.classList.toggle('leftward', left > plot.over.clientWidth / 2);
  }

  #colors(): string[] {
    return this.#options.curves.map((curve, index) => color(this.#colorName(curve, index)));
  }

  /** The name of a curve's colour in the style sheet. */
  #colorName({ color: given, isFaint, isInk }: Curve, index: number): string {
    if (isInk === true) return 'ink';
    if (isFaint === true) return 'faint';
    const before = this.#options.curves.slice(0, index).filter(({ isEdge }) => isEdge !== true);
    return `data-${((given ?? before.length) % COLORS) + 1}`;
  }

  #makeKeys(): void {
    const keys = find(this.#card, '.keys');
    const named = this.#options.curves.filter(({ isEdge }) => isEdge !== true);
    for (const [index, curve] of this.#options.curves.entries()) {
      const { label, dashed, isEdge } = curve;
      if (isEdge === true || (named.length < 2 && named.length === this.#options.curves.length)) continue;
      const key = make('button', `key${dashed === true ? ' dashed' : ''}`);
      key.type = 'button';
      key.style.setProperty('--key', `var(--${this.#colorName(curve, index)})`);
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
    const { min: low, max: high } = plot.scales.y ?? {};
    const digits = this.#isLogarithmic ? 4 : digitsOf(low ?? 0, high ?? 0, 4);
    const named = curves.flatMap(({ label, isEdge }, index) => {
      const value = this.#data[index + 1]?.[idx] as Value | undefined;
      if (value === undefined || isEdge === true || this.#hidden.has(index)) return [];
      return [{ label, value, color: colors[index] as string }];
    });
    const values = formatNumbers(
      named.map(({ value }) => value),
      digits,
    );
    const lines = named.map((line, index) => ({ ...line, value: values[index] as string }));
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
    // Next to the pointer, on the side with more room, and always within the chart.
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
