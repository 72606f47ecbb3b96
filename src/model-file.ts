/**
 * Models as safetensors files: weights under PyTorch's names, and in the metadata what a plain file lacks.
 * A file's bytes depend on weights, vocabulary and description alone.
 */

import { UnrolledError } from './errors';
import type { Parameters } from './flat-layout';
import type { Model } from './model';
import type { DType, ModelDescription } from './native/native';
import { type ParameterShapes, parameterShapes } from './parameter-shapes';
import { readSafetensors, writeSafetensors } from './safetensors';
import { firstNonFinite, type Tensor, zeros } from './tensor';

/** Of the metadata; a reader refuses what is newer. */
const FORMAT_VERSION = 1;

/** What the metadata says of a model. */
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
}

/** JSON with sorted keys, the same bytes for the same value. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function formatError(path: string, what: string, cause?: unknown): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `${path}: ${what}.`, { received: path, cause });
}

function mismatch(path: string, what: string, details: { expected?: string; received?: string }): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', `${path} does not fit: ${what}.`, details);
}

function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/**
 * The tensors of a description's file. With a single bias the file has both, the second zero, so that PyTorch
 * can take it.
 */
function fileShapes(description: ModelDescription): ParameterShapes {
  return parameterShapes({
    ...description,
    layers: description.layers.map((layer) => ('singleBias' in layer ? { ...layer, singleBias: false } : layer)),
  });
}

/** Copies the weights into a file, whole or not at all. */
export async function writeModelFile(path: string, model: Model, header: ModelHeader): Promise<void> {
  const parameters = await model.parameters();
  const tensors = new Map<string, Tensor>();
  for (const [name, shape] of Object.entries(fileShapes(model.description))) {
    tensors.set(name, parameters[name] ?? zeros(shape, model.dtype));
  }
  const metadata = new Map([
    ['format', 'pt'],
    ['model', sortedJson(header.model)],
    ['unrolled', String(FORMAT_VERSION)],
    ['vocabulary', sortedJson(header.vocabulary)],
  ]);
  await writeSafetensors(path, tensors, metadata);
}

function parseMetadata(path: string, metadata: Map<string, string>, key: string): unknown {
  const json = metadata.get(key);
  if (json === undefined) throw formatError(path, `the metadata "${key}" is missing`);
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw formatError(path, `the metadata "${key}" is not JSON`, cause);
  }
}

function parseHeader(path: string, metadata: Map<string, string>): ModelHeader {
  const version = metadata.get('unrolled');
  if (version !== String(FORMAT_VERSION)) {
    throw formatError(path, `its format version is ${version}, and this release reads version ${FORMAT_VERSION}`);
  }
  const model = parseMetadata(path, metadata, 'model');
  if (typeof model !== 'object' || model === null || Array.isArray(model)) {
    throw formatError(path, 'the metadata "model" is not an object');
  }
  return { model: model as Record<string, unknown>, vocabulary: parseMetadata(path, metadata, 'vocabulary') };
}

/**
 * Reads a file; whether it fits a model is seen by `weightsOf`.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const { tensors, metadata } = await readSafetensors(path);
  return { path, tensors, ...(metadata.has('unrolled') && { header: parseHeader(path, metadata) }) };
}

/**
 * The header of a file that must have one.
 * @throws ERR_UNROLLED_MODEL_FORMAT where it has none.
 */
export function requireHeader({ path, header }: ModelFile): ModelHeader {
  if (header !== undefined) return header;
  throw formatError(
    path,
    'it holds weights, but neither description nor vocabulary. Give it to --init (or LanguageModel.initFrom) with ' +
      'the options of the model it belongs to',
  );
}

/** The element type of a file's model: float64 where any tensor has it, else float32. */
export function dtypeOf({ tensors }: ModelFile): DType {
  return [...tensors.values()].some(({ dtype }) => dtype === 'float64') ? 'float64' : 'float32';
}

function checkNames({ path, tensors }: ModelFile, expected: ParameterShapes): void {
  const missing = Object.keys(expected).find((name) => !tensors.has(name));
  if (missing !== undefined) {
    throw mismatch(path, `the tensor ${missing} is missing`, { expected: missing });
  }
  const extra = [...tensors.keys()].find((name) => !Object.hasOwn(expected, name));
  if (extra !== undefined) {
    throw mismatch(path, `the model has no tensor ${extra}`, { received: extra });
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
    throw mismatch(path, `${name} has the shape ${came}, and the model's is ${wanted}`, {
      expected: wanted,
      received: came,
    });
  }
}

/** Position of a flat index in a shape, as in `[2, 17]`. */
function showPosition(index: number, shape: readonly number[]): string {
  let rest = index;
  const position = [...shape].reverse().map((size) => {
    const along = rest % size;
    rest = Math.floor(rest / size);
    return along;
  });
  return showShape(position.reverse());
}

/** The tensor as the model's element type, every element finite in it. */
function finite(path: string, name: string, tensor: Tensor, dtype: DType): Tensor<DType> {
  const data = dtype === 'float32' ? new Float32Array(tensor.data) : new Float64Array(tensor.data);
  const index = firstNonFinite(data);
  if (index === -1) return { dtype, shape: tensor.shape, data };
  const position = showPosition(index, tensor.shape);
  throw new UnrolledError(
    'ERR_UNROLLED_MODEL_NOT_FINITE',
    `${path}: ${name}${position} is ${tensor.data[index]}, and as ${dtype} no finite number.`,
    { expected: 'finite weights', received: `${tensor.data[index]} at ${name}${position}` },
  );
}

/**
 * A file's weights for a model of that description, all checked before the model need exist.
 * @throws ERR_UNROLLED_MODEL_MISMATCH naming the tensor (and both shapes), ERR_UNROLLED_MODEL_NOT_FINITE naming
 *   the tensor and the position.
 */
export function weightsOf(file: ModelFile, description: ModelDescription, dtype: DType): Parameters {
  const trained = parameterShapes(description);
  const expected = fileShapes(description);
  checkNames(file, expected);
  const weights: Parameters = {};
  for (const [name, shape] of Object.entries(expected)) {
    const tensor = file.tensors.get(name) as Tensor;
    checkShape(file.path, name, tensor, shape);
    const converted = finite(file.path, name, tensor, dtype);
    if (Object.hasOwn(trained, name)) {
      weights[name] = converted;
    } else if (converted.data.some((value) => value !== 0)) {
      throw mismatch(file.path, `${name} is not zero, and the model has a single bias`, { expected: 'zeros' });
    }
  }
  return weights;
}
