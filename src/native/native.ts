/**
 * The native surface, declared in one place: what `binding/node` exports and nothing else.
 *
 * Shapes use the project's letters: `T` time, `B` batch, `E` embedding, `H` hidden, `V` vocabulary,
 * `P` parameters. Arrays are row-major. Every array is copied on its way in and on its way out.
 * Methods that compute return a promise; their work runs on the project's own threads, in the order
 * of the calls, and calls made while a training runs are served between two of its steps.
 */

import type { NativeGroup, NativeGroupOptions, NativeSharedFact } from './distributed/native-group';
import type { Activation, Cell } from './layer-choices';
import type { Loss, ValueLoss } from './losses';

/** Array type of a model's element type. */
export type FloatArray = Float32Array | Float64Array;

/** Element type of a model. */
export type DType = 'float32' | 'float64';

export type { Activation };

/** What every layer has. `name` is the prefix of its parameters' names. */
interface NamedLayer {
  name: string;
  /**
   * What it reads: names of layers before it, or of the model's inputs `'input'` and `'source'`. The layer before it
   * where absent. Several only for `attention` (queries, then memory), `concatenate` and `add`.
   */
  from?: string | readonly string[];
}

/** One layer of a model. */
export type LayerDescription =
  | EmbeddingDescription
  | (NamedLayer & { type: 'oneHot' })
  | RecurrentDescription
  | PoolingDescription
  | DenseDescription
  | ActivationDescription
  | DropoutDescription
  | LayerNormDescription
  | AttentionDescription
  | AdaptiveSoftmaxDescription
  | (NamedLayer & { type: 'concatenate' | 'add' });

/** Ids to rows of a table `[V, features]`. */
export interface EmbeddingDescription extends NamedLayer {
  type: 'embedding';
  features: number;
}

/**
 * One vector from a sequence: its last value, or the sum, mean or maximum over time. `final` is what a recurrent layer
 * knows at its end: of both directions, the first half at the last step and the second at the first.
 */
export interface PoolingDescription extends NamedLayer {
  type: 'pooling';
  pooling: 'last' | 'sum' | 'mean' | 'max' | 'final';
}

/** `f(x·Wᵀ + b)` at every step. */
export interface DenseDescription extends NamedLayer {
  type: 'dense';
  features: number;
  /** `'linear'` by default. */
  activation?: Activation;
  /** Whether it has a bias; true by default. */
  bias?: boolean;
  /** The embedding whose table is its weight: `features` is that embedding's vocabulary. */
  tiedTo?: string;
  /**
   * Of a last, linear layer: how many classes a target competes with in training by cross-entropy, drawn anew for each
   * step (sampled softmax). Evaluation is exact. All classes where absent.
   */
  samples?: number;
  /** Beside `samples`: as of `AdaptiveSoftmaxDescription`. */
  ranks?: readonly number[];
}

/**
 * Log-probabilities of `features` classes (Grave et al. 2017), as PyTorch's `AdaptiveLogSoftmaxWithLoss`: the most
 * frequent classes stand in a head, beside one entry for each cluster of rarer ones. Only as the last layer. Of
 * parameters it has `head.weight`, `tail.i.0.weight` and `tail.i.1.weight`, with a bias `head.bias` too.
 */
export interface AdaptiveSoftmaxDescription extends NamedLayer {
  type: 'adaptiveSoftmax';
  features: number;
  /** Ranks at which the clusters begin, rising: what stands before the first is in the head. */
  cutoffs: readonly number[];
  /** Cluster i projects to its inputs' width divided i + 1 times by this; 4 by default. */
  divisor?: number;
  /** Whether the head has a bias; false by default. */
  bias?: boolean;
  /** The rank of each class by falling frequency, each once; absent where classes are numbered so. */
  ranks?: readonly number[];
}

/** A function of each value, where no layer before it has one: behind pooled embeddings, say. */
export interface ActivationDescription extends NamedLayer {
  type: 'activation';
  activation: Activation;
}

/** Drops each value with probability `rate` while training, and scales the others by 1 / (1 − rate). */
export interface DropoutDescription extends NamedLayer {
  type: 'dropout';
  rate: number;
}

/** Layer normalisation over the features of each position (Ba et al. 2016), with a gain and a shift. */
export interface LayerNormDescription extends NamedLayer {
  type: 'layerNorm';
  /** 1e-5 by default. */
  epsilon?: number;
}

/**
 * Attention (Luong et al. 2015) of queries `[T, B, H]` over a memory `[T', B, M]`: the mean of the memory by the softmax
 * of its scores, side by side with the query, `[T, B, M + H]`. Rows that are shorter take no part behind their end.
 */
export interface AttentionDescription extends NamedLayer {
  type: 'attention';
  /** `'general'` (default) compares through a trained matrix `[H, M]`, `'dot'` directly. */
  score?: 'general' | 'dot';
}

