import * as check from '../base/check';
import { Corpus } from '../text/corpus';
import { VOCABULARY_OPTIONS, type VocabularyOptions } from '../text/vocabulary-options';
import { readDatasetFile } from './dataset-file';

export interface TangOptions extends VocabularyOptions {
  /** A folder that has `tang.txt.gz` or `tang.txt`. */
  directory?: string;
}

/**
 * 57,603 poems of the Tang dynasty: 4,491,632 characters, 9,700 of them distinct (chinese-poetry, MIT).
 * The file is looked for in `directory`, the folder that UNROLLED_DATA names and the cache.
 * @throws ERR_UNROLLED_DATASET, ERR_UNROLLED_CHECKSUM.
 */
export async function tang(options?: TangOptions): Promise<Corpus> {
  const { directory, ...vocabulary } = check.options('datasets.tang', options, ['directory', ...VOCABULARY_OPTIONS]);
  const text = await readDatasetFile(
    {
      name: 'tang',
      fileNames: ['tang.txt.gz', 'tang.txt'],
      sha256: 'a256ae4100a8ca931c017aee6cca589f79da274d02f30eba9ed5b978acf61c48',
      bytes: 12_662_845,
    },
    {
      directory: directory === undefined ? undefined : check.nonEmptyString('directory', directory),
      download: false,
    },
  );
  return Corpus.fromLongText(text, { name: 'tang', ...vocabulary });
}
