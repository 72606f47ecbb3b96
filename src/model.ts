/**
 * A graph of layers: the low level, on which the language model and the classifier stand.
 *
 * Shapes: `T` time, `B` batch, `H` hidden, `V` vocabulary, `F` features of a layer.
 */

import { type Answer, type DecodingOptions, decode } from './decoding';
import { resolveDescription, resolveInitializer } from './description';
import { UnrolledError } from './errors';
import { FlatLayout, type FloatTensor, type Parameters, requireShape, type States } from './flat-layout';
import type { Layer } from './layer-functions';
import { resolveSeed, resolveThreads } from './limits';
import { type OptionOf, requireCopyMemory, requireModelMemory } from './memory';
import {
  damagedHeader,
  dtypeOf,
  type ModelHeader,
  otherKind,
  readModelFile,
  requireHeader,
  weightsOf,
  writeModelFile,
} from './model-file';
import { type ModelInput, toBatch } from './model-input';
import { addon } from './native/load';
import type {
  DType,
  FloatArray,
  InitializerDescription,
  InputDescription,
  ModelDescription,
  NativeDropping,
  NativeModel,
  NativeObjective,
} from './native/native';
import { PRINTED } from './printing';
import { type ReportOptions, reportModel } from './report/model-report';
import { Session, type SessionOptions } from './session';
import { Summary } from './summary';
import type { Tensor } from './tensor';
import { FLOATS, requireTensor } from './tensor-shape';
import type { TrainingData } from './training/data';
import type { Estimate } from './training/estimate';
import type { Score } from './training/example-training';
import type { EpochResult } from './training/fit';
import {
  estimateModel,
  evaluateModel,
  fitModel,
  type ModelEvaluationOptions,
  type ModelFitOptions,
  type PredictionOptions,
  predictModel,
} from './training/model-training';
import type { SequenceData } from './training/sequences';
import * as check from './validation';

/** Options of `Model.create`. */
export interface ModelOptions {
  /** What it reads at each step. */
  input: InputDescription;
  /** The second input of an encoder–decoder. */
  source?: InputDescription | undefined;
  /** Each behind what it reads; the functions of `layers` make them. */
  layers: readonly Layer[];
  /** `'float32'` by default. */
  dtype?: DType | undefined;
  /** Of the initial parameters; 0 by default. */
  seed?: number | undefined;
  /** PyTorch's own by default; a layer's own outranks it. */
  initializer?: InitializerDescription | undefined;
}

/** What `Model.forward` gives. */
export interface ForwardResult {
  /** Of the last layer, `[T', B, F]`; T' is 1 after pooling, else T. */
  output: FloatTensor;
  /** Final states. */
  states: States;
  /** Outputs of the layers that were asked for, by name. */
  layers: Record<string, FloatTensor>;
}

/** What is differentiated. */
export type Objective =
  /** Softmax cross-entropy of class ids `[T', B]`. */
  | { loss?: 'crossEntropy'; targets: Tensor<'int32'>; reduction?: 'mean' | 'sum' }
  /**
   * Against `values` `[T', B, F]`, of each output by itself: binary cross-entropy, which takes the outputs as logits, or
   * squared errors. The mean is over all outputs.
   */
  | { loss: 'binaryCrossEntropy' | 'squaredError'; values: FloatTensor; reduction?: 'mean' | 'sum' }
  /** The sum of `gradOutput · output`, `[T', B, F]`. */
  | { gradOutput: FloatTensor };

/** What `Model.gradients` gives; every gradient has the shape of what it is the gradient of. */
export interface GradientsResult {
  /** Reduced as asked; absent with `gradOutput`. */
  loss?: number;
  /** `[T', B, F]`; absent with a loss. */
  output?: FloatTensor;
  parameters: Parameters;
  /** Gradient of the features, `[T, B, F]`; absent for ids. */
  input?: FloatTensor;
  /** The same of the source's features. */
  source?: FloatTensor;
  /** Gradients of the initial states. */
  initialStates: States;
  /** Final states of the forward pass. */
  states: States;
}

/** Options of everything that computes once. */
export interface ComputeOptions {
  /** The pool's default where absent. The results do not depend on it. */
  threads?: number | undefined;
}

/** Options of `Model.forward`. */
export interface ForwardOptions extends ComputeOptions {
  /** Names of layers whose output is wanted too. */
  layers?: readonly string[] | undefined;
}

/** Options of `Model.gradients`. */
export interface GradientsOptions extends ComputeOptions {
  /** Drops units as step `step` of a training with that seed does. None are dropped where absent. */
  dropping?: NativeDropping | undefined;
}

/** What the package's own classes, whose options have other names, add to `ModelOptions`. */
export interface ModelInternals {
  /** The option to blame for the size of a layer. */
  optionOf?: OptionOf;
  /** Parameters stay zero until they are written. */
  uninitialized?: boolean;
}

