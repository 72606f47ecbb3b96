/** A corpus as the native side trains on it: one stream, or documents that begin from a zero state each. */

import { types } from 'node:util';
import { UnrolledError } from '../base/errors';
import { inTurns } from '../base/event-loop';
import { joined, phrase, refer } from '../base/messages/phrase';
import { counted } from '../base/messages/wording';
import { idCount, streamLength } from '../data/source';
import type { NativeCancellation, NativeEvaluation, NativeIds, NativeSource } from '../native/native';
import type { Network } from '../network/network';
import { allocate } from '../tensor/tensor-shape';
import type { Corpus } from '../text/corpus';
import type { FileCorpus } from '../text/file-corpus';
import type { FileSource, TokenSource } from '../text/token-source';
import { isCutInDoubles } from './checkpoint/checkpoint-file';
import type { Checkpoint } from './checkpoint/record';
import type { ResolvedStream, Sharing } from './options/options';

/** A part of a corpus. */
export interface CorpusPart {
  ids: NativeIds;
  /** Where documents begin, and where the last one ends; undefined for one stream. */
  boundaries: Int32Array | undefined;
  /** The id that stands before each document, or before a stream that is the beginning of one. */
  before: number | undefined;
}

/** A part of documents, which are in memory. */
type DocumentsPart = CorpusPart & { ids: Int32Array; boundaries: Int32Array };

/** Where text is read from: `NativeSource` without examples. */
export type CorpusSource = Extract<NativeSource, { kind: 'stream' | 'documents' }>;

type DocumentsSource = Extract<NativeSource, { kind: 'documents' }>;

function isDocuments(part: CorpusPart): part is DocumentsPart {
  return part.boundaries !== undefined;
}

/** Ids as the native side takes them. @param state what their file is, where they are in one. */
function nativeIds(ids: Int32Array | FileSource, state: string | undefined): NativeIds {
  if (types.isInt32Array(ids)) return ids;
  const { path: file, total, first, count } = ids;
  return { file, total, first, count, ...(state !== undefined && { state }) };
}

/** What the file of a corpus is, as the native side compares it; undefined of a corpus in memory. */
async function stateOf(corpus: Corpus | FileCorpus): Promise<string | undefined> {
  if (!('currentIds' in corpus)) return undefined;
  const { device, inode, modified } = await corpus.currentIds();
  return `${device}:${inode}:${modified}`;
}

/**
 * The whole corpus.
 * @param boundary the id that stands before each document; undefined where none does.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ where the file of its ids is another by now.
 */
export async function wholeCorpus(corpus: Corpus | FileCorpus, boundary: number | undefined): Promise<CorpusPart> {
  const state = await stateOf(corpus);
  const source: TokenSource = corpus.source;
  const boundaries = 'boundaries' in corpus ? corpus.boundaries : undefined;
  return { ids: nativeIds(source.kind === 'memory' ? source.ids : source, state), boundaries, before: boundary };
}

/** Number of its ids. */
function countOf({ source }: { source: TokenSource }): number {
  return source.kind === 'memory' ? source.ids.length : source.count;
}

/**
 * What trains, and what validates; empty where nothing does.
 * @param boundary the id that stands before each document; undefined where none does.
 * @param resumed what the training goes on from.
 * @throws as `wholeCorpus`.
 */
export async function partsOf(
  corpus: Corpus | FileCorpus,
  validation: number,
  boundary: number | undefined,
  resumed: Checkpoint | undefined,
): Promise<{ train: CorpusPart; validation: CorpusPart }> {
  const state = await stateOf(corpus);
  const inDoubles = resumed !== undefined && isCutInDoubles(resumed);
  const parts = inDoubles ? corpus.splitAt(Math.floor(countOf(corpus) * (1 - validation))) : corpus.split(validation);
  const boundaries = 'boundaries' in parts ? parts.boundaries : undefined;
  return {
    train: { ids: nativeIds(parts.train, state), boundaries: boundaries?.train, before: boundary },
    validation: {
      ids: nativeIds(parts.validation, state),
      boundaries: boundaries?.validation,
      // A stream that is cut goes on there: no document begins.
      before: boundaries === undefined ? undefined : boundary,
    },
  };
}

/** @throws ERR_UNROLLED_CORPUS_TOO_SHORT where a stream's rows are shorter than asked. */
function requireRows(part: string, stream: CorpusPart, { batch, window }: ResolvedStream): void {
  const length = streamLength(stream);
  const tokens = idCount(stream.ids);
  const rowLength = Math.max(0, Math.floor((length - 1) / batch));
  if (rowLength >= window) return;
  const needed = batch * window + 1 - (length - tokens);
  const rows =
    batch > 1
      ? phrase`: with ${refer.option('batch')} ${batch} its rows have ${rowLength}, and at least ${window} are needed`
      : '';
  const lower = [...(batch > 1 ? ['batch'] : []), ...(window > 1 ? ['window'] : [])].map((name) => refer.option(name));
  const advice = lower.length > 0 ? phrase`, or lower ${joined(lower, ' or ')}` : '';
  throw new UnrolledError('ERR_UNROLLED_CORPUS_TOO_SHORT', phrase`The ${part} has ${counted(tokens, 'token')}${rows}`, {
    advice: phrase`Give at least ${needed} tokens${advice}.`,
    option: window > 1 ? 'window' : 'batch',
    expected: `rows of at least ${counted(window, 'token')}`,
    received: `rows of ${rowLength}`,
  });
}

