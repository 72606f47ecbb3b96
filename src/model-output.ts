/** What a model gives: seen from its description alone. */

import type { ModelDescription } from './native/native';
import { layerShapesOf, readBy } from './parameter-shapes';

export interface ModelOutput {
  /** Features F of its last layer. */
  features: number;
  /** Whether it gives one output a sequence, and not one at every step. */
  once: boolean;
}

/** Whether a layer gives one output a sequence: it pools, or reads what does. */
export function isOnce(description: ModelDescription, index: number): boolean {
  const { layers } = description;
  if (layers[index]?.type === 'pooling') return true;
  const [read] = readBy(description, index);
  const before = layers.findIndex(({ name }) => name === read);
  return before !== -1 && before < index && isOnce(description, before);
}

export function outputOf(description: ModelDescription): ModelOutput {
  const shapes = layerShapesOf(description);
  return { features: shapes.at(-1)?.outputs ?? 0, once: isOnce(description, shapes.length - 1) };
}
