/** Layer descriptions: their check, and the sizes that follow from them. */

import { UnrolledError } from './errors';
import { MAX_SIZE, memoryLimit, requireMemory } from './limits';
import type { DType, LayerDescription, ModelDescription, RecurrentDescription } from './native/native';
import * as check from './validation';

const LAYER_TYPES = ['embedding', 'oneHot', 'rnn', 'gru', 'lstm', 'pooling', 'dense'] as const;

const POOLINGS = ['last', 'sum', 'mean', 'max'] as const;

/** Most layers of one stack. */
export const MAX_LAYERS = 1024;

/** Gate blocks G of a cell: its weights have G·H rows. */
export const GATES: Record<RecurrentDescription['type'], number> = { rnn: 1, gru: 3, lstm: 4 };

const BYTES_PER_ELEMENT: Record<DType, number> = { float32: 4, float64: 8 };

/** PyTorch's shape of each parameter, by its name. */
export type ParameterShapes = Record<string, readonly number[]>;

function isRecurrent(layer: LayerDescription): layer is RecurrentDescription {
  return layer.type === 'rnn' || layer.type === 'gru' || layer.type === 'lstm';
}

/** Features of a recurrent stack's output. */
function outputFeatures({ features, bidirectional, merge }: RecurrentDescription): number {
  return bidirectional === true && merge !== 'sum' ? 2 * features : features;
}

function recurrentShapes(layer: RecurrentDescription, inputs: number): ParameterShapes {
  const { type, name, features, layers, singleBias, bidirectional } = layer;
  const rows = GATES[type] * features;
  const shapes: ParameterShapes = {};
  for (let index = 0; index < layers; index++) {
    for (const direction of bidirectional === true ? ['', '_reverse'] : ['']) {
      const suffix = `l${index}${direction}`;
      shapes[`${name}.weight_ih_${suffix}`] = [rows, index === 0 ? inputs : outputFeatures(layer)];
      shapes[`${name}.weight_hh_${suffix}`] = [rows, features];
      shapes[`${name}.bias_ih_${suffix}`] = [rows];
      if (singleBias !== true) shapes[`${name}.bias_hh_${suffix}`] = [rows];
    }
  }
  return shapes;
}

/** A layer's parameters over `inputs` features (or ids). */
function layerShapes(layer: LayerDescription, inputs: number): ParameterShapes {
  switch (layer.type) {
    case 'embedding':
      return { [`${layer.name}.weight`]: [inputs, layer.features] };
    case 'dense':
      return { [`${layer.name}.weight`]: [layer.features, inputs], [`${layer.name}.bias`]: [layer.features] };
    case 'oneHot':
    case 'pooling':
      return {};
    default:
      return recurrentShapes(layer, inputs);
  }
}

/** The parameters of each layer, in order. */
function shapesByLayer({ input, layers }: ModelDescription): ParameterShapes[] {
  let inputs = input.kind === 'ids' ? input.vocabulary : input.features;
  return layers.map((layer) => {
    const shapes = layerShapes(layer, inputs);
    if (isRecurrent(layer)) inputs = outputFeatures(layer);
    else if ('features' in layer) inputs = layer.features;
    return shapes;
  });
}

