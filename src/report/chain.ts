/** The beginning of a model's chain of layers, with the same weights: for looking at what a layer puts out. */

import { UnrolledError } from '../errors';
import { Model } from '../model';
import type { LayerDescription } from '../native/native';
import { parameterShapes } from '../parameter-shapes';
import { counted } from '../wording';

type Recurrent = Extract<LayerDescription, { layers: number }>;

/** Whether a layer, or a stack of them, passes a state from step to step. */
export function isRecurrent(layer: LayerDescription): layer is Recurrent {
  return layer.type === 'rnn' || layer.type === 'gru' || layer.type === 'lstm';
}

/**
 * A model of these layers, whose parameters are taken from the whole one; the caller disposes of it.
 * @throws ERR_UNROLLED_DISPOSED, ERR_UNROLLED_OUT_OF_MEMORY.
 */
export async function beginning(model: Model, layers: LayerDescription[]): Promise<Model> {
  const { input } = model.description;
  const all = await model.parameters();
  const names = Object.keys(parameterShapes({ input, layers }));
  const part = Model.build({ input, layers, dtype: model.dtype }, { uninitialized: true });
  try {
    await part.setParameters(Object.fromEntries(names.map((name) => [name, all[name] as (typeof all)[string]])));
    return part;
  } catch (error) {
    part.dispose();
    throw error;
  }
}

/** @throws ERR_UNROLLED_OPTION_RANGE for a text without tokens. */
export function requireTokens(tokens: number, least: number): void {
  if (tokens >= least) return;
  const expected = `at least ${counted(least, 'token')}`;
  throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', `text must have ${expected}, not ${tokens}.`, {
    option: 'text',
    expected,
    received: counted(tokens, 'token'),
  });
}
