/** How a training starts, and how it ends: the checks before its first step, and one result an epoch to the caller. */

import { UnrolledError } from '../base/errors';
import { phrase } from '../base/messages/phrase';
import { version } from '../base/package';
import { stepsPerEpoch } from '../data/source';
import type { NativeSharedFact } from '../native/distributed/native-group';
import type { NativeRank, NativeTraining, NativeTrainingOptions } from '../native/native';
import { sortedJson } from '../network/model-file';
import type { Network } from '../network/network';
import { CallbackList } from './callbacks/callback-list';
import { damagedBy } from './checkpoint/checkpoint-file';
import { OR_RESTART, otherData } from './checkpoint/data-counts';
import type { RecordedOptions } from './checkpoint/record';
import { requireSameModel, restoreModel } from './checkpoint/restore';
import type { EpochResult } from './epoch-result';
import { Loop, type Run } from './loop';
import { TRAINING_ROWS } from './options/training-options-table';
import { Follower } from './ranks/follower';
import { failTogether, Lead } from './ranks/lead';
import { decodeOrder, encodeOrder, type Order } from './ranks/orders';
import { overMpi } from './ranks/over-mpi';
import { planRun, type RunPlan } from './run-plan';
import { requireTrainingBytes, type TrainingBytes } from './training-memory';

/**
 * Trains, and yields after each epoch. Between two `next()` the model is idle; leaving the loop ends training.
 * @throws at the first `next()` ERR_UNROLLED_BUSY while another training of the model runs, or another training uses a
 *   callback with a state, ERR_UNROLLED_OUT_OF_MEMORY before anything is allocated, and ERR_UNROLLED_MODEL_MISMATCH if
 *   model, data or options differ from the checkpoint; later ERR_UNROLLED_ABORTED, ERR_UNROLLED_NON_FINITE_LOSS with
 *   its step, and the errors of callbacks. The weights are those of the last whole step, unless a callback restores
 *   others.
 */
export async function* runTraining(given: Run): AsyncGenerator<EpochResult, void, undefined> {
  const { model } = given;
  model.requireIdle();
  const run = given.options.distributed === undefined ? given : await overMpi(given);
  const { loop, training } = await model.exclusively(() => startLoop(run));
  try {
    do {
      const result = await model.exclusively(() => loop.next());
      if (result !== undefined) yield result;
    } while (!loop.isDone);
  } finally {
    try {
      await leave(model, loop);
    } finally {
      loop.release();
      training.dispose();
    }
  }
}

/**
 * The callbacks of a training that begins, held before there is anything to wait for: of two that begin one after the
 * other, the later one is refused.
 * @throws ERR_UNROLLED_BUSY if one that remembers something is in another training.
 */
function heldCallbacks({ model, options }: Pick<Run, 'model' | 'options'>): CallbackList {
  const { learningRateScale = 1, steps = 0 } = options.resumed?.record.native ?? {};
  const list = new CallbackList(options.callbacks, model, learningRateScale, steps);
  list.hold();
  return list;
}

/** Ends a training whose loop was left: nobody waits for its next epoch. */
async function leave(model: Network, loop: Steps): Promise<void> {
  if (loop.isClosed) return;
  if (model.isDisposed) await loop.leave();
  else await model.exclusively(() => loop.leave());
}

/**
 * Reads the data of a training. A signal may end the reading: a resumed training then ends as if it was stopped before
 * its next step, so that the model gets the weights that its callbacks keep.
 * @throws the errors of `read`; ERR_UNROLLED_MODEL_MISMATCH for a checkpoint of another model.
 */
export async function readData<T>(run: Omit<Run, 'source' | 'validate'>, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isAborted = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED';
    const { model, header, options, onRestored } = run;
    const { resumed } = options;
    if (!isAborted || resumed === undefined || model.isDisposed) throw error;
    requireSameModel(model, header, resumed);
    await model.exclusively(async () => {
      const list = heldCallbacks(run);
      try {
        await list.start();
        list.restore(resumed.file.path, resumed.record.callbacks);
        await restoreModel(model, resumed);
        onRestored?.();
        await list.close();
      } finally {
        list.release();
      }
    });
    throw error;
  }
}

/** Steps of an epoch where only the native side knows how it cuts the data. */
async function countSteps({ model, source, options }: Run): Promise<number> {
  const training = model.native.startTraining({ ...options.native, source });
  try {
    await training.prepare();
    return training.stepsPerEpoch;
  } finally {
    training.dispose();
  }
}

/** Says of a checkpoint in bf16 that this is why bf16 is refused: the option may not have been given. */
function refusedPrecision(path: string, { fault, expected = '', received = '' }: UnrolledError): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_PRECISION', `${path} is from a training in bf16: ${fault}`, {
    ...{ option: 'precision', expected, received },
    advice: phrase`Continue on a machine that supports bf16${OR_RESTART}.`,
  });
}

