/** Whether a search fits into memory. */

import { requireMemory } from '../limits';
import { BYTES_PER_ELEMENT } from '../memory';
import type { Network } from '../network';
import { counted } from '../wording';

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
