/** Sequences as people have them, checked and laid one after another as the native side reads them. */

import { types } from 'node:util';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { giveTurn, Pace } from '../base/event-loop';
import type { DType, FloatArray, InputDescription, NativeSequences } from '../native/native';
import type { FloatTensor } from '../network/parameter-layout';
import { nestedInTurns, nestedTensor } from '../tensor/nested-numbers';
import { offsetsOf } from '../tensor/offsets';
import { showShape } from '../tensor/shape-text';
import { elementCount, type NestedPlanes, type NestedRows, type Tensor } from '../tensor/tensor';
import { allocate, FLOATS, isList, isTensor, requireDType } from '../tensor/tensor-shape';
import { copyIds, copyValues, listsIn, oneList } from './copying';

/** Sequences of ids in one array: sequence i is `ids[offsets[i] .. offsets[i + 1])`, as `TextVectorizer.encodeAll` gives. */
export interface JoinedSequences {
  ids: Int32Array;
  /** `[N + 1]`, from 0 to the number of ids. */
  offsets: Int32Array;
}

/**
 * N sequences, the first axis being N: of ids, lists that may differ in length, or joined, or a tensor `[N, T]`; of
 * vectors, tensors `[T, F]` or one tensor `[N, T, F]`, or nested arrays of these shapes, whose T may differ. Where every
 * sequence is a single step, `[N]` and `[N, F]` do.
 */
export type SequenceData =
  | NestedRows
  | NestedPlanes
  | JoinedSequences
  | Tensor<'int32'>
  | readonly FloatTensor[]
  | FloatTensor;

/** The kind of an input: ids below `vocabulary`, or vectors of `features`. */
export type ElementKind = InputDescription;

export function shapeError(option: string, expected: string, received: string): UnrolledError {
  const fault = `${option} must have ${expected}, not ${received}`;
  return new UnrolledError('ERR_UNROLLED_SHAPE', fault, { option, expected, received });
}

function empty(option: string, noun: 'sequence' | 'element'): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `${option} has no ${noun}s`, {
    option,
    expected: `at least one ${noun}`,
  });
}

export function floats(dtype: DType, length: number): FloatArray {
  return allocate(dtype, length);
}

/** The length of each of a list, as `lengthOf` says it. */
export async function lengthsOf(
  list: readonly unknown[],
  lengthOf: (item: unknown, index: number) => number,
): Promise<Float64Array> {
  const lengths = allocate('float64', list.length);
  const pace = new Pace();
  for (let index = 0; index < lengths.length; index++) {
    lengths[index] = lengthOf(list[index], index);
    if (pace.isDue(0)) await giveTurn();
  }
  return lengths;
}

/** The offsets of sequences with these lengths, none of which is empty. */
function sequenceOffsets(option: string, lengths: Float64Array): Int32Array {
  if (lengths.length === 0) throw empty(option, 'sequence');
  const index = lengths.indexOf(0);
  if (index !== -1) throw empty(`${option}[${index}]`, 'element');
  return offsetsOf(option, lengths);
}

function equalOffsets(option: string, count: number, time: number): Int32Array {
  return sequenceOffsets(option, allocate('float64', count).fill(time));
}

function requireData(option: string, { shape, data }: Tensor): void {
  if (data.length === elementCount(shape)) return;
  throw shapeError(option, `data of the shape ${showShape(shape)}`, `${data.length} elements`);
}

/** Ids of a tensor `[N, T]` or `[N]`. */
async function tensorIds(option: string, tensor: Tensor, vocabulary: number): Promise<NativeSequences> {
  requireDType(option, tensor, ['int32']);
  const [count = 0, time = 1, ...more] = tensor.shape;
  if (tensor.shape.length === 0 || more.length > 0) {
    throw shapeError(option, 'the shape [N, T] or [N]', showShape(tensor.shape));
  }
  requireData(option, tensor);
  const offsets = equalOffsets(option, count, time);
  const ids = allocate('int32', tensor.data.length);
  await copyIds(...oneList(option, tensor.data), vocabulary, ids);
  return { ids, offsets };
}

async function listIds(option: string, lists: readonly unknown[], vocabulary: number): Promise<NativeSequences> {
  const sequences = check.list(option, lists, 'lists of ids', 'a list of ids').slice() as ArrayLike<number>[];
  const lengths = await lengthsOf(sequences, (list, index) => {
    if (!isList(list)) throw check.wrongType(`${option}[${index}]`, 'a list of ids', list);
    return list.length;
  });
  const offsets = sequenceOffsets(option, lengths);
  const ids = allocate('int32', offsets.at(-1) as number);
  await copyIds(listsIn(option, sequences), offsets, vocabulary, ids);
  return { ids, offsets };
}

function isJoined(value: unknown): value is JoinedSequences {
  return typeof value === 'object' && value !== null && 'ids' in value && 'offsets' in value;
}

