/** Whether a search fits into memory. */

import { counted } from '../../base/messages/plurals';
import { requireMemory } from '../../base/resource-limits';
import type { Network } from '../../network/network';
import { BYTES_PER_ELEMENT } from '../../network/network-memory';

/** Refuses a search of more beams than memory can hold: their scores, and their states before and after. */
export function requireBeamMemory(
  model: Pick<Network, 'dtype' | 'stateSizes'>,
  beams: number,
  vocabulary: number,
): void {
  const states = Object.values(model.stateSizes).reduce((sum, features) => sum + features, 0);
  const bytes = beams * (vocabulary + 2 * states) * BYTES_PER_ELEMENT[model.dtype];
  requireMemory(`A search of ${counted(beams, 'beam')}`, bytes, 'beams');
}
