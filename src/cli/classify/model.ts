/** Flags of `classify train` that describe the model, and the model of a checkpoint. */

import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { phrase, refer } from '../../base/messages/phrase';
import { architectureFromFile } from '../../models/architecture/classifier-architecture';
import { readVocabulary, requireKind } from '../../models/model-header';
import { damagedHeader, type ModelFile, type ModelHeader } from '../../network/model-file';
import type { Normalization } from '../../text/text-form';
import { TextVectorizer } from '../../text/text-vectorizer';
import type { StopWords } from '../../text/vectorizer-options';
import { CLASSIFIER_FLAGS } from '../training-flags';

/** Flags of the vocabulary and of the network, which a checkpoint has its own of. */
export interface ModelFlags {
  maxVocab?: number;
  normalize?: Normalization;
  standardize?: 'lower-and-strip-punctuation' | 'lower' | 'strip-punctuation' | 'none';
  split?: 'whitespace' | 'character' | 'word';
  /** A list by its name, or the words of the file that was named. */
  stopWords?: StopWords;
  sequenceLength?: number;
}

const VECTORIZER_FLAGS: readonly (keyof ModelFlags)[] = [
  ...(['maxVocab', 'normalize', 'standardize', 'split', 'stopWords', 'sequenceLength'] as const),
];

/** The flags that would create the model of a checkpoint. */
function flagsOf(path: string, header: ModelHeader, vocabulary: TextVectorizer): Readonly<Record<string, unknown>> {
  const { maxTokens, normalization = 'none', ...vectorizer } = vocabulary.toJSON().options;
  try {
    const { bidirectional, ...architecture } = architectureFromFile(header.model);
    return {
      ...vectorizer,
      ...architecture,
      maxVocab: maxTokens,
      normalize: normalization,
      oneDirection: !bidirectional,
    };
  } catch (error) {
    throw damagedHeader(path, error);
  }
}

/** Lists by their elements. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (Array.isArray(one) && JSON.stringify(one) === JSON.stringify(other));
}

/**
 * The vectorizer of a checkpoint. Another model than that has is refused; what is not given is the checkpoint's.
 * @throws ERR_UNROLLED_MODEL_MISMATCH naming the flag and both values; for another kind of model.
 */
export async function vectorizerFor(file: ModelFile, typed: ModelFlags): Promise<TextVectorizer> {
  const header = requireKind(file, 'text-classifier');
  const vectorizer = await readVocabulary(file.path, header, TextVectorizer.fromJSON);
  const before = flagsOf(file.path, header, vectorizer);
  const flags = typed as Readonly<Record<string, unknown>>;
  const all = [...VECTORIZER_FLAGS, ...CLASSIFIER_FLAGS];
  const other = all.find((flag) => flags[flag] !== undefined && !isSame(flags[flag], before[flag]));
  if (other === undefined) return vectorizer;
  const [expected, received] = [
    before[other] === undefined ? 'none' : check.show(before[other]),
    check.show(flags[other]),
  ];
  throw new UnrolledError(
    'ERR_UNROLLED_MODEL_MISMATCH',
    phrase`${file.path} has ${refer.option(other)} ${expected}, but ${received} was requested`,
    { advice: "Leave the option out to use the file's value.", option: other, expected, received },
  );
}