/** A stack of recurrent layers, one hidden state `[B, features]` a layer and direction. */
export interface RecurrentDescription extends NamedLayer {
  type: Cell;
  /** Hidden size H of every layer of the stack. */
  features: number;
  /** Number of stacked layers. */
  layers: number;
  /** Of a vanilla RNN; of the candidate of a GRU; of an LSTM's candidate and of its cell's output. `'tanh'` by default. */
  activation?: Activation;
  /** Of the gates of a GRU or LSTM; `'sigmoid'` by default. */
  gateActivation?: Activation;
  /** Of a GRU: the reset gate after the product with `W_hn` (default), as in PyTorch, or before it (Cho et al. 2014). */
  resetAfter?: boolean;
  /** Whether there are biases; true by default. */
  bias?: boolean;
  /** One trained bias a layer (`bias_ih`); `bias_hh` does not exist natively. */
  singleBias?: boolean;
  /** Every layer runs in both directions; parameters of the second end in `_reverse`. */
  bidirectional?: boolean;
  /** How both outputs become one: side by side, `[2·H]` (default), or added, `[H]`. */
  merge?: 'concat' | 'sum';
  /** Rate at which values between two layers of the stack are dropped while training. */
  dropout?: number;
  /** Rate at which h is dropped on its way into `W_hh`, with one mask for all steps of a row (Gal and Ghahramani 2016). */
  recurrentDropout?: number;
  /** Layer normalisation inside the cell. */
  layerNorm?: boolean;
  epsilon?: number;
  /**
   * The layer that the initial states come from: a stack of the same kind (its final states), or, for a single layer in
   * one direction, a layer of one step whose vector is the initial h.
   */
  initialState?: string;
  /**
   * Vanilla RNN only: step back through time with `W_hh` where the chain rule needs its transpose.
   * The error of the published tutorial, kept for comparison.
   */
  untransposedGradient?: boolean;
}

/** What a model reads at each step: an id, or a vector. */
export type InputDescription = { kind: 'ids'; vocabulary: number } | { kind: 'features'; features: number };

/** A model as data: layers over ids or features, each behind what it reads. */
export interface ModelDescription {
  input: InputDescription;
  /** The second input, of an encoder–decoder: what it reads before it writes. */
  source?: InputDescription;
  layers: LayerDescription[];
}

/** A named parameter, in the order of the flat array. */
export interface ParameterInfo {
  name: string;
  /** PyTorch's shape. */
  shape: number[];
  /** First element in the flat array. */
  offset: number;
  /** False where it was frozen. */
  trainable: boolean;
}

/** A named recurrent state, `[B, features]`; a flat state is their concatenation in this order. */
export interface StateInfo {
  name: string;
  features: number;
}

/** What a layer of a description is in its model. */
export interface LayerPlan {
  name: string;
  /** Names of what it reads: layers before it, `'input'`, `'source'`. */
  from: string[];
  /** Features of each of these; ids have as many as the vocabulary. */
  inputs: number[];
  /** Features of what it gives. */
  features: number;
  /** Whether it gives one output a sequence, and not one at every step. */
  once: boolean;
  /** Whether it goes over the steps of the source, and not over those of the input. */
  ofSource: boolean;
  /** Its own, in the model's order. */
  parameters: Pick<ParameterInfo, 'name' | 'shape'>[];
  /** Its own, in the model's order; recurrent layers have some, others have none. */
  states: StateInfo[];
}

/** What a description will be as a model. It is the same for models of both element types. */
export interface ModelPlan {
  /** In the description's order. */
  layers: LayerPlan[];
  /** Features F of the last layer's output. */
  features: number;
  /** Whether that is one output a sequence, and not one at every step. */
  once: boolean;
}

/** How parameters are drawn. Keyed by (seed, parameter's index), so the same seed gives the same bits. */
export type InitializerDescription =
  /** PyTorch's defaults: recurrent U(±1/√H), embedding N(0, 1), dense U(±1/√inputs). */
  | { kind: 'default' }
  /**
   * Weights of one law, biases zero. `scale` is the standard deviation (`normal`), the bound (`uniform`), the value
   * (`constant`, biases too), the factor of ones on the diagonal (`identity`), or the gain of the others; the gain √2
   * for relu is in Kaiming's already. Of a recurrent layer each gate's block is drawn by itself.
   */
  | { kind: Exclude<InitializerKind, 'default'>; scale: number };

/** Laws that parameters are drawn by; `default` is PyTorch's own. */
export type InitializerKind =
  | 'default'
  | 'normal'
  | 'uniform'
  | 'constant'
  | 'identity'
  | 'orthogonal'
  | 'xavier-uniform'
  | 'xavier-normal'
  | 'kaiming-uniform'
  | 'kaiming-normal';

