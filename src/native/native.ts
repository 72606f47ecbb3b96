/**
 * The native surface, declared in one place: what `binding/node` exports and nothing else.
 *
 * Shapes use the project's letters: `T` time, `B` batch, `E` embedding, `H` hidden, `V` vocabulary,
 * `P` parameters. Arrays are row-major. Every array is copied on its way in and on its way out.
 * Methods that compute return a promise; their work runs on the project's own threads, in the order
 * of the calls, and calls made while a training runs are served between two of its steps.
 */

/** Array type of a model's element type. */
export type FloatArray = Float32Array | Float64Array;

/** Element type of a model. */
export type DType = 'float32' | 'float64';

/** One layer of a chain. `name` is the prefix of its parameters' names. */
export type LayerDescription =
  | { type: 'embedding'; name: string; features: number }
  | { type: 'oneHot'; name: string }
  | RecurrentDescription
  | PoolingDescription
  | { type: 'dense'; name: string; features: number };

/** One vector from a sequence: its last value, or the sum, mean or maximum over time. */
export interface PoolingDescription {
  type: 'pooling';
  name: string;
  pooling: 'last' | 'sum' | 'mean' | 'max';
}

export interface RecurrentDescription {
  type: 'rnn' | 'gru' | 'lstm';
  name: string;
  /** Hidden size H of every layer of the stack. */
  features: number;
  /** Number of stacked layers. */
  layers: number;
  /** Of a vanilla RNN only. */
  nonlinearity?: 'tanh' | 'relu';
  /** One trained bias a layer (`bias_ih`); `bias_hh` does not exist natively. */
  singleBias?: boolean;
  /** Every layer runs in both directions; parameters of the second end in `_reverse`. */
  bidirectional?: boolean;
  /** How both outputs become one: side by side, `[2·H]` (default), or added, `[H]`. */
  merge?: 'concat' | 'sum';
  /**
   * Vanilla RNN only: step back through time with `W_hh` where the chain rule needs its transpose.
   * The error of the published tutorial, kept for comparison.
   */
  untransposedGradient?: boolean;
}

/** A model as data: a chain of layers over ids or features. */
export interface ModelDescription {
  input: { kind: 'ids'; vocabulary: number } | { kind: 'features'; features: number };
  layers: LayerDescription[];
}

/** A named parameter, in the order of the flat array. */
export interface ParameterInfo {
  name: string;
  /** PyTorch's shape. */
  shape: number[];
  /** First element in the flat array. */
  offset: number;
}

/** A named recurrent state, `[B, features]`; a flat state is their concatenation in this order. */
export interface StateInfo {
  name: string;
  features: number;
}

/** How parameters are drawn. Keyed by (seed, parameter's index), so the same seed gives the same bits. */
export type InitializerDescription =
  /** PyTorch's defaults: recurrent U(±1/√H), embedding N(0, 1), dense U(±1/√inputs). */
  | { kind: 'default' }
  /** Weights N(0, scale²), biases zero. */
  | { kind: 'normal'; scale: number }
  /** Weights U(±scale), biases zero. */
  | { kind: 'uniform'; scale: number };

/** A batch for `forward` and `gradients`. Give `ids` or `features`, as the model's input asks. */
export interface NativeBatch {
  time: number;
  batch: number;
  /** `[T, B]` */
  ids?: Int32Array;
  /** `[T, B, features]` */
  features?: FloatArray;
  /** Flat initial state; zero where absent. */
  state?: FloatArray;
  /**
   * `[B]`, each from 1 to T; T for all where absent. What stands behind a row's end takes no work, has no
   * influence, and is zero in what comes back.
   */
  lengths?: Int32Array;
}

export interface NativeForwardResult {
  /** `[T', B, F]` of the last layer: hidden states, or logits where it is dense. T' is 1 after `pooling`. */
  output: FloatArray;
  time: number;
  features: number;
  /** Flat final state. */
  state: FloatArray;
}

export interface NativeGradientsResult {
  /** Of softmax cross-entropy, reduced as asked; absent with `gradOutput`. */
  loss?: number;
  output?: FloatArray;
  /** Flat, `[P]`, in the order of `parameters()`. */
  parameters: FloatArray;
  /** `[T, B, features]`; absent for ids. */
  input?: FloatArray;
  /** Flat gradient of the initial state. */
  state: FloatArray;
  /** Flat final state of the forward pass. */
  finalState: FloatArray;
}

export type OptimizerKind = 'sgd' | 'momentum' | 'adagrad' | 'adagrad-abs' | 'rmsprop' | 'adam' | 'adamw';

/** Every field is given; what a kind does not use is ignored. Formulas are PyTorch's. */
export interface NativeOptimizerOptions {
  kind: OptimizerKind;
  learningRate: number;
  momentum: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
  /** Smoothing constant of RMSprop. */
  alpha: number;
  epsilon: number;
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
}

/** The ids of one long stream. */
export type NativeIds = Int32Array | NativeIdFile;

/** Where training batches come from. */
export type NativeSource =
  /** One stream of ids cut into `batch` rows and windows of `window`, as DESIGN.md fixes it. */
  | { kind: 'stream'; ids: NativeIds; batch: number; window: number }
  /**
   * Labelled sequences, one at a time: sequence i is `ids[offsets[i] .. offsets[i + 1])`.
   * Their order is shuffled anew each epoch from (seed, epoch).
   */
  | { kind: 'sequences'; ids: Int32Array; offsets: Int32Array; labels: Int32Array; shuffle: boolean };

