/** Builds the parts of a language model: from options, from a file, or from a file and options. */

import * as check from '../base/check';
import { inTurns } from '../base/event-loop';
import type { Metadata } from '../network/file-metadata';
import { dtypeOf, type ModelFile, readModelFile, weightsOf } from '../network/model-file';
import { idsBefore, isExtension } from '../text/extended-vocabulary';
import { Vocabulary } from '../text/vocabulary';
import { extendedRanks, keepWeights } from './architecture/extended-weights';
import { adopted, completedFrom, otherVocabulary, withOutput } from './architecture/language-model-architecture';
import type { Architecture, NetworkOptions } from './architecture/network-options-table';
import { completeOutput } from './architecture/softmax-head';
import {
  type BuiltNetwork,
  buildNetwork,
  describeNetwork,
  NETWORK_OPTIONS,
  resolveArchitecture,
} from './architecture/text-architecture';
import type { InitOptions, LanguageModelOptions, LoadOptions } from './language-model-types';
import { readDocuments, readHeader, readVocabulary, requireKind, withFormOf } from './model-header';
import { restoreNetwork } from './text-network';

export interface LanguageModelParts {
  vocabulary: Vocabulary;
  architecture: Architecture;
  network: BuiltNetwork;
  /** Whether the end token also precedes each document. */
  documents: boolean;
}

export const KIND = 'language-model';

const LANGUAGE_MODEL_OPTIONS = [
  'vocabulary',
  'frequencies',
  ...NETWORK_OPTIONS,
] as const satisfies (keyof LanguageModelOptions)[];

function requireOptions(options: LanguageModelOptions) {
  const given = check.options('LanguageModel', options, LANGUAGE_MODEL_OPTIONS);
  return { given, vocabulary: check.instance('vocabulary', given.vocabulary, 'a Vocabulary', Vocabulary) };
}

/** @throws what `LanguageModel.initFrom` throws of options that no file makes possible. */
export function requireInitOptions(options: InitOptions) {
  const { extendVocabulary = false, ...others } = check.options('LanguageModel', options, [
    ...LANGUAGE_MODEL_OPTIONS,
    'extendVocabulary',
  ]);
  return { ...requireOptions(others), extendVocabulary: check.boolean('extendVocabulary', extendVocabulary) };
}

/** Whether a new model of that vocabulary is one of documents. */
export function hasEnd({ endId }: Vocabulary): boolean {
  return endId !== undefined;
}

function describe(vocabulary: Vocabulary, architecture: Architecture) {
  return describeNetwork(architecture, { vocabulary: vocabulary.size, outputs: vocabulary.size, last: false });
}

/** `LanguageModel.create` */
export function newParts(options: LanguageModelOptions): LanguageModelParts {
  const { given, vocabulary } = requireOptions(options);
  const architecture = withOutput(resolveArchitecture(given), vocabulary, given.frequencies);
  const network = buildNetwork(describe(vocabulary, architecture), given);
  return { vocabulary, architecture, network, documents: hasEnd(vocabulary) };
}

/** `LanguageModel.load` */
export async function loadedParts(path: string, options: LoadOptions | undefined): Promise<LanguageModelParts> {
  const { threads, unknown } = check.options('LanguageModel.load', options, ['threads', 'unknown']);
  const file = await readModelFile(path);
  const { header, architecture } = readHeader(file, KIND);
  const stored = await readVocabulary(path, header, Vocabulary.restore);
  const vocabulary = unknown === undefined ? stored : stored.withUnknown(unknown);
  const completed = completedFrom(path, architecture, vocabulary);
  const documents = readDocuments(path, header, hasEnd(vocabulary));
  return restored(file, { vocabulary, architecture: completed, documents }, { threads }, file.metadata);
}

/** Values of a file that were already read. */
export interface ReadOfFile {
  /** Metadata that the model keeps from the file: none for a new model, all for one that continues its training. */
  metadata?: Metadata | undefined;
  /** The vocabulary of the file, if it was already read. */
  stored?: Vocabulary | undefined;
}

