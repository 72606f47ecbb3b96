/** The units of a training's figures: what its loss is measured in, and what its speed counts. */

import { planOf } from '../layers/plan';
import type { ModelDescription } from '../native/native';
import type { EpochResult } from '../training/epoch-result';
import type { ReportRecord } from './record';

type Units = NonNullable<ReportRecord['units']>;

/**
 * The unit of the loss if it is not nats. An epoch of an earlier release has no unit, and has bits unless the loss is a
 * squared error.
 */
function lossUnitOf(epochs: readonly EpochResult[]): string | undefined {
  const counts = epochs.filter(({ loss, stepLosses }) => Number.isFinite(loss) && stepLosses !== undefined);
  if (counts.length === 0 || counts.some(({ bitsPerToken }) => bitsPerToken !== undefined)) return undefined;
  return counts.findLast(({ lossUnit }) => lossUnit !== undefined)?.lossUnit ?? 'squared error';
}

/** The unit of the speed: examples with one target each, else one target per step. */
function countedBy(model: ModelDescription | undefined, isOfValues: boolean): string | undefined {
  if (model === undefined) return isOfValues ? 'targets' : undefined;
  if (planOf(model).once) return 'examples';
  return isOfValues || model.input.kind !== 'ids' ? 'time steps' : undefined;
}

/** The units of a training; empty if they are a language model's, nats and tokens. */
export function unitsOf(epochs: readonly EpochResult[], model?: ModelDescription): Pick<ReportRecord, 'units'> {
  const loss = lossUnitOf(epochs);
  const speed = countedBy(model, loss !== undefined);
  const units: Units = { ...(loss !== undefined && { loss }), ...(speed !== undefined && { speed }) };
  return Object.keys(units).length === 0 ? {} : { units };
}

/** The units that a page shows. */
export function shownUnits({ units = {} }: ReportRecord): Required<Units> {
  return { loss: units.loss ?? 'nats', speed: units.speed ?? 'tokens' };
}
