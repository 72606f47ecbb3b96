/** A `Model` as a report describes it. */

import * as check from '../base/check';
import { isRecurrent, planOf, totalElements } from '../layers/plan';
import { layerTypeOf, optionValue } from '../layers/schema';
import type { InputDescription, LayerDescription, LayerPlan, NativeOption } from '../native/native';
import type { Network } from '../network/network';
import type { ReportInput, ReportLayer, ReportModel } from './record';

/** Options of `describeModel`. */
export interface DescriptionOptions {
  /** Steps of the input, if they are fixed; else the letter `T`. */
  time?: number | undefined;
  /** Steps of the source; the letter `S` else. */
  sourceTime?: number | undefined;
}

type Time = number | string;

/** The text of a note for an option, in the order of a note. */
const WORDS: Readonly<Record<string, (value: unknown) => string>> = {
  pooling: String,
  rate: String,
  score: String,
  activation: String,
  resetAfter: () => 'reset before the product',
  merge: () => 'summed',
  layerNorm: () => 'normalised',
  dropout: (value) => `dropout ${value}`,
  recurrentDropout: (value) => `recurrent dropout ${value}`,
  tiedTo: (value) => `tied to ${value}`,
  samples: (value) => `${value} sampled`,
  cutoffs: (value) => `cut at ${(value as readonly number[]).join(', ')}`,
};

/** Options without a note: the figure shows them, or they are not important. */
const UNSAID = new Set([
  ...['features', 'layers', 'bidirectional', 'initialState', 'bias', 'singleBias', 'epsilon', 'gateActivation'],
  ...['untransposedGradient', 'divisor', 'ranks'],
]);

/** The note on a layer besides its sizes: options that differ from their defaults. */
function notesOf(layer: LayerDescription): string[] {
  const { options, gates } = layerTypeOf(layer);
  const order = Object.keys(WORDS);
  const placeOf = ({ name }: NativeOption) => (order.includes(name) ? order.indexOf(name) : order.length);
  // These options define a vanilla cell or an attention.
  const isAlwaysSaid = (name: string) => name === 'score' || (name === 'activation' && gates === 1);
  return [...options]
    .filter(({ name }) => !UNSAID.has(name))
    .sort((one, other) => placeOf(one) - placeOf(other))
    .flatMap((option) => {
      const value = optionValue(option, layer as unknown as Record<string, unknown>);
      const { name } = option;
      const isSaid = value !== undefined && (isAlwaysSaid(name) || value !== optionValue(option, {}));
      return isSaid ? [WORDS[name]?.(value) ?? `${name} ${value}`] : [];
    });
}

/** A layer; `time` is the axis of what it goes over. */
function describeLayer(model: Network, layer: LayerDescription, plan: LayerPlan, time: Time): ReportLayer {
  const { name, from, features, once, parameters, states } = plan;
  const [read = 'input', ...others] = from;
  const isFrozen = parameters.length > 0 && parameters.every((parameter) => model.frozen.includes(parameter.name));
  const notes = [...notesOf(layer), ...(isFrozen ? ['frozen'] : [])];
  const hasMemory = layerTypeOf(layer).reads === 'pair';
  return {
    name,
    type: layer.type,
    shape: [...(once ? [] : [time]), 'B', features],
    parameters: totalElements(parameters),
    from: hasMemory ? [read] : [read, ...others],
    ...(hasMemory && { memory: others[0] as string }),
    ...(isRecurrent(plan) && { recurrent: true }),
    ...('initialState' in layer && layer.initialState !== undefined && { initialState: layer.initialState }),
    ...('bidirectional' in layer && layer.bidirectional === true && { bidirectional: true }),
    ...('layers' in layer && layer.layers > 1 && { stacked: layer.layers }),
    ...(states.length > 0 && { states: states.map((state) => ({ ...state })) }),
    ...(notes.length > 0 && { note: notes.join(', ') }),
  };
}

function describeInput(name: 'input' | 'source', input: InputDescription, time: Time): ReportInput {
  return input.kind === 'ids'
    ? { name, kind: `ids below ${input.vocabulary.toLocaleString('en')}`, shape: [time, 'B'] }
    : { name, kind: 'features', shape: [time, 'B', input.features] };
}

/**
 * The graph of a model's layers with their shapes and parameters. Letters: `T` time, `S` time of the source, `B` batch.
 * @throws ERR_UNROLLED_DISPOSED, ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_RANGE.
 */
export function describeModel(model: Network, options?: DescriptionOptions): ReportModel {
  const given = check.options('describeModel', options, ['time', 'sourceTime']);
  const { time = 'T', sourceTime = 'S' } = given;
  if (given.time !== undefined) check.integer('time', given.time, { min: 1 });
  if (given.sourceTime !== undefined) check.integer('sourceTime', given.sourceTime, { min: 1 });
  const { description, dtype } = model;
  const plan = planOf(description);
  const { input, source } = description;
  return {
    description: `${model.parameterCount.toLocaleString('en')} parameters, ${dtype}`,
    inputs: [
      ...(source === undefined ? [] : [describeInput('source', source, sourceTime)]),
      describeInput('input', input, time),
    ],
    layers: plan.layers.map((layer, index) =>
      describeLayer(model, description.layers[index] as LayerDescription, layer, layer.ofSource ? sourceTime : time),
    ),
  };
}
