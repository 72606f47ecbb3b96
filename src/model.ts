/**
 * A chain of layers: the low level, on which the language model and the classifier stand.
 *
 * Shapes: `T` time, `B` batch, `H` hidden, `V` vocabulary, `F` features of a layer.
 */

import { UnrolledError } from './errors';
import { FlatLayout, type FloatTensor, type Parameters, requireShape, type States } from './flat-layout';
import { checkDescription, type OptionOf, requireModelMemory } from './layers';
import { resolveSeed, resolveThreads } from './limits';
import { addon } from './native/load';
import type { DType, FloatArray, InitializerDescription, ModelDescription, NativeBatch, NativeModel } from './native/native';
import type { Tensor } from './tensor';
import * as check from './validation';

/** Options of `Model.create`. */
export interface ModelOptions extends ModelDescription {
  /** `'float32'` by default. */
  dtype?: DType | undefined;
  /** Of the initial parameters; 0 by default. */
  seed?: number | undefined;
  /** PyTorch's own by default. */
  initializer?: InitializerDescription | undefined;
}

/** What goes into a model: ids `[T, B]` or features `[T, B, F]`, and states that are zero where absent. */
export interface ModelInput {
  ids?: Tensor<'int32'>;
  features?: FloatTensor;
  states?: States;
  /**
   * Length of each row, from 1 to T; T for all where absent. What stands behind a row's end takes no work and has no
   * influence; outputs and gradients are zero there.
   */
  lengths?: ArrayLike<number>;
}

export interface ForwardResult {
  /** Of the last layer, `[T', B, F]`; T' is 1 after pooling, else T. */
  output: FloatTensor;
  /** Final states. */
  states: States;
}

/** What is differentiated: softmax cross-entropy of targets `[T', B]`, or the sum of `gradOutput · output`. */
export type Objective = { targets: Tensor<'int32'>; reduction?: 'mean' | 'sum' } | { gradOutput: FloatTensor };

export interface GradientsResult {
  /** Cross-entropy in nats, reduced as asked; absent with `gradOutput`. */
  loss?: number;
  /** `[T', B, F]`; absent with `targets`. */
  output?: FloatTensor;
  parameters: Parameters;
  /** Gradient of the features, `[T, B, F]`; absent for ids. */
  input?: FloatTensor;
  /** Gradients of the initial states. */
  initialStates: States;
  /** Final states of the forward pass. */
  states: States;
}

export interface ComputeOptions {
  /** The pool's default where absent. The results do not depend on it. */
  threads?: number | undefined;
}

/** What the package's own classes, whose options have other names, add to `ModelOptions`. */
export interface ModelInternals {
  /** The option to blame for the size of a layer. */
  optionOf?: OptionOf;
  /** Parameters stay zero until they are written. */
  uninitialized?: boolean;
}

const MODEL_OPTIONS = ['input', 'layers', 'dtype', 'seed', 'initializer'] as const satisfies (keyof ModelOptions)[];

function resolveInitializer(initializer: InitializerDescription | undefined): InitializerDescription {
  if (initializer === undefined) return { kind: 'default' };
  const kind = check.oneOf('initializer.kind', initializer?.kind, ['default', 'normal', 'uniform']);
  if (kind === 'default') return { kind };
  const { scale } = initializer as { scale?: unknown };
  return { kind, scale: check.number('initializer.scale', scale, { min: 0 }) };
}

function resolveComputeThreads(options: ComputeOptions | undefined): number {
  return resolveThreads(check.options('Model', options, ['threads']).threads);
}