/** One input of a batch. Give `ids` or `features`, as the model asks. */
export interface NativeInput {
  time: number;
  /** `[T, B]` */
  ids?: Int32Array;
  /** `[T, B, features]` */
  features?: FloatArray;
  /**
   * `[B]`, each from 1 to T; T for all where absent. What stands behind a row's end takes no work, has no
   * influence, and is zero in what comes back.
   */
  lengths?: Int32Array;
}

/** A batch for `forward` and `gradients`. */
export interface NativeBatch extends NativeInput {
  batch: number;
  /** Of a model with a source: steps of its own, the same rows. */
  source?: NativeInput;
  /** Flat initial state; zero where absent. States that another layer gives are not read. */
  state?: FloatArray;
}

/** What is differentiated. */
export type NativeObjective =
  /** Softmax cross-entropy of class ids `[T', B]`. */
  | { loss?: 'crossEntropy'; targets: Int32Array; reduction: 'mean' | 'sum' }
  /** Of each output by itself, against `values` `[T', B, F]`; binary cross-entropy takes the outputs as logits. */
  | { loss: ValueLoss; values: FloatArray; reduction: 'mean' | 'sum' }
  /** Σ of `gradOutput · output`, `[T', B, F]`. */
  | { gradOutput: FloatArray };

/**
 * Units are dropped, and the classes of a sampled softmax drawn, by the random numbers of that seed and step; in its
 * absence none are, and the softmax is exact.
 */
export interface NativeDropping {
  seed: number;
  step: number;
}

/** What a workspace is laid out for: positions are steps × rows, or their sum where rows differ in length (`ragged`). */
export interface NativePassSize {
  positions: number;
  batch: number;
  sourcePositions?: number;
  /** Whether a backward pass may follow; true by default. */
  backward?: boolean;
  ragged?: boolean;
  /** What is minimised; softmax cross-entropy by default. */
  loss?: Loss;
}

/** What a layer in the midst of the model gave, `[T', B, F]`. */
export interface NativeLayerOutput {
  name: string;
  output: FloatArray;
  time: number;
  features: number;
}

export interface NativeForwardResult {
  /** `[T', B, F]` of the last layer: hidden states, or logits where it is dense. T' is 1 after `pooling`. */
  output: FloatArray;
  time: number;
  features: number;
  /** Flat final state. */
  state: FloatArray;
  /** Of the layers asked for. */
  layers: NativeLayerOutput[];
}

export interface NativeGradientsResult {
  /** Reduced as asked; absent with `gradOutput`. */
  loss?: number;
  /** Targets that were the likeliest class (or on the right side of one half); absent with `gradOutput`. */
  correct?: number;
  output?: FloatArray;
  /** Flat, `[P]`, in the order of `parameters()`. */
  parameters: FloatArray;
  /** `[T, B, features]`; absent for ids. */
  input?: FloatArray;
  /** The same of the source. */
  source?: FloatArray;
  /** Flat gradient of the initial state. */
  state: FloatArray;
  /** Flat final state of the forward pass. */
  finalState: FloatArray;
}

/** An optimiser with all that the core reads for it; formulas are PyTorch's. */
export interface NativeOptimizerOptions {
  /** The name that the core has for it. */
  kind: string;
  learningRate: number;
  weightDecay: number;
  /** The others by name: those that `NativeAddon.optimizerSchema` lists for it. */
  hyperparameters: Readonly<Record<string, number>>;
}

/** What the core declares of an optimiser. */
export interface NativeOptimizerKind {
  kind: string;
  /** Arrays of state, of the parameters' size each. */
  slots: number;
  /** What it reads beside `learningRate` and `weightDecay`, with the usual values. */
  hyperparameters: Readonly<Record<string, number>>;
}

/**
 * Ids in a file: little-endian, 32 bits each, `total` of them, of which `count` are taken from number `first` on. They
 * are read as they are needed; ERR_UNROLLED_FILE_READ where the file is of another size or has an id that is none.
 */
export interface NativeIdFile {
  /** Its path. */
  file: string;
  total: number;
  first: number;
  count: number;
  /** `device:inode:nanoseconds of the last change` that the file must have, decimal; on Windows the last alone. Not checked where left out. */
  state?: string;
}

/** The ids of one long stream. */
export type NativeIds = Int32Array | NativeIdFile;

/**
 * Sequences one after another: sequence i is made of elements `offsets[i]` to `offsets[i + 1]` of `ids`, or of the
 * vectors of `features`, as the model's input asks. None is empty.
 */
export interface NativeSequences {
  ids?: Int32Array;
  /** Vectors, flat: as many as the last offset says, of the width of the model's input. */
  features?: FloatArray;
  /** `[N + 1]`, from 0 to the number of ids or vectors. */
  offsets: Int32Array;
}

/**
 * Targets: one a sequence, or one at every position of the sequences, in their order. A mean is over targets for
 * cross-entropy, else over targets times outputs, as PyTorch's.
 */
export interface NativeTargets {
  loss: Loss;
  /** Classes, for cross-entropy. */
  ids?: Int32Array;
  /** A value for each output of the model, flat, for the other losses. */
  values?: FloatArray;
}

