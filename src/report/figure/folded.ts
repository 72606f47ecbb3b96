/** The folded figure: each layer once, with a loop where a state goes from step to step. */

import { showShape } from '../../tensor/shape-text';
import { formatNumber } from '../display';
import { type Node, skips } from './graph';
import { arrow, type Box, box, type Drawing, text } from './svg';

const WIDTH = 188;
const HEIGHT = 56;
const ROW = HEIGHT + 48;
const LOOP = 40;
const LANE = WIDTH + 2 * LOOP + 72;

function place({ lane, level }: Node): Box {
  return { x: lane * LANE, y: -level * ROW, width: WIDTH, height: HEIGHT };
}

/** Characters that fit into a box. */
const MOST_CHARACTERS = 30;

/** `2 × lstm, tanh · 328,704`; a note that is too long only appears in the table of the layers. */
function subtitle({ type, stacked, bidirectional, note, parameters, isInput }: Node): string {
  if (isInput) return type;
  const kind = `${stacked > 1 ? `${stacked} × ` : ''}${type}${bidirectional ? ', both ways' : ''}`;
  const count = parameters > 0 ? ` · ${formatNumber(parameters)}` : '';
  const whole = `${kind}${note === undefined ? '' : `, ${note}`}${count}`;
  return whole.length <= MOST_CHARACTERS ? whole : kind + count;
}

function shorten(name: string): string {
  return name.length > MOST_CHARACTERS - 6 ? `${name.slice(0, MOST_CHARACTERS - 7)}…` : name;
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
    text({ x: middle, y: at.y + 24 }, shorten(node.name), 'figure-name') +
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

/** A line from one node's top to another's bottom; past those between them on the left. */
function drawEdge(source: Node, node: Node): string {
  const [from, to] = [place(source), place(node)];
  if (skips(source, node)) {
    const [start, end] = [
      { x: from.x + 40, y: from.y },
      { x: to.x + 40, y: to.y + HEIGHT },
    ];
    const out = from.x - 64;
    return arrow('data', start, end, { x: out, y: start.y - 30 }, { x: out, y: end.y + 30 });
  }
  const [start, end] = [
    { x: from.x + WIDTH / 2, y: from.y },
    { x: to.x + WIDTH / 2, y: to.y + HEIGHT },
  ];
  if (start.x === end.x) return arrow('data', start, end);
  const bend = (start.y + end.y) / 2;
  return arrow('data', start, end, { x: start.x, y: bend }, { x: end.x, y: bend });
}

function drawEdges(node: Node): string {
  const { x, y } = place(node);
  const edges = node.from.map((source) => drawEdge(source, node)).join('');
  const middle = x + WIDTH / 2;
  const out = node.isOutput ? arrow('data', { x: middle, y }, { x: middle, y: y - 40 }) : '';
  const isNamed = node.isOutput || node.isRead;
  return (
    edges + out + (isNamed ? text({ x: middle + 10, y: y - 20 }, showShape(node.shape), 'figure-shape', 'start') : '')
  );
}

/** The final state of a layer, or a vector, on its way into another layer. */
function drawInitialState(from: Node, node: Node): string {
  const [source, at] = [place(from), place(node)];
  const label = from.recurrent ? 'final state' : 'initial h';
  if (from.lane === node.lane) {
    const [start, end] = [
      { x: source.x, y: source.y + 46 },
      { x: at.x, y: at.y + 46 },
    ];
    const out = at.x - 70;
    return (
      arrow('initial', start, end, { x: out, y: start.y }, { x: out, y: end.y }) +
      text({ x: at.x - 6, y: end.y + 18 }, label, 'figure-initial-label', 'end')
    );
  }
  const [start, end] = [
    { x: source.x + WIDTH, y: source.y + 46 },
    { x: at.x, y: at.y + 46 },
  ];
  const middle = (start.x + end.x) / 2;
  return (
    arrow('initial', start, end, { x: middle, y: start.y }, { x: middle, y: end.y }) +
    text({ x: middle, y: (start.y + end.y) / 2 + 18 }, label, 'figure-initial-label')
  );
}

/** All outputs of a layer, for a node that uses all of them at every step. */
function drawMemory(from: Node, node: Node): string {
  const [source, at] = [place(from), place(node)];
  const end = { x: at.x, y: at.y + HEIGHT / 2 };
  if (from.lane === node.lane) {
    const start = { x: source.x + 24, y: source.y };
    return arrow('memory', start, end, { x: at.x - 64, y: start.y - 30 }, { x: at.x - 64, y: end.y + 10 });
  }
  const start = { x: source.x + WIDTH / 2, y: source.y };
  return (
    arrow('memory', start, end, { x: start.x, y: end.y }, { x: (start.x + end.x) / 2, y: end.y }) +
    text({ x: at.x - 10, y: end.y - 10 }, `all outputs ${showShape(from.shape)}`, 'figure-memory-label', 'end')
  );
}

function drawLinks(node: Node): string {
  let links = '';
  if (node.initialState !== undefined) links += drawInitialState(node.initialState, node);
  if (node.memory !== undefined) links += drawMemory(node.memory, node);
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
