/** The charts of the page from its data. */

import uPlot from 'uplot';
import { formatNumber } from '../display';
import type { ChartData, StepChartData } from '../page-types';
import { Chart, type Curve } from './chart';
import { find } from './elements';
import { smoothed } from './smoothing';

/** Lines over common x values; where each has its own, over the union of them. */
function aligned({ x, lines }: ChartData): uPlot.AlignedData {
  if (x !== undefined) return [x, ...lines.map(({ values }) => values)];
  return uPlot.join(lines.map((line) => [line.x ?? [], line.values]));
}

export function drawChart(chart: ChartData): void {
  const { id, xLabel, lines, group, fromZero, mark } = chart;
  const curves = lines.map(({ label, unseen }) => ({ label, ...(unseen === true && { dashed: true }) }));
  new Chart(
    find(document, `#chart-${id}`),
    {
      ...{ xLabel, curves, whole: group !== undefined || xLabel === 'time step' },
      ...(group !== undefined && { group }),
      ...(fromZero !== undefined && { fromZero }),
      ...(mark !== undefined && { mark }),
    },
    aligned(chart),
  );
}

/** The curves of a chart of steps. If a bucket has several steps, they follow the edges of a band. */
function stepCurves({ id, width, smoothing }: StepChartData): Curve[] {
  const line = id.replace('step-', '').replace('-', ' ');
  const edges = [
    { label: 'highest', isEdge: true, isFaint: true },
    { label: 'lowest', isEdge: true, isFaint: true },
  ];
  if (smoothing === undefined)
    return width === 1 ? [{ label: line, color: 0 }] : [...edges, { label: `${line}, mean`, color: 0 }];
  if (width > 1) return [...edges, { label: 'mean, smoothed', isInk: true }];
  return [
    { label: 'each step', isFaint: true },
    { label: 'smoothed', isInk: true },
  ];
}

/** The mean of each bucket, smoothed where there is noise, over a band from its smallest to its largest value. */
export function drawStepChart(data: StepChartData): void {
  const { id, start, last, min, max, mean, width, mark } = data;
  const card = find(document, `#chart-${id}`);
  const slider = card.querySelector<HTMLInputElement>('[data-smoothing]');
  const widths = slider?.dataset.smoothing?.split(' ').map(Number) ?? [];
  const half = () => (slider === null ? 0 : (widths[slider.valueAsNumber] ?? 0));
  const end = (step: number) => Math.min(step + width - 1, last);
  // A bucket's value is drawn at its middle.
  const x = start.map((step) => (step + end(step)) / 2);
  /** The position of the bucket of a step. */
  const placeOf = (step: number) => x[start.filter((first) => first <= step).length - 1] ?? step;
  const curve = () => smoothed(mean, half());
  const values = (): uPlot.AlignedData => {
    if (width > 1) return [x, max, min, curve()];
    return slider === null ? [x, mean] : [x, mean, curve()];
  };
  const stepsAt = (place: number) => {
    const step = start[x.indexOf(place)] ?? place;
    return width === 1 ? `step ${formatNumber(step)}` : `steps ${formatNumber(step)} to ${formatNumber(end(step))}`;
  };
  const chart = new Chart(
    card,
    {
      ...{ xLabel: 'step', curves: stepCurves(data), bands: width === 1 ? [] : [[0, 1]], showX: stepsAt, whole: true },
      ...(mark !== undefined && { mark: { ...mark, x: placeOf(mark.x) } }),
    },
    values(),
  );
  if (slider === null) return;
  const output = find(card, 'output');
  const tell = () => {
    const steps = (2 * half() + 1) * width;
    output.textContent = `${formatNumber(steps)} step${steps === 1 ? '' : 's'}`;
    slider.setAttribute('aria-valuetext', output.textContent);
  };
  tell();
  slider.addEventListener('input', () => {
    tell();
    chart.setData(values());
  });
}
