/** Numbers in nested arrays as tensors, with the place of what does not fit. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { atOnce, inTurns } from '../base/event-loop';
import { allocate, elementCount, isList } from './tensor-shape';
import type { Tensor, TensorDType } from './types';

function ragged(place: string, expected: string, first: string, level: unknown): UnrolledError {
  const received = isList(level) ? `an array of ${level.length}` : check.show(level);
  const fault = `${place} must be ${expected}, like ${first}, not ${received}: all arrays of one depth must have one length`;
  return new UnrolledError('ERR_UNROLLED_SHAPE', fault, { option: place, expected, received });
}

/** The most axes of a tensor. Deeper arrays are not tensors, or contain themselves. */
const MAX_AXES = 64;

/** The lengths of nested arrays, by the first of each level; an array that lies in itself has no end. */
function nestedLengths(option: string, values: unknown): number[] {
  const lengths: number[] = [];
  for (let level = values; isList(level); level = level[0]) {
    if (lengths.length === MAX_AXES) {
      const [expected, received] = [
        `nested at most ${MAX_AXES} deep`,
        'deeper arrays, or an array that contains itself',
      ];
      const fault = `${option} must be ${expected}, not ${received}`;
      throw new UnrolledError('ERR_UNROLLED_SHAPE', fault, { option, expected, received });
    }
    lengths.push(level.length);
  }
  return lengths;
}

/**
 * A tensor of the numbers in nested arrays (the innermost may be typed arrays). Each level has the lengths of its first
 * element.
 * @param option their name in messages.
 * @throws ERR_UNROLLED_SHAPE for arrays of unequal length, ERR_UNROLLED_OPTION_TYPE for what is not a number,
 *   ERR_UNROLLED_OPTION_RANGE for a number that an integer type cannot hold, each with its place, as in `option[1][0]`;
 *   ERR_UNROLLED_OUT_OF_MEMORY.
 */
export function nestedTensor<D extends TensorDType>(option: string, values: unknown, dtype: D): Tensor<D> {
  return atOnce(nestedWork(option, values, dtype));
}

/** The same with turns of the event loop between elements of the first axis, of which there may be millions. */
export function nestedInTurns<D extends TensorDType>(option: string, values: unknown, dtype: D): Promise<Tensor<D>> {
  return inTurns(nestedWork(option, values, dtype));
}

function* nestedWork<D extends TensorDType>(option: string, values: unknown, dtype: D): Generator<void, Tensor<D>> {
  const shape = nestedLengths(option, values);
  const isFloat = dtype === 'float32' || dtype === 'float64';
  const indices: number[] = [];

  const placeOf = (depth: number) =>
    option +
    indices
      .slice(0, depth)
      .map((index) => `[${index}]`)
      .join('');
  function misfit(level: unknown, depth: number): UnrolledError {
    const place = placeOf(depth);
    if (!isList(level) && typeof level !== 'number') return check.wrongType(place, 'a number', level);
    const size = shape[depth];
    return ragged(place, size === undefined ? 'a number' : `an array of ${size}`, option + '[0]'.repeat(depth), level);
  }

  const hole = Array.isArray(values) ? check.firstHole(values) : -1;
  if (hole !== -1) {
    indices[0] = hole;
    throw misfit(undefined, 1);
  }
  const data = allocate(dtype, elementCount(shape));
  let next = 0;

  function fill(level: unknown, depth: number): void {
    if (isList(level)) {
      if (level.length !== shape[depth]) throw misfit(level, depth);
      for (let i = 0; i < level.length; i++) {
        indices[depth] = i;
        fill(level[i], depth + 1);
      }
      return;
    }
    if (typeof level !== 'number' || depth !== shape.length) throw misfit(level, depth);
    data[next] = level;
    if (!isFloat && data[next] !== level) throw check.outOfRange(placeOf(depth), `a value of ${dtype}`, level);
    next++;
  }

  if (isList(values)) {
    for (let i = 0; i < values.length; i++) {
      indices[0] = i;
      fill(values[i], 1);
      yield;
    }
  } else {
    fill(values, 0);
  }
  return { dtype, shape, data };
}

/** Lists of numbers, or of such lists, as a tensor. Anything else is returned as it is and checked later. */
export function tensorIfNested(option: string, value: unknown, dtype: TensorDType): unknown {
  return isList(value) ? nestedTensor(option, value, dtype) : value;
}

/** Nested arrays with this many axes as a tensor. Anything else is returned as it is. */
export function tensorOrOther(option: string, value: unknown, dtype: TensorDType, axes: number): unknown {
  return Array.isArray(value) && nestedLengths(option, value).length === axes
    ? nestedTensor(option, value, dtype)
    : value;
}
