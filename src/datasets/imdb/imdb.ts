import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { cacheFolder } from '../../base/files/cache-folder';
import { makeFolder } from '../../base/files/files';
import { fileSha256 } from '../../text/byte-stream';
import type { SourcedExample } from '../../text/example';
import { type DownloadOptions, download } from '../download';
import { IMDB_CLASSES, type ImdbReviews, readArchive, readFolder, readLines } from './layouts';

const URL = 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz';

const BYTES = 84_125_825;
const UNPACKED_BYTES = 2 ** 31;

/** Names of the tarball: of the labelled reviews only, and as published by its authors. */
const ARCHIVES = ['aclImdb_labelled.tar.gz', 'aclImdb_v1.tar.gz'] as const;

/** The folder of the reviews, and whether to download them. */
export interface ImdbOptions extends DownloadOptions {
  /** A folder that has the dataset in one of its layouts, or is `aclImdb` itself. */
  directory?: string | undefined;
  /** Whether the tarball (84 MB) may be downloaded where nothing is found; needs `sha256`. Default false. */
  download?: boolean | undefined;
  /** The address of the tarball. Default: the authors' page. */
  url?: string | undefined;
  /**
   * The SHA-256 of the tarball in hexadecimal digits. A download must have it, and so must a tarball that is found. The
   * authors publish none. The other layouts consist of several files, and are not checked.
   */
  sha256?: string | undefined;
  /** The most bytes of the download. Default: those of the authors' tarball, 84,125,825. */
  maxBytes?: number | undefined;
  /** The most bytes that a tarball may unpack to. Default: 2 GiB. */
  maxUnpackedBytes?: number | undefined;
}

/** The Large Movie Review Dataset. */
export interface Imdb {
  readonly classNames: readonly ['neg', 'pos'];
  /** 25,000 reviews, half of them positive. */
  readonly train: readonly SourcedExample[];
  /** Reviews to test on, as many again; none if only `reviews.txt` and `labels.txt` were found. */
  readonly test: readonly SourcedExample[];
}

/** The required checksum of a tarball. */
interface ArchiveBounds {
  /** Undefined where any will do. */
  sha256: string | undefined;
  maxUnpackedBytes: number;
}

/**
 * The first tarball with that checksum.
 * @throws ERR_UNROLLED_CHECKSUM if none has.
 */
async function checkedArchive(paths: readonly string[], sha256: string, signal?: AbortSignal): Promise<string> {
  let received = '';
  for (const path of paths) {
    received = await fileSha256(path, signal);
    if (received === sha256) return path;
  }
  throw new UnrolledError(
    'ERR_UNROLLED_CHECKSUM',
    `${paths.join(' and ')} ${paths.length > 1 ? 'do' : 'does'} not match sha256`,
    {
      advice: 'Replace or remove it, or leave sha256 out.',
      option: 'sha256',
      expected: `SHA-256 ${sha256}`,
      received: `SHA-256 ${received}`,
    },
  );
}

/** A reader of what a folder has of the dataset; undefined if it has nothing. */
function findIn(folder: string): ((bounds: ArchiveBounds, signal?: AbortSignal) => Promise<ImdbReviews>) | undefined {
  const unpacked = [join(folder, 'aclImdb'), folder].find((path) => existsSync(join(path, 'train', 'pos')));
  if (unpacked !== undefined) return (_, signal) => readFolder(unpacked, signal);
  const archives = ARCHIVES.map((name) => join(folder, name)).filter((path) => existsSync(path));
  const [first] = archives;
  if (first !== undefined) {
    return async ({ sha256, maxUnpackedBytes }, signal) => {
      const archive = sha256 === undefined ? first : await checkedArchive(archives, sha256, signal);
      return readArchive(archive, maxUnpackedBytes, signal);
    };
  }
  const lines = ['reviews.txt', 'labels.txt'].every((name) => existsSync(join(folder, name)));
  return lines ? () => readLines(folder) : undefined;
}

