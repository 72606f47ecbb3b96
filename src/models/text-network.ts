/** What the models over a vocabulary share, and how a network comes out of a file. */

import { UnrolledError } from '../base/errors';
import type { ModelDescription } from '../native/native';
import type { Metadata } from '../network/file-metadata';
import { restoreFrozen } from '../network/frozen-parameters';
import { dtypeOf, type ModelFile, weightsOf } from '../network/model-file';
import type { TextModel } from '../report/inspect';
import type { Architecture, NetworkOptions } from './architecture/network-options-table';
import { type BuiltNetwork, buildNetwork } from './architecture/text-architecture';
import { Model } from './model';
import { SavedNetwork } from './saved-network';

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
): Promise<BuiltNetwork> {
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
function constructorError(name: string): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_OPTION_TYPE',
    `new ${name} is not supported: create one with ${name}.create, or load one with ${name}.load`,
    { option: 'constructor', expected: `${name}.create or ${name}.load` },
  );
}

/**
 * What a constructor was given: TypeScript knows that it is private, JavaScript does not.
 * @throws ERR_UNROLLED_OPTION_TYPE if it is no network.
 */
export function requireNetwork(network: BuiltNetwork, name: string): BuiltNetwork {
  if (!(network?.model instanceof Model)) throw constructorError(name);
  return network;
}

/** A network with its vocabulary. */
export abstract class TextNetwork<V extends TokenEncoder> extends SavedNetwork {
  readonly vocabulary: V;
  readonly architecture: Readonly<Architecture>;
  readonly model: Model;
  /** Threads to compute with; 0 is the pool's default. */
  protected readonly threads: number;

  protected constructor(vocabulary: V, architecture: Architecture, network: BuiltNetwork) {
    super();
    const { model, threads } = requireNetwork(network, new.target.name);
    this.vocabulary = vocabulary;
    this.architecture = architecture;
    this.model = model;
    this.threads = threads;
  }

  /** @internal */
  override get inspected(): TextModel {
    return this;
  }
}
