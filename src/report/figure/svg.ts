/** The few shapes that the figures are made of, as strings of SVG. Lengths are in pixels at scale 1. */

import { escapeText } from '../html';

export interface Point {
  x: number;
  y: number;
}

export interface Box extends Point {
  width: number;
  height: number;
}

/** The meaning of a line; `later` is a state that skips steps that are not drawn. */
export type EdgeKind = 'data' | 'state' | 'later' | 'initial' | 'memory';

/** Placeholder of the drawing's id. No text of a model can contain it, because it is escaped in texts. */
const ID = '\u0000';

const round = (value: number) => Number(value.toFixed(1));

export function text(
  at: Point,
  words: string,
  className: string,
  anchor: 'start' | 'middle' | 'end' = 'middle',
): string {
  return `<text x="${round(at.x)}" y="${round(at.y)}" class="${className}" text-anchor="${anchor}">${escapeText(words)}</text>`;
}

export function box({ x, y, width, height }: Box, className: string, title: string, radius = 9): string {
  const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}"`;
  return `<rect ${place} class="${className}"><title>${escapeText(title)}</title></rect>`;
}

/** A line with an arrowhead at its end, through control points where there are any. */
export function arrow(kind: EdgeKind, from: Point, to: Point, ...controls: [] | [Point, Point]): string {
  const point = ({ x, y }: Point) => `${round(x)} ${round(y)}`;
  const curve = controls.length === 0 ? 'L' : `C${controls.map(point).join(' ')}`;
  return `<path d="M${point(from)} ${curve} ${point(to)}" class="figure-${kind}" marker-end="url(#${ID}-${kind})"/>`;
}

/** Arrowheads of one drawing. */
function heads(): string {
  return (['data', 'state', 'later', 'initial', 'memory'] as const)
    .map(
      (kind) =>
        `<marker id="${ID}-${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0.6 8 4 0 7.4z" class="figure-head-${kind}"/></marker>`,
    )
    .join('');
}

/** Colours of a stand-alone drawing; on a page the page's style sheet has them. */
const COLORS = {
  light: { ink: '#1b2330', soft: '#5b6675', box: '#ffffff', cell: '#e3eefb', input: '#f1f3f6', state: '#0067a8' },
  dark: { ink: '#e8ecf2', soft: '#9aa6b5', box: '#1d2530', cell: '#183450', input: '#262e3a', state: '#6cbcf5' },
};

function palette({ ink, soft, box, cell, input, state }: (typeof COLORS)['light']): string {
  return [
    `.figure-layer{fill:${box};stroke:${soft}}.figure-recurrent{fill:${cell};stroke:${state}}`,
    `.figure-input{fill:${input};stroke:${soft}}.figure-name,.figure-cell-name{fill:${ink}}`,
    `.figure-type,.figure-shape,.figure-step{fill:${soft}}.figure-note{fill:${state}}`,
    `.figure-data{stroke:${soft}}.figure-head-data{fill:${soft}}.figure-state,.figure-later{stroke:${state}}.figure-head-state,.figure-head-later{fill:${state}}`,
  ].join('');
}

const STYLE = [
  'text{font-family:system-ui,sans-serif;font-size:12px}',
  '.figure-name{font-size:14px;font-weight:600}.figure-cell-name{font-size:12px;font-weight:600}',
  '.figure-shape{font-family:ui-monospace,monospace;font-size:11.5px}',
  '.figure-data,.figure-state,.figure-later,.figure-initial,.figure-memory{fill:none;stroke-width:1.6}',
  '.figure-initial{stroke:#d55e00;stroke-dasharray:5 3}.figure-head-initial,.figure-initial-label{fill:#d55e00}',
  '.figure-later{stroke-dasharray:2 5}.figure-memory{stroke:#009e73;opacity:.75}.figure-head-memory,.figure-memory-label{fill:#009e73}',
].join('');

export interface Drawing {
  /** Corners of what is drawn. */
  bounds: { left: number; top: number; right: number; bottom: number };
  body: string;
}

/**
 * A whole SVG element. Alone, it brings its own colours for light and dark.
 * @param id of this kind of drawing; two of one page must differ.
 */
export function svg({ bounds, body }: Drawing, id: string, label: string, isAlone: boolean): string {
  const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top].map(Math.ceil) as [number, number];
  const view = `${Math.floor(bounds.left)} ${Math.floor(bounds.top)} ${width} ${height}`;
  const colors = `${palette(COLORS.light)}@media (prefers-color-scheme:dark){${palette(COLORS.dark)}}`;
  const style = isAlone ? `<style>${STYLE}${colors}</style>` : '';
  const parts = `<defs>${heads()}</defs>${body}`.replaceAll(ID, `${id}-head`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${view}" width="${width}" height="${height}" role="img" ` +
    `aria-label="${escapeText(label)}">${style}${parts}</svg>`
  );
}