/**
 * How sequences become batches. An epoch takes each once; the last batch may be smaller. Rows of a batch may differ
 * in length and take no work for padding.
 */
export interface NativeBatching {
  /** Sequences a step. */
  batch: number;
  /** Whether their order is drawn anew for each epoch, from (seed, epoch). */
  shuffle: boolean;
  /**
   * 0 is off. Else each run of so many batches of the epoch's order is sorted by length before it is cut, and the
   * batches are shuffled (where `shuffle` is on), so that rows of a batch are about as long.
   */
  bucketing: number;
}

/** Where training batches come from. Everything drawn is keyed by the training's seed and the epoch. */
export type NativeSource =
  /**
   * One stream of ids cut into `batch` rows and windows of `window`, as docs/concepts/states-and-windows.md says. Its
   * first id is `before`, where that is given.
   */
  { kind: 'stream'; ids: NativeIds; before?: number; batch: number; window: number } | NativeExamples;

/** Every source but a stream; what `evaluateExamples` takes too. */
export type NativeExamples =
  /** A target for each sequence. For models with one output a sequence. */
  | ({ kind: 'labelled'; sequences: NativeSequences; targets: NativeTargets } & NativeBatching)
  /** A target at every position of each sequence. For models with an output at every step. */
  | ({ kind: 'tagged'; sequences: NativeSequences; targets: NativeTargets } & NativeBatching)
  /**
   * Encoder–decoder with teacher forcing: `source` is what the encoder reads, `inputs` what the decoder is fed, with a
   * target at each of its positions. Start and end tokens are the caller's.
   */
  | ({ kind: 'paired'; source: NativeSequences; inputs: NativeSequences; targets: NativeTargets } & NativeBatching)
  /**
   * Documents to predict the next id of: a document of n ids (at least 2) has n - 1 targets, its last id is no input.
   * Each document is read by one of `batch` rows, in windows of up to `window`; its last window may be shorter, none is
   * left out. A row's hidden state is carried from window to window of a document and is zero where one begins.
   * `shuffle` draws the order in which a row reads its documents anew for each epoch. Where `before` is given, it is one
   * more id before each document, which is then predicted from its first on.
   */
  | {
      kind: 'documents';
      ids: Int32Array;
      offsets: Int32Array;
      before?: number;
      batch: number;
      window: number;
      shuffle: boolean;
    };

/** What the learning rate is multiplied by at each step; k is the step after the warm-up, in `unit`s, from 0. */
export interface NativeSchedule {
  /**
   * - constant: 1
   * - step: `factor^⌊k / every⌋`
   * - exponential: `factor^(k / every)`
   * - linear: from 1 to `floor` within `length`, then `floor`
   * - cosine: `floor + (1 - floor)·(1 + cos(π·k / length)) / 2` within `length`, then `floor`
   */
  kind: 'constant' | 'step' | 'exponential' | 'linear' | 'cosine';
  unit: 'steps' | 'epochs';
  /** Linear warm-up, 0 is none: step s (from 0) of it has `(s + 1) / steps of the warm-up`. */
  warmup: number;
  /** Of step and exponential, above 0. */
  every?: number;
  /** Of step and exponential, above 0. */
  factor?: number;
  /** Of linear and cosine, above 0. */
  length?: number;
  /** Of linear and cosine, from 0 to 1; 0 where absent. */
  floor?: number;
}

/** A rank of a group whose training is shared: MPI's, or of one process. */
export type NativeRank = Pick<NativeGroup, 'info' | 'secondsWaited' | 'fail'>;

export interface NativeTrainingOptions {
  optimizer: NativeOptimizerOptions;
  reduction: 'mean' | 'sum';
  /** 0 (default) is off. Comes before clipping by norm. */
  clipValue?: number;
  /** 0 (default) is off. */
  clipNorm?: number;
  /** Of the order of the data and of dropout. */
  seed: number;
  /** 0 takes the pool's default. */
  threads: number;
  /**
   * Parts of each batch, a power of two; 1 (default) is the whole. Each part's gradient is computed on its own, and they
   * are added in a fixed binary tree.
   */
  shards?: number;
  /** The ranks that compute the parts together, whose number divides `shards`. */
  group?: NativeRank;
  source: NativeSource;
  /** Constant where absent. */
  schedule?: NativeSchedule;
  /**
   * What becomes of the rows of a large embedding that a batch does not touch. `exact` (default): what a dense gradient
   * with zeros does to them, at no cost for sgd and both Adagrads without weight decay. `lazy`: nothing, whatever the
   * optimiser: neither decay, nor momentum, nor the moments' decay, and none is made up for later (as PyTorch's
   * SparseAdam). `lazyWhereFew`: nothing in steps with fewer positions than the table has rows, else as `exact`; for
   * checkpoints of earlier releases.
   */
  sparse?: 'exact' | 'lazy' | 'lazyWhereFew';
  /**
   * Of the operands of the large products; `float32` (default) is the model's own, whichever that is.
   * ERR_UNROLLED_PRECISION where `bf16` would be slower, or the model is of 64-bit floats.
   */
  precision?: 'float32' | 'bf16';
}

