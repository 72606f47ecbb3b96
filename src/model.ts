/**
 * A graph of layers: the low level, on which the language model and the classifier stand.
 *
 * Shapes: `T` time, `B` batch, `H` hidden, `V` vocabulary, `F` features of a layer.
 */

import { type Answer, type DecodingOptions, decode } from './decoding';
import { resolveDescription, resolveInitializer } from './description';
import { UnrolledError } from './errors';
import type { Metadata, SaveOptions } from './file-metadata';
import { requireFinite } from './finite';
import { FlatLayout, type FloatTensor, type GivenParameters, type Parameters, requireShape } from './flat-layout';
import { restoreFrozen } from './frozen-parameters';
import type { Layer } from './layer-functions';
import { resolveSeed } from './limits';
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
import type { ModelInput } from './model-input';
import { addon } from './native/load';
import type {
  DType,
  FloatArray,
  InitializerDescription,
  InputDescription,
  ModelDescription,
  NativeModel,
} from './native/native';
import {
  type ForwardOptions,
  type ForwardResult,
  forwardPass,
  type GradientsOptions,
  type GradientsResult,
  gradientsPass,
  type Objective,
} from './passes';
import { PRINTED } from './printing';
import { type ReportOptions, reportModel } from './report/model-report';
import { Session, type SessionOptions } from './session';
import { Summary } from './summary';
import type { TrainingData } from './training/data';
import type { Estimate } from './training/estimate';
import type { Score } from './training/example-training';
import {
  estimateModel,
  evaluateModel,
  fitModel,
  type ModelEvaluationOptions,
  type ModelFitOptions,
  type PredictionOptions,
  predictModel,
  type RaggedPredictionOptions,
} from './training/model-training';
import type { SequenceData } from './training/sequences';
import { Training } from './training/training';
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

/** What the package's own classes, whose options have other names, add to `ModelOptions`. */
export interface ModelInternals {
  /** The option to blame for the size of a layer. */
  optionOf?: OptionOf;
  /** Parameters stay zero until they are written. */
  uninitialized?: boolean;
  /** What the file had that it is made of. */
  metadata?: Metadata;
}

const KIND = 'model';

/** What a file says of a model. */
interface FileDescription extends ModelDescription {
  kind: unknown;
}

/**
 * Who reads the weights in several calls that belong together.
 * @internal
 */
export interface WeightReader {
  /** Called before a change of the weights is asked for: what is asked for now comes before it. */
  keepWeights(): void;
  /** The model is gone. */
  dispose(): void;
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
  /** Strings of the file that it was loaded from, which `save` was given; `save` writes them again. */
  readonly metadata: Metadata;
  readonly #native: NativeModel;
  readonly #layout: FlatLayout;
  #frozen: readonly string[] = [];
  #busy = false;
  #disposed = false;
  readonly #readers: WeightReader[] = [];
  /** Native calls that make steps now. */
  #runs = 0;

