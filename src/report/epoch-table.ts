/** The figures of each epoch as a table: for who cannot see the charts, and where no script runs. */

import { digitsOf, formatNumbers } from './display';
import { escapeText, scrollable } from './html';
import type { ReportEpoch, ReportRecord } from './record';
import { shownUnits } from './units';

/** Most rows; of more epochs every second is left out, then every second of those left, except the last. */
const MOST_ROWS = 200;

type Figure = Exclude<keyof ReportEpoch, 'epoch' | 'step'>;

const FIGURES: readonly (readonly [figure: Figure, name: string, unit?: 'loss' | 'speed'])[] = [
  ['loss', 'training loss', 'loss'],
  ['validationLoss', 'validation loss', 'loss'],
  ['accuracy', 'training accuracy'],
  ['validationAccuracy', 'validation accuracy'],
  ['learningRate', 'learning rate'],
  ['gradientNorm', 'gradient norm'],
  ['tokensPerSecond', 'speed', 'speed'],
  ['seconds', 'seconds'],
];

function shownEpochs(epochs: readonly ReportEpoch[], kept: number | undefined): ReportEpoch[] {
  let stride = 1;
  while (epochs.length / stride > MOST_ROWS) stride *= 2;
  return epochs.filter(({ epoch }, index) => index % stride === 0 || index === epochs.length - 1 || epoch === kept);
}

/** Empty without an epoch. */
export function epochTable(record: ReportRecord): string {
  const { history = [], keptEpoch } = record;
  if (history.length === 0) return '';
  const units = shownUnits(record);
  const shown = shownEpochs(history, keptEpoch);
  const columns = FIGURES.filter(([figure]) => history.some((epoch) => epoch[figure] !== undefined)).map(
    ([figure, name, unit]) => {
      const values = history.map((epoch) => epoch[figure] ?? Number.NaN).filter(Number.isFinite);
      const digits = figure === 'seconds' ? 4 : digitsOf(Math.min(...values), Math.max(...values), 4);
      const measure = unit === undefined ? '' : `, ${units[unit]}${unit === 'speed' ? '/s' : ''}`;
      const cells = formatNumbers(
        shown.map((epoch) => epoch[figure]),
        digits,
      );
      return { head: `${name}${measure}`, cells };
    },
  );
  const heads = columns.map(({ head }) => `<th scope="col" class="number">${escapeText(head)}</th>`).join('');
  const rows = shown.map((epoch, row) => {
    const name = `${epoch.epoch + 1}${epoch.epoch === keptEpoch ? ' (kept)' : ''}`;
    const cells = columns.map((column) => `<td class="number">${column.cells[row]}</td>`).join('');
    return `<tr><th scope="row">${name}</th>${cells}</tr>`;
  });
  const isThinned = rows.length < history.length;
  const count = isThinned ? `${rows.length} of ${history.length} epochs` : 'each epoch';
  return (
    `<details class="card"><summary>The figures of ${count} as a table</summary>${scrollable('The figures of each epoch', 'scroll')}` +
    `<table><thead><tr><th scope="col" class="corner">epoch</th>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`
  );
}
