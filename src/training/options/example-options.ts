/** Options of training on examples. */

import * as check from '../../base/check';
import { resolveValues } from '../../base/option-table';
import type { NativeBatching } from '../../native/native';
import type { Checkpoint } from '../checkpoint/record';
import { type AskedTraining, type ResolvedTraining, requireRowsOfShards, resolveTraining, resumable } from './options';
import { EXAMPLE_FIT_OPTIONS, type ExampleFitOptions, TRAINING_TABLE } from './training-options-table';

export { EXAMPLE_FIT_OPTIONS, type ExampleFitOptions };

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
  const { batch, shuffle, bucketing, validation, shards } = values;
  requireRowsOfShards(shards, batch);
  const { validationData } = given;
  if (validation > 0 && validationData !== undefined) {
    throw check.outOfRange('validation', 'left out beside validationData', validation);
  }
  const training = resolveTraining(values, given, resumed);
  return { ...training, batching: { batch, shuffle, bucketing }, validation, validationData };
}
