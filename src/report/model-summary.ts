/** A `Model` as a report describes it. */

import { isOnce } from '../model-output';
import type { InputDescription, LayerDescription, ModelDescription, RecurrentDescription } from '../native/native';
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
  const suffixes = /^\.[hc]_l\d+(_reverse)?$/;
  return Object.entries(stateSizes)
    .filter(([state]) => state.startsWith(layer.name) && suffixes.test(state.slice(layer.name.length)))
    .map(([state, features]) => ({ name: state, features }));
}

function recurrentNotes(layer: RecurrentDescription): string[] {
  const { type, activation = 'tanh', resetAfter, merge, dropout = 0, recurrentDropout = 0, layerNorm } = layer;
  return [
    ...(type === 'rnn' || activation !== 'tanh' ? [activation] : []),
    ...(resetAfter === false ? ['reset before the product'] : []),
    ...(merge === 'sum' ? ['summed'] : []),
    ...(layerNorm === true ? ['normalised'] : []),
    ...(dropout > 0 ? [`dropout ${dropout}`] : []),
    ...(recurrentDropout > 0 ? [`recurrent dropout ${recurrentDropout}`] : []),
  ];
}

function notesOf(layer: LayerDescription): string[] {
  switch (layer.type) {
    case 'pooling':
      return [layer.pooling];
    case 'activation':
      return [layer.activation];
    case 'dropout':
      return [String(layer.rate)];
    case 'attention':
      return [layer.score ?? 'general'];
    case 'dense': {
      const { activation = 'linear', tiedTo, samples } = layer;
      return [
        ...(activation === 'linear' ? [] : [activation]),
        ...(tiedTo === undefined ? [] : [`tied to ${tiedTo}`]),
        ...(samples === undefined ? [] : [`${samples} sampled`]),
      ];
    }
    case 'adaptiveSoftmax':
      return [`cut at ${layer.cutoffs.join(', ')}`];
    case 'rnn':
    case 'gru':
    case 'lstm':
      return recurrentNotes(layer);
    case 'embedding':
    case 'oneHot':
    case 'layerNorm':
    case 'concatenate':
    case 'add':
      return [];
  }
}

function describeLayer(model: Network, shape: LayerShape, index: number, time: Time | undefined): ReportLayer {
  const { layer, outputs, parameters } = shape;
  const [read = 'input', ...others] = readBy(model.description, index);
  const names = Object.keys(parameters);
  const isFrozen = names.length > 0 && names.every((name) => model.frozen.includes(name));
  const notes = [...notesOf(layer), ...(isFrozen ? ['frozen'] : [])];
  const states = statesOf(model, layer);
  const isAttention = layer.type === 'attention';
  return {
    name: layer.name,
    type: layer.type,
    shape: [...(time === undefined ? [] : [time]), 'B', outputs],
    parameters: parameterElements(parameters),
    from: isAttention ? [read] : [read, ...others],
    ...(isAttention && { memory: others[0] as string }),
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
