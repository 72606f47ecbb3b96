/** The plan of a model from its description, made by the core. */

import { addon } from '../native/load';
import type { LayerPlan, ModelDescription, ModelPlan, ParameterInfo } from '../native/native';

/** PyTorch's shape of each parameter, by its name. */
export type ParameterShapes = Record<string, readonly number[]>;

/** The plans that were made, each for as long as its description lives. */
const plans = new WeakMap<ModelDescription, ModelPlan>();

/** The plan does not depend on the ranks of classes, which may be millions. A model refuses invalid ones. */
function withoutRanks({ layers, ...inputs }: ModelDescription): ModelDescription {
  const unranked = layers.map((layer) => {
    if (!('ranks' in layer)) return layer;
    const { ranks: _, ...rest } = layer;
    return rest;
  });
  return { ...inputs, layers: unranked };
}

/**
 * The plan of a description, made at the first request. The description must not change afterwards.
 * @throws ERR_UNROLLED_OPTION_RANGE for layers that do not fit each other, ERR_UNROLLED_NATIVE_LOAD.
 */
export function planOf(description: ModelDescription): ModelPlan {
  const known = plans.get(description);
  if (known !== undefined) return known;
  const plan = addon().plan(withoutRanks(description));
  plans.set(description, plan);
  return plan;
}

export function isRecurrent({ states }: LayerPlan): boolean {
  return states.length > 0;
}

/** The shapes of all parameters, in the model's order. */
export function parameterShapes(description: ModelDescription): ParameterShapes {
  const parameters = planOf(description).layers.flatMap((layer) => layer.parameters);
  return Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));
}

/** Elements of a parameter. */
export function elementsOf({ shape }: Pick<ParameterInfo, 'shape'>): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Elements of several. */
export function totalElements(parameters: readonly Pick<ParameterInfo, 'shape'>[]): number {
  return parameters.reduce((total, parameter) => total + elementsOf(parameter), 0);
}
