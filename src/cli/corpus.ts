/** The argument `<corpus>`: a file, or a data set by name. */

import { access } from 'node:fs/promises';
import * as datasets from '../datasets';
import type { Corpus } from '../text/corpus';
import type { VocabularyOptions } from '../text/vocabulary';

const NAMED: Record<string, (options: VocabularyOptions) => Promise<Corpus>> = {
  shakespeare: datasets.shakespeare,
  sonnets: datasets.sonnets,
  tang: datasets.tang,
};

export const CORPUS_HELP = `a UTF-8 text file (.gz too), or one of ${Object.keys(NAMED).join(', ')}`;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * The corpus of that name or path. A file outranks a data set of the same name.
 * @throws what the data set or `datasets.text` throws.
 */
export async function loadCorpus(name: string, options: VocabularyOptions = {}): Promise<Corpus> {
  const load = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (load === undefined || (await exists(name))) return datasets.text(name, options);
  return load(options);
}
