/** The recurrent network that the language model and the classifier share: embedding, stack of cells, head. */

import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { phrase, refer } from '../../base/messages/phrase';
import { checkedOption, resolveValues } from '../../base/option-table';
import { resolveThreads } from '../../base/resource-limits';
import type { Cell } from '../../native/layer-choices';
import type { ModelDescription } from '../../native/native';
import type { OptionOf } from '../../network/network-memory';
import { Model, type ModelInternals, type ModelOptions } from '../model';
import { type Architecture, NETWORK_TABLE, type NetworkOptions } from './network-options-table';
import { describeOutput, resolveOutput } from './softmax-head';

export { NETWORK_OPTIONS } from './network-options-table';

/** Options that every network resolves in the same way, independently of the others. */
const PLAIN = ['cell', 'embedding', 'hidden', 'layers', 'singleBias'] as const;

/** Options that an architecture contains only if they are on. */
const EXTRAS = ['dropout', 'recurrentDropout', 'layerNorm', 'tied'] as const;

function resolveNonlinearity(cell: Cell, options: NetworkOptions): Pick<Architecture, 'nonlinearity'> {
  const { nonlinearity } = options;
  if (cell === 'rnn') {
    const given = nonlinearity === undefined ? 'tanh' : nonlinearity;
    return { nonlinearity: checkedOption(NETWORK_TABLE, 'nonlinearity', given) };
  }
  if (nonlinearity !== undefined) {
    throw check.outOfRange('nonlinearity', `left out for the cell ${cell}`, nonlinearity);
  }
  return {};
}

function resolveExtras(options: NetworkOptions): Pick<Architecture, (typeof EXTRAS)[number]> {
  const values = Object.entries(resolveValues(NETWORK_TABLE, EXTRAS, options));
  return Object.fromEntries(values.filter(([, value]) => value !== 0 && value !== false));
}

/**
 * The architecture with its defaults.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveArchitecture(options: NetworkOptions & { ranks?: unknown }): Architecture {
  const plain = resolveValues(NETWORK_TABLE, PLAIN, options);
  const { cell, embedding, hidden } = plain;
  const extras = resolveExtras(options);
  if (extras.tied && embedding !== hidden) {
    const [own, width] = [refer.option('embedding'), refer.option('hidden')];
    const fault =
      embedding === 'onehot'
        ? 'is onehot, which has no weight to share'
        : phrase`(${check.show(embedding)}) is not ${width}`;
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_RANGE',
      phrase`${refer.option('tied')} must be left out, because ${own} ${fault}: it needs an ${own} as wide as ${width} (${check.show(hidden)})`,
      { option: 'tied', expected: 'left out', received: check.show(embedding) },
    );
  }
  const output = resolveOutput(options);
  if (extras.tied && output.output === 'adaptive') {
    throw check.outOfRange('tied', 'left out when output is adaptive, whose weights have other shapes', true);
  }
  return { ...plain, ...resolveNonlinearity(cell, options), ...extras, ...output };
}

/** The input and the output of a network. */
export interface Task {
  /** Number of input ids V. */
  vocabulary: number;
  /** Number of outputs of the head. */
  outputs: number;
  /** Whether only the last state is answered (many-to-one). */
  last: boolean;
  /** See `RecurrentDescription`. */
  untransposedGradient?: boolean;
}

/** The chain of layers, under the names that model files use. */
export function describeNetwork(architecture: Architecture, task: Task): ModelDescription {
  const { cell, embedding, hidden, layers, nonlinearity, singleBias } = architecture;
  const { dropout, recurrentDropout, layerNorm } = architecture;
  const { vocabulary, outputs, last, untransposedGradient } = task;
  return {
    input: { kind: 'ids', vocabulary },
    layers: [
      embedding === 'onehot'
        ? { type: 'oneHot', name: 'embedding' }
        : { type: 'embedding', name: 'embedding', features: embedding },
      {
        type: cell,
        name: 'rnn',
        features: hidden,
        layers,
        singleBias,
        ...(nonlinearity !== undefined && { activation: nonlinearity }),
        // Between its layers; of a single one there is nothing to drop.
        ...(dropout !== undefined && layers > 1 && { dropout }),
        ...(recurrentDropout !== undefined && { recurrentDropout }),
        ...(layerNorm !== undefined && { layerNorm }),
        ...(untransposedGradient === true && { untransposedGradient }),
      },
      ...(last ? [{ type: 'pooling', name: 'last', pooling: 'last' } as const] : []),
      ...(dropout !== undefined ? [{ type: 'dropout', name: 'dropout', rate: dropout } as const] : []),
      describeOutput(architecture, 'head', outputs),
    ],
  };
}

/** Names the options of a network that decide the sizes of its layers. */
function optionsOf({ layers: all }: ModelDescription): OptionOf {
  const outputs = all.some(({ type }) => type === 'pooling') ? 'classes' : 'vocabulary';
  return ({ type }, size) => {
    if (size === 'layers') return 'layers';
    if (type === 'embedding') return 'embedding';
    return type === 'dense' || type === 'adaptiveSoftmax' ? outputs : 'hidden';
  };
}

/** A network and the threads it computes with (0 is the pool's default). */
export interface BuiltNetwork {
  model: Model;
  threads: number;
}

/**
 * A network of that description.
 * @throws what `Model.create` throws, naming the network's options.
 */
export function buildNetwork(
  description: ModelDescription,
  { dtype, seed, initializer, threads }: NetworkOptions,
  internals: Omit<ModelInternals, 'optionOf'> = {},
): BuiltNetwork {
  const options: ModelOptions = { ...description, dtype, seed, initializer };
  const optionOf = optionsOf(description);
  return { model: Model.build(options, { ...internals, optionOf }), threads: resolveThreads(threads) };
}
