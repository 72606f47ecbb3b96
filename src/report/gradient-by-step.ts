/** How far the gradient of the last token's loss reaches back through time. */

import { UnrolledError } from '../errors';
import type { States } from '../flat-layout';
import type { LanguageModel } from '../language-model';
import type { Model } from '../model';
import { softmax, type Tensor } from '../tensor';
import { requireTokens } from './chain';
import type { ReportGradientByStep } from './record';

function column(ids: Int32Array): Tensor<'int32'> {
  return { dtype: 'int32', shape: [ids.length, 1], data: ids };
}

function norm(values: ArrayLike<number>): number {
  return Math.sqrt(
    Array.prototype.reduce.call(values, (sum: unknown, value) => (sum as number) + value ** 2, 0) as number,
  );
}

/** States after each token but the last: `states[t]` goes into token t + 1. */
async function statesAfterEach(model: Model, ids: Int32Array): Promise<States[]> {
  const states: States[] = [];
  for (let time = 0; time < ids.length - 1; time++) {
    const before = states.at(-1);
    const input = { ids: column(ids.slice(time, time + 1)), ...(before !== undefined && { states: before }) };
    states.push((await model.forward(input)).states);
  }
  return states;
}

/** The gradient of the last position's cross-entropy by the logits of all positions: zero but for the last. */
function lastLossGradient(logits: Tensor<'float32' | 'float64'>, target: number): Tensor<'float32' | 'float64'> {
  const [time = 0, , classes = 0] = logits.shape;
  const gradient = softmax(logits);
  gradient.data.fill(0, 0, (time - 1) * classes);
  const at = (time - 1) * classes + target;
  gradient.data[at] = (gradient.data[at] as number) - 1;
  return gradient;
}

/**
 * For each state of a language model (`h`, of an LSTM `c` too, of each layer) the norm of the gradient that the loss
 * of the text's last token has by that state after each of the tokens before it, from a zero state.
 *
 * The state after token t is the initial state of the text behind it, whose gradient the core returns; so each token
 * costs one pass over the rest of the text.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_OPTION_RANGE for fewer than three tokens, ERR_UNROLLED_DISPOSED.
 */
export async function collectGradientByStep(language: LanguageModel, text: string): Promise<ReportGradientByStep> {
  const { model, vocabulary } = language;
  const all = vocabulary.encode(text);
  requireTokens(all.length, 3);
  const [ids, target] = [all.slice(0, -1), all.at(-1) as number];
  const series = Object.keys(model.stateSizes).map((label) => ({ label, norms: [] as number[] }));
  for (const [time, states] of (await statesAfterEach(model, ids)).entries()) {
    const rest = { ids: column(ids.slice(time + 1)), states };
    const { output } = await model.forward(rest);
    const { initialStates } = await model.gradients(rest, { gradOutput: lastLossGradient(output, target) });
    for (const { label, norms } of series) {
      const gradient = initialStates[label];
      if (gradient === undefined)
        throw new UnrolledError('ERR_UNROLLED_INTERNAL', `The state ${label} has no gradient.`);
      norms.push(norm(gradient.data));
    }
  }
  return { series };
}
