/** The units of a training's figures: what its loss is measured in, and what its speed counts. */

import type { ModelDescription } from '../native/native';
import { planOf } from '../plan';
import type { EpochResult } from '../training/epoch-result';
import type { ReportRecord } from './record';

type Units = NonNullable<ReportRecord['units']>;

/** Whether the loss is a squared error: an epoch of `fit` has bits for every other. */
function isSquaredError(epochs: readonly EpochResult[]): boolean {
  const counts = epochs.filter(({ loss, stepLosses }) => Number.isFinite(loss) && stepLosses !== undefined);
  return counts.length > 0 && counts.every(({ bitsPerToken }) => bitsPerToken === undefined);
}

/** What a model is trained on per second: examples with one target each, else a target for each step. */
function countedBy(model: ModelDescription | undefined, squares: boolean): string | undefined {
  if (model === undefined) return squares ? 'targets' : undefined;
  if (planOf(model).once) return 'examples';
  return squares || model.input.kind !== 'ids' ? 'time steps' : undefined;
}

/** The units of a training; empty where they are a language model's, nats and tokens. */
export function unitsOf(epochs: readonly EpochResult[], model?: ModelDescription): Pick<ReportRecord, 'units'> {
  const squares = isSquaredError(epochs);
  const speed = countedBy(model, squares);
  const units: Units = { ...(squares && { loss: 'squared error' }), ...(speed !== undefined && { speed }) };
  return Object.keys(units).length === 0 ? {} : { units };
}

/** The units that a page shows. */
export function shownUnits({ units = {} }: ReportRecord): Required<Units> {
  return { loss: units.loss ?? 'nats', speed: units.speed ?? 'tokens' };
}
