/** What the header of a model file has beside the tensors: strings of the package's own, and of the user's. */

import * as check from '../base/check';

/** Names that the package keeps for itself. */
const OWN = ['format', 'model', 'unrolled', 'vocabulary', 'training'];

/** Strings by name. */
export type Metadata = Readonly<Record<string, string>>;

/** Options of a model's `save`. */
export interface SaveOptions {
  /**
   * Strings to keep in the file's header, by names of their own: a licence, say, or what the model was trained on. `load`
   * gives them back as the model's `metadata`, and other readers of safetensors see them. By default those that the model
   * was loaded with.
   */
  metadata?: Metadata | undefined;
}

/** The user's part of what a file has. */
export function givenMetadata(all: ReadonlyMap<string, string>): Metadata {
  return Object.freeze(Object.fromEntries([...all].filter(([name]) => !OWN.includes(name))));
}

/**
 * What a file is to have beside what the package writes.
 * @param loaded what the model was loaded with.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE for a name of the package's own.
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
