/** Describes where the ids of a corpus are. */

/** A range of the ids in a file: little-endian, 32 bits each. */
export interface FileSource {
  kind: 'file';
  path: string;
  /** Ids in the whole file. */
  total: number;
  /** Number of the first id of the range. */
  first: number;
  /** Ids in the range. */
  count: number;
}

/** The place of the ids of a corpus. */
export type TokenSource = { kind: 'memory'; ids: Int32Array } | FileSource;