const KIND = 'model';

/** What a file says of a model. */
interface FileDescription extends ModelDescription {
  kind: unknown;
  frozen?: string[];
}

const MODEL_OPTIONS = [
  'input',
  'source',
  'layers',
  'dtype',
  'seed',
  'initializer',
] as const satisfies (keyof ModelOptions)[];

/**
 * A graph of layers with its parameters: trained on data of the five shapes, or run and differentiated by hand.
 * Shapes: `T` time, `B` batch, `N` sequences, `F` features of the last layer.
 */
export class Model {
  readonly description: ModelDescription;
  readonly dtype: DType;
  readonly #native: NativeModel;
  readonly #layout: FlatLayout;
  #frozen: readonly string[] = [];
  #busy = false;
  #disposed = false;

  private constructor(description: ModelDescription, dtype: DType) {
    const { ModelFloat32, ModelFloat64 } = addon();
    this.description = description;
    this.dtype = dtype;
    this.#native = dtype === 'float32' ? new ModelFloat32(description) : new ModelFloat64(description);
    this.#layout = new FlatLayout(dtype, this.#native.parameters(), this.#native.states());
  }

  /**
   * A model with fresh parameters.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option,
   *   ERR_UNROLLED_OUT_OF_MEMORY before anything is allocated, ERR_UNROLLED_NATIVE_LOAD.
   */
  static create(options: ModelOptions): Model {
    return Model.build(options, {});
  }

  /**
   * A model from a file that `save` wrote.
   * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT,
   *   ERR_UNROLLED_MODEL_MISMATCH, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_OUT_OF_MEMORY.
   */
  static async load(path: string, options?: Pick<ModelOptions, 'dtype'>): Promise<Model> {
    const { dtype } = check.options('Model.load', options, ['dtype']);
    const file = await readModelFile(path);
    const { kind, input, source, layers, frozen = [] } = requireHeader(file).model as unknown as FileDescription;
    if (kind !== KIND) throw otherKind(path, kind, KIND);
    try {
      const type = dtype ?? dtypeOf(file);
      const { description } = resolveDescription(input, source, layers);
      const weights = weightsOf(file, description, type);
      const model = Model.build({ ...description, dtype: type }, { uninitialized: true });
      await model.freeze(frozen);
      await model.setParameters(weights);
      return model;
    } catch (error) {
      throw damagedHeader(path, error);
    }
  }

  /** @internal */
  static build(options: ModelOptions, internals: ModelInternals): Model {
    const given = check.options('Model', options, MODEL_OPTIONS);
    const { dtype = 'float32', seed, initializer } = given;
    const resolved = resolveDescription(given.input, given.source, given.layers);
    check.oneOf('dtype', dtype, ['float32', 'float64']);
    const initialization = resolveInitializer('initializer', initializer);
    const initialSeed = resolveSeed(seed);
    const optionOf: OptionOf = internals.optionOf ?? ((_, size, index) => `layers[${index}].${size}`);
    requireModelMemory(resolved.description, dtype, optionOf);
    const model = new Model(resolved.description, dtype);
    // Calls are served in order, so nobody needs to wait; they fail only where the model is disposed before.
    const ignore = () => {};
    if (internals.uninitialized !== true) {
      const laws = Object.keys(model.parameterShapes).map((name) => resolved.initializers.get(name) ?? initialization);
      model.#native.initialize(laws, initialSeed).catch(ignore);
    }
    if (resolved.frozen.length > 0) model.#freeze(resolved.frozen).catch(ignore);
    for (const [name, tensor] of resolved.weights) {
      requireShape(`weights of ${name}`, tensor, model.parameterShapes[name] as readonly number[]);
      model.#native.writeParameter(name, model.#layout.convert(tensor)).catch(ignore);
    }
    return model;
  }

  /** Number of parameters P, frozen ones too. */
  get parameterCount(): number {
    return this.native.parameterCount;
  }

  /**
   * Bytes of one copy of them.
   * @internal
   */
  get parameterBytes(): number {
    return this.parameterCount * (this.dtype === 'float32' ? 4 : 8);
  }

  /** PyTorch's shape of each parameter, by its name. */
  get parameterShapes(): Record<string, readonly number[]> {
    return this.#layout.parameterShapes;
  }

  /** Features of each recurrent state, by its name. */
  get stateSizes(): Record<string, number> {
    return this.#layout.stateSizes;
  }

  /**
   * Copies of all parameters, of a whole step while the model trains.
   * @throws ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_DISPOSED.
   */
  async parameters(): Promise<Parameters> {
    requireCopyMemory(this.parameterBytes);
    return this.#layout.parameters(await this.native.read());
  }

