/** A checkpoint's weights back in its model. */

import { UnrolledError } from '../errors';
import type { Model } from '../model';
import { type ModelHeader, sortedJson, weightsLike } from '../model-file';
import type { Checkpoint } from './checkpoint-file';

/** The first key in which two descriptions differ. */
function difference(one: Record<string, unknown>, other: Record<string, unknown>): string | undefined {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].find(
    (key) => sortedJson({ value: one[key] }) !== sortedJson({ value: other[key] }),
  );
}

/**
 * Writes a checkpoint's weights into the model they belong to.
 * @throws ERR_UNROLLED_MODEL_MISMATCH for another model, ERR_UNROLLED_MODEL_NOT_FINITE for damaged weights.
 */
export async function restoreModel(model: Model, header: ModelHeader, checkpoint: Checkpoint): Promise<void> {
  const { file } = checkpoint;
  const other =
    difference(header.model, checkpoint.header.model) ??
    difference({ vocabulary: header.vocabulary }, { vocabulary: checkpoint.header.vocabulary });
  if (other !== undefined) {
    throw new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', `${file.path} is of another model: ${other} differs.`, {
      option: other,
      expected: sortedJson(header.model[other] ?? other),
      received: sortedJson(checkpoint.header.model[other] ?? other),
    });
  }
  await model.setParameters(weightsLike(file, model));
}
