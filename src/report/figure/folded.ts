/** The folded figure: each layer once, with a loop where a state goes from step to step. */

import { formatNumber } from '../display';
import { type Node, showShape } from './graph';
import { arrow, type Box, box, type Drawing, text } from './svg';

const WIDTH = 188;
const HEIGHT = 56;
const ROW = HEIGHT + 48;
const LOOP = 40;
const LANE = WIDTH + 2 * LOOP + 72;

function place({ lane, level }: Node): Box {
  return { x: lane * LANE, y: -level * ROW, width: WIDTH, height: HEIGHT };
}

/** `2 × lstm, tanh · 328,704` */
function subtitle({ type, stacked, bidirectional, note, parameters, isInput }: Node): string {
  if (isInput) return type;
  const kind = `${stacked > 1 ? `${stacked} × ` : ''}${type}${bidirectional ? ', both ways' : ''}`;
  return [note === undefined ? kind : `${kind}, ${note}`, ...(parameters > 0 ? [formatNumber(parameters)] : [])].join(
    ' · ',
  );
}

function drawBox(node: Node): string {
  const at = place(node);
  const middle = at.x + WIDTH / 2;
  const kind = node.isInput ? 'input' : node.recurrent ? 'recurrent' : 'layer';
  const shadow =
    node.stacked > 1
      ? box({ ...at, x: at.x + 5, y: at.y - 5 }, `figure-${kind}`, `${node.stacked} stacked layers`)
      : '';
  return (
    shadow +
    box(at, `figure-${kind}`, `${node.name}: ${node.type}, output ${showShape(node.shape)}`, node.isInput ? 28 : 9) +
    text({ x: middle, y: at.y + 24 }, node.name, 'figure-name') +
    text({ x: middle, y: at.y + 42 }, subtitle(node), 'figure-type')
  );
}

/** State names of the layer as on paper: `h`, or `h, c`. */
function stateNames({ type }: Node): string {
  return type === 'lstm' ? 'h, c' : 'h';
}

function drawLoops(node: Node): string {
  if (!node.recurrent) return '';
  const { x, y } = place(node);
  const [upper, lower] = [y + 10, y + 32];
  const right = x + WIDTH;
  const forward =
    arrow(
      'state',
      { x: right, y: upper },
      { x: right, y: lower },
      { x: right + LOOP, y: upper - 8 },
      { x: right + LOOP, y: lower + 8 },
    ) + text({ x: right + LOOP - 6, y: y + 25 }, stateNames(node), 'figure-note', 'start');
  if (!node.bidirectional) return forward;
  const backward =
    arrow('state', { x, y: upper }, { x, y: lower }, { x: x - LOOP, y: upper - 8 }, { x: x - LOOP, y: lower + 8 }) +
    text({ x: x - LOOP + 6, y: y + 25 }, stateNames(node), 'figure-note', 'end');
  return forward + backward;
}

function drawEdges(node: Node): string {
  const at = place(node);
  let edges = '';
  for (const source of node.from) {
    const from = place(source);
    const [start, end] = [
      { x: from.x + WIDTH / 2, y: from.y },
      { x: at.x + WIDTH / 2, y: at.y + HEIGHT },
    ];
    const bend = (start.y + end.y) / 2;
    edges +=
      start.x === end.x
        ? arrow('data', start, end)
        : arrow('data', start, end, { x: start.x, y: bend }, { x: end.x, y: bend });
    edges += text({ x: start.x + 10, y: start.y - 20 }, showShape(source.shape), 'figure-shape', 'start');
  }
  if (node.isOutput) {
    const x = at.x + WIDTH / 2;
    edges += arrow('data', { x, y: at.y }, { x, y: at.y - 40 });
    edges += text({ x: x + 10, y: at.y - 20 }, showShape(node.shape), 'figure-shape', 'start');
  }
  return edges;
}

function drawLinks(node: Node): string {
  const at = place(node);
  let links = '';
  if (node.initialState !== undefined) {
    const from = place(node.initialState);
    const [start, end] = [
      { x: from.x + WIDTH, y: from.y + 46 },
      { x: at.x, y: at.y + 46 },
    ];
    const middle = (start.x + end.x) / 2;
    links +=
      arrow('initial', start, end, { x: middle, y: start.y }, { x: middle, y: end.y }) +
      text({ x: middle, y: (start.y + end.y) / 2 + 18 }, 'final state', 'figure-initial-label');
  }
  if (node.memory !== undefined) {
    const from = place(node.memory);
    const [start, end] = [
      { x: from.x + WIDTH * 0.5, y: from.y },
      { x: at.x, y: at.y + HEIGHT / 2 },
    ];
    links +=
      arrow('memory', start, end, { x: start.x, y: end.y }, { x: (start.x + end.x) / 2, y: end.y }) +
      text(
        { x: at.x - 10, y: end.y - 10 },
        `all outputs ${showShape(node.memory.shape)}`,
        'figure-memory-label',
        'end',
      );
  }
  return links;
}

export function drawFolded(nodes: readonly Node[]): Drawing {
  const lanes = Math.max(0, ...nodes.map(({ lane }) => lane));
  const levels = Math.max(0, ...nodes.map(({ level }) => level));
  const body = [drawEdges, drawLinks, drawLoops, drawBox].flatMap((draw) => nodes.map(draw)).join('');
  return {
    bounds: { left: -LOOP - 34, top: -levels * ROW - 58, right: lanes * LANE + WIDTH + LOOP + 34, bottom: HEIGHT + 10 },
    body,
  };
}
