/** A copy of a training's state at one moment. */

import { giveTurn } from '../../base/event-loop';
import type { DType, FloatArray, NativeSnapshot, NativeTraining, NativeTrainingState } from '../../native/native';
import { allocate } from '../../tensor/tensor-shape';

/** Elements that are copied between two turns of the event loop: a millisecond's work, about. */
const PIECE = 2 ** 19;

/** A training's state, and its model's parameters of the same instant. */
export interface WholeState {
  parameters: FloatArray;
  /** Whether they are all finite. */
  finite: boolean;
  state: NativeTrainingState;
}

async function longArray(dtype: DType, snapshot: NativeSnapshot, part: number): Promise<FloatArray> {
  const array = allocate(dtype, snapshot.size);
  for (let first = 0; first < array.length; first += PIECE) {
    snapshot.copy(part, first, array.subarray(first, first + PIECE));
    await giveTurn();
  }
  return array;
}

/**
 * The result of `training.readState()`, copied in pieces.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY
 */
export async function wholeState(
  dtype: DType,
  training: Pick<NativeTraining, 'identity'>,
  reading: Promise<NativeSnapshot>,
): Promise<WholeState> {
  const [snapshot, source] = await Promise.all([reading, training.identity()]);
  const { size: _, slots: count, finite, copy: __, ...rest } = snapshot;
  const parameters = await longArray(dtype, snapshot, 0);
  const slots: FloatArray[] = [];
  for (let part = 1; part <= count; part++) slots.push(await longArray(dtype, snapshot, part));
  return { parameters, finite, state: { ...rest, source, slots } };
}