export interface NativeTrainingOptions {
  optimizer: NativeOptimizerOptions;
  reduction: 'mean' | 'sum';
  /** 0 is off. Comes before clipping by norm. */
  clipValue: number;
  /** 0 is off. */
  clipNorm: number;
  seed: number;
  /** 0 takes the pool's default. */
  threads: number;
  source: NativeSource;
}

/** Step losses, none dropped, delivered at a limited rate. */
export interface NativeProgress {
  /** Number of the first of these steps, over the whole training. */
  firstStep: number;
  /** Mean nats per token (or per sequence) of each step, before its update. */
  losses: Float64Array;
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
  /** Tokens (or sequences) trained on in this call. */
  tokens: number;
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
  /** Tokens (or sequences) a full epoch trains on. */
  readonly tokensPerEpoch: number;
  /**
   * Trains until `maxSteps` more steps are made, the epoch ends, or it is cancelled.
   * Rejects with ERR_UNROLLED_BUSY while a run of any training of this model is on, and with
   * ERR_UNROLLED_NON_FINITE_LOSS (the weights of the last good step are kept).
   * All progress is delivered before the promise settles.
   */
  run(
    maxSteps: number,
    cancellation: NativeCancellation,
    onProgress: (progress: NativeProgress) => void,
  ): Promise<NativeRunResult>;
  dispose(): void;
}

export interface NativeEvaluationOptions {
  ids: NativeIds;
  batch: number;
  window: number;
  /** 0 takes the pool's default. */
  threads: number;
}

export interface NativeEvaluation {
  /** Sum of the cross-entropy of all targets, in nats. */
  lossSum: number;
  tokens: number;
  seconds: number;
  cancelled: boolean;
}

export interface NativeGenerateOptions {
  /** Ids fed before the first draw, at least one: the prompt, or the last id drawn. */
  ids: Int32Array;
  /** Flat state for one row; zero where absent. */
  state?: FloatArray;
  /** Ids to draw. 0 only feeds `ids`. */
  count: number;
  /** 0 takes the likeliest. */
  temperature: number;
  /** 0 is off. */
  topK: number;
  /** 1 is off. */
  topP: number;
  seed: number;
  /** Number of ids drawn before, so that pieces draw the same as one call. */
  position: number;
  /** Ids never drawn (the unknown token, for one). */
  excluded: Int32Array;
}

export interface NativeGeneration {
  ids: Int32Array;
  /** Flat state after the last id fed; the last id drawn has not been fed. */
  state: FloatArray;
  cancelled: boolean;
}

export interface NativeModel {
  readonly dtype: DType;
  readonly parameterCount: number;
  parameters(): ParameterInfo[];
  states(): StateInfo[];
  initialize(initializer: InitializerDescription, seed: number): Promise<void>;
  /** Flat copy of all parameters, `[P]`, of a whole step. */
  read(): Promise<FloatArray>;
  /** Replaces all parameters. */
  write(values: FloatArray): Promise<void>;
  forward(batch: NativeBatch, threads: number): Promise<NativeForwardResult>;
  /** With `targets` `[T', B]` the gradients of softmax cross-entropy, else those of `gradOutput · output`. */
  gradients(
    batch: NativeBatch,
    objective: { targets: Int32Array; reduction: 'mean' | 'sum' } | { gradOutput: FloatArray },
    threads: number,
  ): Promise<NativeGradientsResult>;
  startTraining(options: NativeTrainingOptions): NativeTraining;
  /** Softmax cross-entropy of a stream from a zero state, the last incomplete window included. */
  evaluate(options: NativeEvaluationOptions, cancellation: NativeCancellation): Promise<NativeEvaluation>;
  /** Log-probabilities `[N, V]` of N sequences, each from a zero state. For chains that end `pooling`, `dense`. */
  predict(sequences: { ids: Int32Array; offsets: Int32Array }, threads: number): Promise<FloatArray>;
  generate(options: NativeGenerateOptions, cancellation: NativeCancellation): Promise<NativeGeneration>;
  /** Cancels and joins running work, frees the memory. A second call does nothing. */
  dispose(): void;
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
  /** Processors the affinity mask and the cgroup quota leave to this process. */
  processors: number;
  /** Threads a call uses that asks for 0. */
  threads: number;
}

/** How the addon reports a fault: called with a code of `errors.ts`, it returns the error to throw. */
export type NativeErrorFactory = (
  code: string,
  message: string,
  details: { option?: string; expected?: string; received?: string; step?: number },
) => Error;

export interface NativeAddon {
  /** Models of 32-bit and of 64-bit floats. Throws coded errors for impossible descriptions. */
  ModelFloat32: new (
    description: ModelDescription,
  ) => NativeModel;
  ModelFloat64: new (description: ModelDescription) => NativeModel;
  Cancellation: new () => NativeCancellation;
  /** Set once per environment, before anything else. */
  setErrorFactory(factory: NativeErrorFactory): void;
  info(): NativeInfo;
  /** Sets the default number of threads of this process. */
  setThreads(threads: number): void;
  /** Best GFLOP/s of `repeats` single-precision GEMMs of size³ with that many threads. */
  machineGflops(size: number, repeats: number, threads: number): Promise<number>;
}
