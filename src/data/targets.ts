/** Targets as people have them, checked against the sequences and the model, as the native side reads them. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { counted } from '../base/messages/plurals';
import { CLASS_LOSSES, type ClassLoss, VALUE_LOSSES, valueRange } from '../native/losses';
import type { DType, FloatArray, ModelPlan, NativeSequences, NativeTargets } from '../native/native';
import { nestedInTurns, nestedTensor } from '../tensor/nested-numbers';
import { showShape } from '../tensor/shape-text';
import type { Tensor } from '../tensor/tensor';
import { allocate, allocating, FLOATS, isList, isTensor, requireDType } from '../tensor/tensor-shape';
import { copyIds, copyValues, type Lists, listsIn, oneList } from './copying';
import { floats, lengthsOf, shapeError, toSequences } from './sequences';
import { sequenceCount } from './source';

/** The context that targets must fit. */
export interface TargetContext {
  /** The output of the model. */
  output: Pick<ModelPlan, 'features' | 'once'>;
  dtype: DType;
  /** The name of the sequences in messages, `inputs`. */
  sequences: NativeSequences;
}

/** Targets, and whether they are at every position rather than one per sequence. */
export interface ResolvedTargets {
  targets: NativeTargets;
  everywhere: boolean;
}

function lengthOf({ offsets }: NativeSequences, index: number): number {
  return (offsets[index + 1] as number) - (offsets[index] as number);
}

function isSingle({ offsets }: NativeSequences): boolean {
  return offsets.at(-1) === offsets.length - 1;
}

/** The error for targets that do not fit the model. */
function unfit(option: string, why: string, fix: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', `${option} do not fit the model: ${why}`, {
    advice: `${fix}.`,
    option,
  });
}

/** One target a sequence; where a model has an output at every step, of sequences of a single step only. */
function onePerSequence(option: string, { output, sequences }: TargetContext): boolean {
  if (output.once) return false;
  if (isSingle(sequences)) return true;
  const fix = 'Give tags (or values [N, T, F]), or end the sequence with a pooling layer';
  throw unfit(option, 'there is one per sequence, but the model has an output at every step', fix);
}

function requirePositions(option: string, { output }: TargetContext): void {
  if (!output.once) return;
  const fix = 'Give labels (or values [N, F]), or leave the pooling layer out';
  throw unfit(option, 'there is one at every position, but the model has one output per sequence', fix);
}

function classLoss(loss: unknown, { features }: TargetContext['output']): ClassLoss {
  const given = loss === undefined ? (features === 1 ? 'binaryCrossEntropy' : 'crossEntropy') : loss;
  const chosen = check.oneOf('loss', given, CLASS_LOSSES);
  if (chosen === 'binaryCrossEntropy' && features !== 1) {
    throw check.outOfRange('loss', `crossEntropy for classes of a model with ${features} outputs`, chosen);
  }
  return chosen;
}

/** Classes as the loss reads them, checked: ids, or 0 and 1 as values. */
async function classTargets(lists: Lists, offsets: Int32Array, loss: unknown, context: TargetContext) {
  const chosen = classLoss(loss, context.output);
  const ids = allocate('int32', offsets.at(-1) as number);
  await copyIds(lists, offsets, chosen === 'crossEntropy' ? context.output.features : 2, ids);
  if (chosen === 'crossEntropy') return { loss: chosen, ids };
  const values = floats(context.dtype, ids.length);
  values.set(ids);
  return { loss: chosen, values };
}

function requireCount(option: string, count: number, { sequences }: TargetContext): void {
  const wanted = sequenceCount(sequences);
  if (count !== wanted) throw shapeError(option, counted(wanted, 'entry', 'entries'), String(count));
}

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_SHAPE, ERR_UNROLLED_MODEL_MISMATCH. */
export async function labelTargets(labels: unknown, loss: unknown, context: TargetContext): Promise<ResolvedTargets> {
  const list = isTensor(labels) ? labels.data : labels;
  if (!isList(list)) throw check.wrongType('labels', 'a list of classes', labels);
  requireCount('labels', list.length, context);
  const everywhere = onePerSequence('labels', context);
  const targets = await classTargets(...oneList('labels', list), loss, context);
  return { targets, everywhere };
}

/** Tags laid one after another; they must be as long as their sequences. */
async function flatTags(
  option: string,
  tags: unknown,
  context: TargetContext,
): Promise<{ ids: Int32Array; offsets: Int32Array }> {
  const { ids, offsets } = await toSequences(option, tags, { kind: 'ids', vocabulary: 2 ** 31 }, context.dtype);
  requireCount(option, offsets.length - 1, context);
  for (let index = 0; index + 1 < offsets.length; index++) {
    const [wanted, came] = [lengthOf(context.sequences, index), lengthOf({ offsets }, index)];
    if (wanted !== came) throw shapeError(`${option}[${index}]`, `${wanted} entries, like its sequence`, String(came));
  }
  return { ids: ids as Int32Array, offsets };
}

/** The same errors as `labelTargets`. */
export async function tagTargets(tags: unknown, loss: unknown, context: TargetContext): Promise<ResolvedTargets> {
  requirePositions('tags', context);
  const { ids, offsets } = await flatTags('tags', tags, context);
  const lists = {
    nameOf: (index: number) => `tags[${index}]`,
    at: (index: number) => ids.subarray(offsets[index], offsets[index + 1]),
  };
  const targets = await classTargets(lists, offsets, loss, context);
  return { targets, everywhere: true };
}

