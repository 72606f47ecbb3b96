/** Figures of the data that a training reads. */

import type { NativeIds, NativeSequences, NativeSource } from '../native/native';

/** Whether there is something to be right about, so that an accuracy has a meaning, and the loss is in nats. */
export function classifies(source: NativeSource): boolean {
  return !('targets' in source) || source.targets.loss !== 'squaredError';
}

/** Number of sequences N. */
export function sequenceCount({ offsets }: NativeSequences): number {
  return offsets.length - 1;
}

/** What is read first: of pairs, what the decoder is fed. */
export function sequencesOf(source: Exclude<NativeSource, { kind: 'stream' | 'documents' }>): NativeSequences {
  return source.kind === 'paired' ? source.inputs : source.sequences;
}

/** Number of ids, in memory or in a file. */
export function idCount(ids: NativeIds): number {
  return 'file' in ids ? ids.count : ids.length;
}

/** Number of the ids of a stream, the one before the first among them. */
export function streamLength({ ids, before }: { ids: NativeIds; before?: number | undefined }): number {
  return idCount(ids) + (before === undefined ? 0 : 1);
}

/** Steps of an epoch; of documents, whose windows depend on their lengths, about as many. */
export function stepsPerEpoch(source: NativeSource): number {
  if (source.kind === 'stream') {
    return Math.floor(Math.floor((streamLength(source) - 1) / source.batch) / source.window);
  }
  if (source.kind === 'documents') return Math.ceil(source.ids.length / (source.batch * source.window));
  return Math.ceil(sequenceCount(sequencesOf(source)) / source.batch);
}

/** Lengths of sequences, the longest first. */
export function sortedLengths({ offsets }: NativeSequences): Int32Array {
  const lengths = offsets.slice(1).map((end, index) => end - (offsets[index] as number));
  return lengths.sort().reverse();
}

function sum(values: Int32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The most positions that a batch of so many sequences can have, and whether its rows may differ in length. */
export function largestBatch(sequences: NativeSequences, batch: number): { positions: number; ragged: boolean } {
  const lengths = sortedLengths(sequences);
  return { positions: sum(lengths.subarray(0, batch)), ragged: lengths[0] !== lengths.at(-1) };
}

/** Bytes of the data themselves. */
export function sourceBytes(source: NativeSource): number {
  return Object.values(source).reduce<number>((total, value) => {
    if (ArrayBuffer.isView(value)) return total + value.byteLength;
    return typeof value === 'object' && value !== null ? total + sourceBytes(value as NativeSource) : total;
  }, 0);
}
