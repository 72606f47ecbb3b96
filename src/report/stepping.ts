/** One sequence through a model, step by step. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { counted } from '../base/messages/plurals';
import { isRecurrent, planOf } from '../layers/plan';
import type { InputDescription, ModelDescription } from '../native/native';
import { inputTensor, requireInput, type SequenceInput } from '../network/batch-input';
import type { Network } from '../network/network';
import type { FloatTensor, States } from '../network/parameter-layout';
import type { Tensor } from '../tensor/tensor';

/** A sequence as the model's input: one row. */
export type OneSequence = Pick<SequenceInput, 'ids' | 'features'>;

/** A sequence whose steps can be cut out. */
interface TensorSequence {
  ids?: Tensor<'int32'>;
  features?: FloatTensor;
}

/**
 * A checked sequence of a model, with nested arrays converted to tensors.
 * @param option its name in messages.
 * @throws ERR_UNROLLED_OPTION_TYPE for a value that is not a sequence, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_SHAPE.
 */
export function asTensors(
  { input, source }: ModelDescription,
  sequence: unknown,
  option: string,
  of: 'input' | 'source' = 'input',
): TensorSequence {
  const description = (of === 'source' ? source : input) as InputDescription;
  requireInput(description, sequence, option);
  return { [description.kind]: inputTensor(of, description, sequence as OneSequence) };
}

/** Ids `[T]` as `[T, 1]`. */
export function column(ids: Int32Array): Tensor<'int32'> {
  return { dtype: 'int32', shape: [ids.length, 1], data: ids };
}

/**
 * Number of steps of a single row.
 * @throws ERR_UNROLLED_OPTION_RANGE for several rows, and for fewer steps than required.
 */
export function requireSteps({ ids, features }: TensorSequence, least: number, option: string): number {
  const [steps = 0, rows = 1] = (ids ?? features)?.shape ?? [];
  if (rows !== 1) throw check.outOfRange(option, 'one sequence', `${rows} sequences`);
  if (steps >= least) return steps;
  const expected = `at least ${counted(least, 'step')}`;
  throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', `The sequence must have ${expected}, not ${steps}`, {
    option,
    expected,
    received: counted(steps, 'step'),
  });
}

function cut<T extends Tensor>({ shape: [, ...rest], data, dtype }: T, from: number, to: number): T {
  const width = rest.reduce((product, size) => product * size, 1);
  return { dtype, shape: [to - from, ...rest], data: data.slice(from * width, to * width) } as Tensor as T;
}

/** The steps `from` to before `to` of a sequence. */
export function stepsOf({ ids, features }: TensorSequence, from: number, to: number): TensorSequence {
  return {
    ...(ids !== undefined && { ids: cut(ids, from, to) }),
    ...(features !== undefined && { features: cut(features, from, to) }),
  };
}

/**
 * Whether a sequence may be cut in two, and the second part continue from the states of the first, with the last output
 * the same.
 */
export function goesStepByStep(description: ModelDescription): boolean {
  const { source, layers } = description;
  const looksAround = layers.some((layer) => {
    if ('layers' in layer) return layer.bidirectional === true || layer.initialState !== undefined;
    return layer.type === 'attention' || (layer.type === 'pooling' && !['last', 'final'].includes(layer.pooling));
  });
  return source === undefined && !looksAround && planOf(description).layers.some(isRecurrent);
}

/** States after each step from zero: element t holds those after step t. */
export async function statesAfterEach(model: Network, sequence: TensorSequence, steps: number): Promise<States[]> {
  const all: States[] = [];
  for (let time = 0; time < steps; time++) {
    const states = all.at(-1);
    const input = { ...stepsOf(sequence, time, time + 1), ...(states !== undefined && { states }) };
    all.push((await model.forward(input)).states);
  }
  return all;
}
