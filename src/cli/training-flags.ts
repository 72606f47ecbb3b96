/** Flags of trainings and of their networks: what `train`, `bench` and `classify train` have of the tables of options. */

import type { Command } from 'commander';
import type { TableCommand } from '../base/option-table';
import type { ClassifierNetworkOptions } from '../models/architecture/classifier-options-table';
import { CLASSIFIER_ROWS } from '../models/architecture/classifier-options-table';
import type { NetworkOptions } from '../models/architecture/network-options-table';
import { NETWORK_ROWS } from '../models/architecture/network-options-table';
import type { FitOptions } from '../training/options/options';
import { TRAINING_ROWS } from '../training/options/training-options-table';
import { addTableOptions, keysOf, optionsOf, renamedOptions } from './table-options';

/** Values of flags that commands look at themselves. */
export interface SharedFlags {
  seed?: number;
  threads?: number;
}

/** Adds the flags that say how to train, except those of files. */
export function addTrainingOptions(command: Command, name: TableCommand): Command {
  return addTableOptions(command, name, TRAINING_ROWS, ({ group }) => group === undefined);
}

/** Adds the flags of checkpoints. */
export function addCheckpointOptions(command: Command, name: TableCommand): Command {
  return addTableOptions(command, name, TRAINING_ROWS, ({ group }) => group !== undefined);
}

/** Adds the flags that describe the network. */
export function addNetworkOptions(command: Command, name: TableCommand): Command {
  return addTableOptions(command, name, name === 'classify train' ? CLASSIFIER_ROWS : NETWORK_ROWS);
}

/** The part of the flags that says how to train. */
export function fitOptions(flags: object): FitOptions {
  return optionsOf(TRAINING_ROWS, flags);
}

/** The part of the flags that describes the network of a language model. */
export function networkOptions(flags: SharedFlags): NetworkOptions {
  const { seed, threads } = flags;
  return { ...optionsOf(NETWORK_ROWS, flags), seed, threads };
}

/** The part of the flags that describes the network of a text classifier. */
export function classifierOptions(flags: SharedFlags): ClassifierNetworkOptions {
  return { ...optionsOf(CLASSIFIER_ROWS, flags), seed: flags.seed };
}

/** Flags by the parser's names, in groups as `--help` lists them. */
export const CLASSIFIER_FLAGS = keysOf(CLASSIFIER_ROWS);
export const MODEL_FLAGS = [...keysOf(NETWORK_ROWS), ...CLASSIFIER_FLAGS];
export const TRAINING_FLAGS = keysOf(TRAINING_ROWS, ({ group }) => group === undefined);
export const CHECKPOINT_FLAGS = keysOf(TRAINING_ROWS, ({ group }) => group !== undefined);

/** Flags that a checkpoint does not remember, and that are given again where a training continues. */
export const GIVEN_AGAIN = keysOf(TRAINING_ROWS, ({ recorded }, name) => recorded === undefined && name !== 'resume');

/** The parser's names for options of the API. */
export const RENAMED: Readonly<Record<string, string>> = {
  ...renamedOptions(NETWORK_ROWS),
  ...renamedOptions(CLASSIFIER_ROWS),
  ...renamedOptions(TRAINING_ROWS),
};
