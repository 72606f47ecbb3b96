/** The axes of a chart: they have enough room for their labels, and enough digits to distinguish them. */

import type uPlot from 'uplot';
import { formatMarks, formatNumber } from '../display';
import { logarithmicMarks } from './logarithm';
import { color } from './theme';

const FONT = '12px system-ui, sans-serif';

/** Least width of the labels of the y axis, and the gap between them and the curves. */
const [LEAST, GAP] = [46, 16];

const canvas = document.createElement('canvas').getContext('2d');

/** Width of a text at an axis, in pixels. */
function widthOf(text: string): number {
  if (canvas === null) return 8 * text.length;
  canvas.font = FONT;
  return canvas.measureText(text).width;
}

/** Distances of two marks of an axis that counts. */
const WHOLE = [...Array(16).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));

/** Distances of two marks of any other. */
const ANY = [...Array(60).keys()].flatMap((power) => [1, 2, 2.5, 5].map((step) => Number(`${step}e${power - 30}`)));

/** On a logarithmic axis over several powers of ten, each label has its own digits. */
function logarithmic(marks: readonly (number | null)[]): string[] {
  const numbers = marks.filter((mark) => mark !== null);
  if (Math.max(...numbers) / Math.min(...numbers) < 10) return formatMarks(marks);
  return marks.map((mark) => (mark === null ? '' : formatNumber(mark)));
}

/** Half of the last label of the x axis may be to the right of the curves. */
export function rightPadding(plot: uPlot): number {
  return Math.max(18, widthOf(formatNumber(plot.scales.x?.max)) / 2 + 4);
}

export function axes({ xLabel, whole }: { xLabel: string; whole: boolean }, isLogarithmic: boolean): uPlot.Axis[] {
  const axis: uPlot.Axis = {
    stroke: color('soft'),
    font: FONT,
    labelFont: FONT,
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
  };
  return [
    {
      ...axis,
      label: xLabel,
      labelSize: 16,
      labelGap: -2,
      size: 26,
      space: (_plot, _axis, min, max) => Math.max(60, 24 + widthOf(formatNumber(Math.max(-min, max)))),
      incrs: whole ? WHOLE : ANY,
      values: (_plot, marks) => formatMarks(marks),
    },
    {
      ...axis,
      size: (_plot, labels) => Math.max(LEAST, GAP + Math.max(0, ...(labels ?? []).map(widthOf))),
      ...(isLogarithmic && { splits: logarithmicMarks, filter: (_plot: uPlot, marks: number[]) => marks }),
      ...(!isLogarithmic && { incrs: ANY }),
      values: (_plot, marks) => (isLogarithmic ? logarithmic(marks) : formatMarks(marks)),
    },
  ];
}
