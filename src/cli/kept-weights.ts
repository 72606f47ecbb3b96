/**
 * The sentences of a report page about the weights of its model: which ones they are, where they are saved, how to get
 * the best.
 */

import { formatNumber } from '../report/display';
import type { History } from '../training/history';

export interface KeptWeights {
  /** The epoch whose weights were restored as the best; undefined if the model has those of its last step. */
  bestEpoch: number | undefined;
  /** Path of the saved model, if it was saved. */
  out: string | undefined;
  /** The options with which the best weights are kept. */
  keepBest: string;
}

/** How to get better weights than the last, where there are any, or where nobody can know. */
function advice({ keepBest }: KeptWeights, keptEpoch: number | undefined, history: History): string {
  const best = history.best('validationLoss');
  if (best === undefined)
    return ` The best epoch is unknown, because no data was used for validation: ${keepBest} keeps the best.`;
  if (best.epoch === keptEpoch) return ' No epoch has a lower validation loss.';
  const loss = formatNumber(best.validationLoss);
  return ` Epoch ${best.epoch + 1} has the lowest validation loss, ${loss}: ${keepBest} keeps the best.`;
}

/**
 * The sentences of a page.
 * @param keptEpoch the epoch whose weights the model has; undefined where steps were made since.
 */
export function describeKept(kept: KeptWeights, keptEpoch: number | undefined, history: History): string {
  const { bestEpoch, out } = kept;
  const which =
    bestEpoch !== undefined
      ? `epoch ${bestEpoch + 1}, the one with the lowest validation loss.`
      : keptEpoch !== undefined
        ? `epoch ${keptEpoch + 1}, the last.${advice(kept, keptEpoch, history)}`
        : `the last step, in an unfinished epoch.${advice(kept, keptEpoch, history)}`;
  const where = out === undefined ? 'The model was not saved: --out FILE saves it.' : `It is saved in ${out}.`;
  return `The model has the weights of ${which} ${where}`;
}
