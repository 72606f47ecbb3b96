/** Converts the outputs of a classifier to the class and the probabilities of each text. */

import type { FloatArray } from '../native/native';
import { requireFiniteOutputs } from '../tensor/finite-outputs';

/** A text's class, and the natural logarithm of the probability of each. */
export interface Outcome {
  /** The likeliest class, of equals the first. */
  best: number;
  logProbabilities: number[];
}

/** `ln sigmoid(x)`, exact for large |x| too. */
function logSigmoid(logit: number): number {
  return Math.min(logit, 0) - Math.log1p(Math.exp(-Math.abs(logit)));
}

/**
 * @throws ERR_UNROLLED_MODEL_NOT_FINITE
 * @param output `[N, F]`: of two classes the logit of the second (F is 1), of more the log-probability of each.
 */
export function outcomesOf(output: FloatArray, features: number): Outcome[] {
  requireFiniteOutputs(output);
  return Array.from({ length: output.length / features }, (_, index) => {
    const row = Array.from(output.subarray(index * features, (index + 1) * features));
    const logProbabilities = row.length === 1 ? [-(row[0] as number), row[0] as number].map(logSigmoid) : row;
    const best = logProbabilities.reduce(
      (best, value, label) => (value > (logProbabilities[best] as number) ? label : best),
      0,
    );
    return { best, logProbabilities };
  });
}