/** The id before, as an option of the native side. */
function ahead(before: number | undefined): { before?: number } {
  return before === undefined ? {} : { before };
}

/** Documents, or ids, that are handled between two looks at the clock. */
const PART = 2 ** 15;

/** Where documents of two ids or more begin once the others are left out, and the length of the longest. */
function* offsetsWork(boundaries: Int32Array): Generator<void, { offsets: Int32Array; longest: number }> {
  const offsets = allocate('int32', boundaries.length);
  let [count, longest] = [0, 0];
  for (let index = 0; index + 1 < boundaries.length; index++) {
    if (index % PART === 0) yield;
    const length = (boundaries[index + 1] as number) - (boundaries[index] as number);
    if (length < 2) continue;
    offsets[count + 1] = (offsets[count] as number) + length;
    count++;
    if (length > longest) longest = length;
  }
  return { offsets: offsets.subarray(0, count + 1), longest };
}

/** The ids of documents of two or more, so many in all. */
function* idsWork(ids: Int32Array, boundaries: Int32Array, count: number): Generator<void, Int32Array> {
  const [begin, end] = [boundaries[0] as number, boundaries.at(-1) as number];
  if (end - begin === count) return ids.subarray(begin, end);
  const kept = allocate('int32', count);
  let at = 0;
  for (let index = 0; index + 1 < boundaries.length; index++) {
    if (index % PART === 0) yield;
    const [first, last] = [boundaries[index] as number, boundaries[index + 1] as number];
    if (last - first < 2) continue;
    for (let from = first; from < last; from += PART) {
      const to = Math.min(from + PART, last);
      kept.set(ids.subarray(from, to), at);
      at += to - from;
      if (to < last) yield;
    }
  }
  return kept;
}

/** Documents of two ids or more, a token and the end: others are left out. */
async function documentsSource(
  part: string,
  { ids, boundaries, before }: DocumentsPart,
  stream: ResolvedStream,
): Promise<DocumentsSource> {
  const { offsets, longest } = await inTurns(offsetsWork(boundaries));
  const count = offsets.length - 1;
  if (count === 0) {
    throw new UnrolledError('ERR_UNROLLED_CORPUS_TOO_SHORT', `The ${part} has no document with a token`, {
      expected: 'at least one document with a token',
      received: counted(boundaries.length - 1, 'document'),
    });
  }
  const unread = before === undefined ? 1 : 0;
  const kept = await inTurns(idsWork(ids, boundaries, offsets[count] as number));
  return {
    ...{ kind: 'documents', ids: kept, offsets, shuffle: false, ...ahead(before) },
    batch: Math.min(stream.batch, count),
    window: Math.min(stream.window, Math.max(1, longest - unread)),
  };
}

/** Text in one stream to train on, or to judge. */
function streamSource({ ids, before }: CorpusPart, stream: ResolvedStream): Extract<CorpusSource, { kind: 'stream' }> {
  return { kind: 'stream', ids, ...ahead(before), ...stream };
}

/**
 * Text to train on.
 * @param part what messages call it.
 * @throws ERR_UNROLLED_CORPUS_TOO_SHORT
 */
export async function trainingSource(
  part: string,
  corpus: CorpusPart,
  stream: ResolvedStream,
  shuffle: boolean,
): Promise<CorpusSource> {
  if (isDocuments(corpus)) return { ...(await documentsSource(part, corpus, stream)), shuffle };
  requireRows(part, corpus, stream);
  return streamSource(corpus, stream);
}

/**
 * Scores text from zero states, all of it, by the model or by a copy that has other weights.
 * @throws (before the scoring) ERR_UNROLLED_CORPUS_TOO_SHORT
 */
export async function scoring(
  model: Network,
  part: string,
  corpus: CorpusPart,
  stream: ResolvedStream,
): Promise<(cancellation: NativeCancellation, sharing: Sharing, weights?: Network) => Promise<NativeEvaluation>> {
  if (isDocuments(corpus)) {
    const source = await documentsSource(part, corpus, stream);
    return (cancellation, sharing, weights = model) =>
      weights.native.evaluateExamples({ source, ...sharing }, cancellation);
  }
  requireRows(part, corpus, { ...stream, window: 1 });
  const source = streamSource(corpus, stream);
  return (cancellation, sharing, weights = model) => weights.native.evaluate({ ...source, ...sharing }, cancellation);
}
