/**
 * Checkpoints: model files that also contain a training, which continues with the same bits as one that was never
 * stopped.
 */

import { types } from 'node:util';
import { isRangeError } from '../../base/builtins';
import { UnrolledError } from '../../base/errors';
import { reasonOf } from '../../base/messages/thrown';
import type { FloatArray } from '../../native/native';
import {
  type FileTraining,
  type ModelFile,
  type ModelHeader,
  readModelFile,
  writeCheckpointFile,
} from '../../network/model-file';
import type { Network } from '../../network/network';
import { OPTIMIZER_KINDS, type OptimizerKind } from '../options/optimizers';
import { isDeeperThan, packState, unpackState } from './packed-state';
import type { Checkpoint, TrainingRecord } from './record';
import type { WholeState } from './snapshot';
import { requireSound } from './sound-record';

/**
 * Whether the checkpoint is from a release that computed fractions of the data in doubles, so that a part could be one
 * too short (0.9 of 10 could be 8): the training continues with the same parts. Such a checkpoint does not say what is
 * frozen.
 */
export function isCutInDoubles({ record }: Checkpoint): boolean {
  return record.frozen === undefined;
}

const NAME = 'training';

/** Objects one in another that options and counts may be; they are three. */
const MOST_DEPTH = 100;

/**
 * The error of `JSON.stringify` for what it cannot write, with a code: of a training, only callbacks' states can be so. */
function unwritable(cause: unknown): unknown {
  if (!isRangeError(cause)) return cause;
  const fault = `The state of a callback is nested too deeply, or too large, for a checkpoint: ${reasonOf(cause)}`;
  return new UnrolledError('ERR_UNROLLED_OPTION_RANGE', fault, { option: 'callbacks', cause });
}

/**
 * Writes a checkpoint, whole or not at all: an older one in its place stays until the new one is on the disk.
 * @throws ERR_UNROLLED_OPTION_RANGE for a callback's state that JSON cannot be written of, ERR_UNROLLED_FILE_WRITE.
 */
export async function writeCheckpoint(
  path: string,
  model: Network,
  { parameters, finite, state }: WholeState,
  header: ModelHeader,
  record: Omit<TrainingRecord, 'native'>,
): Promise<void> {
  const { slots, ...native } = state;
  try {
    const packed = packState({ ...record, ...native, optimizer: slots, optimizerKind: native.optimizer }, NAME);
    const weights = { parameters: model.named(parameters), finite };
    await writeCheckpointFile(path, model, weights, header, record.frozen ?? [], packed as FileTraining);
  } catch (cause) {
    throw unwritable(cause);
  }
}

function damaged(path: string, what: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `${path}: its training is damaged: ${what}`, {
    received: path,
  });
}

/** An error of reading a checkpoint, as a fault of its file. */
export function damagedBy(path: string, error: unknown): unknown {
  return error instanceof UnrolledError ? damaged(path, error.fault) : error;
}

type Kind = 'string' | 'number' | 'object' | 'list' | 'array';

function isOf(kind: Kind, value: unknown): boolean {
  if (kind === 'list') return Array.isArray(value);
  if (kind === 'array') return types.isFloat32Array(value) || types.isFloat64Array(value);
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === kind;
}

/** @throws ERR_UNROLLED_MODEL_FORMAT for what is missing or of another kind. */
function requireFields(path: string, value: unknown, fields: Readonly<Record<string, Kind>>): void {
  for (const [field, kind] of Object.entries(fields)) {
    if (!isOf(kind, (value as Record<string, unknown>)[field])) throw damaged(path, `${field} is missing`);
  }
}

const EPOCH_FIELDS: Readonly<Record<string, Kind>> = {
  ...{ lossSum: 'number', count: 'number', correct: 'number', tokens: 'number', seconds: 'number' },
  ...{ losses: 'array', gradientNorms: 'array', learningRates: 'array' },
};

