/** Data of any shape as the native side trains on it: checked whole, then copied. */

import { isPlainObject } from '../base/builtins';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { giveTurn, Pace } from '../base/event-loop';
import { planOf } from '../layers/plan';
import type {
  InputDescription,
  NativeBatching,
  NativeExamples,
  NativeSequences,
  NativeTargets,
} from '../native/native';
import type { Network } from '../network/network';
import { offsetsOf } from '../tensor/offsets';
import { allocate, isList, zerosLike } from '../tensor/tensor-shape';
import { copyIds, listsIn } from './copying';
import { lengthsOf, requireEnd, toSequences } from './sequences';
import { sequenceCount } from './source';
import { labelTargets, type ResolvedTargets, type TargetContext, tagTargets, valueTargets } from './targets';
import type { PairedData, TrainingData } from './training-data';

/** Examples that are not cut into batches yet. */
export type Examples =
  | { kind: 'labelled' | 'tagged'; sequences: NativeSequences; targets: NativeTargets }
  | { kind: 'paired'; source: NativeSequences; inputs: NativeSequences; targets: NativeTargets };

/** Facts about the model. */
type Described = Pick<Network, 'description' | 'dtype'>;

const KEYS = ['inputs', 'labels', 'tags', 'values', 'loss', 'sources', 'targets', 'start', 'end'] as const;

/** Options that only a model with a source has. */
const SOURCE_KEYS = ['sources', 'targets', 'start', 'end'] as const;

/** The data of a model without a source, and with one. */
const PLAIN = '{ inputs } with labels, tags or values';
const PAIRED = '{ sources, targets, start, end }, or { sources, inputs } with tags or values';

type Given = Partial<Record<(typeof KEYS)[number], unknown>>;

function missing(option: string, expected: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_OPTION_TYPE', `The data has no ${option}: ${expected}`, { option, expected });
}

/** Exactly one kind of targets must be there. */
async function resolveTargets({ labels, tags, values, loss }: Given, context: TargetContext): Promise<ResolvedTargets> {
  const given = Object.entries({ labels, tags, values }).filter(([, value]) => value !== undefined);
  const [first, second] = given;
  if (first === undefined) throw missing('labels', 'give labels, tags or values');
  if (second !== undefined) throw check.outOfRange(second[0], `left out if ${first[0]} are given`, second[1]);
  if (labels !== undefined) return labelTargets(labels, loss, context);
  return tags === undefined ? valueTargets(values, loss, context) : tagTargets(tags, loss, context);
}

type IdSequences = Required<Pick<NativeSequences, 'ids' | 'offsets'>>;

/** Each sequence with an id added at its beginning or its end. */
async function extended({ ids, offsets }: IdSequences, id: number, before: boolean): Promise<IdSequences> {
  const count = offsets.length - 1;
  const longer = allocate('int32', ids.length + count);
  const ends = offsetsOf(
    'targets',
    offsets.slice(1).map((end, index) => end - (offsets[index] as number) + 1),
  );
  const pace = new Pace();
  for (let index = 0; index < count; index++) {
    const at = ends[index] as number;
    const sequence = ids.subarray(offsets[index], offsets[index + 1]);
    longer.set(sequence, before ? at + 1 : at);
    longer[before ? at : (ends[index + 1] as number) - 1] = id;
    if (pace.isDue(sequence.length)) await giveTurn();
  }
  return { ids: longer, offsets: ends };
}

/** Target ids, of which a sequence may have none: only `end` is written then. */
async function targetIds(targets: PairedData['targets'], vocabulary: number): Promise<NativeSequences> {
  if (!Array.isArray(targets)) return toSequences('targets', targets, { kind: 'ids', vocabulary }, 'float32');
  if (targets.length === 0) throw missing('targets', 'at least one is needed');
  const lists = check.list('targets', targets, 'lists of ids', 'a list of ids').slice() as ArrayLike<number>[];
  const lengths = await lengthsOf(lists, (list, index) => {
    if (!isList(list)) throw check.wrongType(`targets[${index}]`, 'a list of ids', list);
    return list.length;
  });
  const offsets = offsetsOf('targets', lengths);
  const ids = allocate('int32', offsets.at(-1) as number);
  await copyIds(listsIn('targets', lists), offsets, vocabulary, ids);
  return { ids, offsets };
}