/** @throws ERR_UNROLLED_SHAPE, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
function resolveLengths(lengths: ArrayLike<number>, time: number, batch: number): Int32Array {
  requireShape('lengths', { dtype: 'int32', shape: [lengths.length], data: new Int32Array(lengths.length) }, [batch]);
  return Int32Array.from(lengths, (length, row) => check.integer(`lengths[${row}]`, length, { min: 1, max: time }));
}

export class Model {
  readonly description: ModelDescription;
  readonly dtype: DType;
  readonly #native: NativeModel;
  readonly #layout: FlatLayout;
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

  /** @internal */
  static build(options: ModelOptions, internals: ModelInternals): Model {
    const { input, layers, dtype = 'float32', seed, initializer } = check.options('Model', options, MODEL_OPTIONS);
    const description: ModelDescription = { input, layers };
    checkDescription(description);
    check.oneOf('dtype', dtype, ['float32', 'float64']);
    const initialization = resolveInitializer(initializer);
    const initialSeed = resolveSeed(seed);
    requireModelMemory(description, dtype, internals.optionOf ?? ((_, size, index) => `layers[${index}].${size}`));
    const model = new Model(description, dtype);
    if (internals.uninitialized !== true) {
      // Calls are served in order, so nobody needs to wait; it fails only where the model is disposed before.
      model.#native.initialize(initialization, initialSeed).catch(() => {});
    }
    return model;
  }

  /** Number of trained parameters P. */
  get parameterCount(): number {
    return this.native.parameterCount;
  }

  /** PyTorch's shape of each parameter, by its name. */
  get parameterShapes(): Record<string, readonly number[]> {
    return this.#layout.parameterShapes;
  }

  /** Features of each recurrent state, by its name. */
  get stateSizes(): Record<string, number> {
    return this.#layout.stateSizes;
  }

  /** Copies of all parameters, of a whole step while the model trains. */
  async parameters(): Promise<Parameters> {
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
    await this.native.write(this.#layout.flatParameters(parameters));
  }

  /**
   * Runs the layers over a batch.
   * @throws ERR_UNROLLED_SHAPE, ERR_UNROLLED_OPTION_RANGE for an id outside the vocabulary.
   */
  async forward(input: ModelInput, options?: ComputeOptions): Promise<ForwardResult> {
    const batch = this.#batch(input);
    const result = await this.native.forward(batch, resolveComputeThreads(options));
    return {
      output: this.#layout.tensor([result.time, batch.batch, result.features], result.output),
      states: this.#layout.states(result.state, batch.batch),
    };
  }

  /** Gradients of an objective by full back-propagation through time; the same errors as `forward`. */
  async gradients(input: ModelInput, objective: Objective, options?: ComputeOptions): Promise<GradientsResult> {
    const batch = this.#batch(input);
    const gradOutput = 'gradOutput' in objective ? objective.gradOutput : undefined;
    const result = await this.native.gradients(
      batch,
      'targets' in objective
        ? { targets: objective.targets.data, reduction: objective.reduction ?? 'mean' }
        : { gradOutput: this.#layout.convert(objective.gradOutput) },
      resolveComputeThreads(options),
    );
    return {
      ...(result.loss !== undefined && { loss: result.loss }),
      ...(gradOutput && result.output && { output: this.#layout.tensor(gradOutput.shape, result.output) }),
      parameters: this.#layout.parameters(result.parameters),
      ...(input.features && result.input && { input: this.#layout.tensor(input.features.shape, result.input) }),
      initialStates: this.#layout.states(result.state, batch.batch),
      states: this.#layout.states(result.finalState, batch.batch),
    };
  }

  /** Frees the native memory; work that runs is cancelled. A second call does nothing. */
  dispose(): void {
    this.#disposed = true;
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
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

  #batch({ ids, features, states, lengths }: ModelInput): NativeBatch {
    const { input } = this.description;
    const given = input.kind === 'ids' ? ids : features;
    if (given === undefined) {
      throw new UnrolledError('ERR_UNROLLED_OPTION_TYPE', `This model takes ${input.kind}.`, { option: input.kind });
    }
    const [time = 0, batch = 0] = given.shape;
    requireShape(input.kind, given, input.kind === 'ids' ? [time, batch] : [time, batch, input.features]);
    return {
      time,
      batch,
      ...(input.kind === 'ids'
        ? { ids: given.data as Int32Array }
        : { features: this.#layout.convert(given as FloatTensor) }),
      ...(states !== undefined && { state: this.#layout.flatStates(states, batch) }),
      ...(lengths !== undefined && { lengths: resolveLengths(lengths, time, batch) }),
    };
  }
}
