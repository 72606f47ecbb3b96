/**
 * Models as safetensors files: weights under PyTorch's names, and in the metadata what a plain file lacks.
 * A file's bytes depend on weights, vocabulary and description alone.
 */

import * as check from '../base/check';
import { type ErrorCode, UnrolledError } from '../base/errors';
import { giveTurn } from '../base/event-loop';
import { foreignFile } from '../base/files/foreign-files';
import { parseJson } from '../base/json/json-reader';
import { phrase, refer, type Words } from '../base/messages/phrase';
import { type ParameterShapes, parameterShapes } from '../layers/plan';
import type { DType, ModelDescription } from '../native/native';
import { readSafetensors, type Safetensors, writeSafetensors } from '../safetensors';
import { requireFinite, requireFiniteParameters } from '../tensor/finite';
import { showShape } from '../tensor/shape-text';
import { type Tensor, zeros } from '../tensor/tensor';
import { arrayOf } from '../tensor/tensor-shape';
import { givenMetadata, type Metadata, resolveMetadata, type SaveOptions } from './file-metadata';
import type { Network } from './network';
import type { Parameters } from './parameter-layout';
import { withTiedOnce } from './tied-weights';

/** Version of the metadata. A reader refuses a newer one. */
const FORMAT_VERSION = 1;

/** The name of each kind of model in messages, and the class that reads it. */
const KINDS = {
  'language-model': ['a language model', 'LanguageModel'],
  'sequence-classifier': ['a sequence classifier', 'SequenceClassifier'],
  'text-classifier': ['a text classifier', 'TextClassifier'],
  model: ['a model of layers', 'Model'],
} as const satisfies Record<string, readonly [name: string, className: string]>;

/** Kinds of models that files hold. */
export type ModelKind = keyof typeof KINDS;

/** The model in the metadata. */
export interface ModelHeader {
  /** Kind of model and its architecture, in the file's own keys. */
  model: Record<string, unknown>;
  /** The vocabulary as its `toJSON` wrote it. */
  vocabulary: unknown;
}

/** A file of weights, maybe from elsewhere. */
export interface ModelFile {
  path: string;
  tensors: Map<string, Tensor>;
  /** Absent in a file that this package did not write. */
  header?: ModelHeader;
  /** For a checkpoint: its content besides the model. */
  training?: FileTraining;
  /** Strings that are the user's own. */
  metadata: Metadata;
}

/** A training in a checkpoint, as JSON and the tensors that belong to it. */
export interface FileTraining {
  json: unknown;
  tensors: Map<string, Tensor>;
}

/** Prefix of the names of a checkpoint's tensors that do not belong to the model. */
export const TRAINING_PREFIX = 'training.';

/** JSON with sorted keys, the same bytes for the same value. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function formatError(path: string, what: string, cause?: unknown, advice?: Words): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `${path}: ${what}`, {
    ...{ received: path, cause },
    ...(advice !== undefined && { advice }),
  });
}

/** Codes of the errors for invalid options. If the options come from a file, the fault is the file's. */
const OPTION_CODES: readonly ErrorCode[] = [
  'ERR_UNROLLED_UNKNOWN_OPTION',
  'ERR_UNROLLED_OPTION_TYPE',
  'ERR_UNROLLED_OPTION_RANGE',
  'ERR_UNROLLED_SHAPE',
];

/** An error in what a file says of itself as a fault of the file; others as they are. */
export function damagedHeader(path: string, cause: unknown): unknown {
  if (!(cause instanceof UnrolledError) || !OPTION_CODES.includes(cause.code)) return cause;
  return formatError(path, `its description is damaged: ${cause.fault}`, cause, cause.advice);
}

function mismatch(path: string, what: string, details: { expected?: string; received?: string }): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', `${path} does not fit: ${what}`, details);
}

/**
 * The shapes in a file of these parameters. With a single bias the file has both, the second zero, so that PyTorch can
 * load it.
 */
function withZeroBiases(shapes: ParameterShapes, { layers }: ModelDescription): ParameterShapes {
  const single = layers.filter((layer) => 'singleBias' in layer && layer.singleBias === true);
  const zeroes = Object.entries(shapes).flatMap(([name, shape]) => {
    const prefix = single.map((layer) => `${layer.name}.bias_`).find((start) => name.startsWith(`${start}ih_`));
    return prefix === undefined ? [] : [[name.replace(`${prefix}ih_`, `${prefix}hh_`), shape]];
  });
  return { ...shapes, ...Object.fromEntries(zeroes) };
}

