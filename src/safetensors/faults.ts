/** Everything that can be wrong with a safetensors file: a closed list, one line each. */

import { UnrolledError } from '../base/errors';

const FAULTS = {
  noHeader: 'it is too short to hold a header',
  headerLength: 'the header is longer than 100 MB or than the file, which may have been cut short',
  headerEncoding: 'the header is not UTF-8',
  headerJson: 'the header is not JSON',
  headerObject: 'the header is not a JSON object',
  duplicateKey: 'a name appears twice in the header',
  metadata: '__metadata__ is not an object of strings',
  tensorEntry: 'the description of a tensor is not dtype, shape and data_offsets',
  dtype: 'an element type is unknown or not supported',
  shape: 'a shape is not a list of whole numbers of at least 0, or is too large',
  offsets: 'data_offsets are not two positions in ascending order',
  byteCount: 'the size of a tensor in bytes does not match its shape and dtype',
  beyondEnd: 'a tensor reaches beyond the end of the file, which may have been cut short',
  overlap: 'the bytes of two tensors overlap',
  hole: 'bytes between two tensors belong to no tensor',
  trailing: 'bytes after the last tensor belong to no tensor',
} as const;

/** A line of the list. */
export type Fault = keyof typeof FAULTS;

/** Makes the coded error of a fault; `where` names the tensor or key. */
export type Refusal = (fault: Fault, where?: string) => UnrolledError;

/** Refusals that say which file is at fault. */
export function refusalOf(source: string): Refusal {
  return (fault, where) => {
    const place = where === undefined ? '' : ` (${JSON.stringify(where)})`;
    return new UnrolledError(
      'ERR_UNROLLED_MODEL_FORMAT',
      `${source} is not a valid safetensors file: ${FAULTS[fault]}${place}`,
      { expected: 'a safetensors file', received: source },
    );
  };
}
