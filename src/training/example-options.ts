/** Options of training on examples. */

import { MAX_SIZE } from '../limits';
import type { NativeBatching } from '../native/native';
import * as check from '../validation';
import type { Checkpoint } from './checkpoint-file';
import {
  DEFAULT_BATCH,
  type ModelDefaults,
  type ResolvedTraining,
  resolveKnownTraining,
  resolveResumable,
  resolveValidation,
  TRAINING_OPTIONS,
  type TrainingOptions,
} from './options';

/** Options of `fit` for examples; `Data` is what it is given. */
export interface ExampleFitOptions<Data> extends TrainingOptions {
  /** Examples a step. */
  batch?: number | undefined;
  /** Whether their order is drawn anew for each epoch; true by default. */
  shuffle?: boolean | undefined;
  /**
   * Batches of the epoch's order that are sorted by length together, so that the rows of a batch are about as long; 0
   * (off) by default.
   */
  bucketing?: number | undefined;
  /** Fraction of the examples, the last of a seeded shuffle, that validates after each epoch. Off by default. */
  validation?: number | undefined;
  /** What validates in place of a fraction. */
  validationData?: Data | undefined;
}

export const EXAMPLE_FIT_OPTIONS = [
  ...TRAINING_OPTIONS,
  'batch',
  'shuffle',
  'bucketing',
  'validation',
  'validationData',
] as const;

/** Batching of a pass over examples in their order. */
export function resolveBatch(batch: number | undefined, byDefault = DEFAULT_BATCH): number {
  return check.integer('batch', batch === undefined ? byDefault : batch, { min: 1, max: MAX_SIZE });
}

export interface ResolvedExampleFit<Data> extends ResolvedTraining {
  batching: NativeBatching;
  validation: number;
  validationData: Data | undefined;
}

/**
 * Options of training on examples.
 * @param defaults the model's own.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveExampleFit<Data>(
  options: ExampleFitOptions<Data> | undefined,
  { batch, ...defaults }: ModelDefaults & { batch: number },
  resumed: Checkpoint | undefined,
): ResolvedExampleFit<Data> {
  const known = check.options<ExampleFitOptions<Data>>('fit', options, EXAMPLE_FIT_OPTIONS);
  return resolveResumable(known, resumed, (given) => {
    const { shuffle = true, bucketing = 0, validationData } = given;
    const batching = {
      batch: resolveBatch(given.batch, batch),
      shuffle: check.boolean('shuffle', shuffle),
      bucketing: check.integer('bucketing', bucketing, { min: 0, max: MAX_SIZE }),
    };
    const validation = resolveValidation(given.validation);
    if (validation > 0 && validationData !== undefined) {
      throw check.outOfRange('validation', 'left out beside validationData', validation);
    }
    const training = resolveKnownTraining(given, defaults, { ...batching, validation }, resumed);
    return { ...training, batching, validation, validationData };
  });
}
