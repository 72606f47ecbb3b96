/** One hidden unit over a text: each token coloured by the unit's output after it. */

import { formatNumber, visibleControls } from '../display';
import type { ActivationData } from '../page-types';
import { find, isolated, make } from './elements';

/** `[T, H]`; NaN if there was nothing finite. */
function decode({ values, scale }: ActivationData): Float32Array {
  const bytes = Uint8Array.from(atob(values), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => {
    const stored = view.getInt16(index * 2, true);
    return stored === -32768 ? Number.NaN : (stored / 32767) * scale;
  });
}

/** Embeddings, overrides and isolates of either direction, which would take the tokens after them along. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A token as it can be seen: a line feed has a sign before it, other control characters have pictures. A token cannot
 * be isolated, since the letters of a right-to-left word are tokens side by side.
 */
function shownToken(token: string): string {
  return visibleControls(token)
    .replace(/\n/g, '⏎\n')
    .replace(/\t/g, '⇥\t')
    .replace(DIRECTIONS, (control) => `⟨${control.charCodeAt(0).toString(16).toUpperCase()}⟩`);
}

/** The unit whose output varies most over the text: there is something to see in it. */
function liveliest(values: Float32Array, units: number): number {
  let best = { unit: 0, variance: -1 };
  for (let unit = 0; unit < units; unit++) {
    let [sum, squares, count] = [0, 0, 0];
    for (let index = unit; index < values.length; index += units) {
      const value = values[index] as number;
      if (!Number.isFinite(value)) continue;
      sum += value;
      squares += value * value;
      count++;
    }
    const variance = count === 0 ? 0 : squares / count - (sum / count) ** 2;
    if (variance > best.variance) best = { unit, variance };
  }
  return best.unit;
}

export function startActivations(layers: readonly ActivationData[]): void {
  if (layers.length === 0) return;
  const view = find(document, '#activation-view');
  const text = find(view, '.tokens');
  const field = find<HTMLInputElement>(view, '[data-unit]');
  const select = find<HTMLSelectElement>(view, '[data-layer]');
  const value = find(view, '[data-value]');
  const printed = find(view, '[data-printed]');
  let layer = layers[0] as ActivationData;
  let values = decode(layer);
  let spans: HTMLElement[] = [];
  let unit = 0;
  let pointed: number | undefined;

  function read(): void {
    if (pointed === undefined) return;
    const number = values[pointed * layer.units + unit] as number;
    const shown = Number.isFinite(number) ? number.toFixed(3) : 'not finite';
    const token = isolated(JSON.stringify(layer.tokens[pointed]));
    value.replaceChildren(token, `, token ${pointed + 1}: unit ${unit} is ${shown}`);
  }

  function show(next: number): void {
    unit = ((next % layer.units) + layer.units) % layer.units;
    field.value = String(unit);
    printed.textContent = `${layers.length === 1 ? '' : `${layer.layer}, `}unit ${unit}`;
    for (const [time, span] of spans.entries()) {
      const number = (values[time * layer.units + unit] as number) / layer.scale;
      const side = number < 0 ? 'low' : 'high';
      const strength = Number.isFinite(number) ? Math.round(Math.abs(number) * 78) : 0;
      span.style.background = `color-mix(in srgb, var(--${side}) ${strength}%, transparent)`;
    }
    read();
  }

  function showLayer(next: ActivationData): void {
    layer = next;
    values = decode(layer);
    pointed = undefined;
    field.max = String(layer.units - 1);
    find(view, '[data-low]').textContent = `−${formatNumber(layer.scale)}`;
    find(view, '[data-high]').textContent = `+${formatNumber(layer.scale)}`;
    spans = layer.tokens.map((token, time) => {
      const span = make('span', '', shownToken(token));
      span.dataset.time = String(time);
      return span;
    });
    text.replaceChildren(...spans);
    show(liveliest(values, layer.units));
  }

  text.addEventListener('pointerover', (event) => {
    const time = (event.target as HTMLElement).dataset.time;
    if (time === undefined) return;
    pointed = Number(time);
    read();
  });
  text.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(unit + step);
  });
  field.addEventListener('change', () => {
    const asked = field.valueAsNumber;
    show(Number.isInteger(asked) ? Math.min(Math.max(asked, 0), layer.units - 1) : unit);
  });
  find(view, '[data-previous]').addEventListener('click', () => show(unit - 1));
  find(view, '[data-next]').addEventListener('click', () => show(unit + 1));
  find(view, '[data-liveliest]').addEventListener('click', () => show(liveliest(values, layer.units)));
  select.addEventListener('change', () => showLayer(layers[Number(select.value)] as ActivationData));
  showLayer(layer);
}
