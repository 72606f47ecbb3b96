/**
 * A graph of layers with its parameters, run and differentiated by hand: what `Model` is made of, and what trains, draws,
 * reads and writes a model takes.
 *
 * Shapes: `T` time, `B` batch, `F` features of the last layer.
 */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { resolveSeed } from '../base/resource-limits';
import { resolveDescription, resolveInitializer } from '../layers/check-layers';
import type { Layer } from '../layers/layer-functions';
import { addon } from '../native/load';
import type {
  DType,
  FloatArray,
  InitializerDescription,
  InputDescription,
  ModelDescription,
  NativeModel,
} from '../native/native';
import { requireFinite } from '../tensor/finite';
import type { ModelInput } from './batch-input';
import type { Metadata } from './file-metadata';
import {
  type ForwardOptions,
  type ForwardResult,
  forwardPass,
  type GradientsOptions,
  type GradientsResult,
  gradientsPass,
  type Objective,
} from './forward-backward';
import { BYTES_PER_ELEMENT, type OptionOf, requireCopyMemory, requireModelMemory } from './network-memory';
import { FlatLayout, type FloatTensor, type GivenParameters, type Parameters, requireShape } from './parameter-layout';

/** Options of `Model.create`. */
export interface ModelOptions {
  /** The input at each step. */
  input: InputDescription;
  /** The second input of an encoder–decoder. */
  source?: InputDescription | undefined;
  /** The layers in order; the functions of `layers` create them. */
  layers: readonly Layer[];
  /** `'float32'` by default. */
  dtype?: DType | undefined;
  /** The seed of the initial parameters; 0 by default. */
  seed?: number | undefined;
  /** PyTorch's own by default; a layer's own outranks it. */
  initializer?: InitializerDescription | undefined;
}

/** Options that the package's own classes add to `ModelOptions`, because theirs have other names. */
export interface ModelInternals {
  /** The option to blame for the size of a layer. */
  optionOf?: OptionOf;
  /** Parameters stay zero until they are written. */
  uninitialized?: boolean;
  /** The metadata of the file that the model was made from. */
  metadata?: Metadata;
}

/**
 * Who reads the weights in several calls that belong together.
 * @internal
 */
export interface WeightReader {
  /** Called before a change of the weights is requested: requests made in it come first. */
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

/** A network that is known to be possible, and to have memory. */
interface ResolvedNetwork {
  description: ModelDescription;
  dtype: DType;
  /** How a parameter is drawn, by its name. */
  initializerOf: (parameter: string) => InitializerDescription;
  seed: number;
  frozen: readonly string[];
  /** Parameters whose values are given. */
  weights: ReadonlyMap<string, FloatTensor>;
}

/**
 * Checks the options, and that there is memory.
 * @internal
 * @throws what `Model.create` throws.
 */
export function resolveNetwork(options: ModelOptions, { optionOf }: ModelInternals): ResolvedNetwork {
  const given = check.options('Model', options, MODEL_OPTIONS);
  const { dtype = 'float32' } = given;
  const { description, initializers, frozen, weights } = resolveDescription(given.input, given.source, given.layers);
  check.oneOf('dtype', dtype, ['float32', 'float64']);
  const initializer = resolveInitializer('initializer', given.initializer);
  const seed = resolveSeed(given.seed);
  requireModelMemory(description, dtype, optionOf ?? ((_, size, index) => `layers[${index}].${size}`));
  return { description, dtype, initializerOf: (name) => initializers.get(name) ?? initializer, seed, frozen, weights };
}

/** Layers, parameters and states, and the native side that computes with them. */
export class Network {
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

  /** @internal */
  protected constructor(description: ModelDescription, dtype: DType, metadata: Metadata = {}) {
    const { ModelFloat32, ModelFloat64 } = addon();
    this.description = description;
    this.dtype = dtype;
    this.metadata = metadata;
    this.#native = dtype === 'float32' ? new ModelFloat32(description) : new ModelFloat64(description);
    this.#layout = new FlatLayout(dtype, this.#native.parameters(), this.#native.states());
  }

  /**
   * Draws the fresh parameters, and what the layers' own options ask for.
   * @internal
   */
  protected setUp({ initializerOf, seed, frozen, weights }: ResolvedNetwork, internals: ModelInternals): void {
    // Calls are served in order, so nobody needs to wait. They fail if the model is disposed first, or if there is no
    // memory for them; then all calls of the model fail with that error.
    const ignore = () => {};
    if (internals.uninitialized !== true) {
      this.#native.initialize(Object.keys(this.parameterShapes).map(initializerOf), seed).catch(ignore);
    }
    if (frozen.length > 0) this.#freeze(frozen).catch(ignore);
    for (const [name, tensor] of weights) {
      requireShape(`weights of ${name}`, tensor, this.parameterShapes[name] as readonly number[]);
      const converted = this.#layout.convert(tensor);
      requireFinite({ where: 'weights of ', name, dtype: this.dtype }, tensor, converted);
      this.#native.writeParameter(name, converted).catch(ignore);
    }
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
    return this.parameterCount * BYTES_PER_ELEMENT[this.dtype];
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
   * Replaces all parameters, or none if one is refused: tensors, or nested arrays of their shapes.
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
   * Freezes these parameters and unfreezes all others; during a training between two steps. `save` and checkpoints
   * store what is frozen, and `load` restores it.
   * @throws ERR_UNROLLED_OPTION_RANGE for a name that the model does not have.
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
   * A model of the same layers with the current weights, independent of later calls.
   * @internal
   * @throws ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_DISPOSED.
   */
  async copy(): Promise<Network> {
    requireModelMemory(this.description, this.dtype, (_, size, index) => `layers[${index}].${size}`);
    const weights = this.native.read();
    const copy = new Network(this.description, this.dtype);
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
   * Whether a training is running, so that two calls may see different weights.
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
      throw new UnrolledError('ERR_UNROLLED_DISPOSED', 'The model was disposed: create or load another one');
    }
  }

  /**
   * @internal
   * @throws ERR_UNROLLED_DISPOSED, ERR_UNROLLED_BUSY while training runs.
   */
  requireIdle(): void {
    this.requireAlive();
    if (this.#busy) {
      throw new UnrolledError('ERR_UNROLLED_BUSY', 'The model is training: wait until it ends, or abort it first');
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

  async #freeze(parameters: readonly string[]): Promise<void> {
    for (const name of check.strings('freeze', parameters, 'a list of names of parameters')) {
      if (!Object.hasOwn(this.parameterShapes, name)) throw check.outOfRange('freeze', 'names of parameters', name);
    }
    // In the model's order, so that a file's bytes do not depend on the caller's order.
    const names = new Set(parameters);
    this.#frozen = Object.keys(this.parameterShapes).filter((name) => names.has(name));
    await this.#native.freeze([...this.#frozen]);
  }
}
