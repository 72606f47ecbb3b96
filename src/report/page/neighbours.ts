/** Words in a plane. Pointing at one, or stepping to it, shows its neighbours. */

import { formatNumbers } from '../display';
import type { PageData } from '../page-types';
import { find, isolated, make } from './elements';

const [WIDTH, HEIGHT, MARGIN] = [960, 560, 40];
const COLORS = 6;

type Neighbours = NonNullable<PageData['neighbours']>;

function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Record<string, string | number>) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/** Scales from the values' range to pixels. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const min = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const max = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return (value) => (max === min ? (from + to) / 2 : from + ((value - min) / (max - min)) * (to - from));
}

/** The colours of the groups, in the order in which they come. */
function colorsOf(words: Neighbours['words']): Map<string, string> {
  const groups = [...new Set(words.map(({ group }) => group ?? ''))];
  return new Map(groups.map((group, index) => [group, `var(--data-${(index % COLORS) + 1})`]));
}

export function startNeighbours(neighbours: Neighbours | undefined): void {
  const view = document.querySelector<HTMLElement>('#neighbour-map');
  if (neighbours === undefined || view === null) return;
  // A value that is not finite arrives as null, and has no place on a map.
  const words = neighbours.words.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const near = new Map(neighbours.lists.map((entry) => [entry.word, entry.neighbours]));
  const colors = colorsOf(words);
  const x = scale(
    words.map((word) => word.x),
    MARGIN,
    WIDTH - MARGIN,
  );
  const y = scale(
    words.map((word) => word.y),
    HEIGHT - MARGIN,
    MARGIN,
  );
  const drawing = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'group', 'aria-label': 'Map of words' });
  const note = find(view, '.note');
  const marks = words.map(({ word, group = '', ...place }) => {
    const mark = svg('g', {
      tabindex: 0,
      role: 'img',
      'aria-label': word,
      transform: `translate(${x(place.x)} ${y(place.y)})`,
    });
    mark.style.setProperty('--key', colors.get(group) ?? '');
    const isRight = x(place.x) > WIDTH * 0.8;
    const label = svg('text', { x: isRight ? -8 : 8, y: 4, 'text-anchor': isRight ? 'end' : 'start' });
    label.textContent = word;
    mark.append(svg('circle', { r: 4.5 }), label);
    const show = () => {
      const list = near.get(word) ?? [];
      const names = new Set(list.map((neighbour) => neighbour.word));
      for (const [index, other] of marks.entries()) {
        const isNear = names.has((words[index] as { word: string }).word);
        other.classList.toggle('near', isNear);
        other.classList.toggle('far', !isNear && other !== mark);
      }
      note.replaceChildren(isolated(word));
      if (group !== '') note.append(', ', isolated(group));
      const distances = formatNumbers(list.map(({ distance }) => distance));
      for (const [index, neighbour] of list.entries()) {
        note.append(index === 0 ? '. Nearest: ' : ', ', isolated(neighbour.word), ` (${distances[index]})`);
      }
    };
    mark.addEventListener('pointerenter', show);
    mark.addEventListener('focus', show);
    return mark;
  });
  drawing.addEventListener('pointerleave', () => {
    for (const mark of marks) mark.classList.remove('near', 'far');
  });
  drawing.append(...marks);
  find(view, '.map').append(drawing);
  if (colors.size < 2) return;
  for (const [group, key] of colors) {
    const name = make('span', 'key');
    name.style.setProperty('--key', key);
    name.append(make('i', ''), isolated(group === '' ? 'others' : group));
    find(view, '.keys').append(name);
  }
}
