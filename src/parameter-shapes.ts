/** The parameters that a description asks for, without making the model. */

import type {
  AdaptiveSoftmaxDescription,
  LayerDescription,
  ModelDescription,
  RecurrentDescription,
} from './native/native';

/** Gate blocks G of a cell: its weights have G·H rows. */
export const GATES: Record<RecurrentDescription['type'], number> = { rnn: 1, gru: 3, lstm: 4 };

/** PyTorch's shape of each parameter, by its name. */
export type ParameterShapes = Record<string, readonly number[]>;

export function isRecurrent(layer: LayerDescription): layer is RecurrentDescription {
  return layer.type === 'rnn' || layer.type === 'gru' || layer.type === 'lstm';
}

/** The names of what a layer reads. */
export function readBy({ layers }: ModelDescription, index: number): readonly string[] {
  const { from } = layers[index] as LayerDescription;
  if (from === undefined) return [layers[index - 1]?.name ?? 'input'];
  return typeof from === 'string' ? [from] : from;
}

/** Features of a recurrent stack's output. */
function recurrentFeatures({ features, bidirectional, merge }: RecurrentDescription): number {
  return bidirectional === true && merge !== 'sum' ? 2 * features : features;
}

/** Features of a layer's output over what it reads. Ids count as many features as the vocabulary has. */
function outputFeatures(layer: LayerDescription, inputs: readonly number[]): number {
  switch (layer.type) {
    case 'rnn':
    case 'gru':
    case 'lstm':
      return recurrentFeatures(layer);
    case 'embedding':
    case 'dense':
    case 'adaptiveSoftmax':
      return layer.features;
    case 'attention':
    case 'concatenate':
      return sum(inputs);
    case 'oneHot':
    case 'pooling':
    case 'activation':
    case 'dropout':
    case 'layerNorm':
    case 'add':
      return inputs[0] as number;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function biasShapes({ name, bias, singleBias }: RecurrentDescription, suffix: string, rows: number): ParameterShapes {
  if (bias === false) return {};
  return {
    [`${name}.bias_ih_${suffix}`]: [rows],
    ...(singleBias !== true && { [`${name}.bias_hh_${suffix}`]: [rows] }),
  };
}

/** Gains of both products' normalisation; of an LSTM those of its cell too, and a shift where there are biases. */
function normalizationShapes(layer: RecurrentDescription, suffix: string, rows: number): ParameterShapes {
  const { type, name, features, bias, layerNorm } = layer;
  if (layerNorm !== true) return {};
  return {
    [`${name}.norm_ih_${suffix}.weight`]: [rows],
    [`${name}.norm_hh_${suffix}.weight`]: [rows],
    ...(type === 'lstm' && { [`${name}.norm_c_${suffix}.weight`]: [features] }),
    ...(type === 'lstm' && bias !== false && { [`${name}.norm_c_${suffix}.bias`]: [features] }),
  };
}

function recurrentShapes(layer: RecurrentDescription, inputs: number): ParameterShapes {
  const { type, name, features, layers, bidirectional } = layer;
  const rows = GATES[type] * features;
  const shapes: ParameterShapes = {};
  for (let index = 0; index < layers; index++) {
    for (const direction of bidirectional === true ? ['', '_reverse'] : ['']) {
      const suffix = `l${index}${direction}`;
      shapes[`${name}.weight_ih_${suffix}`] = [rows, index === 0 ? inputs : recurrentFeatures(layer)];
      shapes[`${name}.weight_hh_${suffix}`] = [rows, features];
      Object.assign(shapes, biasShapes(layer, suffix, rows), normalizationShapes(layer, suffix, rows));
    }
  }
  return shapes;
}

/** Of the head's entries, and of each cluster a projection and its classes. */
function adaptiveShapes(layer: AdaptiveSoftmaxDescription, inputs: number): ParameterShapes {
  const { name, features, cutoffs, divisor = 4, bias } = layer;
  const [frequent = 0] = cutoffs;
  const entries = frequent + cutoffs.length;
  const shapes: ParameterShapes = {
    [`${name}.head.weight`]: [entries, inputs],
    ...(bias === true && { [`${name}.head.bias`]: [entries] }),
  };
  let width = inputs;
  for (const [index, begin] of cutoffs.entries()) {
    width /= divisor;
    const columns = Math.max(1, Math.floor(width));
    shapes[`${name}.tail.${index}.0.weight`] = [columns, inputs];
    shapes[`${name}.tail.${index}.1.weight`] = [(cutoffs[index + 1] ?? features) - begin, columns];
  }
  return shapes;
}

/** A layer's own parameters over what it reads. */
function layerShapes(layer: LayerDescription, inputs: readonly number[]): ParameterShapes {
  const [width = 0, memory = 0] = inputs;
  switch (layer.type) {
    case 'embedding':
      return { [`${layer.name}.weight`]: [width, layer.features] };
    case 'dense':
      return {
        ...(layer.tiedTo === undefined && { [`${layer.name}.weight`]: [layer.features, width] }),
        ...(layer.bias !== false && { [`${layer.name}.bias`]: [layer.features] }),
      };
    case 'adaptiveSoftmax':
      return adaptiveShapes(layer, width);
    case 'layerNorm':
      return { [`${layer.name}.weight`]: [width], [`${layer.name}.bias`]: [width] };
    case 'attention':
      return layer.score === 'dot' ? {} : { [`${layer.name}.weight`]: [width, memory] };
    case 'rnn':
    case 'gru':
    case 'lstm':
      return recurrentShapes(layer, width);
    case 'oneHot':
    case 'pooling':
    case 'activation':
    case 'dropout':
    case 'concatenate':
    case 'add':
      return {};
  }
}

/** What a layer is over what it reads. */
export interface LayerShape {
  layer: LayerDescription;
  /** Features of what it reads, and of what it gives. */
  inputs: readonly number[];
  outputs: number;
  parameters: ParameterShapes;
}

/** The layers with their sizes, in order. Names that nothing has count no features; the native side refuses them. */
export function layerShapesOf(description: ModelDescription): LayerShape[] {
  const sizeOf = (input: ModelDescription['input']) => (input.kind === 'ids' ? input.vocabulary : input.features);
  const features = new Map([['input', sizeOf(description.input)]]);
  if (description.source !== undefined) features.set('source', sizeOf(description.source));
  return description.layers.map((layer, index) => {
    const inputs = readBy(description, index).map((name) => features.get(name) ?? 0);
    const outputs = outputFeatures(layer, inputs);
    features.set(layer.name, outputs);
    return { layer, inputs, outputs, parameters: layerShapes(layer, inputs) };
  });
}

/** The shapes that a description's parameters have. */
export function parameterShapes(description: ModelDescription): ParameterShapes {
  return Object.assign({}, ...layerShapesOf(description).map(({ parameters }) => parameters));
}

/** Elements of all of them. */
export function parameterElements(shapes: ParameterShapes): number {
  return sum(Object.values(shapes).map((shape) => shape.reduce((product, size) => product * size, 1)));
}
