/** Each layer as ONNX's operators. A layer that is not in the list cannot leave, and is named. */

import type {
  AdaptiveSoftmaxDescription,
  AttentionDescription,
  DenseDescription,
  LayerDescription,
  PoolingDescription,
} from '../native/native';
import { type Context, cannotLeave, named, type Value } from './context';
import { activate, normalize, scaled } from './functions';
import { int, integerPieces, ints, type Name } from './graph';
import { recurrent } from './recurrent';

type Of<Type extends LayerDescription['type']> = Extract<LayerDescription, { type: Type }>;

/** Adds a layer to the graph. */
type Emit<Layer extends LayerDescription> = (context: Context, layer: Layer, ...inputs: Value[]) => Value;

const LAYERS: { [Type in LayerDescription['type']]?: Emit<Of<Type>> } = {
  embedding,
  oneHot: (_, __, ids) => ({ ...(ids as Value), kind: 'oneHot' }),
  rnn: (context, layer, input) => recurrent(context, layer, input as Value),
  gru: (context, layer, input) => recurrent(context, layer, input as Value),
  lstm: (context, layer, input) => recurrent(context, layer, input as Value),
  pooling,
  dense,
  activation: (context, { activation }, input) => {
    const { graph } = context;
    return { ...(input as Value), name: activate(graph, activation, context.vectorsOf(input as Value)) };
  },
  // Nothing is dropped but in training.
  dropout: (_, __, input) => input as Value,
  layerNorm,
  attention,
  concatenate: (context, _, ...inputs) => {
    const features = inputs.reduce((sum, input) => sum + input.features, 0);
    const name = context.graph.concatenate(inputs.map((input) => context.vectorsOf(input)));
    return vectors(inputs[0] as Value, name, features);
  },
  add: (context, _, ...inputs) => {
    const [first, ...others] = inputs.map((input) => context.vectorsOf(input)) as [Name, ...Name[]];
    const name = others.reduce((sum, other) => context.graph.add('Add', [sum, other]), first);
    return vectors(inputs[0] as Value, name, (inputs[0] as Value).features);
  },
  adaptiveSoftmax,
};

/** Types of layers that can leave. */
export const LEAVING: readonly string[] = Object.keys(LAYERS);

/**
 * What a layer gives.
 * @throws ERR_UNROLLED_EXPORT for one that has no counterpart.
 */
export function emit(context: Context, layer: LayerDescription, inputs: readonly Value[]): Value {
  const known = Object.hasOwn(LAYERS, layer.type) ? LAYERS[layer.type] : undefined;
  if (known === undefined) {
    throw cannotLeave(`${named(layer)} has no counterpart in ONNX here`, 'Leave the layer out.', layer.type);
  }
  return (known as Emit<LayerDescription>)(context, layer, ...inputs);
}

/** Vectors over the same steps. */
function vectors(like: Value, name: Name, features: number): Value {
  return { ...like, name, kind: 'vectors', features, ahead: features };
}

function embedding(context: Context, { name, features }: Of<'embedding'>, ids?: Value): Value {
  const { graph } = context;
  const rows = graph.add('Gather', [context.parameter(`${name}.weight`), (ids as Value).name], { axis: int(0) });
  return vectors(ids as Value, rows, features);
}

/** `x·Wᵀ` */
function product(context: Context, x: Name, weight: string): Name {
  return context.graph.add('MatMul', [x, context.transposed(weight)]);
}

function dense(context: Context, layer: DenseDescription, input?: Value): Value {
  const { name, features, bias, tiedTo, activation } = layer;
  const { graph } = context;
  const isTied = tiedTo !== undefined && tiedTo !== '';
  const sum = product(context, context.vectorsOf(input as Value), `${isTied ? tiedTo : name}.weight`);
  const shifted = bias === false ? sum : graph.add('Add', [sum, context.parameter(`${name}.bias`)]);
  return vectors(input as Value, activate(graph, activation, shifted), features);
}

function layerNorm(context: Context, { name, epsilon }: Of<'layerNorm'>, input?: Value): Value {
  const { graph } = context;
  const normal = normalize(graph, context.vectorsOf(input as Value), epsilon);
  const [gain, shift] = [context.parameter(`${name}.weight`), context.parameter(`${name}.bias`)];
  return { ...(input as Value), kind: 'vectors', name: scaled(graph, normal, gain, shift) };
}

/** Less than all that is there: what stands behind a row's end loses against anything. */
const LEAST = -3.4028234663852886e38;

function pooling(context: Context, layer: PoolingDescription, input?: Value): Value {
  const pooled = {
    ...(input as Value),
    name: pool(context, layer, input as Value),
    kind: 'vectors',
    once: true,
  } as const;
  return { ...pooled, ahead: pooled.features };
}

