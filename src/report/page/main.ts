/** The script of the page: brings what `render.ts` wrote to life. */

import type { PageData } from '../page-types';
import { startActivations } from './activation-view';
import { drawChart, drawStepChart } from './curves';
import { find } from './elements';
import { startNeighbours } from './neighbours';
import { startPrinting } from './printing';
import { startSamples } from './samples';
import { startTheme } from './theme';

/** Folded and unrolled drawing of the model. */
function startModelFigure(): void {
  const buttons = document.querySelectorAll<HTMLElement>('[data-figure]');
  for (const button of buttons) {
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      for (const drawing of document.querySelectorAll<HTMLElement>('[data-drawing]')) {
        drawing.hidden = drawing.dataset.drawing !== button.dataset.figure;
      }
    });
  }
}

/** Copies the command, or where the browser does not allow it, selects it. */
function startCopy(): void {
  const button = document.querySelector<HTMLElement>('[data-copy]');
  if (button === null) return;
  const code = find(document, '.command code');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent ?? '');
      button.textContent = 'copied';
    } catch {
      getSelection()?.selectAllChildren(code);
    }
  });
}

const data = JSON.parse(find(document, '#report-data').textContent ?? '') as PageData;
startTheme();
startPrinting();
startModelFigure();
startCopy();
for (const chart of data.charts) drawChart(chart);
for (const chart of data.stepCharts) drawStepChart(chart);
startSamples(data.samples);
startActivations(data.activations);
startNeighbours(data.neighbours);
document.documentElement.dataset.ready = '';