  private constructor(description: ModelDescription, dtype: DType, metadata: Metadata = {}) {
    const { ModelFloat32, ModelFloat64 } = addon();
    this.description = description;
    this.dtype = dtype;
    this.metadata = metadata;
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
    const { kind, input, source, layers } = requireHeader(file).model as unknown as FileDescription;
    if (kind !== KIND) throw otherKind(path, kind, KIND);
    try {
      const type = dtype ?? dtypeOf(file);
      const { description } = resolveDescription(input, source, layers);
      const weights = weightsOf(file, description, type);
      const { metadata } = file;
      const model = Model.build({ ...description, dtype: type }, { uninitialized: true, metadata });
      await restoreFrozen(model, file);
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
    const model = new Model(resolved.description, dtype, internals.metadata);
    // Calls are served in order, so nobody needs to wait. They fail where the model is disposed before, or there is no
    // memory for them: then all calls of the model fail with that error.
    const ignore = () => {};
    if (internals.uninitialized !== true) {
      const laws = Object.keys(model.parameterShapes).map((name) => resolved.initializers.get(name) ?? initialization);
      model.#native.initialize(laws, initialSeed).catch(ignore);
    }
    if (resolved.frozen.length > 0) model.#freeze(resolved.frozen).catch(ignore);
    for (const [name, tensor] of resolved.weights) {
      requireShape(`weights of ${name}`, tensor, model.parameterShapes[name] as readonly number[]);
      const converted = model.#layout.convert(tensor);
      requireFinite({ where: 'weights of ', name, dtype }, tensor, converted);
      model.#native.writeParameter(name, converted).catch(ignore);
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
   * Replaces all parameters, or none where one is refused: tensors, or nested arrays of their shapes.
   * @throws ERR_UNROLLED_MODEL_MISMATCH for a missing or an extra name, ERR_UNROLLED_SHAPE for a wrong shape,
   *   ERR_UNROLLED_MODEL_NOT_FINITE for a NaN or what is infinite in the model's element type.
   */
  async setParameters(parameters: GivenParameters): Promise<void> {
    requireCopyMemory(this.parameterBytes);
    const flat = this.#layout.flatParameters(parameters);
    const { native } = this;
    this.#keepWeights();
    await native.write(flat);
  }

  /**
   * Trains these parameters no more, and all others again; between two steps while the model trains. `save` and
   * checkpoints say what is frozen, and `load` freezes it.
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
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_FILE_WRITE,
   *   ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_DISPOSED.
   */
  async save(path: string, options?: SaveOptions): Promise<void> {
    await writeModelFile(path, this, this.header, options);
  }

  /**
   * What a file says of it.
   * @internal
   */
  get header(): ModelHeader {
    return { model: { kind: KIND, ...this.description }, vocabulary: null };
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
  forward(input: ModelInput, options?: ForwardOptions): Promise<ForwardResult> {
    return forwardPass(this, this.#layout, input, options);
  }

  /** Gradients of an objective by full back-propagation through time; the same errors as `forward`. */
  gradients(input: ModelInput, objective: Objective, options?: GradientsOptions): Promise<GradientsResult> {
    return gradientsPass(this, this.#layout, input, objective, options);
  }

  /**
   * Trains on examples once it is asked for: `await` gives the history of the whole training, a loop each epoch. Between
   * two epochs of a loop the model is idle; leaving the loop ends training.
   * @throws (from the first `next()` or `await`) what impossible options and data throw, naming the array and the place in it;
   *   ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_BUSY while another training of this model runs; later
   *   ERR_UNROLLED_ABORTED, and ERR_UNROLLED_NON_FINITE_LOSS with its step. The weights are those of the last whole
   *   step, or with early stopping of the best epoch, and the model stays usable.
   */
  fit(data: TrainingData, options?: ModelFitOptions): Training {
    return new Training(fitModel(this, data, options));
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
   * zero behind the end of shorter ones; with `ragged`, a tensor for each sequence. No sequences give `[0, F]`, or
   * `[0, 0, F]`.
   * @throws what impossible options and data throw, ERR_UNROLLED_ABORTED.
   */
  predict(inputs: SequenceData, options: RaggedPredictionOptions): Promise<FloatTensor[]>;
  predict(inputs: SequenceData, options?: PredictionOptions & { ragged?: false | undefined }): Promise<FloatTensor>;
  predict(inputs: SequenceData, options?: PredictionOptions): Promise<FloatTensor | FloatTensor[]> {
    return predictModel(this, inputs, options);
  }

  /**
   * What an encoder–decoder answers to each source, the best answer first: the likeliest id each time, or by beam
   * search with `beams`. All answers come from the weights of the call.
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
   * What a `fit` with these data and options would take, in bytes and seconds, without changing the weights: a few steps
   * like its own are made with a learning rate of 0.
   * @throws what `fit` throws before its first step and in it.
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
    for (const reader of this.#readers) reader.dispose();
  }

  /** @internal */
  addWeightReader(reader: WeightReader): void {
    this.#readers.push(reader);
  }

  /**
   * A model of the same layers with the weights that this one has now, whatever is asked of it after.
   * @internal
   * @throws ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_DISPOSED.
   */
  async copy(): Promise<Model> {
    requireModelMemory(this.description, this.dtype, (_, size, index) => `layers[${index}].${size}`);
    const weights = this.native.read();
    const copy = new Model(this.description, this.dtype);
    await copy.native.write(await weights);
    return copy;
  }

  /**
   * Makes steps, which change the weights.
   * @internal
   */
  async making<T>(steps: () => Promise<T>): Promise<T> {
    this.#keepWeights();
    this.#runs++;
    try {
      return await steps();
    } finally {
      this.#runs--;
    }
  }

  /**
   * Whether steps are made now, so that two calls may find different weights.
   * @internal
   */
  get isTraining(): boolean {
    return this.#runs > 0;
  }

  #keepWeights(): void {
    for (const reader of this.#readers) reader.keepWeights();
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
      throw new UnrolledError('ERR_UNROLLED_DISPOSED', 'The model was disposed; make or load another one');
    }
  }

  /**
   * @internal
   * @throws ERR_UNROLLED_DISPOSED, ERR_UNROLLED_BUSY while training runs.
   */
  requireIdle(): void {
    this.requireAlive();
    if (this.#busy) {
      throw new UnrolledError('ERR_UNROLLED_BUSY', 'The model is training; wait for it to end, or abort it first');
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
    // In the model's order, so that a file's bytes do not depend on the caller's.
    const names = new Set(parameters);
    this.#frozen = Object.keys(this.parameterShapes).filter((name) => names.has(name));
    await this.#native.freeze([...this.#frozen]);
  }
}

export type { ModelInput, SequenceInput } from './model-input';
export type {
  ComputeOptions,
  ForwardOptions,
  ForwardResult,
  GradientsOptions,
  GradientsResult,
  Objective,
} from './passes';
