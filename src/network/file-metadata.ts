/** The header of a model file besides the tensors: strings of the package, and of the user. */

import * as check from '../base/check';

/** Names that the package keeps for itself. */
const OWN = ['format', 'model', 'unrolled', 'vocabulary', 'training'];

/** Strings by name. */
export type Metadata = Readonly<Record<string, string>>;

/** Options of a model's `save`. */
export interface SaveOptions {
  /**
   * Strings to store in the file's header under names of your own, for example a licence or the training data. `load`
   * returns them as the model's `metadata`, and other readers of safetensors see them. By default those of the file
   * that the model was loaded from.
   */
  metadata?: Metadata | undefined;
}

/** The user's part of what a file has. */
export function givenMetadata(all: ReadonlyMap<string, string>): Metadata {
  return Object.freeze(Object.fromEntries([...all].filter(([name]) => !OWN.includes(name))));
}

/**
 * The user's strings for the header of a file.
 * @param loaded the strings of the file that the model was loaded from.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE for a name that the package
 *   uses.
 */
export function resolveMetadata(options: SaveOptions | undefined, loaded: Metadata): Map<string, string> {
  const { metadata = loaded } = check.options('save', options, ['metadata']);
  const entries = Object.entries(check.object('metadata', metadata, 'strings by name'));
  for (const [name, text] of entries) {
    check.string(`metadata.${name}`, text);
    if (OWN.includes(name)) throw check.outOfRange(`metadata.${name}`, 'left out, because the file has its own', text);
  }
  return new Map(entries);
}
