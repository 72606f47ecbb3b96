/** Options of training on examples. */

import { resolveValues } from '../base/option-table';
import type { NativeBatching } from '../native/native';
import * as check from '../validation';
import type { Checkpoint } from './checkpoint-file';
import { type AskedTraining, type ResolvedTraining, resolveTraining, resumable, type TrainingOptions } from './options';
import { EXAMPLE_FIT_OPTIONS, TRAINING_TABLE } from './options/training-options-table';

/** Options of `fit` for examples; `Data` is what it is given. */
export interface ExampleFitOptions<Data> extends TrainingOptions {
  /** Examples a step; 32 by default, of `SequenceClassifier` 1. */
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

export { EXAMPLE_FIT_OPTIONS };

/** Batching of a pass over examples in their order. */
export function resolveBatch(batch: number | undefined): number {
  return resolveValues(TRAINING_TABLE, ['batch'], { batch }).batch;
}

/** Options of training on examples, checked. */
export interface AskedExampleFit<Data> extends AskedTraining {
  batching: NativeBatching;
  validation: number;
  validationData: Data | undefined;
}

/** The same with all that is the model's own. */
export type ResolvedExampleFit<Data> = AskedExampleFit<Data> & ResolvedTraining;

/**
 * Options of training on examples. They are resolved once for a training: what is left to the model is added by `forModel`.
 * @param resumed what `resume` names, which is read once too.
 * @param defaults outrank those of the table.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveExampleFit<Data>(
  options: ExampleFitOptions<Data> | undefined,
  resumed: Checkpoint | undefined,
  defaults: { batch?: number } = {},
): AskedExampleFit<Data> {
  const given = resumable(check.options<ExampleFitOptions<Data>>('fit', options, EXAMPLE_FIT_OPTIONS), resumed);
  const values = resolveValues(TRAINING_TABLE, EXAMPLE_FIT_OPTIONS, given, defaults);
  const { batch, shuffle, bucketing, validation } = values;
  const { validationData } = given;
  if (validation > 0 && validationData !== undefined) {
    throw check.outOfRange('validation', 'left out beside validationData', validation);
  }
  const training = resolveTraining(values, given, resumed);
  return { ...training, batching: { batch, shuffle, bucketing }, validation, validationData };
}
