/** A `Model` as a report describes it. */

import { layerTypeOf, optionValue } from '../layer-schema';
import { isOnce } from '../model-output';
import type { InputDescription, LayerDescription, ModelDescription, NativeOption } from '../native/native';
import type { Network } from '../network';
import { isRecurrent, type LayerShape, layerShapesOf, parameterElements, readBy } from '../parameter-shapes';
import * as check from '../validation';
import type { ReportInput, ReportLayer, ReportModel } from './record';

/** Options of `describeModel`. */
export interface DescriptionOptions {
  /** Steps of the input, where they are fixed; the letter `T` stands for them else. */
  time?: number | undefined;
  /** Steps of the source; the letter `S` else. */
  sourceTime?: number | undefined;
}

type Time = number | string;

/** The time axis of each input and layer, by name; undefined for one value a sequence. */
function timesOf(description: ModelDescription, time: Time, sourceTime: Time): Map<string, Time | undefined> {
  const times = new Map<string, Time | undefined>([
    ['input', time],
    ['source', sourceTime],
  ]);
  for (const [index, { name }] of description.layers.entries()) {
    const [read = 'input'] = readBy(description, index);
    times.set(name, isOnce(description, index) ? undefined : times.get(read));
  }
  return times;
}

function statesOf({ stateSizes }: Network, layer: LayerDescription): { name: string; features: number }[] {
  if (!isRecurrent(layer)) return [];
  const suffixes = /^\.[a-z]+_l\d+(_reverse)?$/;
  return Object.entries(stateSizes)
    .filter(([state]) => state.startsWith(layer.name) && suffixes.test(state.slice(layer.name.length)))
    .map(([state, features]) => ({ name: state, features }));
}

/** What a note says of an option, in the order of a note. */
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

/** Options of which a note says nothing: the figure shows them, or they are of little weight. */
const UNSAID = new Set([
  ...['features', 'layers', 'bidirectional', 'initialState', 'bias', 'singleBias', 'epsilon', 'gateActivation'],
  ...['untransposedGradient', 'divisor', 'ranks'],
]);

/** What is told of a layer beside its sizes: options that are not as they are by default. */
function notesOf(layer: LayerDescription): string[] {
  const { options, gates } = layerTypeOf(layer);
  const order = Object.keys(WORDS);
  const placeOf = ({ name }: NativeOption) => (order.includes(name) ? order.indexOf(name) : order.length);
  // What a vanilla cell or an attention is lies in these.
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

function describeLayer(model: Network, shape: LayerShape, index: number, time: Time | undefined): ReportLayer {
  const { layer, outputs, parameters } = shape;
  const [read = 'input', ...others] = readBy(model.description, index);
  const names = Object.keys(parameters);
  const isFrozen = names.length > 0 && names.every((name) => model.frozen.includes(name));
  const notes = [...notesOf(layer), ...(isFrozen ? ['frozen'] : [])];
  const states = statesOf(model, layer);
  const hasMemory = layerTypeOf(layer).reads === 'pair';
  return {
    name: layer.name,
    type: layer.type,
    shape: [...(time === undefined ? [] : [time]), 'B', outputs],
    parameters: parameterElements(parameters),
    from: hasMemory ? [read] : [read, ...others],
    ...(hasMemory && { memory: others[0] as string }),
    ...(isRecurrent(layer) && { recurrent: true }),
    ...('initialState' in layer && layer.initialState !== undefined && { initialState: layer.initialState }),
    ...('bidirectional' in layer && layer.bidirectional === true && { bidirectional: true }),
    ...('layers' in layer && layer.layers > 1 && { stacked: layer.layers }),
    ...(states.length > 0 && { states }),
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
  const times = timesOf(description, time, sourceTime);
  const { input, source } = description;
  return {
    description: `${model.parameterCount.toLocaleString('en')} parameters, ${dtype}`,
    inputs: [
      ...(source === undefined ? [] : [describeInput('source', source, sourceTime)]),
      describeInput('input', input, time),
    ],
    layers: layerShapesOf(description).map((shape, index) =>
      describeLayer(model, shape, index, times.get(shape.layer.name)),
    ),
  };
}
