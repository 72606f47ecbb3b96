/** Checks the input of `Model.forward` and `Model.gradients`, and lays it out for the native side. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import type { InputDescription, ModelDescription, NativeBatch, NativeInput } from '../native/native';
import { tensorOrOther } from '../tensor/nested-numbers';
import type { NestedPlanes, NestedRows, Tensor } from '../tensor/tensor';
import { FLOATS, isTensor, requireTensor } from '../tensor/tensor-shape';
import { type FlatLayout, type FloatTensor, type InitialStates, requireShape } from './parameter-layout';

/** One input of a batch: ids `[T, B]` or features `[T, B, F]`, tensors or nested arrays of that shape. */
export interface SequenceInput {
  ids?: Tensor<'int32'> | NestedRows;
  features?: FloatTensor | NestedPlanes;
  /**
   * Length of each row, from 1 to T; T for all if absent. Positions after a row's end take no work and have no
   * influence; their outputs and gradients are zero.
   */
  lengths?: ArrayLike<number>;
}

/** The input of a model, and states, which are zero if absent. */
export interface ModelInput extends SequenceInput {
  /** For an encoder–decoder: the source, with the same number of rows and its own steps. */
  source?: SequenceInput;
  /** Initial states, except those that start from another layer. */
  states?: InitialStates;
}

const SEQUENCE_KEYS = ['ids', 'features', 'lengths'] as const satisfies (keyof SequenceInput)[];
const INPUT_KEYS = [...SEQUENCE_KEYS, 'source', 'states'] as const satisfies (keyof ModelInput)[];

/** The tensor that an input takes, in words. */
function tensorOf(description: InputDescription): string {
  return description.kind === 'ids'
    ? 'a tensor [T, B] of type int32'
    : `a tensor [T, B, ${description.features}] of floats`;
}

/** @throws ERR_UNROLLED_SHAPE, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
function resolveLengths(lengths: ArrayLike<number>, time: number, batch: number): Int32Array {
  check.arrayLike('lengths', lengths, 'a list of whole numbers');
  if (lengths.length !== batch) {
    const [expected, received] = [`${batch} numbers, one per row`, String(lengths.length)];
    const fault = `lengths must have ${expected}, not ${received}`;
    throw new UnrolledError('ERR_UNROLLED_SHAPE', fault, { option: 'lengths', expected, received });
  }
  return Int32Array.from(lengths, (length, row) => check.integer(`lengths[${row}]`, length, { min: 1, max: time }));
}

/** The tensor of the kind that an input reads, and nothing of the other kind. */
function elementsOf(name: 'input' | 'source', description: InputDescription, given: SequenceInput): Tensor {
  const { kind } = description;
  const other = kind === 'ids' ? 'features' : 'ids';
  const path = (key: string) => (name === 'input' ? key : `source.${key}`);
  const elements = given[kind];
  if (elements === undefined) {
    const expected = tensorOf(description);
    const how =
      name === 'input' ? `${kind}, ${expected}` : `source: { ${kind} }, ${expected} with the same number of rows`;
    const came = given[other] === undefined ? '' : `, not ${path(other)}`;
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_TYPE',
      `This model has ${article(name)} of ${kind}: give ${how}${came}`,
      {
        option: path(kind),
        expected,
      },
    );
  }
  if (given[other] !== undefined) {
    throw check.outOfRange(path(other), `left out, because the model's ${name} is of ${kind}`, given[other]);
  }
  const tensor =
    kind === 'ids'
      ? tensorOrOther(path(kind), elements, 'int32', 2)
      : tensorOrOther(path(kind), elements, 'float64', 3);
  return requireTensor(path(kind), tensor, kind === 'ids' ? ['int32'] : FLOATS, tensorOf(description));
}

function article(name: 'input' | 'source'): string {
  return name === 'input' ? 'an input' : 'a source';
}

/**
 * The tensor of an input, as a model reads it.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_SHAPE.
 */
export function inputTensor(name: 'input' | 'source', description: InputDescription, given: SequenceInput): Tensor {
  const elements = elementsOf(name, description, given);
  const [time = 0, batch = 0] = elements.shape;
  const shape = description.kind === 'ids' ? [time, batch] : [time, batch, description.features];
  requireShape(description.kind, elements, shape);
  return elements;
}

function toInput(
  name: 'input' | 'source',
  description: InputDescription,
  given: SequenceInput,
  layout: FlatLayout,
): [NativeInput, number] {
  const elements = inputTensor(name, description, given);
  const { lengths } = given;
  const [time = 0, batch = 0] = elements.shape;
  const input: NativeInput = {
    time,
    ...(description.kind === 'ids'
      ? { ids: elements.data as Int32Array }
      : { features: layout.convert(elements as FloatTensor) }),
    ...(lengths !== undefined && { lengths: resolveLengths(lengths, time, batch) }),
  };
  return [input, batch];
}

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_SHAPE. */
function toSource(description: InputDescription, source: unknown, batch: number, layout: FlatLayout): NativeInput {
  if (source !== undefined) requireInput(description, source, 'source');
  const given = check.options<SequenceInput>('source', source as SequenceInput | undefined, SEQUENCE_KEYS);
  const [input, rows] = toInput('source', description, given, layout);
  if (rows === batch) return input;
  throw new UnrolledError('ERR_UNROLLED_SHAPE', `source must have ${batch} rows, like the input, not ${rows}`, {
    option: 'source',
    expected: `${batch} rows`,
    received: `${rows}`,
  });
}

/**
 * @param option what messages call it.
 * @throws ERR_UNROLLED_OPTION_TYPE for what is not an object of tensors.
 */
export function requireInput(description: InputDescription, input: unknown, option = 'input'): void {
  if (typeof input === 'object' && input !== null && !Array.isArray(input) && !isTensor(input)) return;
  throw check.wrongType(option, `an object with ${description.kind}, ${tensorOf(description)}`, input);
}

/**
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE for what the model needs and is not there,
 *   ERR_UNROLLED_OPTION_RANGE for what it does not read, ERR_UNROLLED_SHAPE.
 */
export function toBatch(description: ModelDescription, layout: FlatLayout, input: ModelInput): NativeBatch {
  requireInput(description.input, input);
  const { source, states, ...own } = check.options('input', input, INPUT_KEYS);
  const [result, batch] = toInput('input', description.input, own, layout);
  const native: NativeBatch = { ...result, batch };
  if (description.source !== undefined) {
    native.source = toSource(description.source, source, batch, layout);
  } else if (source !== undefined) {
    throw check.outOfRange('source', 'left out, because the model has no source', source);
  }
  if (states !== undefined) native.state = layout.flatStates(states, batch);
  return native;
}
