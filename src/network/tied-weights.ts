/** Weights that two layers share, as files have them: once, under either name, or twice and equal, as PyTorch writes them. */

import { UnrolledError } from '../base/errors';
import type { ModelDescription } from '../native/native';
import type { Tensor } from '../tensor/tensor';

/** Pairs of names of shared weights: of each tied layer, its own name and that of the table it shares. */
function* tiedNames({ layers }: ModelDescription): Generator<[shared: string, table: string]> {
  for (const layer of layers) {
    if (layer.type === 'dense' && layer.tiedTo !== undefined) yield [`${layer.name}.weight`, `${layer.tiedTo}.weight`];
  }
}

/** The first element that differs; -1 if none does and the lengths are equal. */
function firstDifference({ data: one }: Tensor, { data: other }: Tensor): number {
  if (one.length !== other.length) return Math.min(one.length, other.length);
  for (let i = 0; i < one.length; i++) if (!Object.is(one[i], other[i])) return i;
  return -1;
}

/**
 * The tensors with each shared weight once, under the name of its table.
 * @throws ERR_UNROLLED_MODEL_MISMATCH if the file has two that differ.
 */
export function withTiedOnce(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  description: ModelDescription,
): ReadonlyMap<string, Tensor> {
  const once = new Map(tensors);
  for (const [shared, table] of tiedNames(description)) {
    const [copy, weights] = [once.get(shared), once.get(table)];
    if (copy === undefined) continue;
    once.delete(shared);
    once.set(table, weights ?? copy);
    if (weights === undefined || firstDifference(weights, copy) === -1) continue;
    throw new UnrolledError(
      'ERR_UNROLLED_MODEL_MISMATCH',
      `${path} does not fit: ${shared} and ${table} differ, but the model has one for both`,
      {
        advice: 'Load it with tied: false (a layer without tiedTo), or make both weights equal.',
        expected: 'equal weights',
        received: `${shared} and ${table} that differ`,
      },
    );
  }
  return once;
}
