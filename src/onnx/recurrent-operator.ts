/** Recurrent layers as ONNX's own operators RNN, GRU and LSTM. */

import type { Activation, Cell } from '../native/layer-choices';
import type { FloatArray, RecurrentDescription } from '../native/native';
import { type Context, cannotLeave, named } from './context';
import { floats, int, type Name, text, texts } from './graph';
import type { Direction, Level } from './level';

/** How an operator has a cell. */
interface Operator {
  readonly name: string;
  /** The block of our weights that stands at each place of its own. */
  readonly order: readonly number[];
  readonly activations: (layer: RecurrentDescription) => (Activation | undefined)[];
  readonly isLstm?: true;
}

/** A cell that is not here has no operator, and its layers cannot leave. */
const OPERATORS: Readonly<Partial<Record<Cell, Operator>>> = {
  rnn: { name: 'RNN', order: [0], activations: ({ activation }) => [activation] },
  gru: {
    name: 'GRU',
    order: [1, 0, 2],
    activations: ({ activation, gateActivation = 'sigmoid' }) => [gateActivation, activation],
  },
  lstm: {
    name: 'LSTM',
    order: [0, 3, 1, 2],
    activations: ({ activation, gateActivation = 'sigmoid' }) => [gateActivation, activation, activation],
    isLstm: true,
  },
};

/** A linear function is an affine one with factor 1 and shift 0. */
const ACTIVATIONS: Readonly<Record<Activation, string>> = {
  tanh: 'Tanh',
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  linear: 'Affine',
};

/** Both directions by one operator. */
export function byOperator(context: Context, level: Level): Direction[] {
  const { graph } = context;
  const { layer, suffixes, input } = level;
  const operator = OPERATORS[layer.type];
  if (operator === undefined) {
    throw cannotLeave(`${named(layer)} has no operator in ONNX`, 'Use an RNN, a GRU or an LSTM.', layer.type);
  }
  const [directions, hidden] = [suffixes.length, layer.features];
  const rows = operator.order.length * hidden;
  const { x, weight } = inputOf(context, level, operator);
  const recurrentWeight = graph.weight({
    ...{ name: nameOf(level, 'R'), type: 'float', shape: [directions, rows, hidden] },
    pieces: suffixes.flatMap((suffix) =>
      context.blocks(`${layer.name}.weight_hh${suffix}`, operator.order, hidden * hidden),
    ),
  });
  const lengths = context.rowsOf(input)?.lengths;
  const steps = lengths && graph.once(`int32 ${lengths}`, () => graph.add('Cast', [lengths], { to: int(INT32) }));
  const initial = (state: string) =>
    graph.concatenate(
      suffixes.map((suffix) => graph.unsqueeze(context.initialState(layer, `${layer.name}.${state}${suffix}`), 0)),
      0,
    );
  const inputs = [x, weight, recurrentWeight, biasOf(context, level, operator), steps ?? '', initial('h')];
  if (operator.isLstm) inputs.push(initial('c'));
  const outputs = ['output', 'h', ...(operator.isLstm ? ['c'] : [])].map((what) => graph.newName(what));
  graph.addMany(operator.name, inputs, outputs, {
    hidden_size: int(hidden),
    direction: text(directions === 2 ? 'bidirectional' : 'forward'),
    ...activationsOf(layer, operator, directions),
    ...(layer.type === 'gru' && { linear_before_reset: int(layer.resetAfter === false ? 0 : 1) }),
  });
  const [all, h, c] = outputs as [Name, Name, Name | undefined];
  return suffixes.map((_, direction) => ({
    output: graph.at(all, direction, 1),
    h: graph.at(h, direction, 0),
    ...(c !== undefined && { c: graph.at(c, direction, 0) }),
  }));
}

/** ONNX's number of the type. */
const INT32 = 6;

function nameOf({ layer, suffixes }: Level, what: string): Name {
  return `${layer.name}.${what}${suffixes[0]}`;
}

function activationsOf(layer: RecurrentDescription, { activations }: Operator, directions: number) {
  const once = activations(layer).map((activation = 'tanh') => ACTIVATIONS[activation]);
  const all = Array.from({ length: directions }, () => once).flat();
  const affine = all.filter((name) => name === ACTIVATIONS.linear);
  return {
    activations: texts(all),
    ...(affine.length > 0 && {
      activation_alpha: floats(affine.map(() => 1)),
      activation_beta: floats(affine.map(() => 0)),
    }),
  };
}

/** Both biases, one after the other; '' where there are none. */
function biasOf(context: Context, level: Level, { order }: Operator): Name {
  const { layer, suffixes } = level;
  if (layer.bias === false) return '';
  const zeros = new Float32Array(layer.features);
  const ofDirection = (suffix: string, name: string): FloatArray[] =>
    context.hasParameter(`${layer.name}.${name}${suffix}`)
      ? context.blocks(`${layer.name}.${name}${suffix}`, order, layer.features)
      : order.map(() => zeros);
  return context.graph.weight({
    ...{ name: nameOf(level, 'B'), type: 'float', shape: [suffixes.length, 2 * order.length * layer.features] },
    pieces: suffixes.flatMap((suffix) => [...ofDirection(suffix, 'bias_ih'), ...ofDirection(suffix, 'bias_hh')]),
  });
}

/** The vectors that an operator reads and the weight that it multiplies them by. */
function inputOf(context: Context, level: Level, operator: Operator): { x: Name; weight: Name } {
  const { graph } = context;
  const { layer, suffixes, input } = level;
  const rows = operator.order.length * layer.features;
  const gates = (suffix: string, width: number) =>
    context.blocks(`${layer.name}.weight_ih${suffix}`, operator.order, layer.features * width);
  if (input.kind !== 'oneHot' || input.features <= rows) {
    const weight = graph.weight({
      ...{ name: nameOf(level, 'W'), type: 'float', shape: [suffixes.length, rows, input.features] },
      pieces: suffixes.flatMap((suffix) => gates(suffix, input.features)),
    });
    return { x: context.vectorsOf(input), weight };
  }
  // With many ids the products are looked up, and the operator multiplies them by ones, which is exact.
  const projected = suffixes.map((suffix) =>
    graph.add('Gather', [context.transposed(`${layer.name}.weight_ih${suffix}`), input.name], { axis: int(0) }),
  );
  const width = suffixes.length * rows;
  const weight = graph.weight({
    ...{ name: nameOf(level, 'W'), type: 'float', shape: [suffixes.length, rows, width] },
    pieces: suffixes.map((_, direction) => ones(operator.order, layer.features, { width, direction })),
  });
  return { x: graph.concatenate(projected), weight };
}

/** The matrix that takes a direction's products, in our order of blocks, to the operator's. */
function ones(
  order: readonly number[],
  hidden: number,
  { width, direction }: { width: number; direction: number },
): Float32Array {
  const rows = order.length * hidden;
  const matrix = new Float32Array(rows * width);
  for (const [place, block] of order.entries()) {
    for (let i = 0; i < hidden; i++) matrix[(place * hidden + i) * width + direction * rows + block * hidden + i] = 1;
  }
  return matrix;
}
