/** A corpus as the native side trains on it: one stream, or documents that begin from a zero state each. */

import { types } from 'node:util';
import { UnrolledError } from '../errors';
import type { Model } from '../model';
import type { NativeCancellation, NativeEvaluation, NativeIds, NativeSource } from '../native/native';
import { offsetsOf } from '../offsets';
import type { Corpus } from '../text/corpus';
import type { FileCorpus } from '../text/file-corpus';
import type { FileSource, TokenSource } from '../text/token-source';
import { counted } from '../wording';
import type { ResolvedStream } from './options';
import { idCount } from './source';

/** A part of a corpus. */
export interface CorpusPart {
  ids: NativeIds;
  /** Where documents begin, and where the last one ends; undefined for one stream. */
  boundaries: Int32Array | undefined;
}

/** Where text is read from: `NativeSource` without examples. */
export type CorpusSource = Extract<NativeSource, { kind: 'stream' | 'documents' }>;

type DocumentsSource = Extract<NativeSource, { kind: 'documents' }>;

/** Ids as the native side takes them. */
function nativeIds(ids: Int32Array | FileSource): NativeIds {
  return types.isInt32Array(ids) ? ids : { file: ids.path, total: ids.total, first: ids.first, count: ids.count };
}

/** The whole corpus. */
export function wholeCorpus(corpus: Corpus | FileCorpus): CorpusPart {
  const source: TokenSource = corpus.source;
  const boundaries = 'boundaries' in corpus ? corpus.boundaries : undefined;
  return { ids: nativeIds(source.kind === 'memory' ? source.ids : source), boundaries };
}

/** What trains, and what validates; empty where nothing does. */
export function partsOf(
  corpus: Corpus | FileCorpus,
  validation: number,
): { train: CorpusPart; validation: CorpusPart } {
  const parts = corpus.split(validation);
  const boundaries = 'boundaries' in parts ? parts.boundaries : undefined;
  return {
    train: { ids: nativeIds(parts.train), boundaries: boundaries?.train },
    validation: { ids: nativeIds(parts.validation), boundaries: boundaries?.validation },
  };
}

/** @throws ERR_UNROLLED_CORPUS_TOO_SHORT where a stream's rows are shorter than asked. */
function requireRows(part: string, tokens: number, { batch, window }: ResolvedStream): void {
  const rowLength = Math.max(0, Math.floor((tokens - 1) / batch));
  if (rowLength >= window) return;
  const needed = batch * window + 1;
  const rows = batch > 1 ? `: with batch ${batch} its rows have ${rowLength}, and at least ${window} are needed` : '';
  const lower = [...(batch > 1 ? ['batch'] : []), ...(window > 1 ? ['window'] : [])];
  const advice = lower.length > 0 ? `, or lower ${lower.join(' or ')}` : '';
  throw new UnrolledError(
    'ERR_UNROLLED_CORPUS_TOO_SHORT',
    `The ${part} has ${counted(tokens, 'token')}${rows}. Give at least ${needed} tokens${advice}.`,
    {
      option: window > 1 ? 'window' : 'batch',
      mentions: ['batch', 'window'],
      expected: `rows of at least ${counted(window, 'token')}`,
      received: `rows of ${rowLength}`,
    },
  );
}

/** The ids of documents of two or more, so many in all. */
function withoutShort(ids: Int32Array, boundaries: Int32Array, count: number): Int32Array {
  const kept = new Int32Array(count);
  // What lies between two short documents is copied at once.
  let [at, start] = [0, boundaries[0] as number];
  const keepTo = (end: number) => {
    kept.set(ids.subarray(start, end), at);
    at += end - start;
  };
  for (let index = 0; index + 1 < boundaries.length; index++) {
    const [first, end] = [boundaries[index] as number, boundaries[index + 1] as number];
    if (end - first >= 2) continue;
    keepTo(first);
    start = end;
  }
  keepTo(boundaries.at(-1) as number);
  return kept;
}

/** Documents of two ids or more, in which there is one to predict: others are left out. */
function documentsSource(
  part: string,
  ids: Int32Array,
  boundaries: Int32Array,
  stream: ResolvedStream,
): DocumentsSource {
  const lengths: number[] = [];
  let longest = 1;
  for (let index = 0; index + 1 < boundaries.length; index++) {
    const length = (boundaries[index + 1] as number) - (boundaries[index] as number);
    if (length < 2) continue;
    lengths.push(length);
    longest = Math.max(longest, length - 1);
  }
  if (lengths.length === 0) {
    throw new UnrolledError('ERR_UNROLLED_CORPUS_TOO_SHORT', `The ${part} has no document of two tokens or more.`, {
      expected: 'at least one document of two tokens',
      received: counted(boundaries.length - 1, 'document'),
    });
  }
  const offsets = offsetsOf('corpus', lengths, 'tokens');
  return {
    ...{ kind: 'documents', ids: withoutShort(ids, boundaries, offsets.at(-1) as number), offsets, shuffle: false },
    batch: Math.min(stream.batch, lengths.length),
    window: Math.min(stream.window, longest),
  };
}

/**
 * Text to train on.
 * @param part what messages call it.
 * @throws ERR_UNROLLED_CORPUS_TOO_SHORT
 */
export function trainingSource(
  part: string,
  { ids, boundaries }: CorpusPart,
  stream: ResolvedStream,
  shuffle: boolean,
): CorpusSource {
  if (boundaries !== undefined) return { ...documentsSource(part, ids as Int32Array, boundaries, stream), shuffle };
  requireRows(part, idCount(ids), stream);
  return { kind: 'stream', ids, ...stream };
}

/**
 * Scores text from zero states, all of it.
 * @throws (at once) ERR_UNROLLED_CORPUS_TOO_SHORT
 */
export function scoring(
  model: Model,
  part: string,
  { ids, boundaries }: CorpusPart,
  stream: ResolvedStream,
  threads: number,
): (cancellation: NativeCancellation) => Promise<NativeEvaluation> {
  if (boundaries === undefined) {
    requireRows(part, idCount(ids), { ...stream, window: 1 });
    return (cancellation) => model.native.evaluate({ ids, ...stream, threads }, cancellation);
  }
  const source = documentsSource(part, ids as Int32Array, boundaries, stream);
  return (cancellation) => model.native.evaluateExamples({ source, threads }, cancellation);
}
