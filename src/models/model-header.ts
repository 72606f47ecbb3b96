/** The header of a model file: the kind of model, its architecture, and its vocabulary. */

import { outOfRange, show } from '../base/check';
import { UnrolledError } from '../base/errors';
import { phrase, refer } from '../base/messages/phrase';
import {
  damagedHeader,
  formatError,
  type ModelFile,
  type ModelHeader,
  type ModelKind,
  otherKind,
  requireHeader,
} from '../network/model-file';
import { FORM_OPTIONS, type FormOptions, type TextForm } from '../text/text-form';
import type { Vocabulary } from '../text/vocabulary';
import type { Architecture } from './architecture/network-options-table';
import { ARCHITECTURE_OPTIONS, NETWORK_ROWS } from './architecture/network-options-table';
import { resolveArchitecture } from './architecture/text-architecture';

/** An architecture in a file, by the names that the file uses: the options, and values derived from the text. */
const KEYS = [
  ...ARCHITECTURE_OPTIONS.map((option) => [option, NETWORK_ROWS[option].key] as const),
  ['ranks', 'ranks'],
] as [option: keyof Architecture, key: string][];

/** @param extra what only this kind of model has. */
export function headerOf(
  kind: ModelKind,
  architecture: Architecture,
  vocabulary: { toJSON(): unknown },
  extra: Record<string, unknown> = {},
): ModelHeader {
  const described = KEYS.map(([option, key]) => [key, architecture[option]]);
  return { model: { kind, ...Object.fromEntries(described), ...extra }, vocabulary: vocabulary.toJSON() };
}

/**
 * The vocabulary of a file, by `read`.
 * @throws ERR_UNROLLED_MODEL_FORMAT naming the file.
 */
export async function readVocabulary<V>(
  path: string,
  header: ModelHeader,
  read: (value: unknown) => V | Promise<V>,
): Promise<V> {
  try {
    return await read(header.vocabulary);
  } catch (cause) {
    if (!(cause instanceof UnrolledError)) throw cause;
    throw formatError(path, cause.fault, cause);
  }
}

/**
 * Whether the end token also precedes each document in the training data of a language model. Files of earlier releases
 * do not say; for them the answer is no.
 * @throws ERR_UNROLLED_MODEL_FORMAT.
 */
export function readDocuments(path: string, { model: { documents } }: ModelHeader, hasEndToken: boolean): boolean {
  if (documents === undefined) return false;
  if (documents !== true) throw formatError(path, `its documents are ${show(documents)}, not true`);
  if (!hasEndToken) throw formatError(path, 'it was trained on documents, but its vocabulary has no end token');
  return true;
}

/**
 * Refuses another form of texts than a model's.
 * @param path of the model's file.
 * @throws ERR_UNROLLED_MODEL_MISMATCH naming the option.
 */
export function requireSameForm(path: string, form: TextForm, asked: FormOptions): void {
  const option = FORM_OPTIONS.find((name) => asked[name] !== undefined && asked[name] !== form[name]);
  if (option === undefined) return;
  const [expected, received] = [form[option], asked[option] as string];
  throw new UnrolledError(
    'ERR_UNROLLED_MODEL_MISMATCH',
    phrase`${path} has ${refer.option(option)} ${show(expected)}, but ${show(received)} was requested`,
    { advice: "Leave the option out to use the file's value.", option, expected, received },
  );
}

/**
 * A vocabulary given for the model of a file. If it has no form, it gets that of the file.
 * @throws ERR_UNROLLED_MODEL_MISMATCH if it has another.
 */
export function withFormOf(path: string, stored: Vocabulary, given: Vocabulary): Vocabulary {
  if (stored.form === undefined) return given;
  if (given.form === undefined) return given.withForm(stored.form);
  requireSameForm(path, stored.form, given.form);
  return given;
}

/**
 * The header of a file that must hold that kind of model.
 * @throws ERR_UNROLLED_MODEL_FORMAT without a header, ERR_UNROLLED_MODEL_MISMATCH for another kind of model.
 */
export function requireKind(file: ModelFile, kind: ModelKind): ModelHeader {
  const header = requireHeader(file);
  const { kind: found } = header.model;
  if (found === kind) return header;
  throw otherKind(file.path, found, kind);
}

/**
 * The header of a file that must hold that kind of model, and the architecture in it.
 * @throws what `requireKind` throws, ERR_UNROLLED_MODEL_FORMAT for a damaged one.
 */
export function readHeader(file: ModelFile, kind: ModelKind): { header: ModelHeader; architecture: Architecture } {
  const header = requireKind(file, kind);
  const options = KEYS.map(([option, key]) => [option, header.model[key]]);
  try {
    const architecture = resolveArchitecture(Object.fromEntries(options));
    if (kind !== 'language-model' && architecture.output !== undefined) {
      throw outOfRange('output', 'left out for a classifier', architecture.output);
    }
    return { header, architecture };
  } catch (error) {
    throw damagedHeader(file.path, error);
  }
}