async function pairedExamples(given: Given, source: NativeSequences, model: Described): Promise<Examples> {
  const { input } = model.description;
  const output = planOf(model.description);
  if (input.kind !== 'ids') {
    const expected = 'left out for a decoder that reads vectors: give inputs with tags or values';
    throw check.outOfRange('targets', expected, given.targets);
  }
  const vocabulary = Math.min(input.vocabulary, output.features);
  const start = check.integer('start', given.start, { min: 0, max: input.vocabulary - 1 });
  const end = requireEnd(check.integer('end', given.end, { min: 0, max: output.features - 1 }), start);
  const targets = (await targetIds(given.targets as PairedData['targets'], vocabulary)) as IdSequences;
  requireSameCount('targets', targets, source);
  const inputs = await extended(targets, start, true);
  const { ids } = await extended(targets, end, false);
  return { kind: 'paired', source, inputs, targets: { loss: 'crossEntropy', ids } };
}

function requireSameCount(option: string, sequences: NativeSequences, source: NativeSequences): void {
  const [wanted, came] = [sequenceCount(source), sequenceCount(sequences)];
  if (wanted === came) return;
  throw new UnrolledError('ERR_UNROLLED_SHAPE', `There are ${wanted} sources and ${came} ${option}`, {
    option,
    expected: String(wanted),
    received: String(came),
  });
}

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_UNKNOWN_OPTION. */
function requireData(data: unknown): Given {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  // A corpus, say; of an object with some of the keys, the unknown ones are named.
  const isOther = isObject && !isPlainObject(data) && !KEYS.some((key) => key in data);
  if (!isObject || isOther) {
    throw check.wrongType('data', `${PLAIN}, or for a model with a source ${PAIRED}`, data);
  }
  return check.options<Given>('data', data as Given, KEYS);
}

/** @throws ERR_UNROLLED_OPTION_RANGE for what only an encoder–decoder is trained with. */
function requireNoSource(given: Given): void {
  for (const key of SOURCE_KEYS) {
    if (given[key] === undefined) continue;
    const fault = `${key} must be left out, because the model has no source: its data are ${PLAIN}`;
    throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', fault, {
      option: key,
      expected: 'left out',
      received: check.show(given[key]),
    });
  }
}

/**
 * Checks the data of an encoder–decoder: either `targets`, which it writes itself, or `inputs` with their own targets.
 */
function requireSource(given: Given, { kind }: InputDescription): void {
  if (given.sources === undefined) {
    throw missing('sources', `the model has a source of ${kind}, so its data must be ${PAIRED}`);
  }
  if (given.targets === undefined && given.inputs === undefined) {
    throw missing('targets', `the data of a model with a source must be ${PAIRED}`);
  }
  const [one, others] =
    given.targets === undefined
      ? (['inputs', ['start', 'end']] as const)
      : (['targets', ['inputs', 'labels', 'tags', 'values']] as const);
  for (const key of others) {
    if (given[key] !== undefined) throw check.outOfRange(key, `left out if ${one} are given`, given[key]);
  }
  if (given.targets === undefined) return;
  if (given.start === undefined) throw missing('start', 'give the id that the decoder reads first');
  if (given.end === undefined) throw missing('end', 'give the id that ends the output of the decoder');
  if (given.loss !== undefined) check.oneOf('loss', given.loss, ['crossEntropy']);
}

/**
 * Checks data for a model and copies them.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_SHAPE,
 *   ERR_UNROLLED_CORPUS_EMPTY naming the array and its place, as in `tags[3][0]`; ERR_UNROLLED_MODEL_MISMATCH for data of
 *   another shape than the model.
 */
