/** The softmax of a language model: exact, adaptive or sampled. */

import * as check from '../../base/check';
import { checkedOption, resolveValues } from '../../base/option-table';
import { MAX_SIZE } from '../../base/resource-limits';
import { defaultCutoffs } from '../../layers/softmax-defaults';
import type { LayerDescription } from '../../native/native';
import { NETWORK_TABLE, type OutputArchitecture, type OutputOptions } from './network-options-table';

const DEFAULT_DIVISOR = 4;
const DEFAULT_SAMPLES = 1024;

/** The parts of an architecture besides its softmax. */
export function withoutOutput<A extends OutputArchitecture>(architecture: A): Omit<A, keyof OutputArchitecture> {
  const { output, cutoffs, divisor, samples, ranks, ...others } = architecture;
  return others;
}

/** Whether the list contains each whole number below its length exactly once. */
function isPermutation(ranks: readonly number[]): boolean {
  return new Set(ranks).size === ranks.length && ranks.every((rank) => rank < ranks.length);
}

/**
 * The requested softmax, checked as far as possible without the vocabulary.
 * @param options members of `OutputOptions`, and the ranks of a file.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveOutput(options: OutputOptions & { ranks?: unknown }): OutputArchitecture {
  const { cutoffs, divisor, samples, ranks } = options;
  const { output } = resolveValues(NETWORK_TABLE, ['output'], options);
  const adaptive = output === 'adaptive';
  const foreign = {
    ...(!adaptive && { cutoffs, divisor }),
    ...(output !== 'sampled' && { samples }),
    ...(output === 'exact' && { ranks }),
  };
  for (const [option, value] of Object.entries(foreign)) {
    if (value !== undefined) throw check.outOfRange(option, `left out when output is ${output}`, value);
  }
  if (output === 'exact') return {};
  if (cutoffs !== undefined) requireRising(cutoffs);
  const given = ranks === undefined ? undefined : check.integers('ranks', ranks, { min: 0, max: MAX_SIZE });
  if (given !== undefined && !isPermutation(given)) throw check.outOfRange('ranks', 'each rank once', ranks);
  return {
    output,
    ...(cutoffs !== undefined && { cutoffs }),
    ...(adaptive && { divisor: checkedOption(NETWORK_TABLE, 'divisor', divisor ?? DEFAULT_DIVISOR) }),
    ...(samples !== undefined && { samples: checkedOption(NETWORK_TABLE, 'samples', samples) }),
    ...(given !== undefined && { ranks: given }),
  };
}

function requireRising(cutoffs: readonly number[]): void {
  const numbers = check.integers('cutoffs', cutoffs, { min: 1, max: MAX_SIZE });
  const rising = numbers.every((cutoff, index) => index === 0 || cutoff > (numbers[index - 1] as number));
  if (!rising || numbers.length === 0) {
    throw check.outOfRange(
      'cutoffs',
      'at least one number, each larger than the one before',
      `[${numbers.join(', ')}]`,
    );
  }
}

/** The rank of each id by falling frequency, ties by id; undefined if ids are in that order. */
function ranksOf(frequencies: ArrayLike<number>): number[] | undefined {
  const order = Array.from(frequencies, (_, id) => id);
  order.sort((a, b) => (frequencies[b] as number) - (frequencies[a] as number) || a - b);
  if (order.every((id, rank) => id === rank)) return undefined;
  const ranks = new Array<number>(order.length);
  for (const [rank, id] of order.entries()) ranks[id] = rank;
  return ranks;
}

/** Facts about the classes of a softmax. */
export interface OutputClasses {
  /** The number of classes, V. */
  classes: number;
  /** How often each occurs; absent if the ids are in falling order of frequency. */
  frequencies?: ArrayLike<number> | undefined;
}

/**
 * The same with every default, for that many classes. Ranks that are there already stay: the weights belong to them.
 * @throws ERR_UNROLLED_OPTION_RANGE for what does not go with that many classes.
 */
export function completeOutput<A extends OutputArchitecture>(architecture: A, known: OutputClasses): A {
  const { output, cutoffs, samples } = architecture;
  const { classes, frequencies } = known;
  if (output === undefined) return architecture;
  if (classes < 2) throw check.outOfRange('output', 'exact for fewer than 2 tokens', output);
  const ranks = architecture.ranks ?? (frequencies === undefined ? undefined : ranksOf(frequencies));
  if (ranks !== undefined && ranks.length !== classes) {
    throw check.outOfRange('ranks', `a rank for each of ${classes} tokens`, ranks);
  }
  const withRanks = { ...architecture, ...(ranks !== undefined && { ranks }) };
  if (output === 'sampled') {
    const number = samples ?? Math.min(DEFAULT_SAMPLES, Math.ceil(classes / 2));
    return { ...withRanks, samples: check.integer('samples', number, { min: 1, max: classes }) };
  }
  const cuts = cutoffs ?? defaultCutoffs(classes);
  check.integers('cutoffs', cuts, { min: 1, max: classes - 1 });
  return { ...withRanks, cutoffs: cuts };
}

/** The last layer of a network with that softmax, which `completeOutput` has completed. */
export function describeOutput(
  architecture: OutputArchitecture & { tied?: boolean },
  name: string,
  features: number,
): LayerDescription {
  const { output, cutoffs, divisor, samples, ranks, tied } = architecture;
  const order = ranks !== undefined && { ranks };
  if (output === 'adaptive') {
    return {
      ...{ type: 'adaptiveSoftmax', name, features, cutoffs: cutoffs as readonly number[] },
      ...(divisor !== undefined && { divisor }),
      ...order,
    };
  }
  return {
    ...{ type: 'dense', name, features },
    ...(tied !== undefined && { tiedTo: 'embedding' }),
    ...(samples !== undefined && { samples, ...order }),
  };
}
