/** A piece of text to look at a trained model with. */

import { Corpus } from '../../text/corpus';
import type { FileCorpus } from '../../text/file-corpus';
import { readIdRange } from '../../text/id-file';
import type { Vocabulary } from '../../text/vocabulary';

/**
 * Ids of the beginning of the text that validates, or where none does, of the end of the corpus.
 * @param vocabulary the model's, in which the ids are.
 * @param tokens most ids that are wanted.
 */
export async function unseenIds(
  corpus: Corpus | FileCorpus,
  vocabulary: Vocabulary,
  validation: number,
  tokens: number,
): Promise<Int32Array> {
  const ids = await pieceOf(corpus, validation, tokens);
  if (corpus.vocabulary.equals(vocabulary)) return ids;
  // A piece may begin within a character of bytes; what the model lacks is left out.
  return vocabulary.withUnknown('skip').encode(corpus.vocabulary.decode(ids));
}

async function pieceOf(corpus: Corpus | FileCorpus, validation: number, tokens: number): Promise<Int32Array> {
  if (corpus instanceof Corpus) {
    await corpus.encodeInTurns();
    const { train, validation: unseen } = corpus.split(validation);
    return unseen.length > 0 ? unseen.slice(0, tokens) : train.slice(-tokens);
  }
  await corpus.currentIds();
  const { train, validation: unseen } = corpus.split(validation);
  const count = Math.min(tokens, unseen.count > 0 ? unseen.count : train.count);
  const first = unseen.count > 0 ? unseen.first : train.first + train.count - count;
  return readIdRange({ ...train, first, count });
}
