/** Stacks of recurrent layers. */

import type { RecurrentDescription } from '../native/native';
import type { Context, Value } from './context';
import type { Level } from './level';
import { normalizedDirection } from './normalized-cell';
import { byOperator } from './recurrent-operator';

/** A stack of recurrent layers. */
export function recurrent(context: Context, layer: RecurrentDescription, input: Value): Value {
  let value = input;
  for (let index = 0; index < layer.layers; index++) {
    const suffixes = layer.bidirectional === true ? [`_l${index}`, `_l${index}_reverse`] : [`_l${index}`];
    value = level(context, { layer, suffixes, input: value });
  }
  return value;
}

function level(context: Context, level: Level): Value {
  const { layer, suffixes, input } = level;
  const { features } = layer;
  const directions = layer.layerNorm
    ? suffixes.map((_, direction) => normalizedDirection(context, level, direction))
    : byOperator(context, level);
  for (const [direction, { h, c }] of directions.entries()) {
    const suffix = suffixes[direction] as string;
    context.finalStates.set(`${layer.name}.h${suffix}`, h);
    if (c !== undefined) context.finalStates.set(`${layer.name}.c${suffix}`, c);
  }
  const outputs = directions.map(({ output }) => output);
  const isSum = layer.merge === 'sum' && outputs.length > 1;
  const name = isSum ? context.graph.add('Add', outputs) : context.graph.concatenate(outputs);
  const width = isSum ? features : features * outputs.length;
  return { ...input, name, kind: 'vectors', features: width, ahead: features };
}
