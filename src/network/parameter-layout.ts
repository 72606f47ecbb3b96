/** Parameters and states by name, to and from the flat arrays of the native side. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import type { DType, FloatArray, ParameterInfo, StateInfo } from '../native/native';
import { requireFinite } from '../tensor/finite';
import { tensorIfNested, tensorOrOther } from '../tensor/nested-numbers';
import { allocate, arrayOf, DTYPES, elementCount, requireTensor } from '../tensor/tensor-shape';
import type { FloatTensor, NestedRows, Parameters, Tensor } from '../tensor/types';

export type { FloatTensor, Parameters } from '../tensor/types';

/** Parameters to set: tensors by name, or nested arrays. */
export type GivenParameters = Readonly<Record<string, Tensor | ArrayLike<number> | NestedRows>>;

/** Recurrent states by name, each `[B, H]`. */
export type States = Record<string, FloatTensor>;

/** States to begin with: tensors by name, or nested arrays. */
export type InitialStates = Record<string, FloatTensor | NestedRows>;

/** @throws ERR_UNROLLED_SHAPE naming both shapes. */
export function requireShape(name: string, tensor: Tensor, expected: readonly number[]): void {
  const { shape } = requireTensor(name, tensor, DTYPES);
  const matches = shape.length === expected.length && shape.every((size, axis) => size === expected[axis]);
  if (matches) return;
  const [wanted, came] = [`[${expected.join(', ')}]`, `[${shape.join(', ')}]`];
  throw new UnrolledError('ERR_UNROLLED_SHAPE', `${name} must have the shape ${wanted}, not ${came}`, {
    option: name,
    expected: wanted,
    received: came,
  });
}

function mismatch(fault: string, name: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', fault, { option: name });
}

/**
 * Refuses parameters that are not a model's: each of its names, of its shape, and finite as its element type.
 * @throws ERR_UNROLLED_MODEL_MISMATCH for a missing or an extra name, ERR_UNROLLED_SHAPE for a wrong shape,
 *   ERR_UNROLLED_MODEL_NOT_FINITE naming the parameter and the position, ERR_UNROLLED_OPTION_TYPE.
 */
export function requireParameters(
  parameters: Readonly<Record<string, Tensor>>,
  shapes: Readonly<Record<string, readonly number[]>>,
  dtype: DType,
): void {
  check.object('parameters', parameters, 'tensors by name');
  const extra = Object.keys(parameters).find((name) => !Object.hasOwn(shapes, name));
  if (extra !== undefined) throw mismatch(`The model has no parameter ${extra}`, extra);
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = parameters[name];
    if (tensor === undefined) throw mismatch(`The parameter ${name} is missing`, name);
    requireShape(name, tensor, shape);
    requireFinite({ where: 'The parameter ', name, dtype }, tensor, convert(tensor, dtype));
  }
}

/** A tensor's data as an element type; the same array where they are already. */
function convert({ dtype, data }: Tensor, as: DType): FloatArray {
  if (dtype === as) return data as FloatArray;
  return arrayOf(as, data);
}

/** The positions of each parameter and each state of one model. */
export class FlatLayout {
  readonly #dtype: DType;
  readonly #parameters: readonly ParameterInfo[];
  readonly #states: readonly StateInfo[];

  constructor(dtype: DType, parameters: readonly ParameterInfo[], states: readonly StateInfo[]) {
    this.#dtype = dtype;
    this.#parameters = parameters;
    this.#states = states;
  }

  /** PyTorch's shape of each parameter. */
  get parameterShapes(): Record<string, readonly number[]> {
    return Object.fromEntries(this.#parameters.map(({ name, shape }) => [name, shape]));
  }

  /** Features of each state. */
  get stateSizes(): Record<string, number> {
    return Object.fromEntries(this.#states.map(({ name, features }) => [name, features]));
  }

  /** A tensor of the model's element type. */
  tensor(shape: readonly number[], data: FloatArray): FloatTensor {
    return { dtype: this.#dtype, shape, data };
  }

  /** The data as the model's element type; the same array where they are already. */
  convert(tensor: FloatTensor): FloatArray {
    return convert(tensor, this.#dtype);
  }

  /** Views of `[P]` by name. */
  parameters(flat: FloatArray): Parameters {
    return Object.fromEntries(
      this.#parameters.map(({ name, shape, offset }) => [
        name,
        this.tensor(shape, flat.subarray(offset, offset + elementCount(shape))),
      ]),
    );
  }

  /**
   * Parameters by name as `[P]`.
   * @throws ERR_UNROLLED_MODEL_MISMATCH for a missing or an extra name, ERR_UNROLLED_SHAPE for a wrong shape,
   *   ERR_UNROLLED_MODEL_NOT_FINITE naming the parameter and the position.
   */
  flatParameters(given: GivenParameters): FloatArray {
    check.object('parameters', given, 'tensors by name');
    const tensors = Object.entries(given).map(([name, value]) => [name, tensorIfNested(name, value, 'float64')]);
    const parameters: Readonly<Record<string, Tensor>> = Object.fromEntries(tensors);
    requireParameters(parameters, this.parameterShapes, this.#dtype);
    const flat = this.#zeros(this.#parameters.reduce((total, { shape }) => total + elementCount(shape), 0));
    for (const { name, offset } of this.#parameters) flat.set((parameters[name] as Tensor).data, offset);
    return flat;
  }

  /** Views of a flat state of `batch` rows by name. */
  states(flat: FloatArray, batch: number): States {
    let offset = 0;
    return Object.fromEntries(
      this.#states.map(({ name, features }) => {
        const data = flat.subarray(offset, offset + batch * features);
        offset += data.length;
        return [name, this.tensor([batch, features], data)];
      }),
    );
  }

  /**
   * States by name as a flat state of `batch` rows; the ones not given are zero.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION for an unknown name, ERR_UNROLLED_SHAPE for a wrong shape.
   */
  flatStates(states: InitialStates, batch: number): FloatArray {
    check.object('states', states, 'tensors by name');
    const unknown = Object.keys(states).find((name) => !this.#states.some((state) => state.name === name));
    if (unknown !== undefined) {
      const expected = this.#states.map(({ name }) => name).join(', ');
      throw new UnrolledError('ERR_UNROLLED_UNKNOWN_OPTION', `The model has no state ${unknown}, it has ${expected}`, {
        option: unknown,
        expected,
      });
    }
    const flat = this.#zeros(batch * this.#states.reduce((total, { features }) => total + features, 0));
    let offset = 0;
    for (const { name, features } of this.#states) {
      const state = tensorOrOther(`states.${name}`, states[name], 'float64', 2) as FloatTensor | undefined;
      if (state !== undefined) {
        requireShape(name, state, [batch, features]);
        flat.set(state.data, offset);
      }
      offset += batch * features;
    }
    return flat;
  }

  #zeros(length: number): FloatArray {
    return allocate(this.#dtype, length);
  }
}
