/** The charts of the page from its data. */

import uPlot from 'uplot';
import { formatNumber } from '../display';
import type { ChartData, StepChartData, Value } from '../page-types';
import { Chart } from './chart';
import { find } from './elements';

/** Lines over common x values; where each has its own, over the union of them. */
function aligned({ x, lines }: ChartData): uPlot.AlignedData {
  if (x !== undefined) return [x, ...lines.map(({ values }) => values)];
  return uPlot.join(lines.map((line) => [line.x ?? [], line.values]));
}

export function drawChart(chart: ChartData): void {
  const { id, xLabel, lines, group, fromZero } = chart;
  const curves = lines.map(({ label, unseen }) => ({ label, ...(unseen === true && { dashed: true }) }));
  new Chart(
    find(document, `#chart-${id}`),
    { xLabel, curves, ...(group !== undefined && { group }), ...(fromZero !== undefined && { fromZero }) },
    aligned(chart),
  );
}

/** Exponential moving average, corrected for its beginning; gaps stay gaps. */
function smoothed(values: readonly Value[], weight: number): Value[] {
  let [average, mass] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    average = weight * average + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return average / mass;
  });
}

/** The mean of each bucket, smoothed, over a band from its smallest to its largest value. */
export function drawStepChart({ id, start, min, max, mean, width }: StepChartData): void {
  const card = find(document, `#chart-${id}`);
  const slider = find<HTMLInputElement>(card, '[data-smoothing]');
  const output = find(card, 'output');
  // Where a bucket is one step, the values themselves stand behind the smoothed curve.
  const data = (): uPlot.AlignedData => [start, max, min, smoothed(mean, slider.valueAsNumber)];
  const curves =
    width === 1
      ? [
          { label: 'each step', isFaint: true, color: 0 },
          { label: 'lowest', isEdge: true },
          { label: 'smoothed', color: 0 },
        ]
      : [
          { label: 'highest', isEdge: true },
          { label: 'lowest', isEdge: true },
          { label: 'mean, smoothed', color: 0 },
        ];
  const bands: [number, number][] = width === 1 ? [] : [[0, 1]];
  const last = (step: number) => `${formatNumber(step)} to ${formatNumber(step + width - 1)}`;
  const chart = new Chart(
    card,
    {
      xLabel: 'step',
      curves,
      bands,
      showX: (step) => (width === 1 ? `step ${formatNumber(step)}` : `steps ${last(step)}`),
    },
    data(),
  );
  slider.addEventListener('input', () => {
    output.textContent = slider.valueAsNumber.toFixed(2);
    chart.setData(data());
  });
}
