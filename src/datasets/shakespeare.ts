import * as check from '../base/check';
import { Corpus } from '../text/corpus';
import { VOCABULARY_OPTIONS, type VocabularyOptions } from '../text/vocabulary-options';
import { readDatasetFile } from './dataset-file';
import type { DownloadOptions } from './download';

const URL = 'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt';

export interface ShakespeareOptions extends VocabularyOptions, DownloadOptions {
  /** A folder that has `tinyshakespeare.txt`. */
  directory?: string;
  /** Whether the file may be downloaded (1.1 MB) if it is not found. Default true. */
  download?: boolean;
  /** The address of the file. Default: the char-rnn repository. */
  url?: string;
}

/**
 * Tiny Shakespeare: 1,115,394 characters of his plays, 65 of them distinct, as char-rnn has it.
 * The file is looked for in `directory`, the folder that UNROLLED_DATA names and the cache, then
 * downloaded into the cache (UNROLLED_CACHE, else the system's place for caches).
 * @throws ERR_UNROLLED_DATASET, ERR_UNROLLED_DOWNLOAD, ERR_UNROLLED_CHECKSUM, ERR_UNROLLED_ABORTED.
 */
export async function shakespeare(options?: ShakespeareOptions): Promise<Corpus> {
  const {
    directory,
    download = true,
    url = URL,
    signal,
    onProgress,
    timeout,
    ...vocabulary
  } = check.options('datasets.shakespeare', options, [
    'directory',
    'download',
    'url',
    'signal',
    'onProgress',
    'timeout',
    ...VOCABULARY_OPTIONS,
  ]);
  const text = await readDatasetFile(
    {
      name: 'shakespeare',
      fileNames: ['tinyshakespeare.txt'],
      sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
      bytes: 1_115_394,
      url: check.nonEmptyString('url', url),
    },
    {
      directory: directory === undefined ? undefined : check.nonEmptyString('directory', directory),
      download: check.boolean('download', download),
      signal: check.abortSignal('signal', signal),
      onProgress: check.callback('onProgress', onProgress),
      timeout: timeout === undefined ? undefined : check.number('timeout', timeout, { above: 0, max: 86_400 }),
    },
  );
  return Corpus.fromLongText(text, { name: 'shakespeare', ...vocabulary });
}