/** All that a training is, between two steps; plain data to be kept as it is. */
export interface NativeTrainingState {
  /** Steps made; the next one is number `steps`. */
  steps: number;
  learningRateScale: number;
  /** What the training reads, as of `NativeTraining.identity`. */
  source: string;
  /** Its name. */
  optimizer: string;
  /** The optimiser's arrays, `[P]` each, none to two, in an order of their own. */
  slots: FloatArray[];
  /**
   * Bounds of the weights and of the optimiser's arrays, by which overflow is foreseen; then what the optimiser carries
   * from step to step beside its arrays, if anything.
   */
  bounds: Float64Array;
  /** Rows of `hidden`. */
  rows: number;
  /** Flat hidden state after the last step, in an order of its own. */
  hidden: FloatArray;
}

/** A training's state and its model's parameters of one instant, whose long arrays are copied piece by piece. */
export interface NativeSnapshot extends Omit<NativeTrainingState, 'source' | 'slots'> {
  /** P, the size of each long array. */
  size: number;
  /** Arrays of the optimiser, none to two. */
  slots: number;
  /** Whether all parameters are finite. */
  finite: boolean;
  /**
   * Copies elements of a long array from `first` on. Number 0 are the parameters, as of `read()`; those of the optimiser
   * follow. The snapshot ends with the last element of the last array: it is read in this order.
   */
  copy(part: number, first: number, to: FloatArray): void;
}

/** What each step was, none dropped, delivered at a limited rate. */
export interface NativeProgress {
  /** Number of the first of these steps, over the whole training. */
  firstStep: number;
  /** Mean loss of each step (nats per token or sequence, say), before its update. */
  losses: Float64Array;
  /** Norm of each step's gradient over all trained parameters, after clipping by value, before clipping by norm. */
  gradientNorms: Float64Array;
  /** Learning rate of each step. */
  learningRates: Float64Array;
  /** Seconds of training so far in this call. */
  seconds: number;
}

export interface NativeRunResult {
  /** Why the call returned. */
  reason: 'steps' | 'epoch' | 'cancelled';
  /** Epoch of the last step made (from 0). */
  epoch: number;
  /** Steps made so far, over the whole training. */
  steps: number;
  /** Targets trained on in this call: tokens, or sequences. Padding does not count. */
  tokens: number;
  /** Sum of the loss over all targets of this call, each before its step's update. */
  lossSum: number;
  /** What `lossSum` sums and `correct` is a part of: `tokens`, times the outputs unless it is cross-entropy. */
  count: number;
  /** Targets that were the likeliest class; outputs on the right side of one half; 0 for squared errors. */
  correct: number;
  /** Seconds spent in training steps in this call; jobs served in between are not counted. */
  seconds: number;
}

/** A flag that stops a running call between two steps. */
export interface NativeCancellation {
  cancel(): void;
}

/** A training with its optimiser state, its position in the data and its hidden state. */
export interface NativeTraining {
  readonly stepsPerEpoch: number;
  /**
   * Before all else: lays the data out, off the JavaScript thread. Of a source other than `documents` it does nothing.
   * Rejects as `startTraining` throws.
   */
  prepare(): Promise<void>;
  /** Targets (tokens, or sequences) of a full epoch. */
  readonly tokensPerEpoch: number;
  /**
   * Trains until `maxSteps` more steps are made, the epoch ends, or it is cancelled.
   * Rejects with ERR_UNROLLED_BUSY while a run of any training of this model is on, and with
   * ERR_UNROLLED_NON_FINITE_LOSS (the weights of the last good step are kept).
   * All progress is delivered before the promise settles.
   * @param lossSum what the losses are added to (default 0): an epoch's sum so far, which then has the same bits wherever
   * the epoch is cut into runs.
   */
  run(
    maxSteps: number,
    cancellation: NativeCancellation,
    onProgress: (progress: NativeProgress) => void,
    lossSum?: number,
  ): Promise<NativeRunResult>;
  /**
   * Before the first step: goes on from this state with the bits of a training never stopped, once the parameters are
   * written too. ERR_UNROLLED_MODEL_MISMATCH for a state of other data, another cut into batches, another seed, optimiser or
   * model; its option is `resume.source` where data, cut or seed are other, else `resume`. The training is of no use then.
   * All ranks of a group call it: rank 0 with the state, which it sends to the others.
   */
  resume(state?: NativeTrainingState): Promise<void>;
  /** What it reads: 16 hexadecimal digits over the data, their cut and the seed. Computed once, beside a run. */
  identity(): Promise<string>;
  /** State and parameters of one instant: while it runs, between two steps. */
  readState(): Promise<NativeSnapshot>;
  /** From the next step on multiplies the learning rate, beside the schedule; 1 at first. Kept in the state. */
  setLearningRateScale(scale: number): Promise<void>;
  /** Of a group, as are the next three, which all ranks call: rank 0's words, which it gives. */
  say(words?: string): Promise<string>;
  /**
   * Before the first step: compares the facts, the model, the data and, by default, the weights.
   * ERR_UNROLLED_RANKS_DIFFER names the first that is not alike.
   */
  agree(facts: readonly NativeSharedFact[], weights?: boolean): Promise<void>;
  /** Takes rank 0's weights if they were changed there since the last step. */
  shareChanges(): Promise<void>;
  /** ERR_UNROLLED_RANKS_DIFFER where the weights are not those of rank 0, as hosts with other kernels compute them. */
  requireSameWeights(): Promise<void>;
  dispose(): void;
}