/** The options that decide what a training is, of which all ranks have the same names. */
function optionFacts(recorded: RecordedOptions): NativeSharedFact[] {
  const rows = Object.entries(TRAINING_ROWS).filter(
    ([, row]) => row.recorded !== undefined && row.recorded !== 'within',
  );
  const facts = rows.map(([name]) => {
    const value = (recorded as Record<string, unknown>)[name];
    return { name, value: value === undefined ? 'off' : sortedJson(value), isOption: true };
  });
  return [...facts, { name: 'options', value: sortedJson(recorded) }];
}

/**
 * Begins a training on all ranks, from rank 0's state where it resumes one.
 * @throws ERR_UNROLLED_RANKS_DIFFER.
 */
async function gather(group: NativeRank, training: NativeTraining, { resumed, recorded }: Run['options']) {
  const begin: Order = { do: 'begin', isResumed: resumed !== undefined };
  const order = decodeOrder(await training.say(group.info().rank === 0 ? encodeOrder(begin) : undefined));
  const isResumed = order.do === 'begin' && order.isResumed;
  if (isResumed) await training.resume(resumed?.record.native);
  const facts = isResumed ? [] : optionFacts(recorded);
  // The weights of a resumed training are not yet in the model: rank 0 sends them before the first step.
  await training.agree([{ name: 'unrolled', value: version }, ...facts], !isResumed);
}

/** @throws ERR_UNROLLED_MODEL_MISMATCH for a checkpoint of other data, ERR_UNROLLED_PRECISION. */
async function startNative(
  { model, source, options }: Run,
  schedule: NonNullable<NativeTrainingOptions['schedule']>,
): Promise<NativeTraining> {
  const { resumed } = options;
  const native = { ...options.native, schedule, source };
  let training: NativeTraining | undefined;
  try {
    training = model.native.startTraining(native);
    await training.prepare();
    if (native.group !== undefined) await gather(native.group, training, options);
    else if (resumed !== undefined) await training.resume(resumed.record.native);
    return training;
  } catch (error) {
    training?.dispose();
    if (resumed === undefined || !(error instanceof UnrolledError)) throw error;
    const { code, option = '' } = error;
    if (code === 'ERR_UNROLLED_PRECISION') throw refusedPrecision(resumed.file.path, error);
    // Model and options are the same by now: what is left are the data, and what does not go together in the file.
    if (code === 'ERR_UNROLLED_MODEL_MISMATCH' && option === 'resume.source') throw otherData(resumed, source, error);
    throw option.startsWith('resume') ? damagedBy(resumed.file.path, error) : error;
  }
}

/** @throws ERR_UNROLLED_MODEL_MISMATCH for a checkpoint of another model or other options, and what `planRun` throws. */
async function plan(run: Run): Promise<RunPlan> {
  const { model, source, options, header } = run;
  const perEpoch = source.kind === 'documents' ? await countSteps(run) : stepsPerEpoch(source);
  if (options.resumed !== undefined) requireSameModel(model, header, options.resumed);
  return planRun(run, perEpoch);
}

/**
 * Whether a training could begin, which is not begun.
 * @returns the bytes that it takes.
 * @throws what `runTraining` throws before its first step.
 */
export async function requireRunnable(run: Run): Promise<TrainingBytes> {
  const { model, source, options } = run;
  const { schedule } = await plan(run);
  const bytes = await requireTrainingBytes(model, source, options.native, options.callbacks);
  // Only the native side can tell whether the data are those of a checkpoint.
  if (options.resumed !== undefined) (await startNative(run, schedule)).dispose();
  return bytes;
}

/** A training that is run step by step: its own, or as rank 0 says. */
type Steps = Pick<Loop, 'next' | 'leave' | 'release' | 'isDone' | 'isClosed'>;

/** The training of a rank that follows another: it calls no callback, and writes nothing. */
async function startFollowing(run: Run, group: NativeRank): Promise<{ loop: Steps; training: NativeTraining }> {
  const { schedule } = await plan(run);
  await requireTrainingBytes(run.model, run.source, run.options.native);
  const training = await startNative(run, schedule);
  return { loop: new Follower(run, group, training), training };
}

async function startAlone(run: Run): Promise<{ loop: Steps; training: NativeTraining }> {
  const { model, source, options } = run;
  const callbacks = heldCallbacks(run);
  let training: NativeTraining | undefined;
  try {
    const { schedule, recorded, warning } = await plan(run);
    await requireTrainingBytes(model, source, options.native, options.callbacks);
    training = await startNative(run, schedule);
    const { group } = options.native;
    const lead = group === undefined ? undefined : new Lead(group, training);
    const loop = new Loop(run, recorded, training, callbacks, lead);
    await loop.start();
    if (warning !== undefined && !loop.isDone) options.onWarning(warning);
    return { loop, training };
  } catch (error) {
    callbacks.release();
    training?.dispose();
    throw error;
  }
}

async function startLoop(run: Run): Promise<{ loop: Steps; training: NativeTraining }> {
  const { group } = run.options.native;
  if (group === undefined) return startAlone(run);
  try {
    return await (group.info().rank === 0 ? startAlone(run) : startFollowing(run, group));
  } catch (error) {
    await failTogether(group, error);
    throw error;
  }
}

export type { EpochResult } from './epoch-result';