/** `LanguageModel.initFromFile` */
export async function initialParts(
  file: ModelFile,
  options: InitOptions,
  { metadata, stored: known }: ReadOfFile,
): Promise<LanguageModelParts> {
  const { given, vocabulary: wanted, extendVocabulary } = requireInitOptions(options);
  const { path } = file;
  if (file.header === undefined) {
    if (extendVocabulary)
      throw check.outOfRange('extendVocabulary', `left out, because ${path} has no vocabulary`, true);
    const architecture = withOutput(resolveArchitecture(given), wanted, given.frequencies);
    return restored(file, { vocabulary: wanted, architecture, documents: hasEnd(wanted) }, given, metadata);
  }
  const { header, architecture } = readHeader(file, KIND);
  const asked = adopted(path, architecture, given);
  const stored = known ?? (await readVocabulary(path, header, Vocabulary.restore));
  if (!stored.equals(wanted)) {
    if (!extendVocabulary || stored.kind !== wanted.kind) throw otherVocabulary(path, stored, wanted);
    const extended = isExtension(wanted, stored) ? wanted : await stored.extendedInTurns(wanted);
    const vocabulary = withFormOf(path, stored, wanted.form && stored.form ? extended.withForm(wanted.form) : extended);
    const before = { vocabulary: stored, architecture: completedFrom(path, asked, stored) };
    return extendedParts(file, before, vocabulary, given);
  }
  const vocabulary = withFormOf(path, stored, wanted);
  const isSame = asked.output !== undefined && asked.output === architecture.output;
  if (isSame && given.frequencies !== undefined) {
    throw check.outOfRange('frequencies', 'left out, because the file has ranks of its own', given.frequencies);
  }
  const completed = isSame ? completedFrom(path, asked, vocabulary) : withOutput(asked, vocabulary, given.frequencies);
  const documents = readDocuments(path, header, hasEnd(vocabulary));
  return restored(file, { vocabulary, architecture: completed, documents }, given, metadata);
}

/** Layers of a file whose vocabulary is extended. */
async function extendedParts(
  file: ModelFile,
  { vocabulary: stored, architecture: known }: Pick<LanguageModelParts, 'vocabulary' | 'architecture'>,
  vocabulary: Vocabulary,
  options: LanguageModelOptions,
): Promise<LanguageModelParts> {
  const dtype = options.dtype ?? dtypeOf(file);
  const weights = weightsOf(file, describe(stored, known), dtype);
  const before = idsBefore(vocabulary, stored);
  const { frequencies = vocabulary.frequencies } = options;
  const isRanked = known.output !== undefined;
  const ranks = isRanked ? { ranks: await inTurns(extendedRanks(known, before, frequencies)) } : {};
  const architecture =
    options.frequencies === undefined
      ? completeOutput({ ...known, ...ranks }, { classes: vocabulary.size })
      : withOutput({ ...known, ...ranks }, vocabulary, options.frequencies);
  const network = buildNetwork(describe(vocabulary, architecture), { ...options, dtype });
  const fresh = await network.model.parameters();
  const was = { architecture: known, size: stored.size };
  await inTurns(keepWeights(fresh, weights, before, was, { architecture, size: vocabulary.size }));
  await network.model.setParameters(fresh);
  const wasOfDocuments = readDocuments(file.path, requireKind(file, KIND), hasEnd(stored));
  // One of plain text that is given an end token is a model of documents from now on, as a new one with it is.
  const isToBe = !hasEnd(stored) && hasEnd(vocabulary);
  return { vocabulary, architecture, network, documents: wasOfDocuments || isToBe };
}

async function restored(
  file: ModelFile,
  parts: Omit<LanguageModelParts, 'network'>,
  options: NetworkOptions,
  metadata: Metadata | undefined,
): Promise<LanguageModelParts> {
  const description = describe(parts.vocabulary, parts.architecture);
  return { ...parts, network: await restoreNetwork(file, description, options, metadata) };
}
