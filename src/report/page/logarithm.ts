/** The logarithmic axis: its range and its marks. */

import type uPlot from 'uplot';

/** Most marks of an axis. */
const MOST = 7;

/** A little room around the values; uPlot's own range would reach out to whole powers of ten. */
export function logarithmicRange(_: uPlot, min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || min <= 0) return [1, 10];
  const room = Math.max((max / min) ** 0.06, 1.02);
  return [min / room, max * room];
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below a step. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return (([1, 2, 5].find((factor) => factor * power >= step) ?? 10) as number) * power;
}

/** Marks of equal distance for less than a power of ten, else powers of ten, not too many of them. */
export function logarithmicMarks(_plot: uPlot, _axis: number, min: number, max: number): number[] {
  const marks: number[] = [];
  if (max / min < 10) {
    const step = niceStep((max - min) / MOST);
    for (let mark = Math.ceil(min / step); mark * step <= max; mark++)
      marks.push(Number((mark * step).toPrecision(12)));
    return marks;
  }
  const [first, last] = [Math.ceil(Math.log10(min)), Math.floor(Math.log10(max))];
  const step = Math.ceil((last - first + 1) / MOST);
  for (let power = first; power <= last; power += step) marks.push(Number(`1e${power}`));
  return marks;
}
