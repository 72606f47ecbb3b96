/** The samples: a slider through the epochs. */

import { firstShown, sampleName, visibleControls } from '../display';
import type { PageData } from '../page-types';
import { find } from './elements';

export function startSamples(samples: PageData['samples']): void {
  if (samples.length === 0) return;
  const view = find(document, '#sample-view');
  const text = find(view, 'pre');
  const slider = view.querySelector<HTMLInputElement>('input');
  let shown = firstShown(samples);

  function show(index: number): void {
    shown = Math.min(Math.max(index, 0), samples.length - 1);
    const sample = samples[shown];
    if (sample === undefined) return;
    text.textContent = visibleControls(sample.text);
    const words = sampleName(sample);
    find(view, 'output').textContent = words;
    if (slider === null) return;
    slider.value = String(shown);
    slider.setAttribute('aria-valuetext', words);
  }

  slider?.addEventListener('input', () => show(slider.valueAsNumber));
  view.querySelector('[data-previous]')?.addEventListener('click', () => show(shown - 1));
  view.querySelector('[data-next]')?.addEventListener('click', () => show(shown + 1));
  show(shown);
}
