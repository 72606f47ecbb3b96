/**
 * A graph of layers: the low level, on which the language model and the classifier stand.
 *
 * Shapes: `T` time, `B` batch, `H` hidden, `V` vocabulary, `F` features of a layer.
 */

import * as check from '../base/check';
import { PRINTED } from '../base/messages/printing';
import type { SequenceData } from '../data/sequences';
import type { TrainingData } from '../data/training-data';
import { type Answer, type DecodingOptions, decode } from '../generation/decoding';
import { resolveDescription } from '../layers/check-layers';
import type { DType, ModelDescription } from '../native/native';
import type { Metadata, SaveOptions } from '../network/file-metadata';
import { restoreFrozen } from '../network/frozen-parameters';
import {
  damagedHeader,
  dtypeOf,
  type ModelHeader,
  otherKind,
  readModelFile,
  requireHeader,
  weightsOf,
  writeModelFile,
} from '../network/model-file';
import { type ModelInternals, type ModelOptions, Network, resolveNetwork } from '../network/network';
import type { FloatTensor } from '../network/parameter-layout';
import { Session, type SessionOptions } from '../network/session';
import { defaultForm, exportNetwork } from '../onnx/export';
import type { OnnxOptions } from '../onnx/options';
import { type ReportOptions, reportModel } from '../report/model-report';
import type { Estimate } from '../training/estimate';
import type { Score } from '../training/example-training';
import {
  estimateModel,
  evaluateModel,
  fitModel,
  type ModelEvaluationOptions,
  type ModelFitOptions,
  type PredictionOptions,
  predictModel,
  type RaggedPredictionOptions,
} from '../training/model-training';
import { Training } from '../training/training';
import { Summary } from './summary';

const KIND = 'model';

/** What a file says of a model. */
interface FileDescription extends ModelDescription {
  kind: unknown;
}

/**
 * A graph of layers with its parameters: trained on data of the five shapes, or run and differentiated by hand.
 * Shapes: `T` time, `B` batch, `N` sequences, `F` features of the last layer.
 */
export class Model extends Network {
  private constructor(description: ModelDescription, dtype: DType, metadata?: Metadata) {
    super(description, dtype, metadata);
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
    const resolved = resolveNetwork(options, internals);
    const model = new Model(resolved.description, resolved.dtype, internals.metadata);
    model.setUp(resolved, internals);
    return model;
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
   * Trains on examples once it is asked for: `await` gives the history of the whole training, a loop each epoch. Between
   * two epochs of a loop the model is idle; leaving the loop ends training.
   * @throws (from the first `next()` or `await`) what impossible options and data throw, naming the array and the place in it;
   *   ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_BUSY while another training of this model runs; later
   *   ERR_UNROLLED_ABORTED, and ERR_UNROLLED_NON_FINITE_LOSS with its step. The weights are those of the last whole
   *   step, or with early stopping of the best epoch, and the model stays usable.
   */
  fit(data: TrainingData, options?: ModelFitOptions): Training {
    return new Training(fitModel(this, this.header, data, options));
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
   * Writes the model to an ONNX file, whole or not at all, for other runtimes. Weights are 32-bit floats; of more than
   * 2 GB they go into a file beside it, `PATH.data`. By default a model with one output a sequence, and an
   * encoder–decoder, have the form `'lengths'`, others `'sequence'`.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_EXPORT naming
   *   the layer that cannot leave, ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_DISPOSED.
   */
  async exportOnnx(path: string, options?: OnnxOptions): Promise<void> {
    this.requireAlive();
    await exportNetwork(this, path, options, { form: defaultForm(this), facts: {} });
  }

  /**
   * What a `fit` with these data and options would take, in bytes and seconds, without changing the weights: a few steps
   * like its own are made with a learning rate of 0.
   * @throws what `fit` throws before its first step and in it.
   */
  estimate(data: TrainingData, options?: ModelFitOptions): Promise<Estimate> {
    return estimateModel(this, this.header, data, options);
  }

  /** The model as something that goes on step by step and keeps its state between two. */
  session(options?: SessionOptions): Session {
    return new Session(this, options);
  }

  /** @internal */
  [PRINTED](depth: number): string {
    if (this.isDisposed) return 'Model (disposed)';
    return depth < 0 ? '[Model]' : this.summary().outline;
  }
}

declare module '../training/callbacks/callback' {
  interface TrainedModel extends Model {}
}

export type { ModelInput, SequenceInput } from '../network/batch-input';
export type { ModelInternals, ModelOptions } from '../network/network';
export type {
  ComputeOptions,
  ForwardOptions,
  ForwardResult,
  GradientsOptions,
  GradientsResult,
  Objective,
} from '../network/passes';