/** The shapes that a description's parameters have, without making the model. */
export function parameterShapes(description: ModelDescription): ParameterShapes {
  return Object.assign({}, ...shapesByLayer(description));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function elements(shapes: ParameterShapes): number {
  return sum(Object.values(shapes).map((shape) => shape.reduce((product, size) => product * size, 1)));
}

/** Values kept for one token of one row between forward and backward: gates and states of every layer. */
function activations(layer: LayerDescription): number {
  if (!isRecurrent(layer)) return 0;
  return layer.layers * (GATES[layer.type] + 1) * layer.features * (layer.bidirectional === true ? 2 : 1);
}

function checkInput(input: ModelDescription['input']): void {
  const kind = check.oneOf('input.kind', input?.kind, ['ids', 'features']);
  const size = kind === 'ids' ? 'vocabulary' : 'features';
  check.integer(`input.${size}`, (input as unknown as Record<string, unknown>)[size], { min: 1, max: MAX_SIZE });
}

function checkLayer(layer: LayerDescription, option: string): void {
  check.oneOf(`${option}.type`, layer?.type, LAYER_TYPES);
  check.nonEmptyString(`${option}.name`, layer.name);
  if (layer.type === 'pooling') check.oneOf(`${option}.pooling`, layer.pooling, POOLINGS);
  if (layer.type === 'oneHot' || layer.type === 'pooling') return;
  check.integer(`${option}.features`, layer.features, { min: 1, max: MAX_SIZE });
  if (!isRecurrent(layer)) return;
  check.integer(`${option}.layers`, layer.layers, { min: 1, max: MAX_LAYERS });
  if (layer.bidirectional !== undefined) check.boolean(`${option}.bidirectional`, layer.bidirectional);
  if (layer.merge !== undefined) check.oneOf(`${option}.merge`, layer.merge, ['concat', 'sum']);
}

/**
 * Checks the values of a description; whether its layers fit each other the native side checks.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option as in `layers[1].features`.
 */
export function checkDescription({ input, layers }: ModelDescription): void {
  checkInput(input);
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new UnrolledError('ERR_UNROLLED_OPTION_TYPE', 'layers must be a list of at least one layer.', {
      option: 'layers',
      expected: 'a list of layers',
      received: check.show(layers),
    });
  }
  for (const [index, layer] of layers.entries()) checkLayer(layer, `layers[${index}]`);
}

/** A size of a layer that decides how many parameters a model has. */
export type LayerSize = 'features' | 'layers';

/** The option that a size of a layer was given by. */
export type OptionOf = (layer: LayerDescription, size: LayerSize, index: number) => string;

/** Sizes that no memory is too small for. */
const MODEST: Record<LayerSize, number> = { features: 64, layers: 1 };

/** The description with every larger size made modest, one by one, beside the option that lowers it. */
function lowered(description: ModelDescription, optionOf: OptionOf): { option: string; count: number }[] {
  return description.layers.flatMap((layer, index) =>
    (['features', 'layers'] as const).flatMap((size) => {
      const given: unknown = (layer as unknown as Record<string, unknown>)[size];
      if (typeof given !== 'number' || given <= MODEST[size]) return [];
      const layers = description.layers.with(index, { ...layer, [size]: MODEST[size] } as LayerDescription);
      const count = elements(parameterShapes({ ...description, layers }));
      return [{ option: optionOf(layer, size, index), count }];
    }),
  );
}

/**
 * Refuses a model whose parameters and their gradients memory cannot hold.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY naming the options each of which can make it fit, or else the one that
 *   matters most.
 */
export function requireModelMemory(description: ModelDescription, dtype: DType, optionOf: OptionOf): void {
  const bytesOf = (count: number) => 2 * count * BYTES_PER_ELEMENT[dtype];
  const count = elements(parameterShapes(description));
  if (bytesOf(count) <= memoryLimit()) return;
  const options = lowered(description, optionOf).sort((a, b) => a.count - b.count);
  const enough = options.filter((option) => bytesOf(option.count) <= memoryLimit());
  const names = (enough.length > 0 ? enough : options.slice(0, 1)).map(({ option }) => option);
  const advice = names.length > 0 ? `Lower ${names.join(' or ')}` : 'Use a smaller vocabulary';
  requireMemory(`A model of ${count.toPrecision(3)} parameters`, bytesOf(count), names[0] ?? 'vocabulary', advice);
}

/**
 * Refuses a training that memory cannot hold: parameters, gradients, the optimiser's arrays, and what is kept
 * of each token of a step for its way back.
 * @param slots arrays of the parameters' size that the optimiser keeps.
 * @param tokens tokens of one step.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY naming `optimizer` or `window`, whichever takes more.
 */
export function requireTrainingMemory(
  description: ModelDescription,
  dtype: DType,
  slots: number,
  tokens: number,
): void {
  const fixed = elements(parameterShapes(description)) * (2 + slots);
  const perStep = sum(description.layers.map(activations)) * tokens;
  requireMemory(
    'Training this model',
    (fixed + perStep) * BYTES_PER_ELEMENT[dtype],
    fixed >= perStep ? 'optimizer' : 'window',
    fixed >= perStep
      ? 'Make the model smaller, or take an optimizer that keeps less, as sgd does'
      : 'Lower batch or window',
  );
}
