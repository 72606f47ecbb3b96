/** What all models with a vocabulary share, and how a network is built from a file. */

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
 * A network with the weights of a file, which are checked before the network is created.
 * @param metadata the file's metadata, which its model keeps together with the frozen parameters. A new model, which
 *   only starts from the file's weights, has none and trains all weights.
 * @throws the errors of `weightsOf` and `buildNetwork`.
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
 * Checks the argument of a constructor, which is private in TypeScript but not in JavaScript.
 * @throws ERR_UNROLLED_OPTION_TYPE if it is not a network.
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
