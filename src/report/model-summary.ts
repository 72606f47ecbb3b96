/** A `Model` as a report describes it. */

import type { InputDescription, LayerDescription, LayerPlan, RecurrentDescription } from '../native/native';
import type { Network } from '../network';
import { isRecurrent, planOf, totalElements } from '../plan';
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

/** A layer; `time` is the axis of what it goes over. */
function describeLayer(model: Network, layer: LayerDescription, plan: LayerPlan, time: Time): ReportLayer {
  const { name, from, features, once, parameters, states } = plan;
  const [read = 'input', ...others] = from;
  const isFrozen = parameters.length > 0 && parameters.every((parameter) => model.frozen.includes(parameter.name));
  const notes = [...notesOf(layer), ...(isFrozen ? ['frozen'] : [])];
  const isAttention = layer.type === 'attention';
  return {
    name,
    type: layer.type,
    shape: [...(once ? [] : [time]), 'B', features],
    parameters: totalElements(parameters),
    from: isAttention ? [read] : [read, ...others],
    ...(isAttention && { memory: others[0] as string }),
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