  /**
   * Parameters by name from a flat array of them.
   * @internal
   */
  named(flat: FloatArray): Parameters {
    return this.#layout.parameters(flat);
  }

  /**
   * Replaces all parameters.
   * @throws ERR_UNROLLED_MODEL_MISMATCH for a missing or an extra name, ERR_UNROLLED_SHAPE for a wrong shape.
   */
  async setParameters(parameters: Readonly<Record<string, Tensor>>): Promise<void> {
    requireCopyMemory(this.parameterBytes);
    await this.native.write(this.#layout.flatParameters(parameters));
  }

  /**
   * Trains these parameters no more, and all others again.
   * @throws ERR_UNROLLED_OPTION_RANGE for a name the model has not.
   */
  async freeze(parameters: readonly string[]): Promise<void> {
    this.requireAlive();
    await this.#freeze(parameters);
  }

  /** Names of the parameters that are not trained. */
  get frozen(): readonly string[] {
    return this.#frozen;
  }

  /**
   * Writes description and parameters to a safetensors file, whole or not at all; of a whole step while it trains.
   * @throws ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_DISPOSED.
   */
  async save(path: string): Promise<void> {
    await writeModelFile(path, this, this.header);
  }

  /**
   * What a file says of it.
   * @internal
   */
  get header(): ModelHeader {
    const { description, frozen } = this;
    return { model: { kind: KIND, ...description, ...(frozen.length > 0 && { frozen }) }, vocabulary: null };
  }

  /**
   * Takes the parameters of a safetensors file, which may be PyTorch's.
   * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT,
   *   ERR_UNROLLED_MODEL_MISMATCH naming the tensor, ERR_UNROLLED_MODEL_NOT_FINITE.
   */
  async loadParameters(path: string): Promise<void> {
    this.requireAlive();
    await this.setParameters(weightsOf(await readModelFile(path), this.description, this.dtype));
  }

  /**
   * Runs the layers over a batch.
   * @throws ERR_UNROLLED_SHAPE, ERR_UNROLLED_OPTION_RANGE for an id outside the vocabulary, or a layer that is not
   *   there.
   */
  async forward(input: ModelInput, options?: ForwardOptions): Promise<ForwardResult> {
    const { threads, layers = [] } = check.options('Model.forward', options, ['threads', 'layers']);
    check.strings('layers', layers, 'a list of names of layers');
    const batch = toBatch(this.description, this.#layout, input);
    const result = await this.native.forward(batch, resolveThreads(threads), [...layers]);
    return {
      output: this.#layout.tensor([result.time, batch.batch, result.features], result.output),
      states: this.#layout.states(result.state, batch.batch),
      layers: Object.fromEntries(
        result.layers.map(({ name, output, time, features }) => [
          name,
          this.#layout.tensor([time, batch.batch, features], output),
        ]),
      ),
    };
  }

  /** Gradients of an objective by full back-propagation through time; the same errors as `forward`. */
  async gradients(input: ModelInput, objective: Objective, options?: GradientsOptions): Promise<GradientsResult> {
    const { threads, dropping } = check.options('Model.gradients', options, ['threads', 'dropping']);
    const batch = toBatch(this.description, this.#layout, input);
    const wanted = this.#objective(objective);
    const gradOutput = 'gradOutput' in objective ? objective.gradOutput : undefined;
    const result = await this.native.gradients(batch, wanted, resolveThreads(threads), dropping);
    const { features } = input;
    const source = input.source?.features;
    return {
      ...(result.loss !== undefined && { loss: result.loss }),
      ...(gradOutput && result.output && { output: this.#layout.tensor(gradOutput.shape, result.output) }),
      parameters: this.#layout.parameters(result.parameters),
      ...(features && result.input && { input: this.#layout.tensor(features.shape, result.input) }),
      ...(source && result.source && { source: this.#layout.tensor(source.shape, result.source) }),
      initialStates: this.#layout.states(result.state, batch.batch),
      states: this.#layout.states(result.finalState, batch.batch),
    };
  }

  /**
   * Trains on examples, and yields after each epoch. Between two `next()` the model is idle; leaving the loop ends
   * training.
   * @throws (from the first `next()`) what impossible options and data throw, naming the array and the place in it;
   *   ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_BUSY while another training of this model runs; later
   *   ERR_UNROLLED_ABORTED, and ERR_UNROLLED_NON_FINITE_LOSS with its step. The weights are those of the last whole
   *   step, and the model stays usable.
   */
  fit(data: TrainingData, options?: ModelFitOptions): AsyncGenerator<EpochResult, void, undefined> {
    return fitModel(this, data, options);
  }

  /**
   * Loss and accuracy over data, without dropout.
   * @throws what impossible options and data throw, ERR_UNROLLED_ABORTED.
   */
  evaluate(data: TrainingData, options?: ModelEvaluationOptions): Promise<Score> {
    return evaluateModel(this, data, options);
  }

  /**
   * Outputs for sequences, each from a zero state: `[N, F]`, or of a model with an output at every step `[N, T, F]`,
   * zero behind the end of shorter ones.
   * @throws what impossible options and data throw, ERR_UNROLLED_ABORTED.
   */
  predict(inputs: SequenceData, options?: PredictionOptions): Promise<FloatTensor> {
    return predictModel(this, inputs, options);
  }

  /**
   * What an encoder–decoder answers to each source, the best answer first: the likeliest id each time, or by beam
   * search with `beams`.
   * @throws what impossible options and data throw, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED.
   */
  decode(sources: SequenceData, options: DecodingOptions): Promise<Answer[][]> {
    return decode(this, sources, options);
  }

  /**
   * Layers, parameters and counts; prints as a table.
   * @param fit what `estimate` said of a training, to be told too: its memory and its time.
   * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_DISPOSED
   */
  summary(fit?: Estimate): Summary {
    return new Summary(this, fit);
  }

  /**
   * Writes one HTML page that needs no network, whole or not at all: the model drawn, the curves of its training
   * (`history`), and what else the options have.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE and ERR_UNROLLED_OPTION_RANGE naming the part at
   *   fault, ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_DISPOSED.
   */
  async report(path: string, options?: ReportOptions): Promise<void> {
    this.requireAlive();
    await reportModel(this, path, options);
  }

  /**
   * What a `fit` with these data and options would take, in bytes and seconds, without changing the weights.
   * @throws what `fit` throws for impossible options and data.
   */
  estimate(data: TrainingData, options?: ModelFitOptions): Promise<Estimate> {
    return estimateModel(this, data, options);
  }

  /** The model as something that goes on step by step and keeps its state between two. */
  session(options?: SessionOptions): Session {
    return new Session(this, options);
  }

  /** Frees the native memory; work that runs is cancelled. A second call does nothing. */
  dispose(): void {
    this.#disposed = true;
    this.#native.dispose();
  }

  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /**
   * The native side.
   * @internal
   * @throws ERR_UNROLLED_DISPOSED
   */
  get native(): NativeModel {
    this.requireAlive();
    return this.#native;
  }

  /**
   * @internal
   * @throws ERR_UNROLLED_DISPOSED
   */
  requireAlive(): void {
    if (this.#disposed) {
      throw new UnrolledError('ERR_UNROLLED_DISPOSED', 'The model was disposed; make or load another one.');
    }
  }

  /**
   * @internal
   * @throws ERR_UNROLLED_DISPOSED, ERR_UNROLLED_BUSY while training runs.
   */
  requireIdle(): void {
    this.requireAlive();
    if (this.#busy) {
      throw new UnrolledError('ERR_UNROLLED_BUSY', 'The model is training; wait for it to end, or abort it first.');
    }
  }

  /**
   * Runs training, of which there is one at a time.
   * @internal
   * @throws ERR_UNROLLED_BUSY while training runs.
   */
  async exclusively<T>(train: () => Promise<T>): Promise<T> {
    this.requireIdle();
    this.#busy = true;
    try {
      return await train();
    } finally {
      this.#busy = false;
    }
  }

  /** @internal */
  [PRINTED](depth: number): string {
    if (this.#disposed) return 'Model (disposed)';
    return depth < 0 ? '[Model]' : this.summary().outline;
  }

  async #freeze(parameters: readonly string[]): Promise<void> {
    for (const name of check.strings('freeze', parameters, 'a list of names of parameters')) {
      if (!Object.hasOwn(this.parameterShapes, name)) throw check.outOfRange('freeze', 'names of parameters', name);
    }
    this.#frozen = [...parameters];
    await this.#native.freeze([...parameters]);
  }

  #objective(objective: Objective): NativeObjective {
    if (typeof objective !== 'object' || objective === null) {
      throw check.wrongType('objective', 'an object with targets, values or gradOutput', objective);
    }
    const converted = (option: string, tensor: FloatTensor) =>
      this.#layout.convert(requireTensor(option, tensor, FLOATS, 'a tensor of floats'));
    if ('gradOutput' in objective) return { gradOutput: converted('gradOutput', objective.gradOutput) };
    const reduction = check.oneOf('reduction', objective.reduction === undefined ? 'mean' : objective.reduction, [
      'mean',
      'sum',
    ]);
    if ('values' in objective) {
      const loss = check.oneOf('loss', objective.loss, ['binaryCrossEntropy', 'squaredError']);
      return { loss, values: converted('values', objective.values), reduction };
    }
    if (objective.loss !== undefined) check.oneOf('loss', objective.loss, ['crossEntropy']);
    return { targets: requireTensor('targets', objective.targets, ['int32']).data, reduction };
  }
}

export type { ModelInput, SequenceInput } from './model-input';
