/** The unrolled figure: a column for each of the first steps and one for the last, states passing between them. */

import { showShape } from '../../tensor/shape-text';
import { type Node, skips } from './graph';
import { arrow, type Box, box, type Drawing, text } from './svg';

const WIDTH = 96;
const HEIGHT = 46;
const ROW = HEIGHT + 44;
const COLUMN = WIDTH + 36;
/** The drawn steps: the first three, and the last one after an ellipsis. */
const STEPS = 4;
const LANE_GAP = 100;

interface Lane {
  /** Left edge of its first column. */
  x: number;
  /** Columns it has: 1 if nothing in it is a sequence. */
  columns: number;
  time: number | string | undefined;
}

/** The first column's left edge of each lane, from left to right. */
function lanesOf(nodes: readonly Node[]): Lane[] {
  const lanes: Lane[] = [];
  let x = 0;
  for (let index = 0; index <= Math.max(0, ...nodes.map(({ lane }) => lane)); index++) {
    const time = nodes.find((node) => node.lane === index && node.time !== undefined)?.time;
    const columns = time === undefined ? 1 : typeof time === 'number' ? Math.min(time, STEPS) : STEPS;
    lanes.push({ x, columns, time });
    x += columns * COLUMN + LANE_GAP;
  }
  return lanes;
}

/** The last column is the last step; the column before it is its own step, or the ellipsis. */
function stepName({ columns, time }: Lane, column: number): string {
  if (column < columns - 1 || (typeof time === 'number' && time <= STEPS)) return String(column + 1);
  return String(time);
}

