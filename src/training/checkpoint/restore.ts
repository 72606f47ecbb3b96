/** A checkpoint's weights back in its model. */

import { UnrolledError } from '../../base/errors';
import { requireSameFrozen, withoutFrozen } from '../../network/frozen-parameters';
import { type ModelHeader, sortedJson, weightsLike } from '../../network/model-file';
import type { Network } from '../../network/network';
import { isDeeperThan } from './packed-state';
import type { Checkpoint } from './record';

/** Characters of a value that a message shows, and the depth of one that it shows. */
const MOST_SHOWN = 60;
const MOST_DEPTH = 100;

/** The first place at which two JSON values differ, such as `layers[1].features`, with both values. */
interface Difference {
  path: string;
  one: unknown;
  other: unknown;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function difference(one: unknown, other: unknown, path: string): Difference | undefined {
  if (!isTree(one) || !isTree(other) || Array.isArray(one) !== Array.isArray(other)) {
    const isSame = !isTree(one) && !isTree(other) && sortedJson({ value: one }) === sortedJson({ value: other });
    return isSame ? undefined : { path, one, other };
  }
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const name = path === '' ? key : `${path}.${key}`;
    const found = difference(one[key], other[key], Array.isArray(one) ? `${path}[${key}]` : name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  if (isDeeperThan(MOST_DEPTH, value)) return 'nested too deeply to be shown';
  const json = sortedJson(value);
  return json.length > MOST_SHOWN ? `${json.slice(0, MOST_SHOWN)}…` : json;
}

/**
 * A model's vocabulary in the form of that of a checkpoint: without a text form if the checkpoint has none, like those
 * of earlier releases. Other texts than the training data are detected by their ids.
 */
function comparable(vocabulary: unknown, stored: unknown): unknown {
  if (!isTree(vocabulary) || !isTree(stored) || 'form' in stored) return vocabulary;
  const { form: _, ...rest } = vocabulary;
  return rest;
}

/**
 * The parameters that were frozen in the training of a checkpoint. Checkpoints of earlier releases have this only for a
 * model of layers; for the others, the parameters that are frozen now are assumed.
 */
function frozenIn({ record, header: { model } }: Checkpoint): readonly string[] | undefined {
  const { kind, frozen = [] } = model;
  return record.frozen ?? (kind === 'model' ? (frozen as readonly string[]) : undefined);
}

/**
 * Refuses a checkpoint of another model, by what its file says.
 * @param header of the model.
 * @throws ERR_UNROLLED_MODEL_MISMATCH naming the first thing that differs.
 */
export function requireSameModel({ frozen }: Network, header: ModelHeader, checkpoint: Checkpoint): void {
  const { file, header: stored } = checkpoint;
  const vocabulary = comparable(header.vocabulary, stored.vocabulary);
  const found =
    difference(withoutFrozen(header.model), withoutFrozen(stored.model), '') ??
    difference(vocabulary, stored.vocabulary, 'vocabulary');
  if (found === undefined) {
    requireSameFrozen(file.path, frozen, frozenIn(checkpoint) ?? frozen);
    return;
  }
  const [expected, received] = [shown(found.one), shown(found.other)];
  throw new UnrolledError(
    'ERR_UNROLLED_MODEL_MISMATCH',
    `${file.path} is from another model: its ${found.path} is ${received}, but this model's is ${expected}`,
    { advice: 'Load the model from the checkpoint itself.', option: found.path, expected, received },
  );
}

/**
 * Writes a checkpoint's weights into the model they belong to, and lets go of its tensors: they are several times as large
 * as the model, and what else a checkpoint says is known for as long as its training runs.
 * @param checkpoint whose state the training and its callbacks have by now.
 * @throws ERR_UNROLLED_MODEL_NOT_FINITE for damaged weights.
 */
export async function restoreModel(model: Network, { file, record }: Checkpoint): Promise<void> {
  await model.setParameters(weightsLike(file, model));
  file.tensors.clear();
  file.training?.tensors.clear();
  record.native.slots.length = 0;
  record.callbacks.length = 0;
}
