/**
 * The options of a network of `LanguageModel` and `SequenceClassifier`, a row each. A new one is a row here and a member,
 * with its description, of `NetworkOptions` and, if a file says it, of `Architecture`; `text-architecture.ts` makes layers of it.
 */

import * as check from '../../base/check';
import { integer, namesOf, number, type OptionRow } from '../../base/option-table';
import { MAX_SIZE, MAX_WIDTH } from '../../base/resource-limits';
import { CELLS, type Cell, MAX_LAYERS } from '../../native/layer-choices';
import type { DType, InitializerDescription } from '../../native/native';

/** The architecture of a network, as its file stores it besides weights and vocabulary. */
export interface Architecture extends OutputArchitecture {
  cell: Cell;
  /** Width E of the embedding; `'onehot'` feeds ids to the first layer directly. */
  embedding: number | 'onehot';
  /** Hidden size H of every layer. */
  hidden: number;
  /** Stacked recurrent layers. */
  layers: number;
  /** For a vanilla RNN only. */
  nonlinearity?: 'tanh' | 'relu';
  /** One trained bias a layer instead of PyTorch's two. */
  singleBias: boolean;
  /** See `NetworkOptions`; absent if it is off, as are the next three. */
  dropout?: number;
  recurrentDropout?: number;
  layerNorm?: boolean;
  tied?: boolean;
}

/** Options of a new network. */
export interface NetworkOptions extends OutputOptions {
  /** `'lstm'` by default. */
  cell?: Cell | undefined;
  /** 64 by default. */
  embedding?: number | 'onehot' | undefined;
  /** 256 by default. */
  hidden?: number | undefined;
  /** 1 by default. */
  layers?: number | undefined;
  /** For a vanilla RNN only; `'tanh'` by default. */
  nonlinearity?: 'tanh' | 'relu' | undefined;
  /** False by default. */
  singleBias?: boolean | undefined;
  /**
   * Rate at which values are dropped while training, between two recurrent layers and before the head, as Zaremba et
   * al. (2014) do; the embedding's own output is not dropped. 0 by default.
   */
  dropout?: number | undefined;
  /** Rate at which h is dropped on its way into `W_hh`, with one mask a row (Gal and Ghahramani 2016); 0 by default. */
  recurrentDropout?: number | undefined;
  /** Layer normalisation inside the cells; false by default. */
  layerNorm?: boolean | undefined;
  /** For a language model: uses the embedding as the weight of the output layer, which needs `embedding` = `hidden`. */
  tied?: boolean | undefined;
  /** PyTorch's own by default. */
  initializer?: InitializerDescription | undefined;
  /** The seed of the initial weights; 0 by default. */
  seed?: number | undefined;
  /** `'float32'` by default. */
  dtype?: DType | undefined;
  /** Threads to compute with; the pool's default where absent. The results do not depend on it. */
  threads?: number | undefined;
}

/** How the probabilities of the next token are computed, or only trained: see `OutputOptions`. */
export type Output = 'exact' | 'adaptive' | 'sampled';

/** Options of a language model's softmax. */
export interface OutputOptions {
  /**
   * `'exact'` by default. `'adaptive'` (Grave et al. 2017): frequent tokens are in a head, the others in clusters of
   * smaller width, which are computed only if a target is in them. `'sampled'`: in training each target competes with a
   * few tokens that are drawn again for each step; weights and evaluation are those of the exact softmax.
   */
  output?: Output | undefined;
  /** For `'adaptive'`: the ranks at which the clusters begin, ascending; by default those of `defaultCutoffs`. */
  cutoffs?: readonly number[] | undefined;
  /** For `'adaptive'`: cluster i has the width `hidden` divided i + 1 times by this factor; 4 by default. */
  divisor?: number | undefined;
  /** For `'sampled'`: tokens drawn for each step; 1024 by default, or half of the vocabulary if that is less. */
  samples?: number | undefined;
}

/** The softmax in an architecture; empty for the exact one. */
export interface OutputArchitecture {
  output?: Exclude<Output, 'exact'>;
  cutoffs?: readonly number[];
  divisor?: number;
  samples?: number;
  /** The rank of each id by falling frequency; absent if ids are in that order. */
  ranks?: readonly number[];
}

/** One option of a network. */
export interface NetworkRow extends OptionRow {
  /** Its name in a model file. Absent for an option that is not part of the architecture. */
  readonly key?: string;
  /** Whether no weight depends on it, so that a loaded model can use another value. */
  readonly isWeightless?: true;
}

