/** The outputs of the units of recurrent layers over a sequence. */

import * as check from '../base/check';
import { planOf } from '../layers/plan';
import type { RecurrentDescription } from '../native/native';
import { type ModelInput, requireInput } from '../network/batch-input';
import type { Network } from '../network/network';
import type { FloatTensor } from '../network/parameter-layout';
import type { ReportActivations } from './record';
import { asTensors, goesStepByStep, requireSteps, statesAfterEach } from './stepping';

type Units = ReportActivations['units'];

/** `[T, 1, H]` as T rows. */
function rowsOf({ shape: [time = 0, , features = 0], data }: FloatTensor): Units {
  return Array.from({ length: time }, (_, step) => data.slice(step * features, (step + 1) * features));
}

/** The outputs of each level of a stack, from the lowest. */
async function lowerLevels(
  model: Network,
  input: ModelInput,
  stacks: readonly RecurrentDescription[],
): Promise<Map<RecurrentDescription, Units[]>> {
  if (!goesStepByStep(model.description) || stacks.every(({ layers }) => layers === 1)) return new Map();
  // A level's output is its state h after each step; by name, `forward` gives the uppermost level's alone.
  const tensors = asTensors(model.description, input, 'input');
  const states = await statesAfterEach(model, tensors, requireSteps(tensors, 1, 'input'));
  const below = (stack: RecurrentDescription) =>
    Array.from({ length: stack.layers - 1 }, (_, level) =>
      states.map((after) => after[`${stack.name}.h_l${level}`]?.data ?? []),
    );
  return new Map(stacks.map((stack) => [stack, below(stack)]));
}

/**
 * The outputs of the recurrent layers over one sequence, from a zero state: of the layers over the input, or over the
 * source if `of` is `'source'`. A stack in one direction gives each level separately, other stacks the uppermost level.
 * @param tokens the label of each step; by default its number, from 1.
 * @throws ERR_UNROLLED_OPTION_TYPE for a value that is not a sequence, ERR_UNROLLED_OPTION_RANGE for several sequences,
 *   if the number of tokens is not that of steps, and for the source of a model without one; the errors of
 *   `Model.forward`.
 */
export async function collectActivations(
  model: Network,
  input: ModelInput,
  tokens?: readonly string[],
  of: 'input' | 'source' = 'input',
): Promise<ReportActivations[]> {
  check.oneOf('of', of, ['input', 'source']);
  const { description } = model;
  requireInput(description.input, input);
  if (of === 'source' && description.source === undefined) {
    throw check.outOfRange('of', "'input', because the model has no source", of);
  }
  const sequence = of === 'source' ? (input.source ?? {}) : input;
  const steps = requireSteps(asTensors(description, sequence, of, of), 1, of);
  if (tokens !== undefined && tokens.length !== steps) throw check.outOfRange('tokens', `a list of ${steps}`, tokens);
  const names = tokens ?? Array.from({ length: steps }, (_, step) => `${step + 1} `);
  const isOver = new Map(planOf(description).layers.map((layer) => [layer.name, layer.ofSource ? 'source' : 'input']));
  const stacks = description.layers.filter((layer) => 'layers' in layer);
  const { layers } = await model.forward(input, { layers: stacks.map(({ name }) => name) });
  const over = stacks.filter(({ name }) => isOver.get(name) === of && layers[name]?.shape[0] === steps);
  const lower = of === 'input' ? await lowerLevels(model, input, over) : new Map<RecurrentDescription, Units[]>();
  return over.flatMap((stack) => {
    const { name, type } = stack;
    const levels = [...(lower.get(stack) ?? []), rowsOf(layers[name] as FloatTensor)];
    return levels.map((units, level) => ({
      layer: levels.length === 1 ? `${name} (${type})` : `${name} layer ${level + 1} (${type})`,
      tokens: names,
      units,
    }));
  });
}
