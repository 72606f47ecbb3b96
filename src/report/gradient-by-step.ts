/** How far the gradient of the last output's loss reaches back through time. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import type { Network } from '../network/network';
import type { FloatTensor } from '../network/parameter-layout';
import { softmax } from '../tensor/tensor';
import type { ReportGradientByStep } from './record';
import { asTensors, goesStepByStep, type OneSequence, requireSteps, statesAfterEach, stepsOf } from './stepping';

function norm(values: ArrayLike<number>): number {
  return Math.sqrt(
    Array.prototype.reduce.call(values, (sum: unknown, value) => (sum as number) + value ** 2, 0) as number,
  );
}

/** The gradient of the last position's cross-entropy by the logits of all positions: zero except the last. */
function lastLossGradient({ dtype, shape, data }: FloatTensor, target: number): FloatTensor {
  const classes = shape[2] as number;
  const before = data.length - classes;
  const last = softmax({ dtype, shape: [1, classes], data: data.slice(before) });
  const gradient = data.slice().fill(0);
  gradient.set(last.data, before);
  gradient[before + target] = (gradient[before + target] as number) - 1;
  return { dtype, shape, data: gradient };
}

/**
 * For each state of a model (`h` of each layer, and `c` of an LSTM): the norm of the gradient of the last output's
 * cross-entropy by that state after each step except the last, from a zero state.
 *
 * The state after step t is the initial state of the rest of the sequence, and `Model.gradients` returns its gradient;
 * so each step costs one pass over the rest.
 * @param sequence one row of at least two steps.
 * @param target the class that the last output should have.
 * @throws ERR_UNROLLED_OPTION_TYPE for a value that is not a sequence, ERR_UNROLLED_OPTION_RANGE for a shorter one, and
 *   for a model that reads backwards, has two inputs or looks at all steps at once: its sequence cannot be split; the
 *   errors of `Model.gradients`.
 */
export async function collectGradientByStep(
  model: Network,
  sequence: OneSequence,
  target: number,
): Promise<ReportGradientByStep> {
  if (!goesStepByStep(model.description)) {
    throw check.outOfRange('model', 'a model whose layers read the sequence step by step', model);
  }
  const tensors = asTensors(model.description, sequence, 'sequence');
  const steps = requireSteps(tensors, 2, 'sequence');
  const classes = model.description.layers.at(-1);
  check.integer('target', target, {
    min: 0,
    ...((classes?.type === 'dense' || classes?.type === 'adaptiveSoftmax') && { max: classes.features - 1 }),
  });
  const series = Object.keys(model.stateSizes).map((label) => ({ label, norms: [] as number[] }));
  for (const [time, states] of (await statesAfterEach(model, tensors, steps - 1)).entries()) {
    const rest = { ...stepsOf(tensors, time + 1, steps), states };
    const { output } = await model.forward(rest);
    const { initialStates } = await model.gradients(rest, { gradOutput: lastLossGradient(output, target) });
    for (const { label, norms } of series) {
      const gradient = initialStates[label];
      if (gradient === undefined)
        throw new UnrolledError('ERR_UNROLLED_INTERNAL', `The state ${label} has no gradient`);
      norms.push(norm(gradient.data));
    }
  }
  return { series };
}
