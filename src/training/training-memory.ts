/** What a training takes of the memory, known before it is allocated. */

import { requireMemory } from '../base/limits';
import { phrase, refer } from '../base/messages/phrase';
import { largestBatch, sourceBytes } from '../data/source';
import type { NativePassSize, NativeSequences, NativeSource, NativeTrainingOptions } from '../native/native';
import type { Network } from '../network/network';
import type { Callback } from './callbacks/callback';
import { savesCheckpoints } from './callbacks/checkpoint';
import { slotsOf } from './options/optimizers';

/** Bytes that a training takes. */
export interface TrainingBytes {
  parameters: number;
  /** With the sums that `shards` above 1 takes. */
  gradients: number;
  /** What the optimiser keeps of each parameter. */
  optimizer: number;
  /** What the passes over the largest batch keep. */
  workspace: number;
  /** The native copy of the data. */
  data: number;
  /** Where `callbacks.checkpoint` saves the training: copies of its state, from which it is written while training goes on. */
  checkpoint?: number;
  total: number;
}

/** Those of a training's options that its memory depends on, beside its data. */
type MemoryOptions = Pick<NativeTrainingOptions, 'optimizer' | 'precision' | 'shards'>;

/** Bytes of a checkpoint: one copy of the state natively, and one for its file. */
function checkpointBytes({ parameterBytes }: Network, optimizer: string): number {
  return 2 * parameterBytes * (1 + slotsOf(optimizer).length);
}

/** Of an operand's piece that a product in bf16 packs at once, in both directions: `kernels/bf16_products.cpp`. */
const BF16_PIECE = 2048;

/** The largest piece of an operand that is packed: of a weight, or of what it was multiplied with. */
function bf16Bytes(model: Network, positions: number): number {
  const piece = (...sizes: number[]) => sizes.reduce((area, size) => area * Math.min(size, BF16_PIECE), 2);
  const weights = Object.values(model.parameterShapes).filter((shape) => shape.length === 2) as [number, number][];
  return Math.max(0, ...weights.map(([rows, columns]) => Math.max(piece(rows, columns), piece(positions, columns))));
}

/** Positions of the largest part of a batch, or a little more: as the core reserves them. */
function positionsOfPart(
  sequences: NativeSequences,
  batch: number,
  rows: number,
): { positions: number; ragged: boolean } {
  const { positions, ragged } = largestBatch(sequences, batch);
  const longest = largestBatch(sequences, 1).positions;
  return { positions: Math.min(positions, rows * longest), ragged };
}

/** The largest pass of a step, over a batch or over one of its parts, or a little more. */
function passSize(source: NativeSource, shards: number): NativePassSize {
  const batch = Math.ceil(source.batch / shards);
  if (source.kind === 'stream' || source.kind === 'documents') {
    const { window } = source;
    return {
      positions: Math.min(batch * window, Number.MAX_SAFE_INTEGER),
      batch,
      ...(source.kind === 'documents' && { ragged: true }),
    };
  }
  const { loss } = source.targets;
  if (source.kind !== 'paired') return { ...positionsOfPart(source.sequences, source.batch, batch), batch, loss };
  const inputs = positionsOfPart(source.inputs, source.batch, batch);
  const sources = positionsOfPart(source.source, source.batch, batch);
  return {
    ...{ positions: inputs.positions, batch, sourcePositions: sources.positions },
    ragged: inputs.ragged || sources.ragged,
    loss,
  };
}

export async function trainingBytes(
  model: Network,
  source: NativeSource,
  { optimizer, precision, shards = 1 }: MemoryOptions,
  callbacks: readonly Callback[],
): Promise<TrainingBytes> {
  const parameters = model.parameterBytes;
  const size = passSize(source, shards);
  const passes = await model.native.workspaceBytes(size);
  const bytes = {
    parameters,
    // And the sums of 1, 2, 4, … parts: gradient_tree.h.
    gradients: parameters * (1 + Math.log2(shards)),
    optimizer: parameters * slotsOf(optimizer.kind).length,
    workspace: passes + (precision === 'bf16' ? bf16Bytes(model, size.positions) : 0),
    data: sourceBytes(source),
    ...(callbacks.some(savesCheckpoints) && { checkpoint: checkpointBytes(model, optimizer.kind) }),
  };
  return { ...bytes, total: Object.values(bytes).reduce((total, part) => total + part, 0) };
}

/**
 * Refuses a training that memory cannot hold.
 * @returns what it takes.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY naming `optimizer`, `batch` or `window`, whichever takes most.
 */
export async function requireTrainingBytes(
  model: Network,
  source: NativeSource,
  options: MemoryOptions,
  callbacks: readonly Callback[] = [],
): Promise<TrainingBytes> {
  const bytes = await trainingBytes(model, source, options, callbacks);
  const { total, parameters, workspace, data } = bytes;
  // The model is there already, with one gradient.
  const need = { total, more: total - 2 * parameters };
  if (workspace >= total - workspace - data) {
    const isStream = source.kind === 'stream' || source.kind === 'documents';
    const [batch, window] = [refer.option('batch'), refer.option('window')];
    const advice = isStream ? phrase`Lower ${batch} or ${window}` : phrase`Lower ${batch}, or cut long sequences`;
    requireMemory('Training this model', need, isStream ? 'window' : 'batch', advice);
  } else {
    const kind = refer.option('optimizer');
    const advice = phrase`Make the model smaller, or take an ${kind} that keeps less, as sgd does`;
    requireMemory('Training this model', need, 'optimizer', advice);
  }
  return bytes;
}

/**
 * Refuses to copy the state of a training where memory cannot hold it.
 * @throws ERR_UNROLLED_OUT_OF_MEMORY.
 */
export function requireCheckpointBytes(model: Network, optimizer: string): void {
  const bytes = checkpointBytes(model, optimizer);
  requireMemory('A checkpoint of this training', bytes, 'checkpoint', 'Make the model smaller');
}
