/** Outputs of a model that were to be probabilities. */

import { UnrolledError } from '../base/errors';
import type { FloatArray } from '../native/native';
import { firstNonFinite } from './tensor';

/**
 * The outputs, which are finite.
 * @throws ERR_UNROLLED_MODEL_NOT_FINITE
 */
export function requireFiniteOutputs<Outputs extends FloatArray>(outputs: Outputs): Outputs {
  const index = firstNonFinite(outputs);
  if (index === -1) return outputs;
  throw new UnrolledError(
    'ERR_UNROLLED_MODEL_NOT_FINITE',
    "The model's output is NaN or infinite: its weights are too large to compute with",
    {
      advice: 'Use a file of an earlier step, or train with a smaller learning rate.',
      expected: 'finite outputs',
      received: `${outputs[index]}`,
    },
  );
}