export interface NativeEvaluationOptions {
  ids: NativeIds;
  /** As of a stream to train on. */
  before?: number;
  batch: number;
  window: number;
  /** 0 takes the pool's default. */
  threads: number;
  /** As of a training: the loss of each part of a batch is computed on its own. */
  shards?: number;
  /** As of a training: all ranks have the sums of all. */
  group?: NativeRank;
}

export interface NativeEvaluation {
  /** Sum of the loss of all targets (nats, but for squared errors). */
  lossSum: number;
  /** As of a run. */
  count: number;
  correct: number;
  tokens: number;
  seconds: number;
  cancelled: boolean;
}

export interface NativePredictionOptions {
  /** Most sequences computed at a time; those of about one length go together. */
  batch: number;
  /** The last layer's output as it is, or log-probabilities over its features. */
  output: 'raw' | 'logProbabilities';
  /** 0 takes the pool's default. */
  threads: number;
}

export interface NativePrediction {
  /** In the order of the sequences: `[N, F]`, or `[Σ lengths, F]` for models with an output at every step. */
  output: FloatArray;
  features: number;
  cancelled: boolean;
}

/** How one row draws. What it draws depends on this, its ids and its state alone, whatever the other rows are. */
export interface NativeRow {
  /** A whole number. */
  seed: number;
  /** Number of ids drawn before, so that pieces draw the same as one call. */
  position: number;
  /** Ids to draw, at most. 0 only feeds the row's ids. */
  count: number;
  /** Ids of the whole text before which `end` is barred; 0 where absent. */
  leastLength?: number;
  /** `[V]`, added to the logits; minus infinity bars an id. Nothing where absent. */
  bias?: Float64Array;
  /** 0 takes the likeliest. */
  temperature: number;
  /** 0 is off. */
  topK: number;
  /** 1 is off. */
  topP: number;
}

export interface NativeGenerateOptions {
  /** Ids fed before the first draw, row after row, at least one a row: its prompt, or the last id drawn. */
  ids: Int32Array;
  /** `[B + 1]`: row i is `ids[offsets[i] .. offsets[i + 1])`. */
  offsets: Int32Array;
  /** `[B, S]`: the flat state of each row, row after row; zero where absent. */
  state?: FloatArray;
  /** `[B]` */
  rows: NativeRow[];
  /** Ids never drawn (the unknown token, for one). */
  excluded: Int32Array;
  /** The id that ends its row when drawn; -1 for none. */
  end: number;
  /** 0 takes the pool's default. */
  threads: number;
}

export interface NativeGeneration {
  /** Of each row; the last one is `end` where that was drawn. */
  ids: Int32Array[];
  /** `[B, S]`: of each row, after the last id fed; the last id drawn has not been fed. */
  state: FloatArray;
  /** What the call took on its thread; 0 where it was cancelled while it fed the prompts. */
  seconds: number;
  cancelled: boolean;
}

/** Strings that end a continuation, and the bytes of every token to find them in. */
export interface NativeStop {
  strings: string[];
  /** Token i is `bytes[offsets[i] .. offsets[i + 1])`. */
  bytes: Uint8Array;
  /** `[V + 1]` */
  offsets: Int32Array;
}

export interface NativeBeamOptions {
  /** The prompt, at least one id. */
  ids: Int32Array;
  beams: number;
  /** Ids of a continuation, at most. */
  length: number;
  /** Alpha of the score `logProbability / ((5 + ids) / 6) ** alpha`; 0 is off. */
  lengthPenalty: number;
  /** Ids never taken. */
  excluded: Int32Array;
  /** The id that ends a continuation; -1 for none. */
  end: number;
  stop?: NativeStop;
  /** Ids before which `end` is barred; stop strings are looked for after them. 0 where absent. */
  leastLength?: number;
  /** `[V]`, added to the ranks of ids; minus infinity bars one. Nothing where absent. */
  bias?: Float64Array;
  /** 0 takes the pool's default. */
  threads: number;
}

