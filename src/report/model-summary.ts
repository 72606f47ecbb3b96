/** A `Model` as a report describes it. */

import type { Model } from '../model';
import type { LayerDescription, ModelDescription } from '../native/native';
import { isRecurrent } from './chain';
import type { ReportLayer, ReportModel, ReportShape } from './record';

/** Output features of a layer over `inputs` features. */
function outputFeatures(layer: LayerDescription, inputs: number): number {
  if (!('features' in layer)) return inputs;
  const concatenates = 'bidirectional' in layer && layer.bidirectional === true && layer.merge !== 'sum';
  return concatenates ? 2 * layer.features : layer.features;
}

function parametersOf(model: Model, name: string): number {
  return Object.entries(model.parameterShapes)
    .filter(([parameter]) => parameter.startsWith(`${name}.`))
    .reduce((total, [, shape]) => total + shape.reduce((product, size) => product * size, 1), 0);
}

function statesOf(model: Model, name: string): { name: string; features: number }[] {
  return Object.entries(model.stateSizes)
    .filter(([state]) => state.startsWith(`${name}.`))
    .map(([state, features]) => ({ name: state, features }));
}

function noteOf(layer: LayerDescription): string | undefined {
  if (layer.type === 'pooling') return layer.pooling;
  if (layer.type === 'activation') return layer.activation;
  return layer.type === 'rnn' ? (layer.activation ?? 'tanh') : undefined;
}

function describeLayer(model: Model, layer: LayerDescription, shape: ReportShape): ReportLayer {
  const note = noteOf(layer);
  const states = statesOf(model, layer.name);
  return {
    name: layer.name,
    type: layer.type,
    shape,
    parameters: parametersOf(model, layer.name),
    ...(isRecurrent(layer) && { recurrent: true }),
    ...('bidirectional' in layer && layer.bidirectional === true && { bidirectional: true }),
    ...('layers' in layer && layer.layers > 1 && { stacked: layer.layers }),
    ...(states.length > 0 && { states }),
    ...(note !== undefined && { note }),
  };
}

function inputOf(input: ModelDescription['input']): ReportModel['inputs'][number] {
  return input.kind === 'ids'
    ? { name: 'ids', kind: `vocabulary of ${input.vocabulary.toLocaleString('en')}`, shape: ['T', 'B'] }
    : { name: 'features', kind: 'numbers', shape: ['T', 'B', input.features] };
}

/**
 * The layers of a chain with their shapes and parameters. Letters: `T` time, `B` batch.
 * @throws ERR_UNROLLED_DISPOSED
 */
export function describeModel(model: Model): ReportModel {
  const { input, layers } = model.description;
  let features = input.kind === 'ids' ? input.vocabulary : input.features;
  let isSequence = true;
  const described = layers.map((layer) => {
    features = outputFeatures(layer, features);
    if (layer.type === 'pooling') isSequence = false;
    return describeLayer(model, layer, [...(isSequence ? ['T'] : []), 'B', features]);
  });
  const parameters = model.parameterCount.toLocaleString('en');
  return { description: `${parameters} parameters, ${model.dtype}`, inputs: [inputOf(input)], layers: described };
}
