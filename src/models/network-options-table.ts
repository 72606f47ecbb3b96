/**
 * The options of a network of `LanguageModel` and `SequenceClassifier`, a row each. A new one is a row here and a member,
 * with its description, of `NetworkOptions` and, where a file says it, of `Architecture` (`../architecture.ts`), which
 * makes layers of it.
 */

import type { Architecture, NetworkOptions } from '../architecture';
import { integer, namesOf, number, type OptionRow } from '../base/option-table';
import { CELLS, MAX_LAYERS } from '../layer-choices';
import { MAX_SIZE, MAX_WIDTH } from '../limits';
import type { OutputOptions } from '../output';
import * as check from '../validation';

/** What is known of an option of a network. */
export interface NetworkRow extends OptionRow {
  /** What a model's file calls it. Absent for an option that is no part of the architecture. */
  readonly key?: string;
  /** Whether no weight depends on it, so that a model may be given another one. */
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
    help: 'of the cell rnn (default: tanh)',
    commands: OF_TEXT,
  },
  singleBias: {
    check: check.boolean,
    default: false,
    key: 'single_bias',
    flag: '--single-bias',
    help: 'one trained bias a layer in place of two',
    commands: OF_TEXT,
  },
  dropout: {
    check: rate,
    default: 0,
    key: 'dropout',
    isWeightless: true,
    flag: '--dropout <x>',
    help: 'rate dropped between layers and before the head (default: off)',
    commands: OF_TEXT,
  },
  recurrentDropout: {
    check: rate,
    default: 0,
    key: 'recurrent_dropout',
    isWeightless: true,
    flag: '--recurrent-dropout <x>',
    help: 'rate dropped of h from step to step (default: off)',
    commands: OF_TEXT,
  },
  layerNorm: {
    check: check.boolean,
    default: false,
    key: 'layer_norm',
    flag: '--layer-norm',
    help: 'normalise inside the cells',
    commands: OF_TEXT,
  },
  tied: {
    check: check.boolean,
    default: false,
    key: 'tied',
    flag: '--tied',
    help: "take the embedding for the head's weight; both are of one width then",
    commands: OF_TEXT,
  },
  output: {
    choices: OUTPUTS,
    default: 'exact',
    key: 'output',
    flag: '--output <kind>',
    help: 'the softmax',
    commands: OF_TEXT,
  },
  cutoffs: {
    key: 'cutoffs',
    flag: '--cutoffs <n,n>',
    help: 'of adaptive: ranks at which its clusters begin (default: V to the powers 2/3 and 5/6)',
    commands: OF_TEXT,
  },
  divisor: {
    check: number({ min: 1 }),
    key: 'divisor',
    flag: '--divisor <x>',
    help: 'of adaptive: by what each cluster is narrower (default: 4)',
    commands: OF_TEXT,
  },
  samples: {
    check: integer({ min: 1, max: MAX_SIZE }),
    key: 'samples',
    isWeightless: true,
    flag: '--samples <n>',
    help: 'of sampled: tokens drawn a step (default: 1024, at most half of the vocabulary)',
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