async function joinedIds(
  option: string,
  { ids, offsets }: JoinedSequences,
  vocabulary: number,
): Promise<NativeSequences> {
  for (const [name, array] of Object.entries({ ids, offsets })) {
    if (!types.isInt32Array(array)) throw check.wrongType(`${option}.${name}`, 'an Int32Array', array);
  }
  const lengths = Float64Array.from(offsets.subarray(1), (end, index) => {
    const start = offsets[index] as number;
    // Only a wrong element needs the words of the validator.
    if (end >= start && end <= ids.length) return end - start;
    return check.integer(`${option}.offsets[${index + 1}]`, end, { min: start, max: ids.length });
  });
  if (offsets[0] !== 0 || offsets.at(-1) !== ids.length) {
    throw check.outOfRange(`${option}.offsets`, `from 0 to the ${ids.length} ids`, offsets.at(-1));
  }
  const copy = allocate('int32', ids.length);
  const starts = sequenceOffsets(option, lengths);
  await copyIds(...oneList(`${option}.ids`, ids), vocabulary, copy);
  return { ids: copy, offsets: starts };
}

function requireFloats(option: string, tensor: Tensor, features: number, ranks: readonly number[]): void {
  const { shape } = tensor;
  requireDType(option, tensor, FLOATS);
  if (!ranks.includes(shape.length) || shape.at(-1) !== features) {
    const names = { 2: `[T, ${features}]`, 3: `[N, T, ${features}]` } as const;
    const expected = ranks.length > 1 ? `[N, ${features}] or ${names[3]}` : names[2];
    throw shapeError(option, `the shape ${expected}`, showShape(shape));
  }
  requireData(option, tensor);
}

async function tensorFeatures(option: string, tensor: Tensor, width: number, dtype: DType): Promise<NativeSequences> {
  requireFloats(option, tensor, width, [2, 3]);
  const [count = 0] = tensor.shape;
  const offsets = equalOffsets(option, count, tensor.shape.length === 3 ? (tensor.shape[1] as number) : 1);
  const features = floats(dtype, tensor.data.length);
  await copyValues(...oneList(option, tensor.data), 1, features);
  return { features, offsets };
}

/** Whether an element is a vector of numbers, and not a sequence of vectors. */
function isVector(element: unknown): boolean {
  return types.isTypedArray(element) || (Array.isArray(element) && typeof element[0] === 'number');
}

async function listFeatures(
  option: string,
  list: readonly unknown[],
  width: number,
  dtype: DType,
): Promise<NativeSequences> {
  if (isVector(list[0])) return tensorFeatures(option, await nestedInTurns(option, list, 'float64'), width, dtype);
  const expected = `a tensor [T, ${width}], or nested arrays of that shape`;
  const elements = check.list(option, list, 'a list', expected).slice();
  const tensors: FloatTensor[] = [];
  const lengths = await lengthsOf(elements, (element, index) => {
    const name = `${option}[${index}]`;
    if (Array.isArray(element) && element.length === 0) throw empty(name, 'element');
    const tensor = isList(element) ? nestedTensor(name, element, 'float64') : element;
    if (!isTensor(tensor)) throw check.wrongType(name, expected, tensor);
    requireFloats(name, tensor, width, [2]);
    tensors.push(tensor as FloatTensor);
    return tensor.shape[0] as number;
  });
  const offsets = sequenceOffsets(option, lengths);
  const features = floats(dtype, (offsets.at(-1) as number) * width);
  const arrays = tensors.map(({ data }) => data);
  await copyValues(listsIn(option, arrays), offsets, width, features);
  return { features, offsets };
}

/** Whether there are no sequences at all, as in `[]`. The answer is then also empty. */
export function isNothing(data: unknown): boolean {
  if (isTensor(data)) return data.shape[0] === 0;
  if (isJoined(data)) return data.offsets.length === 1;
  return Array.isArray(data) && data.length === 0;
}

/**
 * Sequences for an input of that kind.
 * @param option what messages call them.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE for an id outside the vocabulary or a number that is not
 *   finite, ERR_UNROLLED_SHAPE, ERR_UNROLLED_CORPUS_EMPTY for no sequences or an empty one.
 */
export async function toSequences(
  option: string,
  data: unknown,
  kind: ElementKind,
  dtype: DType,
): Promise<NativeSequences> {
  if (kind.kind === 'ids') {
    if (isTensor(data)) return tensorIds(option, data, kind.vocabulary);
    if (Array.isArray(data)) return listIds(option, data, kind.vocabulary);
    if (isJoined(data)) return joinedIds(option, data, kind.vocabulary);
    throw check.wrongType(option, 'lists of ids, or a tensor [N, T] of type int32', data);
  }
  if (isTensor(data)) return tensorFeatures(option, data, kind.features, dtype);
  if (Array.isArray(data)) return listFeatures(option, data, kind.features, dtype);
  const shapes = `[T, ${kind.features}], or a tensor [N, T, ${kind.features}], or nested arrays of that shape`;
  throw check.wrongType(option, `tensors ${shapes}`, data);
}

/**
 * The id that ends a decoder's output. It must differ from `start`, or every answer would end at once.
 * @throws ERR_UNROLLED_OPTION_RANGE if it equals `start`.
 */
export function requireEnd(end: number, start: number): number {
  if (end !== start) return end;
  throw check.outOfRange('end', 'another id than start', end);
}
