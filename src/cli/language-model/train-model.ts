/** What `unrolled train` trains: a text, and a model that is new or comes of a file. */

import * as check from '../../base/check';
import { counted } from '../../base/messages/wording';
import { resolveArchitecture } from '../../models/architecture/text-architecture';
import { LanguageModel } from '../../models/language-model';
import { readVocabulary, requireKind } from '../../models/model-header';
import { type ModelFile, readModelFile } from '../../network/model-file';
import { Corpus } from '../../text/corpus';
import type { FileCorpus } from '../../text/file-corpus';
import type { TokenCounts } from '../../text/token-counts';
import { Vocabulary } from '../../text/vocabulary';
import type { TokenKind, UnknownPolicy, VocabularyOptions } from '../../text/vocabulary-options';
import { checkpointOf } from '../../training/checkpoint/checkpoint-file';
import type { Checkpoint } from '../../training/checkpoint/record';
import { note } from '../terminal/output';
import { networkOptions, type SharedFlags } from '../training-flags';
import { type CorpusFlags, corpusFlags, loadCorpus } from './corpus';
import { noteLeftOut, noteLineEnds, noteUnknown } from './unknown-note';

/** Values of the flags of `train` that it looks at itself. */
export interface TrainFlags extends SharedFlags, CorpusFlags {
  tokens?: TokenKind;
  maxVocab?: number;
  minCount?: number;
  earlyStopping?: number;
  init?: string;
  unknown?: UnknownPolicy;
  extendVocab?: true;
  resume?: string;
  checkpoint?: string;
  checkpointEvery?: number;
  out?: string;
  report?: string;
  tensorboard?: string;
  logEvery?: number;
  estimate?: true;
  json?: true;
}

/** The bounds that were given; any makes an unknown token. */
function vocabularyBounds({ maxVocab, minCount }: TrainFlags): Pick<VocabularyOptions, 'maxSize' | 'minCount'> {
  return {
    ...(maxVocab !== undefined && { maxSize: maxVocab }),
    ...(minCount !== undefined && { minCount }),
  };
}

/**
 * The vocabulary with what `--unknown` says, which is for a text that a model there is has not been made of.
 * @throws ERR_UNROLLED_OPTION_RANGE.
 */
function withUnknown(vocabulary: Vocabulary | undefined, { unknown, init }: TrainFlags): Vocabulary | undefined {
  if (unknown === undefined) return vocabulary;
  if (init === undefined) throw check.outOfRange('unknown', 'left out without --init', unknown);
  if (vocabulary === undefined) throw check.outOfRange('unknown', `left out where ${init} has no vocabulary`, unknown);
  return vocabulary.withUnknown(unknown);
}

/** The vocabulary with the form that the flags ask for, where its file keeps none, as those of earlier releases. */
function withFormAsked(
  vocabulary: Vocabulary | undefined,
  { lineEnds, normalize: normalization }: TrainFlags,
): Vocabulary | undefined {
  if (vocabulary?.form !== undefined || (lineEnds ?? normalization) === undefined) return vocabulary;
  return vocabulary?.withForm({ lineEnds, normalization });
}

/** The file that a training starts from or goes on with. It is read once. */
export interface Origin {
  file: ModelFile;
  /** Its vocabulary, where it has one. */
  stored: Vocabulary | undefined;
  /** The same with what the flags say. */
  vocabulary: Vocabulary | undefined;
  /** Of a training that goes on. */
  checkpoint: Checkpoint | undefined;
}

/**
 * What `--init` or `--resume` names; undefined without either.
 * @throws ERR_UNROLLED_MODEL_MISMATCH for another kind of model, ERR_UNROLLED_MODEL_FORMAT where there is no training to
 *   resume.
 */
export async function originOf(flags: TrainFlags): Promise<Origin | undefined> {
  const { init, resume, extendVocab } = flags;
  if (extendVocab && init === undefined) throw check.outOfRange('extendVocab', 'left out without --init', extendVocab);
  if (resume !== undefined && init !== undefined) throw check.outOfRange('init', 'left out beside --resume', init);
  const path = resume === undefined ? init : check.nonEmptyString('resume', resume);
  if (path === undefined) {
    withUnknown(undefined, flags);
    return undefined;
  }
  const file = await readModelFile(path);
  const header = file.header && requireKind(file, 'language-model');
  const stored = header && (await readVocabulary(path, header, Vocabulary.restore));
  const checkpoint = resume === undefined ? undefined : await checkpointOf(file);
  return { file, stored, vocabulary: withFormAsked(withUnknown(stored, flags), flags), checkpoint };
}

export interface Prepared {
  corpus: Corpus | FileCorpus;
  model: LanguageModel;
  /** Of a text that may have unknown tokens. */
  counts?: TokenCounts;
}

/**
 * A text under the vocabulary of its model, with the counts of its tokens: at once, so that what the model does not know
 * is told of before a long training. One that stays in its file and is of another vocabulary is left to `fit`.
 */
async function counting(corpus: Corpus | FileCorpus, model: LanguageModel): Promise<Prepared> {
  const { vocabulary } = model;
  const isOwn = corpus.vocabulary.equals(vocabulary);
  if (vocabulary.unknown === 'error' || !(isOwn || corpus instanceof Corpus)) return { corpus, model };
  const read = corpus instanceof Corpus ? await corpus.adoptedBy(vocabulary, undefined) : corpus;
  return { corpus: read, model, counts: read.tokenCounts };
}

