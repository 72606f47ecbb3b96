/**
 * The layers of a `Model`, one function each: `Model.create({ input, layers: [embedding(64), lstm(128), dense(10)] })`.
 *
 * Each function takes a size and options and returns plain data. Layers without a name get one: the parameters of
 * `lstm(128)` are `rnn.weight_ih_l0` and so on, those of a second `dense` start with `dense_1`.
 * @module
 */

import * as check from '../base/check';
import { CELLS } from '../native/layer-choices';
import type {
  Activation,
  AdaptiveSoftmaxDescription,
  AttentionDescription,
  DenseDescription,
  DropoutDescription,
  EmbeddingDescription,
  InitializerDescription,
  LayerDescription,
  LayerNormDescription,
  PoolingDescription,
  RecurrentDescription,
} from '../native/native';
import type { NestedRows } from '../tensor/tensor';
import type { FloatTensor } from '../tensor/types';
import { defaultCutoffs } from './softmax-defaults';

/** Options of a layer apart from its computation. */
export interface LayerExtras {
  /** Prefix of its parameters' names; by default the kind of layer, with a number from the second on. */
  name?: string;
  /** The layers that it reads: see `LayerDescription`. */
  from?: string | readonly string[];
  /**
   * How its parameters are drawn: one law for all weights, or one for each kind of parameter, as in
   * `{ weight_hh: { kind: 'orthogonal', scale: 1 } }`. The keys are parameters' names without the layer's own and
   * without the number of the layer in a stack.
   */
  initializer?: InitializerDescription | Readonly<Record<string, InitializerDescription>>;
  /** Parameters that are not trained: all, or only these kinds, for example `['weight_hh']`. */
  frozen?: boolean | readonly string[];
}

type Options<Description> = Omit<Description, 'type' | 'name' | 'from' | 'features' | 'layers'> & LayerExtras;

/** A layer as `Model.create` takes it. */
export type Layer = Unnamed<LayerDescription> & LayerExtras & { weights?: FloatTensor | NestedRows };

/** The options of each kind of layer; `Omit` alone would only keep options that all kinds have. */
type Unnamed<Description> = Description extends LayerDescription ? Omit<Description, 'name' | 'from'> : never;

/** Options of a recurrent layer. */
export interface RecurrentLayerOptions extends Omit<Options<RecurrentDescription>, 'bidirectional' | 'merge'> {
  /** Stacked layers; 1 by default. */
  layers?: number;
}

function layer(type: LayerDescription['type'], options: object | undefined, own: object = {}): Layer {
  return { ...options, ...own, type } as Layer;
}

/**
 * Ids to rows of a table `[V, features]`. `weights` are its first rows' values, as `embeddingMatrix` makes them from
 * GloVe's or word2vec's, or nested arrays; they are trained on unless `frozen`.
 */
export function embedding(
  features: number,
  options?: Options<EmbeddingDescription> & { weights?: FloatTensor | NestedRows },
): Layer {
  return layer('embedding', options, { features });
}

/** Ids as one-hot vectors, for a recurrent layer; never made, only gathered. */
export function oneHot(options?: LayerExtras): Layer {
  return layer('oneHot', options);
}

/** Vanilla recurrent layer, `h' = f(W_ih·x + b_ih + W_hh·h + b_hh)`. */
export function rnn(hidden: number, options?: RecurrentLayerOptions): Layer {
  return layer('rnn', { layers: 1, ...options }, { features: hidden });
}

/** Gated recurrent unit (Cho et al. 2014), by default with the reset gate after the product, as in PyTorch. */
export function gru(hidden: number, options?: RecurrentLayerOptions): Layer {
  return layer('gru', { layers: 1, ...options }, { features: hidden });
}

/** Long short-term memory (Hochreiter and Schmidhuber 1997), with a forget gate. */
export function lstm(hidden: number, options?: RecurrentLayerOptions): Layer {
  return layer('lstm', { layers: 1, ...options }, { features: hidden });
}

/** Options of `bidirectional`. */
export interface BidirectionalOptions extends Pick<LayerExtras, 'name' | 'from'> {
  /** Outputs side by side (`'concat'`, `[2·H]`, by default) or added (`'sum'`, `[H]`). */
  merge?: 'concat' | 'sum';
}

/**
 * A recurrent layer in both directions, its outputs side by side (`'concat'`, `[2·H]`) or added (`'sum'`, `[H]`).
 * `name` and `from` take precedence over those of the given layer.
 * @throws ERR_UNROLLED_OPTION_RANGE for a layer that is not recurrent, ERR_UNROLLED_UNKNOWN_OPTION.
 */
export function bidirectional(recurrent: Layer, options: 'concat' | 'sum' | BidirectionalOptions = {}): Layer {
  check.oneOf('type of the layer in bidirectional', recurrent?.type, CELLS);
  const given: BidirectionalOptions = typeof options === 'string' ? { merge: options } : options;
  const { merge = 'concat', name, from } = check.options('bidirectional', given, ['merge', 'name', 'from']);
  return {
    ...recurrent,
    ...(name !== undefined && { name }),
    ...(from !== undefined && { from }),
    ...{ bidirectional: true, merge },
  } as Layer;
}

/** One vector from a sequence; `'final'` is what both directions know at their ends. */
export function pooling(kind: PoolingDescription['pooling'], options?: LayerExtras): Layer {
  return layer('pooling', options, { pooling: kind });
}

/** `f(x·Wᵀ + b)` at every step, linear by default. */
export function dense(features: number, options?: Options<DenseDescription> & { activation?: Activation }): Layer {
  return layer('dense', options, { features });
}

/**
 * Log-probabilities of many classes in the order of falling frequency (Grave et al. 2017), as the last layer: frequent
 * classes are in a head, the others in clusters of smaller width. Default cutoffs are those of `defaultCutoffs`.
 */
export function adaptiveSoftmax(classes: number, options?: Partial<Options<AdaptiveSoftmaxDescription>>): Layer {
  return layer('adaptiveSoftmax', { cutoffs: defaultCutoffs(classes), ...options }, { features: classes });
}

/** A function of each value, for layers that have none of their own, for example after pooled embeddings. */
export function activation(kind: Activation, options?: LayerExtras): Layer {
  return layer('activation', options, { activation: kind });
}

/** Drops values while training. */
export function dropout(rate: number, options?: Options<Omit<DropoutDescription, 'rate'>>): Layer {
  return layer('dropout', options, { rate });
}

/** Layer normalisation of each position (Ba et al. 2016). */
export function layerNorm(options?: Options<LayerNormDescription>): Layer {
  return layer('layerNorm', options);
}

/** Attention of queries over a memory, by names: `attention(['decoder', 'encoder'])`. */
export function attention(from: readonly [string, string], options?: Options<AttentionDescription>): Layer {
  return layer('attention', options, { from });
}

/** Outputs of layers with the same steps, side by side. */
export function concatenate(from: readonly string[], options?: LayerExtras): Layer {
  return layer('concatenate', options, { from });
}

/** Outputs of layers with the same steps, added: a residual connection, say. */
export function add(from: readonly string[], options?: LayerExtras): Layer {
  return layer('add', options, { from });
}
