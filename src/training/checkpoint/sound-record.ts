/** The numbers of a checkpoint's record. What no training ever wrote is damage, with which a step would spoil the weights. */

import * as check from '../../base/check';
import { MAX_SIZE } from '../../base/resource-limits';
import type { FloatArray } from '../../native/native';
import { firstUnsound } from '../../tensor/finite';
import type { Tensor } from '../../tensor/tensor';
import type { EpochSumsState } from '../epoch-result';
import { slotsOf } from '../options/optimizers';
import type { TrainingRecord } from './record';

const NOT_NEGATIVE = { min: 0 };

async function requireArray(name: string, values: FloatArray, range: { min?: number } = {}): Promise<void> {
  const index = await firstUnsound(values, range.min);
  if (index !== -1) check.number(`${name}[${index}]`, values[index], range);
}

async function requireEpoch({ losses, gradientNorms, learningRates, ...sums }: EpochSumsState): Promise<void> {
  check.number('epoch.lossSum', sums.lossSum);
  check.integer('epoch.count', sums.count, NOT_NEGATIVE);
  check.integer('epoch.correct', sums.correct, { min: 0, max: sums.count });
  check.integer('epoch.tokens', sums.tokens, NOT_NEGATIVE);
  check.number('epoch.seconds', sums.seconds, NOT_NEGATIVE);
  await requireArray('epoch.losses', losses);
  await requireArray('epoch.gradientNorms', gradientNorms, NOT_NEGATIVE);
  await requireArray('epoch.learningRates', learningRates, NOT_NEGATIVE);
}

/** Whether the initial bounds, which are zeros, can still be there after these steps. */
function isUnmoved(weights: Iterable<Tensor>): boolean {
  return [...weights].every(({ data }) => data.every((value) => value === 0));
}

async function requireOptimizer(native: TrainingRecord['native'], weights: Iterable<Tensor>): Promise<void> {
  const { optimizer, slots, bounds, steps } = native;
  const kept = slotsOf(optimizer);
  if (slots.length !== kept.length) throw check.outOfRange('optimizer', `${kept.length} arrays`, slots.length);
  for (const [index, slot] of slots.entries()) {
    const isSum = kept[index] === 'sum' || kept[index] === 'square';
    await requireArray(`optimizer[${index}]`, slot, isSum ? NOT_NEGATIVE : {});
  }
  await requireArray('bounds', bounds, NOT_NEGATIVE);
  if (bounds[0] === 0 && steps > 0 && !isUnmoved(weights)) throw check.outOfRange('bounds[0]', 'above 0', 0);
}

/**
 * Refuses a record that no training ever wrote.
 * @param weights those it was saved with.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the number.
 */
export async function requireSound(record: TrainingRecord, weights: Iterable<Tensor>): Promise<void> {
  const { native, totalSteps, data = {}, epoch, seconds, stopReason } = record;
  const steps = check.integer('steps', native.steps, NOT_NEGATIVE);
  if (totalSteps !== undefined) check.integer('totalSteps', totalSteps, { min: Math.max(steps, 1) });
  check.number('learningRateScale', native.learningRateScale, NOT_NEGATIVE);
  check.integer('rows', native.rows, { min: 0, max: MAX_SIZE });
  check.number('seconds', seconds, NOT_NEGATIVE);
  for (const [noun, count] of Object.entries(data)) check.integer(`data.${noun}`, count, NOT_NEGATIVE);
  if (stopReason !== undefined) check.nonEmptyString('stopReason', stopReason);
  if (epoch !== undefined) await requireEpoch(epoch);
  await requireArray('hidden', native.hidden);
  await requireOptimizer(native, weights);
}