/**
 * A model's parameters as its file has them, `finite` where all are known to be. Those that are not could not be read again: they are not written, and
 * the file that is there stays.
 * @throws ERR_UNROLLED_MODEL_NOT_FINITE.
 */
async function fileTensors(
  path: string,
  model: Network,
  { parameters, finite }: { parameters: Parameters; finite: boolean },
): Promise<Map<string, Tensor>> {
  if (!finite) await requireFiniteParameters(`${path} was not written: `, parameters);
  const shapes = withZeroBiases(model.parameterShapes, model.description);
  return new Map(Object.entries(shapes).map(([name, shape]) => [name, parameters[name] ?? zeros(shape, model.dtype)]));
}

function fileMetadata(
  header: ModelHeader,
  frozen: readonly string[],
  given: ReadonlyMap<string, string>,
): Map<string, string> {
  return new Map([
    ...given,
    ['format', 'pt'],
    ['model', sortedJson({ ...header.model, ...(frozen.length > 0 && { frozen }) })],
    ['unrolled', String(FORMAT_VERSION)],
    ['vocabulary', sortedJson(header.vocabulary)],
  ]);
}

/**
 * Copies the weights into a file, whole or not at all.
 * @throws what `resolveMetadata` throws, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_FILE_WRITE.
 */
export async function writeModelFile(
  path: string,
  model: Network,
  header: ModelHeader,
  options?: SaveOptions,
): Promise<void> {
  const metadata = fileMetadata(header, model.frozen, resolveMetadata(options, model.metadata));
  const parameters = await model.parameters();
  await writeSafetensors(path, await fileTensors(path, model, { parameters, finite: false }), metadata);
}

/**
 * Writes a model file of those parameters that holds a training too, whole or not at all.
 * @param frozen names of the parameters that were not trained at that step.
 * @throws ERR_UNROLLED_OPTION_RANGE if the name of a parameter could be one of the training's,
 *   ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_FILE_WRITE.
 */
export async function writeCheckpointFile(
  path: string,
  model: Network,
  weights: { parameters: Parameters; finite: boolean },
  header: ModelHeader,
  frozen: readonly string[],
  training: FileTraining,
): Promise<void> {
  const tensors = await fileTensors(path, model, weights);
  const taken = [...tensors.keys()].find((name) => name.startsWith(TRAINING_PREFIX));
  if (taken !== undefined) {
    throw check.outOfRange('layers', `layers whose names do not begin with ${TRAINING_PREFIX} for a checkpoint`, taken);
  }
  for (const [name, tensor] of training.tensors) tensors.set(name, tensor);
  const metadata = fileMetadata(header, frozen, resolveMetadata(undefined, model.metadata));
  await writeSafetensors(path, tensors, metadata.set('training', sortedJson(training.json)), { evenAtExit: true });
}

async function parseMetadata(path: string, metadata: Map<string, string>, key: string): Promise<unknown> {
  const json = metadata.get(key);
  if (json === undefined) throw formatError(path, `the metadata "${key}" is missing`);
  try {
    return await parseJson(json);
  } catch (cause) {
    throw formatError(path, `the metadata "${key}" is not JSON`, cause);
  }
}

async function parseHeader(path: string, metadata: Map<string, string>): Promise<ModelHeader> {
  const version = metadata.get('unrolled');
  if (version !== String(FORMAT_VERSION)) {
    throw formatError(path, `its format version is ${version}, and this release reads version ${FORMAT_VERSION}`);
  }
  const model = await parseMetadata(path, metadata, 'model');
  if (typeof model !== 'object' || model === null || Array.isArray(model)) {
    throw formatError(path, 'the metadata "model" is not an object');
  }
  return { model: model as Record<string, unknown>, vocabulary: await parseMetadata(path, metadata, 'vocabulary') };
}

/** The error for a file that holds another kind of model. */
export function otherKind(path: string, found: unknown, kind: ModelKind): UnrolledError {
  const known = typeof found === 'string' && Object.hasOwn(KINDS, found) ? KINDS[found as ModelKind] : undefined;
  const what = known === undefined ? `a model of kind ${check.show(found)}` : known[0];
  const advice = known && phrase`${refer.remedy('readOtherKind', `Read it with ${known[1]}.load.`)}`;
  return new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', `${path} holds ${what}, not ${KINDS[kind][0]}`, {
    ...(advice !== undefined && { advice }),
    option: 'kind',
    expected: kind,
    received: typeof found === 'string' ? found : check.show(found),
  });
}

