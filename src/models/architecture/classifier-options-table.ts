/**
 * The options of a text classifier's network, a row each. A new one is a row here and a member, with its description, of
 * `ClassifierNetworkOptions` and, where a file says it, of `ClassifierArchitecture` (`classifier-architecture.ts`), which
 * makes layers of it.
 */

import * as check from '../../base/check';
import { integer, namesOf, number } from '../../base/option-table';
import { MAX_SIZE, MAX_WIDTH } from '../../base/resource-limits';
import { ACTIVATIONS, CELLS, type Cell, MAX_LAYERS } from '../../native/layer-choices';
import type { Activation, DType, InitializerDescription, PoolingDescription } from '../../native/native';
import type { FloatTensor, NestedRows } from '../../tensor/types';
import type { NetworkRow } from './network-options-table';

/** How a sequence becomes one vector; see `PoolingDescription`. */
export type Pooling = PoolingDescription['pooling'];

/** A classifier's network as a file stores it. */
export interface ClassifierArchitecture {
  cell: Cell;
  /** Width E of the embedding. */
  embedding: number;
  /** Hidden size H of each direction. */
  hidden: number;
  /** Stacked recurrent layers. */
  layers: number;
  bidirectional: boolean;
  /** The function of the gates of a GRU or LSTM; absent for a vanilla RNN. */
  gateActivation?: Activation;
  pooling: Pooling;
  /** Units of the dense layer; 0 for none. */
  dense: number;
  denseActivation: Activation;
  /** Rate of what is dropped while training, of the pooled vector and between recurrent layers. */
  dropout: number;
}

/** Options of a new classifier's network. */
export interface ClassifierNetworkOptions {
  /** `'gru'` by default. */
  cell?: Cell | undefined;
  /** 64 by default. */
  embedding?: number | undefined;
  /** Trained word vectors `[V, embedding]` to begin with, as `embeddingMatrix` makes them. */
  embeddingWeights?: FloatTensor | NestedRows | undefined;
  /** Hidden units of each direction; 30 by default. */
  hidden?: number | undefined;
  /** 1 by default. */
  layers?: number | undefined;
  /** Whether the text is read from its end too; true by default. */
  bidirectional?: boolean | undefined;
  /** The function of the gates of a GRU or an LSTM; `'sigmoid'` by default. */
  gateActivation?: Activation | undefined;
  /** How a text becomes one vector; `'final'`, what both directions know at their ends, by default. */
  pooling?: Pooling | undefined;
  /** Units of the layer between that vector and the classes, 0 for none; 60 by default. */
  dense?: number | undefined;
  /** `'tanh'` by default. */
  denseActivation?: Activation | undefined;
  /** 0 by default. */
  dropout?: number | undefined;
  /** How to draw all weights; by default as in Keras's layers, see `INITIALIZERS`. */
  initializer?: InitializerDescription | undefined;
  /** The seed of the initial weights; 0 by default. */
  seed?: number | undefined;
  /** `'float32'` by default. */
  dtype?: DType | undefined;
}

const width = integer({ min: 1, max: MAX_WIDTH });

const COMMANDS = ['classify train'] as const;

export const CLASSIFIER_TABLE = {
  cell: {
    choices: CELLS,
    default: 'gru',
    key: 'cell',
    flag: '--cell <kind>',
    help: 'recurrent cell',
    commands: COMMANDS,
  },
  embedding: {
    check: width,
    default: 64,
    key: 'embedding',
    flag: '--embedding <n>',
    help: 'width of the embedding',
    commands: COMMANDS,
  },
  hidden: {
    check: width,
    default: 30,
    key: 'hidden',
    flag: '--hidden <n>',
    help: 'hidden size of each direction',
    commands: COMMANDS,
  },
  layers: {
    check: integer({ min: 1, max: MAX_LAYERS }),
    default: 1,
    key: 'layers',
    flag: '--layers <n>',
    help: 'stacked layers',
    commands: COMMANDS,
  },
  bidirectional: {
    check: check.boolean,
    default: true,
    key: 'bidirectional',
    flag: '--one-direction',
    isNegated: true,
    help: 'read texts forward only, not in both directions',
    commands: COMMANDS,
  },
  gateActivation: {
    choices: ACTIVATIONS,
    key: 'gate_activation',
    flag: '--gate-activation <kind>',
    help: 'gate function of gru and lstm (default: sigmoid)',
    commands: COMMANDS,
  },
  pooling: {
    choices: ['final', 'last', 'mean', 'max', 'sum'],
    default: 'final',
    key: 'pooling',
    flag: '--pooling <kind>',
    help: 'how the steps of a text become one vector',
    commands: COMMANDS,
  },
  dense: {
    check: integer({ min: 0, max: MAX_SIZE }),
    default: 60,
    key: 'dense',
    flag: '--dense <n>',
    help: 'units of the dense layer before the classes, 0 for none',
    commands: COMMANDS,
  },
  denseActivation: {
    choices: ACTIVATIONS,
    default: 'tanh',
    key: 'dense_activation',
    flag: '--dense-activation <kind>',
    help: 'function of those units',
    commands: COMMANDS,
  },
  dropout: {
    check: number({ min: 0, below: 1 }),
    default: 0,
    key: 'dropout',
    flag: '--dropout <x>',
    help: 'dropout rate while training (default: off)',
    commands: COMMANDS,
  },
  embeddingWeights: {},
  initializer: {},
  seed: {},
  dtype: {},
} as const satisfies Readonly<Record<keyof ClassifierNetworkOptions, NetworkRow>>;

/** The rows with all that any may have. */
export const CLASSIFIER_ROWS: Readonly<Record<keyof typeof CLASSIFIER_TABLE, NetworkRow>> = CLASSIFIER_TABLE;

export const CLASSIFIER_NETWORK_OPTIONS = namesOf(CLASSIFIER_ROWS);

/** A network as a file stores it. */
export const CLASSIFIER_ARCHITECTURE_OPTIONS = namesOf(
  CLASSIFIER_ROWS,
  ({ key }) => key !== undefined,
) as (keyof ClassifierArchitecture)[];