export const NONLINEARITIES = ['tanh', 'relu'] as const;
export const OUTPUTS = ['exact', 'adaptive', 'sampled'] as const;

const rate = number({ min: 0, below: 1 });
const width = integer({ min: 1, max: MAX_WIDTH });

const OF_TEXT = ['train', 'bench'] as const;

export const NETWORK_TABLE = {
  cell: {
    choices: CELLS,
    default: 'lstm',
    key: 'cell',
    flag: '--cell <kind>',
    help: 'recurrent cell',
    commands: OF_TEXT,
  },
  embedding: {
    check: (option, value) => {
      if (value === 'onehot') return value;
      if (typeof value !== 'number') throw check.wrongType(option, 'a whole number or onehot', value);
      return width(option, value);
    },
    default: 64,
    key: 'embedding',
    flag: '--embedding <n|onehot>',
    help: 'width of the embedding',
    commands: OF_TEXT,
  },
  hidden: {
    check: width,
    default: 256,
    key: 'hidden',
    flag: '--hidden <n>',
    help: 'hidden size of every layer',
    commands: OF_TEXT,
  },
  layers: {
    check: integer({ min: 1, max: MAX_LAYERS }),
    default: 1,
    key: 'layers',
    flag: '--layers <n>',
    help: 'stacked layers',
    commands: OF_TEXT,
  },
  nonlinearity: {
    choices: NONLINEARITIES,
    key: 'nonlinearity',
    flag: '--nonlinearity <kind>',
    help: 'function of the cell rnn (default: tanh)',
    commands: OF_TEXT,
  },
  singleBias: {
    check: check.boolean,
    default: false,
    key: 'single_bias',
    flag: '--single-bias',
    help: 'train one bias per layer instead of two',
    commands: OF_TEXT,
  },
  dropout: {
    check: rate,
    default: 0,
    key: 'dropout',
    isWeightless: true,
    flag: '--dropout <x>',
    help: 'dropout rate between layers and before the output (default: off)',
    commands: OF_TEXT,
  },
  recurrentDropout: {
    check: rate,
    default: 0,
    key: 'recurrent_dropout',
    isWeightless: true,
    flag: '--recurrent-dropout <x>',
    help: 'dropout rate of h between steps (default: off)',
    commands: OF_TEXT,
  },
  layerNorm: {
    check: check.boolean,
    default: false,
    key: 'layer_norm',
    flag: '--layer-norm',
    help: 'layer normalisation inside the cells',
    commands: OF_TEXT,
  },
  tied: {
    check: check.boolean,
    default: false,
    key: 'tied',
    flag: '--tied',
    help: 'use the embedding as the weight of the output; both must have one width',
    commands: OF_TEXT,
  },
  output: {
    choices: OUTPUTS,
    default: 'exact',
    key: 'output',
    flag: '--output <kind>',
    help: 'kind of softmax',
    commands: OF_TEXT,
  },
  cutoffs: {
    key: 'cutoffs',
    flag: '--cutoffs <n,n>',
    help: 'of adaptive: ranks at which its clusters begin (default: V^(2/3) and V^(5/6))',
    commands: OF_TEXT,
  },
  divisor: {
    check: number({ min: 1 }),
    key: 'divisor',
    flag: '--divisor <x>',
    help: 'of adaptive: factor by which each cluster is narrower than the one before (default: 4)',
    commands: OF_TEXT,
  },
  samples: {
    check: integer({ min: 1, max: MAX_SIZE }),
    key: 'samples',
    isWeightless: true,
    flag: '--samples <n>',
    help: 'of sampled: tokens drawn per step (default: 1024, at most half of the vocabulary)',
    commands: OF_TEXT,
  },
  initializer: {},
  seed: {},
  dtype: {},
  threads: {},
} as const satisfies Readonly<Record<keyof NetworkOptions | keyof OutputOptions, NetworkRow>>;

type NetworkOption = keyof typeof NETWORK_TABLE;

/** The rows with all that any may have. */
export const NETWORK_ROWS: Readonly<Record<NetworkOption, NetworkRow>> = NETWORK_TABLE;

export const NETWORK_OPTIONS = namesOf(NETWORK_ROWS);

/** Names of the options that decide the architecture. */
export const ARCHITECTURE_OPTIONS = namesOf(NETWORK_ROWS, ({ key }) => key !== undefined) as (keyof Architecture &
  NetworkOption)[];
