/** What `train --estimate` prints. */

import type { LanguageModel } from '../language-model';
import { showCount, showSeconds } from '../printing';
import type { Estimate } from '../training/estimate';
import { printJson, printLine } from './output';
import type { RunEnd } from './training-run';

/** Prints the model and what the run takes: lines for people, or one JSON object. */
export function printEstimate(
  model: LanguageModel,
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
  printLine(
    `about ${showSeconds(seconds)} for the ${showCount(stepsLeft)} step${stepsLeft === 1 ? '' : 's'} of this run`,
  );
}
