import { basename } from 'node:path';
import { Corpus, type CorpusOptions } from '../text/corpus';
import { readText } from '../text/read-text';

/**
 * A corpus from a UTF-8 file, plain or gzipped. Its name is the file's, where none is given.
 * @throws what `readText` and `Corpus.fromText` throw.
 */
export async function text(path: string, options?: CorpusOptions): Promise<Corpus> {
  return Corpus.fromText(await readText(path), { name: basename(path), ...options });
}
