/** Whether a model fits into memory. */

import { fitsMemory, memoryLimit, requireMemory } from './limits';
import type { DType, LayerDescription, ModelDescription } from './native/native';
import { parameterElements as elements, parameterShapes } from './parameter-shapes';

export const BYTES_PER_ELEMENT: Record<DType, number> = { float32: 4, float64: 8 };

/** Refuses to copy parameters of so many bytes in or out where memory cannot hold it: once natively, once for JavaScript. */
export function requireCopyMemory(bytes: number): void {
  requireMemory('A copy of the parameters', 2 * bytes, 'parameters', 'Make the model smaller');
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
  const shapes = parameterShapes(description);
  const count = elements(shapes);
  // Initial values are drawn in a place of their own, one parameter after another.
  const largest = Object.values(shapes).reduce((most, shape) => Math.max(most, elements({ shape })), 0);
  const need = { total: bytesOf(count), more: bytesOf(count) + largest * BYTES_PER_ELEMENT[dtype] };
  if (fitsMemory(need)) return;
  const options = lowered(description, optionOf).sort((a, b) => a.count - b.count);
  const enough = options.filter((option) => bytesOf(option.count) <= memoryLimit());
  const names = (enough.length > 0 ? enough : options.slice(0, 1)).map(({ option }) => option);
  const advice = names.length > 0 ? `Lower ${names.join(' or ')}` : 'Use a smaller vocabulary';
  requireMemory(`A model of ${count.toPrecision(3)} parameters`, need, names[0] ?? 'vocabulary', advice, names);
}