/** The content of a file. If it is of another kind, the error names that kind instead of a fault of its header. */
async function readTensors(path: string): Promise<Safetensors> {
  try {
    return await readSafetensors(path);
  } catch (error) {
    const isFormat = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_MODEL_FORMAT';
    throw isFormat ? await foreignFile(path, error) : error;
  }
}

/**
 * Reads a file; whether it fits a model is seen by `weightsOf`.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const { tensors, metadata: all } = await readTensors(path);
  const metadata = givenMetadata(all);
  if (!all.has('unrolled')) return { path, tensors, metadata };
  const header = await parseHeader(path, all);
  if (!all.has('training')) return { path, tensors, header, metadata };
  const json = await parseMetadata(path, all, 'training');
  const [own, ofTraining] = [new Map<string, Tensor>(), new Map<string, Tensor>()];
  for (const [name, tensor] of tensors) {
    (name.startsWith(TRAINING_PREFIX) ? ofTraining : own).set(name, tensor);
    await giveTurn();
  }
  return { path, tensors: own, header, training: { json, tensors: ofTraining }, metadata };
}

/**
 * The header of a file that must have one.
 * @throws ERR_UNROLLED_MODEL_FORMAT if it has none.
 */
export function requireHeader({ path, header }: ModelFile): ModelHeader {
  if (header !== undefined) return header;
  throw formatError(
    path,
    'it has weights, but no description and no vocabulary',
    undefined,
    phrase`Give it to ${refer.remedy('initFromFile', '--init (or LanguageModel.initFrom)')} with the options of its model.`,
  );
}

/** The element type of a file's model: float64 if any tensor has it, else float32. */
export function dtypeOf({ tensors }: ModelFile): DType {
  for (const { dtype } of tensors.values()) if (dtype === 'float64') return 'float64';
  return 'float32';
}

function checkNames(path: string, tensors: ReadonlyMap<string, Tensor>, expected: ParameterShapes): void {
  const missing = Object.keys(expected).find((name) => !tensors.has(name));
  if (missing !== undefined) {
    throw mismatch(path, `the tensor ${missing} is missing`, { expected: missing });
  }
  for (const extra of tensors.keys()) {
    if (!Object.hasOwn(expected, extra)) throw mismatch(path, `the model has no tensor ${extra}`, { received: extra });
  }
}

function checkShape(path: string, name: string, tensor: Tensor, expected: readonly number[]): void {
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64') {
    throw mismatch(path, `${name} has elements of type ${tensor.dtype}`, {
      expected: 'floats',
      received: tensor.dtype,
    });
  }
  const [wanted, came] = [showShape(expected), showShape(tensor.shape)];
  if (wanted !== came) {
    throw mismatch(path, `${name} has the shape ${came}, but the model's is ${wanted}`, {
      expected: wanted,
      received: came,
    });
  }
}

/** The tensor as the model's element type, every element finite in it. */
function finite(path: string, name: string, tensor: Tensor, dtype: DType): Tensor<DType> {
  const data = tensor.dtype === dtype ? (tensor as Tensor<DType>).data : arrayOf(dtype, tensor.data);
  requireFinite({ where: `${path}: `, name, dtype }, tensor, data);
  return { dtype, shape: tensor.shape, data };
}

/**
 * A file's weights for a model of that description, all checked before the model need exist.
 * @throws ERR_UNROLLED_MODEL_MISMATCH naming the tensor (and both shapes), ERR_UNROLLED_MODEL_NOT_FINITE naming
 *   the tensor and the position.
 */
export function weightsOf(file: ModelFile, description: ModelDescription, dtype: DType): Parameters {
  return checkedWeights(file, parameterShapes(description), description, dtype);
}

/** The same for a model that is there. */
export function weightsLike(file: ModelFile, model: Network): Parameters {
  return checkedWeights(file, model.parameterShapes, model.description, model.dtype);
}

function checkedWeights(
  file: ModelFile,
  trained: ParameterShapes,
  description: ModelDescription,
  dtype: DType,
): Parameters {
  const expected = withZeroBiases(trained, description);
  const tensors = withTiedOnce(file.path, file.tensors, description);
  checkNames(file.path, tensors, expected);
  const weights: Parameters = {};
  for (const [name, shape] of Object.entries(expected)) {
    const tensor = tensors.get(name) as Tensor;
    checkShape(file.path, name, tensor, shape);
    const converted = finite(file.path, name, tensor, dtype);
    if (Object.hasOwn(trained, name)) {
      weights[name] = converted;
    } else if (converted.data.some((value) => value !== 0)) {
      throw mismatch(file.path, `${name} is not zero, but the model has a single bias`, { expected: 'zeros' });
    }
  }
  return weights;
}