/** As of a beam, from a source in place of a prompt. */
export interface NativeDecodeOptions extends Omit<NativeBeamOptions, 'ids' | 'stop'> {
  source: NativeInput;
  /** The id the decoder is fed first. */
  start: number;
}

export interface NativeHypothesis {
  ids: Int32Array;
  logProbability: number;
  /** Sum of the biases of the ids. */
  bias: number;
  score: number;
  ended: boolean;
}

export interface NativeBeams {
  /** By falling score, at most `beams`; of equals the lower ids first. */
  hypotheses: NativeHypothesis[];
  cancelled: boolean;
}

/** A step of a search. */
export interface NativeBeamStepOptions extends Omit<NativeBeamOptions, 'bias'> {
  /** `[1, V]` of the first step, else `[B, V]`: of each continuation that is followed. */
  bias?: Float64Array;
  /** What the step before gave; absent for the first. */
  from?: {
    /** Of the B continuations that are followed, all of one length. */
    ids: Int32Array;
    /** `[B + 1]` */
    offsets: Int32Array;
    /** `[B]` */
    logProbabilities: Float64Array;
    /** `[B]` */
    biases: Float64Array;
    /** How many have ended so far. */
    ended: number;
    state: FloatArray;
  };
}

export interface NativeBeamStep {
  live: NativeHypothesis[];
  /** Those that the step ended. */
  ended: NativeHypothesis[];
  state: FloatArray;
  cancelled: boolean;
}

export interface NativeScoring {
  /** Of `ids[first]`, `ids[first + 1]`, …, each given all before it, in nats. */
  logProbabilities: Float64Array;
  cancelled: boolean;
}

export interface NativeNextTokens {
  /** By falling probability, of equals the lower id first. */
  ids: Int32Array;
  logProbabilities: Float64Array;
  cancelled: boolean;
}

/** Where there is no memory for `initialize` or `writeParameter`, all later calls fail with the same error. */
export interface NativeModel {
  readonly dtype: DType;
  readonly parameterCount: number;
  parameters(): ParameterInfo[];
  states(): StateInfo[];
  /** One initialiser for all parameters, or one for each in their order. */
  initialize(initializer: InitializerDescription | InitializerDescription[], seed: number): Promise<void>;
  /** These parameters are not trained from now on, all others are. */
  freeze(parameters: string[]): Promise<void>;
  /** Bytes that the passes over a batch of that size keep, beside parameters, gradients and optimiser. */
  workspaceBytes(size: NativePassSize): Promise<number>;
  /** Flat copy of all parameters, `[P]`, of a whole step. */
  read(): Promise<FloatArray>;
  /** Replaces all parameters. */
  write(values: FloatArray): Promise<void>;
  /** Replaces one parameter. */
  writeParameter(name: string, values: FloatArray): Promise<void>;
  /** `layers`: names of layers whose output is wanted too. */
  forward(batch: NativeBatch, threads: number, layers?: string[]): Promise<NativeForwardResult>;
  gradients(
    batch: NativeBatch,
    objective: NativeObjective,
    threads: number,
    dropping?: NativeDropping,
  ): Promise<NativeGradientsResult>;
  startTraining(options: NativeTrainingOptions): NativeTraining;
  /** Softmax cross-entropy of a stream from a zero state, the last incomplete window included. */
  evaluate(options: NativeEvaluationOptions, cancellation: NativeCancellation): Promise<NativeEvaluation>;
  /** Loss of one epoch of examples, in their order and without dropout; `shuffle` is of no use. */
  evaluateExamples(
    options: { source: NativeExamples } & Pick<NativeEvaluationOptions, 'threads' | 'shards' | 'group'>,
    cancellation: NativeCancellation,
  ): Promise<NativeEvaluation>;
  /** Outputs for many sequences, each from a zero state. For models with one input. */
  predict(
    sequences: NativeSequences,
    options: NativePredictionOptions,
    cancellation: NativeCancellation,
  ): Promise<NativePrediction>;
  /** Draws ids after several prompts at once, one id a row at a time, each fed back. */
  generate(options: NativeGenerateOptions, cancellation: NativeCancellation): Promise<NativeGeneration>;
  /** The likeliest continuations of a prompt, by beam search from a zero state. */
  beam(options: NativeBeamOptions, cancellation: NativeCancellation): Promise<NativeBeams>;
  /** One step of the same search, for whoever gives each continuation a bias of its own. */
  beamStep(options: NativeBeamStepOptions, cancellation: NativeCancellation): Promise<NativeBeamStep>;
  /** The likeliest answers of an encoder–decoder to one source, by beam search. */
  decode(options: NativeDecodeOptions, cancellation: NativeCancellation): Promise<NativeBeams>;
  /** Log-probabilities of the ids from `first` (at least 1) on, from a zero state; logits are held for a few only. */
  score(
    options: { ids: Int32Array; first: number; threads: number },
    cancellation: NativeCancellation,
  ): Promise<NativeScoring>;
  /** The `count` likeliest ids (at most V) after `ids`, from a zero state. */
  next(
    options: { ids: Int32Array; count: number; threads: number },
    cancellation: NativeCancellation,
  ): Promise<NativeNextTokens>;
  /** Cancels and joins running work, frees the memory. A second call does nothing. */
  dispose(): void;
}

