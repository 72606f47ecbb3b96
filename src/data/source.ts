/** Figures of the data that a training reads. */

import { isOfClasses, unitOf } from '../native/losses';
import type { NativeIds, NativeSequences, NativeSource } from '../native/native';

/** Whether the targets are classes, so that there is an accuracy and the loss is in nats. */
export function classifies(source: NativeSource): boolean {
  return !('targets' in source) || isOfClasses(source.targets.loss);
}

/** The unit of the loss if it is not nats. */
export function lossUnit(source: NativeSource): string | undefined {
  const unit = 'targets' in source ? unitOf(source.targets.loss) : 'nats';
  return unit === 'nats' ? undefined : unit;
}

/** Number of sequences N. */
export function sequenceCount({ offsets }: NativeSequences): number {
  return offsets.length - 1;
}

/** The sequences that are read first; for pairs, the input of the decoder. */
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

/** Steps of an epoch. For documents, whose windows depend on their lengths, this is an estimate. */
export function stepsPerEpoch(source: NativeSource): number {
  if (source.kind === 'stream') {
    return Math.floor(Math.floor((streamLength(source) - 1) / source.batch) / source.window);
  }
  if (source.kind === 'documents') return Math.ceil(source.ids.length / (source.batch * source.window));
  return Math.ceil(sequenceCount(sequencesOf(source)) / source.batch);
}

/** The most positions that a batch of this many sequences can have, and whether its rows may differ in length. */
export function largestBatch({ offsets }: NativeSequences, batch: number): { positions: number; ragged: boolean } {
  const counts = new Map<number, number>(); // sequences of each length
  for (let index = 0; index + 1 < offsets.length; index++) {
    const length = (offsets[index + 1] as number) - (offsets[index] as number);
    counts.set(length, (counts.get(length) ?? 0) + 1);
  }
  let [positions, left] = [0, batch];
  for (const [length, count] of [...counts].sort(([a], [b]) => b - a)) {
    const taken = Math.min(count, left);
    positions += taken * length;
    left -= taken;
  }
  return { positions, ragged: counts.size > 1 };
}

/** Bytes of the data themselves. */
export function sourceBytes(source: NativeSource): number {
  return Object.values(source).reduce<number>((total, value) => {
    if (ArrayBuffer.isView(value)) return total + value.byteLength;
    return typeof value === 'object' && value !== null ? total + sourceBytes(value as NativeSource) : total;
  }, 0);
}
