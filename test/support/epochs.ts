/** Results of epochs that no model was trained for. */

import type { EpochResult } from '../../src/index';

/** An epoch of two steps (or `steps`), all of them with its loss. */
export function epochResult(epoch: number, figures: Partial<EpochResult> & { loss: number }): EpochResult {
  const { steps = 2, loss } = figures;
  return {
    epoch,
    steps,
    step: steps * (epoch + 1) - 1,
    bitsPerToken: loss / Math.LN2,
    learningRate: 0.001,
    gradientNorm: 1,
    tokensPerSecond: 1000,
    seconds: epoch + 1,
    stepLosses: new Float64Array(steps).fill(loss),
    stepGradientNorms: new Float64Array(steps).fill(1),
    stepLearningRates: new Float64Array(steps).fill(0.001),
    ...figures,
  };
}