/** An option of a layer: the values it may have, and which it has where it is absent. */
export type NativeOption = {
  name: string;
  /** Whether a layer is nothing without it. */
  needed: boolean;
} & (
  | { kind: 'integer'; min: number; max: number; default?: number }
  /** Bounds of a finite number; `above` and `below` are exclusive. */
  | { kind: 'number'; min?: number; above?: number; below?: number; default?: number }
  | { kind: 'flag'; default?: boolean }
  | { kind: 'choice'; choices: string[]; default?: string }
  /** The name of another layer. */
  | { kind: 'layer' }
  /** A list of whole numbers. */
  | { kind: 'integers'; min: number; max: number }
);

/** What the core declares of a type of layer: what `LayerDescription` says of it here, for programs. */
export interface NativeLayerType {
  type: LayerDescription['type'];
  /**
   * What it reads: ids; vectors, or what an embedding or a one-hot layer made of ids (`sequence`); vectors; two of them,
   * which may run over different steps (`pair`), or two or more of them over the same steps (`several`).
   */
  reads: 'ids' | 'sequence' | 'vectors' | 'pair' | 'several';
  /** Of a recurrent layer alone: G, the blocks of rows that its weights are made of. */
  gates?: number;
  /** In the order in which they are checked. */
  options: NativeOption[];
}

/** What the binary is and runs on. */
export interface NativeInfo {
  version: string;
  /** OpenBLAS's own description of its build. */
  blas: string;
  /** OpenBLAS's kernel for this processor. */
  blasCore: string;
  /** Instruction set of the project's own kernels: 'baseline', 'avx2', 'avx512'. */
  kernels: string;
  /** What takes the products of a training with `precision: 'bf16'`: 'none', 'bf16_avx512', 'bf16_amx'; else a reference. */
  bf16: string;
  /** Processors the affinity mask and the cgroup quota leave to this process. */
  processors: number;
  /** Threads a call uses that asks for 0. */
  threads: number;
}

/** What the addon says of a fault beside it. */
export interface NativeErrorDetails {
  /** What to do, in whole sentences. */
  advice?: string;
  option?: string;
  /** What the fault says of `option`, where it begins with it. */
  predicate?: string;
  expected?: string;
  received?: string;
  /** The step (from 0) that the fault belongs to, of which it does not speak itself. */
  step?: number;
}

/**
 * How the addon reports a fault: called with a code of `errors.ts` and what is wrong, without a full stop, it returns the
 * error to throw.
 */
export type NativeErrorFactory = (code: string, fault: string, details: NativeErrorDetails) => Error;

export interface NativeAddon {
  /** Models of 32-bit and of 64-bit floats. Throws coded errors for impossible descriptions. */
  ModelFloat32: new (
    description: ModelDescription,
  ) => NativeModel;
  ModelFloat64: new (description: ModelDescription) => NativeModel;
  /**
   * What a model of that description would be. Nothing of the model's size is allocated. Throws what making the model
   * throws for an impossible description.
   */
  plan(description: ModelDescription): ModelPlan;
  Cancellation: new () => NativeCancellation;
  /** Set once per environment, before anything else. */
  setErrorFactory(factory: NativeErrorFactory): void;
  info(): NativeInfo;
  /** All layers there are. */
  layerSchema(): NativeLayerType[];
  /** All optimisers there are. */
  optimizerSchema(): NativeOptimizerKind[];
  /** Sets the default number of threads of this process. */
  setThreads(threads: number): void;
  /** Best GFLOP/s of `repeats` single-precision GEMMs of size³ with that many threads. */
  machineGflops(size: number, repeats: number, threads: number): Promise<number>;
  /** Seconds of each of `repeats` passes over the same `count` 32-bit floats, read once on one thread. */
  machineReading(count: number, repeats: number): Promise<Float64Array>;
  /** The ranks of a group in this process, whose models each have a thread of their own: what the tests train on. */
  inProcessRanks(size: number): NativeRank[];
  /**
   * Begins MPI, which a process can do once, and finds the other ranks. Throws ERR_UNROLLED_MPI, and ERR_UNROLLED_ABORTED
   * after the cancellation.
   */
  openGroup(
    options: NativeGroupOptions,
    cancellation: NativeCancellation,
    onWarning: (message: string) => void,
  ): Promise<NativeGroup>;
  /**
   * Before the process exits with this status: says goodbye to the other ranks if all is well, else ends them, which may
   * end this process at once.
   */
  endGroup(status: number): void;
}