export async function toExamples(model: Described, data: TrainingData): Promise<Examples> {
  const given = requireData(data);
  const { description, dtype } = model;
  const { input, source: sourceInput } = description;
  if (sourceInput === undefined) requireNoSource(given);
  else requireSource(given, sourceInput);
  const source = sourceInput && (await toSequences('sources', given.sources, sourceInput, dtype));
  if (source !== undefined && given.targets !== undefined) return pairedExamples(given, source, model);
  if (given.inputs === undefined) throw missing('inputs', `sequences of ${input.kind} are needed`);
  const sequences = await toSequences('inputs', given.inputs, input, dtype);
  const context = { output: planOf(description), dtype, sequences };
  const { targets, everywhere } = await resolveTargets(given, context);
  if (source === undefined) return { kind: everywhere ? 'tagged' : 'labelled', sequences, targets };
  requireSameCount('inputs', sequences, source);
  if (!everywhere) throw check.outOfRange('labels', 'left out for an encoder–decoder; give tags', given.labels);
  return { kind: 'paired', source, inputs: sequences, targets };
}

/** Number of examples N. */
export function exampleCount(examples: Examples): number {
  return sequenceCount(examples.kind === 'paired' ? examples.source : examples.sequences);
}

/** The elements at these indices, in this order; `offsets` are those of the result. */
async function pick<Data extends Int32Array | Float32Array | Float64Array>(
  data: Data,
  offsets: Int32Array,
  indices: readonly number[],
  picked: Int32Array,
): Promise<Data> {
  const width = offsets.at(-1) === 0 ? 0 : data.length / (offsets.at(-1) as number);
  const all = zerosLike(data, (picked.at(-1) as number) * width);
  const pace = new Pace();
  for (let place = 0; place < indices.length; place++) {
    const index = indices[place] as number;
    const part = data.subarray((offsets[index] as number) * width, (offsets[index + 1] as number) * width);
    all.set(part, (picked[place] as number) * width);
    if (pace.isDue(part.length)) await giveTurn();
  }
  return all;
}

function pickOffsets(offsets: Int32Array, indices: readonly number[]): Int32Array {
  const picked = allocate('int32', indices.length + 1);
  for (let place = 0; place < indices.length; place++) {
    const index = indices[place] as number;
    picked[place + 1] = (picked[place] as number) + (offsets[index + 1] as number) - (offsets[index] as number);
  }
  return picked;
}

async function pickSequences(
  { ids, features, offsets }: NativeSequences,
  indices: readonly number[],
): Promise<NativeSequences> {
  const picked = pickOffsets(offsets, indices);
  return {
    offsets: picked,
    ...(ids && { ids: await pick(ids, offsets, indices, picked) }),
    ...(features && { features: await pick(features, offsets, indices, picked) }),
  };
}

async function pickTargets({ loss, ids, values }: NativeTargets, offsets: Int32Array, indices: readonly number[]) {
  const picked = pickOffsets(offsets, indices);
  return {
    loss,
    ...(ids && { ids: await pick(ids, offsets, indices, picked) }),
    ...(values && { values: await pick(values, offsets, indices, picked) }),
  };
}

/** The examples of those numbers, in that order. */
export async function pickExamples(examples: Examples, indices: readonly number[]): Promise<Examples> {
  if (examples.kind === 'paired') {
    return {
      kind: 'paired',
      source: await pickSequences(examples.source, indices),
      inputs: await pickSequences(examples.inputs, indices),
      targets: await pickTargets(examples.targets, examples.inputs.offsets, indices),
    };
  }
  const { kind, sequences, targets } = examples;
  // With one target per sequence, the offsets count one per sequence.
  const ones = kind === 'labelled' ? Int32Array.from({ length: sequences.offsets.length }, (_, i) => i) : undefined;
  return {
    kind,
    sequences: await pickSequences(sequences, indices),
    targets: await pickTargets(targets, ones ?? sequences.offsets, indices),
  };
}

/** Examples cut into batches, of no more than there are. */
export function inBatches(examples: Examples, batching: NativeBatching): NativeExamples {
  return { ...examples, ...batching, batch: Math.min(batching.batch, exampleCount(examples)) };
}