class Unrolled {
  readonly #nodes: readonly Node[];
  readonly #lanes: readonly Lane[];

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
    this.#lanes = lanesOf(nodes);
  }

  draw(): Drawing {
    const levels = Math.max(0, ...this.#nodes.map(({ level }) => level));
    const last = this.#lanes.at(-1) as Lane;
    const parts = [
      ...this.#nodes.map((node) => this.#edges(node)),
      ...this.#nodes.map((node) => this.#states(node)),
      ...this.#nodes.map((node) => this.#links(node)),
      ...this.#nodes.map((node) => this.#cells(node)),
      ...this.#lanes.map((lane) => this.#steps(lane)),
    ];
    return {
      bounds: { left: -26, top: -levels * ROW - 58, right: last.x + last.columns * COLUMN + 62, bottom: HEIGHT + 34 },
      body: parts.join(''),
    };
  }

  #lane(node: Node): Lane {
    return this.#lanes[node.lane] as Lane;
  }

  /** The columns of a node: all, or for one value per sequence the first (of an input) or the last. */
  #columns(node: Node): number[] {
    const { columns } = this.#lane(node);
    if (node.time !== undefined) return Array.from({ length: columns }, (_, column) => column);
    return [node.from.some(({ time }) => time !== undefined) || this.#followsSummary(node) ? columns - 1 : 0];
  }

  /** Whether what it reads is itself one value that was made of a sequence. */
  #followsSummary(node: Node): boolean {
    return node.from.some((source) => source.time !== undefined || this.#followsSummary(source));
  }

  #place(node: Node, column: number): Box {
    return { x: this.#lane(node).x + column * COLUMN, y: -node.level * ROW, width: WIDTH, height: HEIGHT };
  }

  /** Whether there are steps between the last two columns. */
  #leavesOut({ columns, time }: Lane): boolean {
    return time !== undefined && !(typeof time === 'number' && time <= columns);
  }

  #cells(node: Node): string {
    const kind = node.isInput ? 'input' : node.recurrent ? 'recurrent' : 'layer';
    return this.#columns(node)
      .map((column) => {
        const at = this.#place(node, column);
        const name = node.name.length > 14 ? `${node.name.slice(0, 13)}…` : node.name;
        const title = `${node.name}: ${node.type}, output ${showShape(node.shape)}`;
        return (
          box(at, `figure-${kind}`, title, node.isInput ? 23 : 9) +
          text({ x: at.x + WIDTH / 2, y: at.y + HEIGHT / 2 + 4 }, name, 'figure-cell-name')
        );
      })
      .join('');
  }

  #steps({ x, columns, time }: Lane): string {
    if (time === undefined) return '';
    return Array.from({ length: columns }, (_, column) => {
      const middle = x + column * COLUMN + WIDTH / 2;
      const name = stepName({ x, columns, time }, column);
      const isGap = column === columns - 1 && this.#leavesOut({ x, columns, time });
      const dots = isGap ? text({ x: middle - COLUMN / 2, y: HEIGHT / 2 + 4 }, '⋯', 'figure-step') : '';
      return dots + text({ x: middle, y: HEIGHT + 22 }, column === 0 ? `step ${name}` : name, 'figure-step');
    }).join('');
  }

  /** The columns of the source that a node's column reads. */
  #reads(source: Node, node: Node, column: number): number[] {
    const columns = this.#columns(source);
    if (node.time !== undefined) return columns.filter((each) => each === column);
    const readsAll = node.type === 'pooling' && node.note !== 'last';
    return source.time !== undefined && readsAll ? columns : columns.slice(-1);
  }

  /** A line from a node's column to another's; past nodes between them on the left. */
  #edge(source: Node, sourceColumn: number, node: Node, column: number): string {
    const [from, to] = [this.#place(source, sourceColumn), this.#place(node, column)];
    if (from.x === to.x && skips(source, node)) {
      const [start, end] = [
        { x: from.x + 16, y: from.y },
        { x: to.x + 16, y: to.y + HEIGHT },
      ];
      const out = from.x - 34;
      return arrow('data', start, end, { x: out, y: start.y - 24 }, { x: out, y: end.y + 24 });
    }
    const [start, end] = [
      { x: from.x + WIDTH / 2, y: from.y },
      { x: to.x + WIDTH / 2, y: to.y + HEIGHT },
    ];
    if (start.x === end.x) return arrow('data', start, end);
    const bend = (start.y + end.y) / 2;
    return arrow('data', start, end, { x: start.x, y: bend }, { x: end.x, y: bend });
  }

  #edges(node: Node): string {
    const columns = this.#columns(node);
    let edges = '';
    for (const source of node.from) {
      for (const column of columns) {
        for (const read of this.#reads(source, node, column)) edges += this.#edge(source, read, node, column);
      }
    }
    if (node.isOutput) {
      for (const column of columns) {
        const { x, y } = this.#place(node, column);
        edges += arrow('data', { x: x + WIDTH / 2, y }, { x: x + WIDTH / 2, y: y - 34 });
      }
    }
    return edges + (node.isOutput || node.isRead ? this.#shape(node) : '');
  }

  /** The shape of all columns together, next to the arrow that leaves the last one. */
  #shape(node: Node): string {
    const { x, y } = this.#place(node, this.#columns(node).at(-1) as number);
    return text({ x: x + WIDTH / 2 + 8, y: y - 16 }, showShape(node.shape), 'figure-shape', 'start');
  }

  #states(node: Node): string {
    if (!node.recurrent) return '';
    const columns = this.#columns(node);
    let states = '';
    for (const column of columns.slice(1)) {
      const [before, here] = [this.#place(node, column - 1), this.#place(node, column)];
      const kind = this.#leavesOut(this.#lane(node)) && column === columns.at(-1) ? 'later' : 'state';
      const line = (height: number, isBackward: boolean) => {
        const [left, right] = [
          { x: before.x + WIDTH, y: before.y + height },
          { x: here.x, y: here.y + height },
        ];
        return isBackward ? arrow(kind, right, left) : arrow(kind, left, right);
      };
      states += node.bidirectional ? line(HEIGHT * 0.28, false) + line(HEIGHT * 0.72, true) : line(HEIGHT / 2, false);
    }
    return states;
  }

  #links(node: Node): string {
    let links = '';
    if (node.initialState !== undefined) {
      const from = this.#place(node.initialState, this.#columns(node.initialState).at(-1) as number);
      const to = this.#place(node, 0);
      const [start, end] = [
        { x: from.x + WIDTH, y: from.y + HEIGHT / 2 },
        { x: to.x, y: to.y + HEIGHT / 2 },
      ];
      const middle = (start.x + end.x) / 2;
      const label = node.initialState.recurrent ? 'final state' : 'initial h';
      links +=
        arrow('initial', start, end, { x: middle, y: start.y }, { x: middle, y: end.y }) +
        text({ x: middle, y: (start.y + end.y) / 2 + 18 }, label, 'figure-initial-label');
    }
    const { memory } = node;
    if (memory !== undefined) {
      for (const column of this.#columns(node)) {
        for (const source of this.#columns(memory)) {
          const [from, to] = [this.#place(memory, source), this.#place(node, column)];
          const [start, end] = [
            { x: from.x + WIDTH / 2, y: from.y },
            { x: to.x + WIDTH * 0.2, y: to.y + HEIGHT },
          ];
          links += arrow('memory', start, end, { x: start.x, y: end.y - 14 }, { x: end.x - 60, y: end.y + 26 });
        }
      }
    }
    return links;
  }
}

export function drawUnrolled(nodes: readonly Node[]): Drawing {
  return new Unrolled(nodes).draw();
}