/** Values of tensors `[T, F]`, one per sequence. */
async function listedValues(tensors: readonly Tensor[], context: TargetContext): Promise<FloatArray> {
  const { output, dtype, sequences } = context;
  requirePositions('values', context);
  requireCount('values', tensors.length, context);
  const values = floats(dtype, (sequences.offsets.at(-1) as number) * output.features);
  const arrays = Array.from(tensors, (tensor, index) => {
    const option = `values[${index}]`;
    if (!isTensor(tensor)) throw check.wrongType(option, 'a tensor [T, F]', tensor);
    requireShapeOf(option, tensor, [lengthOf(sequences, index), output.features]);
    return tensor.data;
  });
  await copyValues(listsIn('values', arrays), sequences.offsets, output.features, values);
  return values;
}

function requireShapeOf(option: string, { shape, data, dtype }: Tensor, wanted: readonly number[]): void {
  requireDType(option, { dtype }, FLOATS);
  const count = wanted.reduce((product, size) => product * size, 1);
  if (showShape(shape) === showShape(wanted) && data.length === count) return;
  throw shapeError(option, `the shape ${showShape(wanted)}`, showShape(shape));
}

/** Whether values are at every position, by their shape. */
function areEverywhere({ shape }: Tensor, { output, sequences }: TargetContext): boolean {
  if (shape.length === 3) return true;
  return shape.length === 2 && !output.once && output.features === 1 && !isSingle(sequences);
}

async function tensorValues(
  tensor: Tensor,
  context: TargetContext,
): Promise<{ values: FloatArray; everywhere: boolean }> {
  const { output, dtype, sequences } = context;
  const everywhere = areEverywhere(tensor, context);
  const count = sequenceCount(sequences);
  if (everywhere) {
    requirePositions('values', context);
    const time = lengthOf(sequences, 0);
    const ragged = sequences.offsets.findIndex((offset, index) => offset !== index * time);
    if (ragged !== -1)
      throw check.wrongType('values', 'a tensor for each sequence, because the sequences differ in length', tensor);
    requireShapeOf('values', tensor, tensor.shape.length === 3 ? [count, time, output.features] : [count, time]);
  } else {
    requireShapeOf(
      'values',
      tensor,
      tensor.shape.length === 1 && output.features === 1 ? [count] : [count, output.features],
    );
  }
  const values = floats(dtype, tensor.data.length);
  await copyValues(...oneList('values', tensor.data), 1, values);
  return { values, everywhere: everywhere || onePerSequence('values', context) };
}

/** Nested arrays, of two axes or of three. */
function isNested(given: unknown): given is readonly (readonly unknown[])[] {
  return Array.isArray(given) && isList(given[0]);
}

/** `[N, F]`, or for an output at every step `[N, T, F]` (of a single output `[N, T]`), where sequences may differ in T. */
async function nestedValues(
  given: readonly (readonly unknown[])[],
  context: TargetContext,
): Promise<{ values: FloatArray; everywhere: boolean }> {
  const { output, sequences } = context;
  const isListed = isList(given[0]?.[0]) || (!output.once && output.features === 1 && !isSingle(sequences));
  if (!isListed) return tensorValues(await nestedInTurns('values', given, 'float64'), context);
  const tensors: Tensor[] = [];
  const rows = check.list('values', given, 'a list', 'an array of numbers, or of such arrays');
  await lengthsOf(rows.slice(), (element, index) => {
    const tensor = isList(element) ? nestedTensor(`values[${index}]`, element, 'float64') : (element as Tensor);
    const isColumn = isTensor(tensor) && tensor.shape.length === 1;
    return tensors.push(isColumn ? { ...tensor, shape: [...tensor.shape, 1] } : tensor);
  });
  return { values: await listedValues(tensors, context), everywhere: true };
}

/** The same errors as `labelTargets`. */
export async function valueTargets(given: unknown, loss: unknown, context: TargetContext): Promise<ResolvedTargets> {
  const chosen = check.oneOf('loss', loss === undefined ? 'squaredError' : loss, VALUE_LOSSES);
  const isNumbers = isList(given) && (!Array.isArray(given) || typeof given[0] === 'number');
  let resolved: { values: FloatArray; everywhere: boolean };
  if (isNested(given)) {
    resolved = await nestedValues(given, context);
  } else if (isTensor(given)) {
    resolved = await tensorValues(given, context);
  } else if (isNumbers) {
    const numbers = given as ArrayLike<number>;
    const hole = Array.isArray(given) ? check.firstHole(given) : -1;
    if (hole !== -1) throw check.wrongType(`values[${hole}]`, 'a number', undefined);
    const data = allocating('float64', numbers.length, () => Float64Array.from(numbers));
    resolved = await tensorValues({ dtype: 'float64', shape: [data.length], data }, context);
  } else if (Array.isArray(given)) {
    resolved = { values: await listedValues(given, context), everywhere: true };
  } else {
    throw check.wrongType('values', 'a tensor, nested arrays, or a list of numbers or tensors', given);
  }
  const { least, most } = valueRange(chosen);
  const outside = resolved.values.findIndex((value) => value < least || value > most);
  if (outside !== -1) {
    throw check.outOfRange(`values[${outside}]`, `from ${least} to ${most} for ${chosen}`, resolved.values[outside]);
  }
  return { targets: { loss: chosen, values: resolved.values }, everywhere: resolved.everywhere };
}
