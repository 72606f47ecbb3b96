/** Whether a model fits into memory. */

import { UnrolledError } from '../base/errors';
import { joined, phrase, refer } from '../base/messages/phrase';
import { fitsMemory, memoryLimit, requireMemory } from '../base/resource-limits';
import { elementsOf, planOf, totalElements } from '../layers/plan';
import type { DType, LayerDescription, LayerPlan, ModelDescription } from '../native/native';

export const BYTES_PER_ELEMENT: Record<DType, number> = { float32: 4, float64: 8 };

/**
 * Refuses to copy parameters of this size in or out if memory cannot hold the copies: one native, one for JavaScript.
 */
export function requireCopyMemory(bytes: number): void {
  requireMemory('A copy of the parameters', 2 * bytes, 'parameters', 'Make the model smaller');
}

/** A size of a layer that decides how many parameters a model has. */
export type LayerSize = 'features' | 'layers';

/** The option that a size of a layer was given by. */
export type OptionOf = (layer: LayerDescription, size: LayerSize, index: number) => string;

/** Sizes that no memory is too small for. */
const MODEST: Record<LayerSize, number> = { features: 64, layers: 1 };

/** Layers whose sizes are tried: each takes a plan of the whole model. */
const MOST_LOWERED = 32;

function parametersOf(description: ModelDescription): LayerPlan['parameters'] {
  return planOf(description).layers.flatMap(({ parameters }) => parameters);
}

function sizeOf(layer: LayerDescription, size: LayerSize): number | undefined {
  const given: unknown = (layer as unknown as Record<string, unknown>)[size];
  return typeof given === 'number' ? given : undefined;
}

/** The description with that size of some layers set. */
function withSize(
  { layers, ...inputs }: ModelDescription,
  isMeant: (layer: LayerDescription, index: number) => boolean,
  size: LayerSize,
  value: number,
): ModelDescription {
  const resized = layers.map((layer, index) =>
    isMeant(layer, index) ? ({ ...layer, [size]: value } as LayerDescription) : layer,
  );
  return { ...inputs, layers: resized };
}

/** The parameters that a description would have; undefined if it is impossible. */
function elementsIfPossible(description: ModelDescription): number | undefined {
  try {
    return totalElements(parametersOf(description));
  } catch (error) {
    if (error instanceof UnrolledError && error.code === 'ERR_UNROLLED_OPTION_RANGE') return undefined;
    throw error;
  }
}

/**
 * The parameters where the size of one layer is made modest. Where that fits no other layer, as a tied embedding's, all
 * layers of that size are made so, and else it is made as small as it can be alone.
 */
function loweredElements(description: ModelDescription, lowered: number, size: LayerSize): number | undefined {
  const given = sizeOf(description.layers[lowered] as LayerDescription, size) as number;
  const alone = (_: LayerDescription, index: number) => index === lowered;
  const all = (layer: LayerDescription) => sizeOf(layer, size) === given;
  const countWith = (isMeant: typeof alone | typeof all, value: number) =>
    elementsIfPossible(withSize(description, isMeant, size, value));
  let count = countWith(alone, MODEST[size]) ?? countWith(all, MODEST[size]);
  for (let value = 2 * MODEST[size]; count === undefined && value < given; value *= 2) count = countWith(alone, value);
  return count;
}

/** The layers with the most parameters, by their number. */
function heaviestLayers(description: ModelDescription): number[] {
  const counts = planOf(description).layers.map(({ parameters }, index) => ({
    index,
    count: totalElements(parameters),
  }));
  const heaviest = counts.sort((a, b) => b.count - a.count).slice(0, MOST_LOWERED);
  return heaviest.map(({ index }) => index).sort((a, b) => a - b);
}

/** The number of parameters with each large size lowered in turn, together with the option that lowers it. */
function lowered(description: ModelDescription, optionOf: OptionOf): { option: string; count: number }[] {
  return heaviestLayers(description).flatMap((index) => {
    const layer = description.layers[index] as LayerDescription;
    return (['features', 'layers'] as const).flatMap((size) => {
      if ((sizeOf(layer, size) ?? 0) <= MODEST[size]) return [];
      const count = loweredElements(description, index, size);
      return count === undefined ? [] : [{ option: optionOf(layer, size, index), count }];
    });
  });
}

/**
 * Refuses a model whose parameters and their gradients memory cannot hold.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY naming the options each of which can make it fit, or else the one that
 *   matters most.
 */
export function requireModelMemory(description: ModelDescription, dtype: DType, optionOf: OptionOf): void {
  const bytesOf = (count: number) => 2 * count * BYTES_PER_ELEMENT[dtype];
  const parameters = parametersOf(description);
  const count = totalElements(parameters);
  // Initial values are drawn into separate memory, one parameter after another.
  const largest = parameters.reduce((most, parameter) => Math.max(most, elementsOf(parameter)), 0);
  const need = { total: bytesOf(count), more: bytesOf(count) + largest * BYTES_PER_ELEMENT[dtype] };
  if (fitsMemory(need)) return;
  const options = lowered(description, optionOf).sort((a, b) => a.count - b.count);
  const enough = options.filter((option) => bytesOf(option.count) <= memoryLimit());
  const names = (enough.length > 0 ? enough : options.slice(0, 1)).map(({ option }) => option);
  const each = names.map((name) => refer.option(name));
  const advice = names.length > 0 ? phrase`Lower ${joined(each, ' or ')}` : 'Use a smaller vocabulary';
  requireMemory(`A model of ${count.toPrecision(3)} parameters`, need, names[0] ?? 'vocabulary', advice);
}
