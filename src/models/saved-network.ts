/** What a network and whatever reads text for it have in common: one file, one page, one life. */

import type { Metadata, SaveOptions } from '../network/file-metadata';
import { type ModelHeader, writeModelFile } from '../network/model-file';
import type { Parameters } from '../network/parameter-layout';
import { type Exported, exportNetwork } from '../onnx/export';
import type { OnnxOptions } from '../onnx/options';
import type { TextModel } from '../report/inspect';
import { reportTextModel, type TextReportOptions } from '../report/model-report';
import type { Estimate } from '../training/estimate';
import type { Model } from './model';
import type { Summary } from './summary';

/** A model over text; it has no fields of its own, so that a class says in which order its own are printed. */
export abstract class SavedNetwork {
  /** The low-level model. */
  abstract readonly model: Model;

  /**
   * The model with what turns texts into its ids, as reports look into it.
   * @internal
   */
  abstract get inspected(): TextModel;

  /** What an ONNX file says of the model, and the form that it has by default. */
  protected abstract exported(): Exported;

  /** What the file says of the model. */
  protected abstract header(): ModelHeader;

  /** Strings of the file that it was loaded from, which `save` was given; `save` writes them again. */
  get metadata(): Metadata {
    return this.model.metadata;
  }

  /** Copies of all parameters by PyTorch's names; of a whole step while the model trains. */
  parameters(): Promise<Parameters> {
    return this.model.parameters();
  }

  /**
   * Layers, parameters and counts; prints as a table.
   * @param fit what `estimate` said of a training, to be told too: its memory and its time.
   * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_DISPOSED
   */
  summary(fit?: Estimate): Summary {
    return this.model.summary(fit);
  }

  /**
   * Writes one HTML page that needs no network, whole or not at all: the model drawn, the curves of its training
   * (`history`), its hidden units over a `text`, and what else the options have.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE and ERR_UNROLLED_OPTION_RANGE naming the part at
   *   fault, ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_DISPOSED.
   */
  async report(path: string, options?: TextReportOptions): Promise<void> {
    this.model.requireAlive();
    await reportTextModel(this.inspected, path, options);
  }

  /**
   * Writes the model to a safetensors file, whole or not at all; of a whole step while it trains. The bytes depend
   * on weights, what reads the text, architecture and metadata alone.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE (also for a vectorizer with functions),
   *   ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_DISPOSED.
   */
  async save(path: string, options?: SaveOptions): Promise<void> {
    await writeModelFile(path, this.model, this.header(), options);
  }

  /**
   * Writes the model to an ONNX file, whole or not at all, for other runtimes: onnxruntime in Python, in Node.js or in a
   * browser. The file has the vocabulary too, and what else turns texts into ids. Weights are 32-bit floats. Weights of
   * more than 2 GB go into a file beside it, `PATH.data`.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE (also for a vectorizer with functions),
   *   ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_EXPORT naming what cannot leave, ERR_UNROLLED_FILE_WRITE,
   *   ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_DISPOSED.
   */
  async exportOnnx(path: string, options?: OnnxOptions): Promise<void> {
    await exportNetwork(this.model, path, options, this.exported());
  }

  /** Frees the native memory; work that runs is cancelled. A second call does nothing. */
  dispose(): void {
    this.model.dispose();
  }

  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
