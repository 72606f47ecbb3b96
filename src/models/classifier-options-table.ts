/**
 * The options of a text classifier's network, a row each. A new one is a row here and a member, with its description, of
 * `ClassifierNetworkOptions` and, where a file says it, of `ClassifierArchitecture` (`../classifier-network.ts`), which
 * makes layers of it.
 */

import { integer, namesOf, number } from '../base/option-table';
import type { ClassifierArchitecture, ClassifierNetworkOptions } from '../classifier-network';
import { ACTIVATIONS, CELLS, MAX_LAYERS } from '../layer-choices';
import { MAX_SIZE, MAX_WIDTH } from '../limits';
import * as check from '../validation';
import type { NetworkRow } from './network-options-table';

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
    help: 'read texts from their beginning only',
    commands: COMMANDS,
  },
  gateActivation: {
    choices: ACTIVATIONS,
    key: 'gate_activation',
    flag: '--gate-activation <kind>',
    help: 'of gru and lstm (default: sigmoid)',
    commands: COMMANDS,
  },
  pooling: {
    choices: ['final', 'last', 'mean', 'max', 'sum'],
    default: 'final',
    key: 'pooling',
    flag: '--pooling <kind>',
    help: 'how a text becomes one vector',
    commands: COMMANDS,
  },
  dense: {
    check: integer({ min: 0, max: MAX_SIZE }),
    default: 60,
    key: 'dense',
    flag: '--dense <n>',
    help: 'units between that vector and the classes, 0 for none',
    commands: COMMANDS,
  },
  denseActivation: {
    choices: ACTIVATIONS,
    default: 'tanh',
    key: 'dense_activation',
    flag: '--dense-activation <kind>',
    help: 'of those units',
    commands: COMMANDS,
  },
  dropout: {
    check: number({ min: 0, below: 1 }),
    default: 0,
    key: 'dropout',
    flag: '--dropout <x>',
    help: 'rate dropped while training (default: off)',
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

/** What a file says of a network. */
export const CLASSIFIER_ARCHITECTURE_OPTIONS = namesOf(
  CLASSIFIER_ROWS,
  ({ key }) => key !== undefined,
) as (keyof ClassifierArchitecture)[];