/** `[1, B, F]` */
function pool(context: Context, { pooling: kind }: PoolingDescription, input: Value): Name {
  const { graph } = context;
  const x = context.vectorsOf(input);
  const rows = context.rowsOf(input);
  const overTime = { axes: ints(0), keepdims: int(1) };
  if (kind === 'last') return lastOf(context, input, x);
  if (kind === 'final') {
    if (input.ahead === input.features) return lastOf(context, input, x);
    const part = (name: Name, begin: number, end: number) =>
      graph.add('Slice', [name, graph.integers(begin), graph.integers(end), graph.integers(-1)]);
    const first = graph.add('Gather', [x, graph.integers(0)], { axis: int(0) });
    return graph.concatenate([
      part(lastOf(context, input, x), 0, input.ahead),
      part(first, input.ahead, input.features),
    ]);
  }
  if (kind === 'max') {
    const there = rows === undefined ? x : graph.add('Where', [rows.mask, x, graph.number(LEAST)]);
    return graph.add('ReduceMax', [there], overTime);
  }
  if (kind === 'mean' && rows === undefined) return graph.add('ReduceMean', [x], overTime);
  const sum = graph.add('ReduceSum', [context.masked({ ...input, name: x }), graph.integers(0)], { keepdims: int(1) });
  if (kind === 'sum' || rows === undefined) return sum;
  const lengths = graph.add('Cast', [rows.lengths], { to: int(1) });
  return graph.add('Div', [sum, graph.add('Unsqueeze', [lengths, graph.integers(0, 2)])]);
}

/** The last step of each row, `[1, B, F]`. */
function lastOf(context: Context, input: Value, x: Name): Name {
  const { graph } = context;
  const rows = context.rowsOf(input);
  if (rows === undefined) return graph.add('Gather', [x, graph.integers(-1)], { axis: int(0) });
  const last = graph.add('Sub', [rows.lengths, graph.integer(1)]);
  const columns = graph.add('Range', [graph.integer(0), graph.squeeze(context.batch, 0), graph.integer(1)]);
  const places = graph.concatenate([graph.unsqueeze(last, 1), graph.unsqueeze(columns, 1)], 1);
  return graph.unsqueeze(graph.add('GatherND', [x, places]), 0);
}

function attention(context: Context, layer: AttentionDescription, query?: Value, memory?: Value): Value {
  const { graph } = context;
  const [q, m] = [context.vectorsOf(query as Value), context.vectorsOf(memory as Value)];
  const isGeneral = layer.score !== 'dot';
  const projected = isGeneral ? graph.add('MatMul', [q, context.parameter(`${layer.name}.weight`)]) : q;
  const scores = graph.add('MatMul', [graph.transpose(projected, 1, 0, 2), graph.transpose(m, 1, 2, 0)]);
  const rows = context.rowsOf(memory as Value);
  const seen =
    rows === undefined
      ? scores
      : graph.add('Where', [graph.transpose(rows.mask, 1, 2, 0), scores, graph.number(LEAST)]);
  const weights = graph.add('Softmax', [seen], { axis: int(-1) });
  const mean = graph.add('MatMul', [weights, graph.transpose(m, 1, 0, 2)]);
  const name = graph.concatenate([graph.transpose(mean, 1, 0, 2), q]);
  return vectors(query as Value, name, (query as Value).features + (memory as Value).features);
}

/** The head's log-probabilities, where those of a cluster's entry are added to its own; then by id. */
function adaptiveSoftmax(context: Context, layer: AdaptiveSoftmaxDescription, input?: Value): Value {
  const { graph } = context;
  const { name, features, cutoffs, bias, ranks } = layer;
  const x = context.vectorsOf(input as Value);
  const scores = product(context, x, `${name}.head.weight`);
  const shifted = bias === true ? graph.add('Add', [scores, context.parameter(`${name}.head.bias`)]) : scores;
  const normal = (value: Name) => graph.add('LogSoftmax', [value], { axis: int(-1) });
  const head = normal(shifted);
  const frequent = cutoffs[0] as number;
  const part = (begin: number, end: number) =>
    graph.add('Slice', [head, graph.integers(begin), graph.integers(end), graph.integers(-1)]);
  const clusters = cutoffs.map((_, i) => {
    const hidden = product(context, x, `${name}.tail.${i}.0.weight`);
    const within = normal(product(context, hidden, `${name}.tail.${i}.1.weight`));
    return graph.add('Add', [within, part(frequent + i, frequent + i + 1)]);
  });
  const byRank = graph.concatenate([part(0, frequent), ...clusters]);
  if (ranks === undefined || ranks.length === 0) return vectors(input as Value, byRank, features);
  const places = graph.weight({
    ...{ name: `${name}.ranks`, type: 'int64', shape: [features] },
    pieces: integerPieces(ranks),
  });
  return vectors(input as Value, graph.add('Gather', [byRank, places], { axis: int(-1) }), features);
}
