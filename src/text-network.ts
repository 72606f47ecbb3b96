/** What the models over text share: a network with its vocabulary, saved as one file. */

import { type Architecture, buildNetwork, type Network, type NetworkOptions } from './architecture';
import { UnrolledError } from './errors';
import type { Metadata, SaveOptions } from './file-metadata';
import type { Parameters } from './flat-layout';
import { restoreFrozen } from './frozen-parameters';
import { Model } from './model';
import { dtypeOf, type ModelFile, type ModelHeader, weightsOf, writeModelFile } from './model-file';
import type { ModelDescription } from './native/native';
import { reportTextModel, type TextReportOptions } from './report/model-report';
import type { Summary } from './summary';
import type { Estimate } from './training/estimate';

/** Turns text into ids below `size`. */
export interface TokenEncoder {
  readonly size: number;
  encode(text: string): Int32Array;
  toJSON(): unknown;
}

/**
 * A network with the weights of a file, which are checked before it is made.
 * @param metadata what of the file's a model keeps that is the file's own; it keeps what is frozen, too. A new model, which
 *   begins with the file's weights, has none and trains all of them.
 * @throws what `weightsOf` and `buildNetwork` throw.
 */
export async function restoreNetwork(
  file: ModelFile,
  description: ModelDescription,
  options: NetworkOptions,
  metadata?: Metadata,
): Promise<Network> {
  const dtype = options.dtype ?? dtypeOf(file);
  const weights = weightsOf(file, description, dtype);
  const network = buildNetwork(
    description,
    { ...options, dtype },
    { uninitialized: true, ...(metadata && { metadata }) },
  );
  if (metadata !== undefined) await restoreFrozen(network.model, file);
  await network.model.setParameters(weights);
  return network;
}

/** The error of a constructor that is not for callers. */
export function constructorError(name: string): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_OPTION_TYPE',
    `new ${name} does not work: make one with ${name}.create, or read one with ${name}.load`,
    { option: 'constructor', expected: `${name}.create or ${name}.load` },
  );
}

export abstract class TextNetwork<V extends TokenEncoder> {
  readonly vocabulary: V;
  readonly architecture: Readonly<Architecture>;
  /** The low-level model. */
  readonly model: Model;
  /** Threads to compute with; 0 is the pool's default. */
  protected readonly threads: number;

  protected constructor(vocabulary: V, architecture: Architecture, network: Network) {
    // TypeScript knows that the constructor is private; JavaScript does not.
    if (!(network?.model instanceof Model)) throw constructorError(new.target.name);
    const { model, threads } = network;
    this.vocabulary = vocabulary;
    this.architecture = architecture;
    this.model = model;
    this.threads = threads;
  }

  /** Strings of the file that it was loaded from, which `save` was given; `save` writes them again. */
  get metadata(): Metadata {
    return this.model.metadata;
  }

  /** What the file says of the model. */
  protected abstract header(): ModelHeader;

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
    await reportTextModel(this, path, options);
  }

  /**
   * Writes the model to a safetensors file, whole or not at all; of a whole step while it trains. The bytes depend
   * on weights, vocabulary, architecture and metadata alone.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_FILE_WRITE,
   *   ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_DISPOSED.
   */
  async save(path: string, options?: SaveOptions): Promise<void> {
    await writeModelFile(path, this.model, this.header(), options);
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