/** `counting`, of a vocabulary that was made of the text itself: says what it has left out. */
async function countingOwn(corpus: Corpus | FileCorpus, model: LanguageModel): Promise<Prepared> {
  const prepared = await counting(corpus, model);
  if (prepared.counts !== undefined) noteLeftOut(prepared.counts);
  return prepared;
}

/** `counting`, of a vocabulary that was made of another text: says what it lacks. */
async function countingOther(corpus: Corpus | FileCorpus, model: LanguageModel, advice?: string): Promise<Prepared> {
  const prepared = await counting(corpus, model);
  if (prepared.counts !== undefined) {
    noteUnknown(model, prepared.counts, "the text's", advice === undefined ? {} : { advice });
    if (prepared.counts.unknownTokens > 0) noteLineEnds(model, prepared.corpus);
  }
  return prepared;
}

/** A model that goes on from a checkpoint, whose vocabulary the text is read by. */
async function prepareResumed(name: string, origin: Origin, flags: TrainFlags): Promise<Prepared> {
  const { file, stored } = origin;
  const vocabulary = origin.vocabulary as Vocabulary;
  const bounds = { tokens: flags.tokens ?? vocabulary.kind, ...vocabularyBounds(flags) };
  const model = { path: file.path, form: vocabulary.form };
  const corpus = await loadCorpus(name, { flags: corpusFlags(flags), vocabulary: bounds, model });
  const isBound = Object.keys(vocabularyBounds(flags)).length > 0 || flags.tokens !== undefined;
  const options = { ...networkOptions(flags), vocabulary: isBound ? corpus.vocabulary : vocabulary };
  const { metadata } = file;
  return countingOther(corpus, await LanguageModel.initFromFile(file, options, { metadata, stored }));
}

/** Says that a new model trains what was frozen in the file that it begins with. */
function noteThawed({ path, header }: ModelFile): void {
  const { frozen } = header?.model ?? {};
  if (Array.isArray(frozen)) note(`${path} has frozen weights (${frozen.join(', ')}): --init trains them.`);
}

/** A new model with the weights of a file, by whose vocabulary the text is read, whatever else the text has in it. */
async function prepareInitialised(
  name: string,
  { file, stored }: Origin,
  vocabulary: Vocabulary,
  flags: TrainFlags,
): Promise<Prepared> {
  const corpus = await loadCorpus(name, {
    flags: corpusFlags(flags),
    vocabulary: { tokens: vocabulary.kind },
    model: { path: file.path, form: vocabulary.form },
    trained: vocabulary,
  });
  // The text's own knows how frequent its tokens are besides, which another softmax may ask for.
  const isSame = corpus.vocabulary.equals(vocabulary);
  const options = {
    ...networkOptions(flags),
    vocabulary: isSame ? corpus.vocabulary.withUnknown(vocabulary.unknown) : vocabulary,
  };
  const model = await LanguageModel.initFromFile(file, options, { stored });
  noteThawed(file);
  return countingOther(corpus, model, '--extend-vocab gives the model the tokens that it lacks.');
}

/** A new model with the weights of a file and, beside its own tokens, those of the text. */
async function prepareExtended(name: string, origin: Origin, flags: TrainFlags): Promise<Prepared> {
  const { file, vocabulary: before } = origin;
  if (before === undefined)
    throw check.outOfRange('extendVocab', `left out where ${file.path} has no vocabulary`, flags.extendVocab);
  const corpus = await loadCorpus(name, {
    flags: corpusFlags(flags),
    vocabulary: { tokens: flags.tokens ?? before.kind, ...vocabularyBounds(flags) },
    model: { path: file.path, form: before.form },
  });
  const isOther = corpus.vocabulary.kind !== before.kind;
  const extended = isOther ? corpus.vocabulary : await before.extendedInTurns(corpus.vocabulary);
  const vocabulary = flags.unknown === undefined ? extended : extended.withUnknown(flags.unknown);
  const options = { ...networkOptions(flags), vocabulary, extendVocabulary: true };
  const model = await LanguageModel.initFromFile(file, options, { stored: origin.stored });
  noteThawed(file);
  const added = vocabulary.size - before.size;
  note(
    added === 0
      ? 'The model has all tokens of the text already.'
      : `The model had ${counted(before.size, 'token')}, and is given ${added} more that the text has.`,
  );
  return countingOther(corpus, model);
}

/** The text and the model that the flags ask for. */
export async function prepare(name: string, origin: Origin | undefined, flags: TrainFlags): Promise<Prepared> {
  if (origin?.checkpoint !== undefined) return prepareResumed(name, origin, flags);
  if (origin !== undefined && flags.extendVocab) return prepareExtended(name, origin, flags);
  const before = origin?.vocabulary;
  const isAnother = Object.keys(vocabularyBounds(flags)).length > 0 || (flags.tokens ?? before?.kind) !== before?.kind;
  if (origin !== undefined && before !== undefined && !isAnother) {
    return prepareInitialised(name, origin, before, flags);
  }
  const network = networkOptions(flags);
  if (origin === undefined) resolveArchitecture(network);
  const tokens = flags.tokens ?? before?.kind ?? 'char';
  const corpus = await loadCorpus(name, {
    flags: corpusFlags(flags),
    vocabulary: { tokens, ...vocabularyBounds(flags) },
    model: origin && { path: origin.file.path, form: before?.form },
  });
  const options = { ...network, vocabulary: corpus.vocabulary };
  if (origin === undefined) return countingOwn(corpus, LanguageModel.create(options));
  const model = await LanguageModel.initFromFile(origin.file, options, { stored: origin.stored });
  noteThawed(origin.file);
  return countingOwn(corpus, model);
}
