/**
 * Stores in the checkpoint of a training how the bytes of its text were read, so that a resumed run reads them in the
 * same way.
 */

import { resolveEncoding } from '../../text/encoding-names';
import type { Encoding } from '../../text/encodings';
import type { Callback } from '../../training/callbacks/callback';
import { damagedBy } from '../../training/checkpoint/checkpoint-file';
import type { Checkpoint } from '../../training/checkpoint/record';

const NAME = 'unrolled.reading';

/** Keeps the encoding in the checkpoints of a training. */
export function remembersReading(encoding: Encoding | undefined): Callback[] {
  if (encoding === undefined) return [];
  return [{ name: NAME, optional: true, getState: () => ({ encoding }), setState: () => {} }];
}

/**
 * The encoding that a checkpoint remembers; undefined if it was not given, and in checkpoints of earlier releases.
 * @throws ERR_UNROLLED_MODEL_FORMAT for one that there is not.
 */
export function rememberedEncoding(checkpoint: Checkpoint | undefined): Encoding | undefined {
  const kept = checkpoint?.record.callbacks.find(({ name }) => name === NAME);
  if (checkpoint === undefined || kept === undefined) return undefined;
  try {
    return resolveEncoding((kept.state as { encoding?: unknown } | null)?.encoding);
  } catch (error) {
    throw damagedBy(checkpoint.file.path, error);
  }
}