const FIELDS: Readonly<Record<string, Kind>> = {
  ...{ options: 'object', seconds: 'number', callbacks: 'list', steps: 'number', learningRateScale: 'number' },
  ...{ source: 'string', optimizerKind: 'string', optimizer: 'list', bounds: 'array', rows: 'number', hidden: 'array' },
};

/**
 * A record as the file stores it: with the native state in it, whose arrays have the names of the optimiser's slots.
 */
type FlatRecord = Omit<TrainingRecord, 'native'> &
  Omit<TrainingRecord['native'], 'optimizer' | 'slots'> & { optimizer: FloatArray[]; optimizerKind: OptimizerKind };

function parseRecord(path: string, { json, tensors }: FileTraining): TrainingRecord {
  const record = unpackState(json, tensors, (name) => damaged(path, `${name} is missing`)) as FlatRecord;
  if (!isOf('object', record)) throw damaged(path, 'it is not an object');
  requireFields(path, record, FIELDS);
  const { options, totalSteps, data, epoch, isPending, seconds, callbacks, stopReason, frozen, ...rest } = record;
  // Values that are compared or printed recursively. The states of callbacks are not.
  const deep = Object.entries({ options, data }).find(([, value]) => isDeeperThan(MOST_DEPTH, value));
  if (deep !== undefined) throw damaged(path, `${deep[0]} are nested more than ${MOST_DEPTH} deep`);
  const { optimizer: slots, optimizerKind, ...native } = rest;
  if (!OPTIMIZER_KINDS.includes(optimizerKind)) throw damaged(path, 'its optimizer is unknown');
  if (epoch !== undefined) {
    if (!isOf('object', epoch)) throw damaged(path, 'epoch is not an object');
    requireFields(path, epoch, EPOCH_FIELDS);
  }
  if (data !== undefined && !isOf('object', data)) throw damaged(path, 'data is not an object');
  if (frozen !== undefined && !(Array.isArray(frozen) && frozen.every((name) => typeof name === 'string'))) {
    throw damaged(path, 'frozen is not a list of names');
  }
  for (const callback of callbacks) {
    if (!isOf('object', callback)) throw damaged(path, 'a callback is not an object');
    requireFields(path, callback, { name: 'string' });
  }
  if (!slots.every((slot) => isOf('array', slot))) throw damaged(path, 'a slot is missing');
  return {
    ...{ options, seconds, callbacks, native: { ...native, optimizer: optimizerKind, slots } },
    ...(totalSteps !== undefined && { totalSteps }),
    ...(data !== undefined && { data }),
    ...(epoch !== undefined && { epoch, ...(isPending === true && { isPending }) }),
    ...(stopReason !== undefined && { stopReason }),
    ...(frozen !== undefined && { frozen }),
  };
}

/**
 * Reads a checkpoint; whether it fits a training is seen when that begins.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT for a damaged one and for a
 *   model without a training.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  return checkpointOf(await readModelFile(path));
}

/**
 * The checkpoint that a file holds.
 * @throws ERR_UNROLLED_MODEL_FORMAT as `readCheckpoint`.
 */
export async function checkpointOf(file: ModelFile): Promise<Checkpoint> {
  const { path, header, training } = file;
  if (header === undefined || training === undefined) {
    throw new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `${path} has no training to resume: it is not a checkpoint`, {
      expected: 'a checkpoint',
      received: path,
    });
  }
  const record = parseRecord(path, training);
  try {
    await requireSound(record, file.tensors.values());
  } catch (error) {
    throw damagedBy(path, error);
  }
  return { file, header, record };
}

/**
 * The running epoch must have figures for exactly the steps that were made of it.
 * @throws ERR_UNROLLED_MODEL_FORMAT
 */
export function requireSteps({ file, record: { epoch } }: Checkpoint, steps: number): void {
  const { losses, gradientNorms, learningRates } = epoch ?? {};
  for (const [name, figures] of Object.entries({ losses, gradientNorms, learningRates })) {
    const came = figures?.length ?? 0;
    if (came !== steps) throw damaged(file.path, `${name} of ${came} steps, but ${steps} were made`);
  }
}
