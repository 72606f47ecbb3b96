/** A corpus under a model's own vocabulary. */

import * as check from '../base/check';
import { adviceOf, faultOf, UnrolledError } from '../base/errors';
import { isRemedy, phrase, refer, reworded } from '../base/messages/phrase';
import { Corpus } from './corpus';
import { FileCorpus } from './file-corpus';
import { AS_IT_IS, isInForm } from './text-form';
import type { Vocabulary } from './vocabulary';

/** The error for a corpus of another vocabulary, of which the model's own lacks a token. */
function otherCorpus({ name }: Corpus | FileCorpus, error: unknown): unknown {
  if (!(error instanceof UnrolledError) || error.code !== 'ERR_UNROLLED_UNKNOWN_TOKEN') return error;
  const { code, expected = '', received = '' } = error;
  const lacking = reworded(faultOf(error), ({ kind }) => (kind === 'vocabulary' ? "the model's" : undefined));
  const skipped = refer.remedy(
    'skipUnknown',
    'Remove it from the text, skip unknown tokens with ' +
      "corpus.withVocabulary(model.vocabulary.withUnknown('skip')), or create a model with vocabulary: corpus.vocabulary.",
  );
  return new UnrolledError(
    code,
    phrase`The corpus ${check.show(name)} has another vocabulary than the model. ${lacking}`,
    {
      ...{ option: 'corpus', expected, received, cause: error },
      advice: reworded(adviceOf(error) ?? '', (reference) =>
        isRemedy(reference, 'skipUnknown') ? skipped : undefined,
      ),
    },
  );
}

/**
 * The corpus with that vocabulary; it is encoded again if its own differs.
 * @throws ERR_UNROLLED_OPTION_TYPE if it is not a corpus, ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_ABORTED.
 */
export async function adoptCorpus(
  corpus: Corpus | FileCorpus,
  vocabulary: Vocabulary,
  signal: AbortSignal | undefined,
): Promise<Corpus | FileCorpus> {
  const expected = 'a Corpus, as datasets.text or datasets.textFile read one';
  check.instance<Corpus | FileCorpus>('corpus', corpus, expected, Corpus, FileCorpus);
  const { form = AS_IT_IS } = corpus.vocabulary;
  const isRead = corpus.vocabulary.equals(vocabulary) && isInForm(form, vocabulary.form ?? AS_IT_IS);
  if (isRead) return corpus instanceof Corpus ? corpus.encoded(signal) : corpus;
  try {
    if (corpus instanceof FileCorpus) return await corpus.withVocabulary(vocabulary, { signal });
    return await corpus.adoptedBy(vocabulary, signal);
  } catch (error) {
    throw otherCorpus(corpus, error);
  }
}
