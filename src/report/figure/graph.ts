/** A model's graph in rows and lanes, as both figures draw it: inputs at the bottom, outputs on top. */

import { UnrolledError } from '../../base/errors';
import type { ReportInput, ReportLayer, ReportModel, ReportShape } from '../record';

export interface Node {
  name: string;
  type: string;
  note: string | undefined;
  shape: ReportShape;
  isInput: boolean;
  /** The letter or size of its time axis; undefined for one value a sequence. */
  time: number | string | undefined;
  parameters: number;
  recurrent: boolean;
  bidirectional: boolean;
  stacked: number;
  states: readonly { name: string; features: number }[];
  from: Node[];
  initialState: Node | undefined;
  memory: Node | undefined;
  /** Row from the bottom. */
  level: number;
  /** A lane: nodes that are drawn above each other. An input comes first, then everything that is computed from it. */
  lane: number;
  /** Whether nothing reads it, not even its state. */
  isOutput: boolean;
  /** Whether its outputs are the input of another node, and not only a memory. */
  isRead: boolean;
}

/** The time axis of a shape: its first axis, unless that is the batch or a single step. */
function timeAxis(shape: ReportShape): number | string | undefined {
  const [first] = shape;
  if (shape.length < 2 || first === 'B' || first === 1) return undefined;
  // `[32, 256]` is a batch of vectors; time comes before the batch.
  return typeof first === 'string' || shape.length > 2 ? first : undefined;
}

const PLAIN = { recurrent: false, bidirectional: false, stacked: 1, states: [], parameters: 0 } as const;

function inputNode({ name, kind, shape }: ReportInput, lane: number): Node {
  const links = { from: [], initialState: undefined, memory: undefined };
  const place = { lane, level: 0, isInput: true, isOutput: true, isRead: false };
  return { ...PLAIN, ...links, ...place, name, type: kind, note: undefined, shape, time: timeAxis(shape) };
}

function unknownName(layer: ReportLayer, option: string, name: string): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_OPTION_RANGE',
    `${option} of the layer ${JSON.stringify(layer.name)} names ${JSON.stringify(name)}, and no input or layer before it has that name`,
    { option, expected: 'the name of an input or of an earlier layer', received: name },
  );
}

/** The first free row of a lane from `level` on, so that parallel nodes are drawn above each other. */
function freeLevel(nodes: Iterable<Node>, lane: number, level: number): number {
  const taken = new Set([...nodes].filter((node) => node.lane === lane).map((node) => node.level));
  let free = level;
  while (taken.has(free)) free++;
  return free;
}

function layerNode(layer: ReportLayer, before: Map<string, Node>, last: Node | undefined): Node {
  const find = (option: string, name: string): Node => {
    const node = before.get(name);
    if (node === undefined) throw unknownName(layer, option, name);
    return node;
  };
  const from = layer.from?.map((name) => find('from', name)) ?? (last === undefined ? [] : [last]);
  const { name, type, shape, parameters, note, states = [], stacked = 1, bidirectional = false } = layer;
  const lane = from[0]?.lane ?? 0;
  return {
    ...{ name, type, shape, parameters, note, states, stacked, bidirectional, from },
    recurrent: layer.recurrent === true,
    time: timeAxis(shape),
    initialState: layer.initialState === undefined ? undefined : find('initialState', layer.initialState),
    memory: layer.memory === undefined ? undefined : find('memory', layer.memory),
    level: freeLevel(before.values(), lane, 1 + Math.max(-1, ...from.map(({ level }) => level))),
    lane,
    isInput: false,
    isOutput: true,
    isRead: false,
  };
}

function requireNew(name: string, before: Map<string, Node>): void {
  if (!before.has(name)) return;
  throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', `Two inputs or layers have the name ${JSON.stringify(name)}`, {
    option: 'name',
    expected: 'names that differ',
    received: name,
  });
}

/**
 * The nodes of a model, in the order of its layers.
 * @throws ERR_UNROLLED_OPTION_RANGE if a layer reads what is not listed before it, and for two of one name.
 */
export function modelGraph({ inputs, layers }: ReportModel): Node[] {
  const nodes = new Map<string, Node>();
  let last: Node | undefined;
  for (const [lane, input] of inputs.entries()) {
    requireNew(input.name, nodes);
    last = inputNode(input, lane);
    nodes.set(input.name, last);
  }
  const all = [...nodes.values()];
  for (const layer of layers) {
    requireNew(layer.name, nodes);
    last = layerNode(layer, nodes, last);
    for (const source of last.from) source.isRead = true;
    for (const source of [...last.from, last.memory, last.initialState]) {
      if (source !== undefined) source.isOutput = false;
    }
    nodes.set(layer.name, last);
    all.push(last);
  }
  return all;
}

/** Whether a line between two nodes of a lane would cross the nodes between them. */
export function skips(source: Node, node: Node): boolean {
  return source.lane === node.lane && node.level - source.level > 1;
}
