/** The output of `train --estimate` and `classify train --estimate`. */

import { showCount, showEstimate } from '../base/messages/formatting';
import type { Model } from '../models/model';
import type { Estimate } from '../training/estimate';
import type { RunEnd } from './language-model/training-run';
import { printJson, printLine } from './terminal/output';

/** Prints the model and what the run takes: lines for people, or one JSON object. */
export function printEstimate(
  model: Pick<Model, 'summary'>,
  estimate: Estimate,
  { epochs, steps, made, stopReason }: RunEnd,
  json: boolean,
): void {
  const { stepsPerEpoch, secondsPerStep } = estimate;
  const all = Math.min(steps, epochs * stepsPerEpoch);
  const stepsLeft = stopReason === undefined ? Math.max(0, all - made) : 0;
  const seconds = stepsLeft * secondsPerStep;
  if (json) {
    printJson({
      event: 'estimate',
      parameterCount: model.summary().parameterCount,
      ...estimate,
      steps: stepsLeft,
      seconds,
    });
    return;
  }
  printLine(String(model.summary(estimate)));
  printLine(`${showEstimate(seconds)} for the ${showCount(stepsLeft)} step${stepsLeft === 1 ? '' : 's'} of this run`);
}
