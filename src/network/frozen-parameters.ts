/** Parameters that are not trained, as files have them. */

import { UnrolledError } from '../base/errors';
import { counted } from '../base/messages/plurals';
import { damagedHeader, type ModelFile, type ModelHeader } from './model-file';
import type { Network } from './network';

/** Names that a message shows. */
const MOST_SHOWN = 5;

/** A header without what it says of frozen parameters. */
export function withoutFrozen({ frozen: _, ...model }: ModelHeader['model']): ModelHeader['model'] {
  return model;
}

/**
 * Freezes the parameters that are frozen in the model's file. Files of earlier releases name none.
 * @throws ERR_UNROLLED_MODEL_FORMAT for what is not a list of the model's parameters.
 */
export async function restoreFrozen(model: Network, { path, header }: ModelFile): Promise<void> {
  const { frozen } = header?.model ?? {};
  if (frozen === undefined) return;
  try {
    await model.freeze(frozen as readonly string[]);
  } catch (error) {
    throw damagedHeader(path, error);
  }
}

function show(names: readonly string[]): string {
  const shown = names.slice(0, MOST_SHOWN).join(', ');
  return names.length > MOST_SHOWN ? `${shown} and ${counted(names.length - MOST_SHOWN, 'other')}` : shown;
}

/**
 * Refuses a checkpoint whose training had other frozen parameters.
 * @param before names of the parameters that were frozen.
 * @throws ERR_UNROLLED_MODEL_MISMATCH naming those that differ.
 */
export function requireSameFrozen(path: string, now: readonly string[], before: readonly string[]): void {
  const thawed = before.filter((name) => !now.includes(name));
  const added = now.filter((name) => !before.includes(name));
  if (thawed.length + added.length === 0) return;
  const differences = [
    ...(thawed.length > 0 ? [`${show(thawed)} was frozen in it but is not frozen in this model`] : []),
    ...(added.length > 0 ? [`${show(added)} was trained in it but is frozen in this model`] : []),
  ];
  throw new UnrolledError(
    'ERR_UNROLLED_MODEL_MISMATCH',
    `${path} is from a training with other frozen parameters: ${differences.join(', and ')}`,
    {
      advice: 'Load the model from the checkpoint itself, or freeze the same parameters.',
      option: 'frozen',
      expected: show(before) || 'none',
      received: show(now) || 'none',
    },
  );
}
