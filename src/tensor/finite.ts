/** Refuses weights that are not finite numbers, by name and position. */

import { UnrolledError } from '../base/errors';
import { giveTurn } from '../base/event-loop';
import type { DType, FloatArray } from '../native/native';
import { showShape } from './shape-text';
import { firstNonFinite } from './tensor';
import type { Parameters, Tensor } from './types';

/** Position of a flat index in a shape, as in `[2, 17]`. */
function showPosition(index: number, shape: readonly number[]): string {
  let rest = index;
  const position = [...shape].reverse().map((size) => {
    const along = rest % size;
    rest = Math.floor(rest / size);
    return along;
  });
  return showShape(position.reverse());
}

/** How a message describes a tensor whose elements must be finite. */
interface Weights {
  /** A prefix of the name, for example a file. */
  where?: string;
  name: string;
  /** The element type that they are taken in. */
  dtype: DType;
}

type Elements = Pick<Tensor, 'shape' | 'data'>;

function notFinite({ where = '', name, dtype }: Weights, { shape, data }: Elements, index: number): UnrolledError {
  const at = `${name}${showPosition(index, shape)}`;
  return new UnrolledError(
    'ERR_UNROLLED_MODEL_NOT_FINITE',
    `${where}${at} is ${data[index]}, which is not a finite number as ${dtype}`,
    { expected: 'finite weights', received: `${data[index]} at ${at}` },
  );
}

/**
 * Refuses a tensor that is not finite in a model's element type.
 * @param converted its elements in that type.
 * @throws ERR_UNROLLED_MODEL_NOT_FINITE naming the first such element.
 */
export function requireFinite(weights: Weights, tensor: Elements, converted = tensor.data as FloatArray): void {
  const index = firstNonFinite(converted);
  if (index !== -1) throw notFinite(weights, tensor, index);
}

/** Elements that are looked at between two looks at the clock. */
const PIECE = 2 ** 16;

/**
 * The position of the first element that is not finite, or below `least`; -1 if there is none. Timers have their turn.
 */
export async function firstUnsound(data: FloatArray, least = Number.NEGATIVE_INFINITY): Promise<number> {
  for (let start = 0; start < data.length; start += PIECE) {
    await giveTurn();
    const end = Math.min(start + PIECE, data.length);
    for (let i = start; i < end; i++) if (!Number.isFinite(data[i]) || (data[i] as number) < least) return i;
  }
  return -1;
}

/**
 * Refuses parameters of which one is not finite; timers have their turn.
 * @throws ERR_UNROLLED_MODEL_NOT_FINITE naming the first such element.
 */
export async function requireFiniteParameters(where: string, parameters: Parameters): Promise<void> {
  for (const [name, tensor] of Object.entries(parameters)) {
    const index = await firstUnsound(tensor.data);
    if (index !== -1) throw notFinite({ where, name, dtype: tensor.dtype }, tensor, index);
  }
}