function notFound(folders: readonly string[]): UnrolledError {
  const layouts = `the folder aclImdb, ${ARCHIVES.join(' or ')}, or reviews.txt and labels.txt`;
  return new UnrolledError('ERR_UNROLLED_DATASET', 'The dataset imdb is not on this machine', {
    advice:
      `Get ${URL} and set UNROLLED_DATA to the folder that has it (or pass ` +
      `the folder as directory), or allow the download and give its sha256. The folder must have ${layouts}. ` +
      `Looked in ${folders.join(', ')}.`,
    option: 'directory',
    expected: `a folder with ${layouts}`,
  });
}

function resolveSha256(sha256: unknown): string {
  const digits = check.string('sha256', sha256).toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits)) throw check.outOfRange('sha256', '64 hexadecimal digits', sha256);
  return digits;
}

/**
 * The Large Movie Review Dataset (Maas et al., 2011): 25,000 reviews to train on and 25,000 to test with, `neg` (0) and
 * `pos` (1) in equal parts. The unlabelled reviews are left out.
 *
 * It is looked for in `directory`, in the folder that UNROLLED_DATA names, and in the cache. In each of them it may be
 * the folder `aclImdb/{train,test}/{neg,pos}`, its tarball, which is read without unpacking it to the disk, or
 * `reviews.txt` and `labels.txt` with one review and one `negative` or `positive` per line. Negative examples come
 * first; within a class they are ordered by the code points of their file names. Examples of `reviews.txt` keep their
 * order.
 * @throws ERR_UNROLLED_DATASET if it is not found; ERR_UNROLLED_FILE_READ, ERR_UNROLLED_ENCODING,
 *   ERR_UNROLLED_CORPUS_EMPTY and ERR_UNROLLED_SHAPE if it is damaged; ERR_UNROLLED_DOWNLOAD, ERR_UNROLLED_CHECKSUM,
 *   ERR_UNROLLED_ABORTED.
 */
export async function imdb(options?: ImdbOptions): Promise<Imdb> {
  const known = [
    ...(['directory', 'download', 'url', 'sha256', 'maxBytes', 'maxUnpackedBytes'] as const),
    ...(['signal', 'onProgress', 'timeout'] as const),
  ];
  const given = check.options('datasets.imdb', options, known);
  const { directory, download: mayDownload = false, url = URL, onProgress, timeout } = given;
  const { maxBytes = BYTES, maxUnpackedBytes = UNPACKED_BYTES } = given;
  if (directory !== undefined) check.nonEmptyString('directory', directory);
  check.boolean('download', mayDownload);
  check.nonEmptyString('url', url);
  const sha256 = mayDownload || given.sha256 !== undefined ? resolveSha256(given.sha256) : undefined;
  check.integer('maxBytes', maxBytes, { min: 1 });
  check.integer('maxUnpackedBytes', maxUnpackedBytes, { min: 1 });
  if (timeout !== undefined) check.number('timeout', timeout, { above: 0, max: 86_400 });
  check.callback('onProgress', onProgress);
  const signal = check.abortSignal('signal', given.signal);

  const cache = await cacheFolder();
  const { UNROLLED_DATA } = process.env;
  const folders = [directory, UNROLLED_DATA, cache].filter((folder) => folder) as string[];
  for (const folder of folders) {
    const read = findIn(folder);
    if (read !== undefined) return { classNames: IMDB_CLASSES, ...(await read({ sha256, maxUnpackedBytes }, signal)) };
  }
  if (!mayDownload || sha256 === undefined) throw notFound(folders);
  await makeFolder(cache);
  const path = join(cache, ARCHIVES[1]);
  await download(url, path, { sha256, maxBytes }, { signal, onProgress, timeout });
  return { classNames: IMDB_CLASSES, ...(await readArchive(path, maxUnpackedBytes, signal)) };
}
