/** The layouts in which the Large Movie Review Dataset goes around. */

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ReadableStream } from 'node:stream/web';
import * as check from '../../base/check';
import { compareCodePoints } from '../../base/code-points';
import { UnrolledError } from '../../base/errors';
import { giveTurn, inTurns } from '../../base/event-loop';
import { counted } from '../../base/messages/plurals';
import { reasonOf } from '../../base/messages/thrown';
import { sorted } from '../../base/sorting';
import { readStreamed } from '../../text/byte-stream';
import type { SourcedExample } from '../../text/example';
import { decodeUtf8, readText } from '../../text/read-text';
import { linesOf as textLines } from '../../text/text-parts';
import { readExamples, requireTexts, textFiles } from '../labelled-files';

export const IMDB_CLASSES = ['neg', 'pos'] as const;

/** The result of every layout. */
export interface ImdbReviews {
  readonly train: readonly SourcedExample[];
  readonly test: readonly SourcedExample[];
}

/** The paths of labelled reviews in the tarball. Other files are ignored; nothing is written to the disk. */
const REVIEW = /^(?:\.\/)?aclImdb\/((train|test)\/(neg|pos)\/[^/]+\.txt)$/;

/** The most bytes of a review. The longest one has 14 thousand bytes. */
const MAX_REVIEW_BYTES = 2 ** 20;

function requireSplits(where: string, { train, test }: ImdbReviews): ImdbReviews {
  requireTexts(`train of ${where}`, IMDB_CLASSES, train);
  if (test.length > 0) requireTexts(`test of ${where}`, IMDB_CLASSES, test);
  return { train, test };
}

async function readFolderSplit(directory: string, split: string, signal?: AbortSignal): Promise<SourcedExample[]> {
  const lists = await Promise.all(IMDB_CLASSES.map((name) => textFiles(directory, `${split}/${name}`)));
  const files = lists.flatMap((list, label) => list.map((source) => ({ source, label })));
  const advice = 'All reviews must be UTF-8: get the dataset again.';
  return (await readExamples(directory, files, { advice, signal })).examples;
}

/**
 * The reviews of `directory/{train,test}/{neg,pos}`; `test` may be absent.
 * @throws what `textFiles` and `readExamples` throw, ERR_UNROLLED_CORPUS_EMPTY.
 */
export async function readFolder(directory: string, signal?: AbortSignal): Promise<ImdbReviews> {
  const train = await readFolderSplit(directory, 'train', signal);
  const hasTest = existsSync(join(directory, 'test'));
  return requireSplits(directory, { train, test: hasTest ? await readFolderSplit(directory, 'test', signal) : [] });
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

function damagedArchive(path: string, reason: string, cause?: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_FILE_READ', `${path} is damaged: ${reason}`, {
    advice: 'Get the file again.',
    received: path,
    cause,
  });
}

/** The pieces of a tarball, up to this many bytes. */
async function* bounded(path: string, pieces: AsyncIterable<Uint8Array>, most: number) {
  let left = most;
  for await (const piece of pieces) {
    left -= piece.length;
    if (left < 0) throw damagedArchive(path, `it unpacks to more than ${most} bytes`);
    yield piece;
  }
}

/**
 * The labelled reviews of a tarball, by their path below `aclImdb`. If two have the same path, the last one counts, as
 * with `tar`.
 */
async function unpack(path: string, archive: AsyncIterable<Uint8Array>): Promise<Map<string, SourcedExample>> {
  const { createTarDecoder } = await import('modern-tar');
  const reviews = new Map<string, SourcedExample>();
  const pieces = ReadableStream.from(archive) as globalThis.ReadableStream<Uint8Array>;
  for await (const { header, body } of pieces.pipeThrough(createTarDecoder({ strict: true }))) {
    const [, source, , className] = REVIEW.exec(header.name) ?? [];
    if (source === undefined || header.type !== 'file') {
      await body.cancel();
      continue;
    }
    if (header.size > MAX_REVIEW_BYTES) throw damagedArchive(path, `${header.name} is too long to be a review`);
    const text = await decodeUtf8(await readAll(body), `${header.name} in ${path}`);
    reviews.set(source, { text, label: IMDB_CLASSES.indexOf(className as 'neg' | 'pos'), source });
  }
  return reviews;
}

/**
 * The reviews of the tarball, gzipped or not, unpacked in memory.
 * @param most bytes that it may unpack to.
 * @throws ERR_UNROLLED_FILE_READ for one that is cut short, damaged, or unpacks to more, ERR_UNROLLED_ENCODING,
 *   ERR_UNROLLED_CORPUS_EMPTY if it has no reviews, ERR_UNROLLED_ABORTED.
 */
export async function readArchive(path: string, most: number, signal?: AbortSignal): Promise<ImdbReviews> {
  const reviews = await readStreamed(path, signal, async (pieces) => {
    try {
      return await unpack(path, bounded(path, pieces, most));
    } catch (cause) {
      // An error of the stream itself has a code.
      if (cause instanceof UnrolledError || (cause as NodeJS.ErrnoException).code !== undefined) throw cause;
      throw damagedArchive(path, reasonOf(cause), cause);
    }
  });
  const all = await inTurns(sorted([...reviews.values()], (a, b) => compareCodePoints(a.source, b.source)));
  return requireSplits(path, {
    train: all.filter(({ source }) => source.startsWith('train/')),
    test: all.filter(({ source }) => source.startsWith('test/')),
  });
}

async function linesOf(path: string): Promise<string[]> {
  const lines: string[] = [];
  for (const line of textLines(await readText(path), /\r?\n/)) {
    lines.push(line);
    await giveTurn();
  }
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * The reviews of `reviews.txt` with the labels of `labels.txt`, line by line, all of them to train on.
 * @throws what `readText` throws; ERR_UNROLLED_SHAPE if one file has more lines; ERR_UNROLLED_FILE_READ for a label
 *   other than `negative` and `positive`.
 */
export async function readLines(directory: string): Promise<ImdbReviews> {
  const [reviewsPath, labelsPath] = [join(directory, 'reviews.txt'), join(directory, 'labels.txt')];
  const [reviews, labels] = await Promise.all([linesOf(reviewsPath), linesOf(labelsPath)]);
  if (reviews.length !== labels.length) {
    const [expected, received] = [counted(labels.length, 'line'), counted(reviews.length, 'line')];
    throw new UnrolledError(
      'ERR_UNROLLED_SHAPE',
      `${reviewsPath} has ${received}, but ${labelsPath} has ${expected}; each line of one belongs to the same line of the other`,
      { expected, received },
    );
  }
  const train = reviews.map((text, index): SourcedExample => {
    const label = ['negative', 'positive'].indexOf((labels[index] as string).trim());
    const line = index + 1;
    if (label !== -1) return { text, label, source: `${basename(reviewsPath)}:${line}` };
    const received = check.show(labels[index]);
    throw new UnrolledError(
      'ERR_UNROLLED_FILE_READ',
      `${labelsPath} cannot be read: line ${line} is ${received}, not negative or positive`,
      { expected: 'negative or positive', received },
    );
  });
  return requireSplits(reviewsPath, { train, test: [] });
}
