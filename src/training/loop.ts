/** One run's loop: native calls up to the next decision, callbacks there, and one result an epoch. */

import { UnrolledError } from '../base/errors';
import { giveTurn } from '../base/event-loop';
import { withShortArrays } from '../base/messages/printing';
import { classifies, lossUnit } from '../data/source';
import { cancelledError, withCancellation } from '../native/cancellation';
import type {
  NativeCancellation,
  NativeEvaluation,
  NativeProgress,
  NativeSource,
  NativeTraining,
} from '../native/native';
import type { ModelHeader } from '../network/model-file';
import type { Network } from '../network/network';
import type { CallbackList, Remembered } from './callbacks/callback-list';
import { requireSteps, writeCheckpoint } from './checkpoint/checkpoint-file';
import { CheckpointWriting } from './checkpoint/checkpoint-writing';
import { dataCounts } from './checkpoint/data-counts';
import type { RecordedOptions, TrainingRecord } from './checkpoint/record';
import { restoreModel } from './checkpoint/restore';
import { wholeState } from './checkpoint/snapshot';
import { type EpochResult, EpochSums } from './epoch-result';
import type { FitProgress } from './fit-progress';
import { type ResolvedTraining, type Sharing, sharingOf } from './options/options';
import type { Lead } from './ranks/lead';
import { requireCheckpointBytes } from './training-memory';

/** A training to run: a model, its data, and how. */
export interface Run {
  model: Network;
  source: NativeSource;
  options: ResolvedTraining;
  /** What checkpoints say of the model. */
  header: ModelHeader;
  /** Scores the validation part. */
  validate?: ((cancellation: NativeCancellation, sharing: Sharing) => Promise<NativeEvaluation>) | undefined;
  /** Told when a resumed training's weights are in the model. */
  onRestored?: (() => void) | undefined;
}

/** One run's training, with what it has done so far. */
export class Loop {
  readonly #run: Run;
  readonly #recorded: RecordedOptions;
  readonly #training: NativeTraining;
  readonly #totalSteps: number;
  readonly #callbacks: CallbackList;
  /** Where other ranks do what this one does. */
  readonly #lead: Lead | undefined;
  readonly #writing = new CheckpointWriting();
  #sums: EpochSums;
  #steps = 0;
  /** Seconds of the run but for those since `#started`. */
  #secondsBefore = 0;
  /** When the call of `next` that runs began. */
  #started: number | undefined;
  #stopReason: string | undefined;
  /** Whether the epoch is trained to its end but neither validated nor told of. */
  #isPending = false;
  /** Whether callbacks are about to have their turn, or some have had it: no state to go on from. */
  #isUnsettled = false;
  /**
   * What callbacks remembered before they were told of the run's last epoch, where `steps` cut that short. It is no epoch
   * of a longer run, so checkpoints are of before they were told.
   */
  #beforeCutEpoch: Remembered | undefined;
  #isClosed = false;

  constructor(
    run: Run,
    recorded: RecordedOptions,
    training: NativeTraining,
    callbacks: CallbackList,
    lead: Lead | undefined,
  ) {
    this.#lead = lead;
    const { epochs, steps, resumed } = run.options;
    this.#run = run;
    this.#recorded = recorded;
    this.#training = training;
    this.#totalSteps = Math.min(steps, epochs * training.stepsPerEpoch);
    this.#callbacks = callbacks;
    if (resumed === undefined) {
      this.#sums = new EpochSums(0, training.stepsPerEpoch);
      return;
    }
    const { epoch, isPending, seconds, stopReason, native } = resumed.record;
    this.#steps = native.steps;
    this.#secondsBefore = seconds;
    this.#stopReason = stopReason;
    // An epoch that `steps` cut short goes on where there are more of them now.
    this.#isPending = isPending === true && (this.#isBetweenEpochs || this.#isRunOver);
    this.#sums = this.#newEpoch();
    requireSteps(resumed, this.#steps - this.#epoch * training.stepsPerEpoch);
    if (epoch !== undefined) this.#sums.restore(epoch);
  }

  get isDone(): boolean {
    return this.#isRunOver && !this.#isPending;
  }

  /** Whether it has ended and told its callbacks so. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get #isRunOver(): boolean {
    return this.#steps >= this.#totalSteps || this.#stopReason !== undefined;
  }

  /** What comes before the first step: the weights that training goes on from, and the callbacks' own preparations. */
  async start(): Promise<void> {
    const { model, options } = this.#run;
    const { resumed } = options;
    await this.#callbacks.start();
    if (resumed === undefined) return;
    this.#callbacks.restore(resumed.file.path, resumed.record.callbacks);
    await restoreModel(model, resumed);
    this.#run.onRestored?.();
  }

  /** Trains to the end of the next epoch; gives nothing where a resumed run has nothing left to do but to end. */
  async next(): Promise<EpochResult | undefined> {
    try {
      await this.#settle();
      const result = this.isDone ? undefined : await this.#nextEpoch();
      if (result !== undefined) await this.#tellRanks(result);
      if (this.isDone) await this.#end();
      if (result !== undefined) this.#writing.belongsTo(result);
      return result;
    } catch (error) {
      await this.#fail(error);
      throw error;
    }
  }

  /** The caller wants no more of it, after an epoch. */
  async leave(): Promise<void> {
    try {
      if (!this.#run.model.isDisposed) await this.#saveLast();
    } finally {
      await this.#close();
    }
  }

  /** Lets other trainings have its callbacks, whether or not it could tell them of its end. */
  release(): void {
    this.#callbacks.release();
  }

  async #end(): Promise<void> {
    this.#isUnsettled = true;
    await this.#callbacks.end();
    await this.#settle({ isLast: true });
    await this.#close();
  }

  async #fail(error: unknown): Promise<void> {
    try {
      const isAborted = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED';
      if (isAborted) await this.#saveLast();
    } finally {
      await this.#close(error);
    }
  }

  async #tellRanks(epoch: EpochResult): Promise<void> {
    if (this.#lead === undefined) return;
    await this.#lead.say({ do: 'tell', epoch });
    await this.#training.shareChanges();
    await this.#training.requireSameWeights();
  }

  /** The callbacks' last chance to save a training that did not come to its end. */
  async #saveLast(): Promise<void> {
    if (this.#isUnsettled) return;
    await this.#callbacks.abort();
    await this.#settle({ isLast: true });
  }

  async #close(error?: unknown): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#callbacks.endWishes();
    try {
      await this.#writing.end();
    } finally {
      try {
        await this.#callbacks.close();
      } finally {
        await this.#lead?.end(error);
      }
    }
  }

  /** Trains to the end of the epoch or of the run, and validates. */
  async #nextEpoch(): Promise<EpochResult> {
    if (this.#run.options.signal?.aborted) throw this.#cancelled();
    this.#started = performance.now();
    const epoch = this.#epoch;
    while (!this.#isPending) {
      const isCancelled = await this.#train(epoch);
      this.#isPending = this.#steps === this.#endOf(epoch) || this.#isRunOver;
      if (isCancelled) throw this.#cancelled();
      if (!this.#isPending) await this.#settle();
    }
    const result = await this.#finishEpoch(epoch);
    this.#secondsBefore = this.#seconds;
    this.#started = undefined;
    return result;
  }

  async #finishEpoch(epoch: number): Promise<EpochResult> {
    const { source } = this.#run;
    const training = this.#sums.result(classifies(source), source.kind === 'stream');
    const validation = await this.#validate();
    const unit = lossUnit(source);
    const result: EpochResult = withShortArrays({
      ...{ epoch, ...training, ...validation, seconds: this.#seconds },
      ...(unit !== undefined && { lossUnit: unit }),
    });
    if (!this.#isBetweenEpochs && this.#stopReason === undefined) this.#beforeCutEpoch = this.#callbacks.remember();
    this.#isUnsettled = true;
    await this.#callbacks.epoch(result);
    this.#isPending = false;
    this.#stopReason ??= this.#callbacks.stopReason;
    if (this.#stopReason !== undefined) result.stopReason = this.#stopReason;
    if (this.#isBetweenEpochs) this.#sums = this.#newEpoch();
    await this.#settle();
    return result;
  }

  get #seconds(): number {
    const running = this.#started === undefined ? 0 : (performance.now() - this.#started) / 1000;
    return this.#secondsBefore + running;
  }

  get #isBetweenEpochs(): boolean {
    return this.#steps % this.#training.stepsPerEpoch === 0;
  }

  /** Number of the epoch that runs, or is pending. */
  get #epoch(): number {
    return Math.floor((this.#steps - (this.#isPending ? 1 : 0)) / this.#training.stepsPerEpoch);
  }

  /** Steps made when that epoch ends, or the run. */
  #endOf(epoch: number): number {
    return Math.min((epoch + 1) * this.#training.stepsPerEpoch, this.#totalSteps);
  }

  #newEpoch(): EpochSums {
    const { stepsPerEpoch: steps } = this.#training;
    return new EpochSums(this.#epoch * steps, steps);
  }

  /**
   * Trains up to where something has to be decided: a callback's step, or the end of the epoch or of the run.
   * @returns whether it was cancelled.
   */
  async #train(epoch: number): Promise<boolean> {
    const { signal } = this.#run.options;
    await giveTurn();
    const until = this.#callbacks.nextStop(this.#steps, this.#endOf(epoch));
    const { lossSum } = this.#sums;
    await this.#lead?.say({ do: 'run', steps: until - this.#steps, lossSum });
    let failure: { error: unknown } | undefined;
    const result = await withCancellation(signal, async (cancellation) => {
      // A training that cannot be saved as asked ends at once.
      const forget = this.#writing.onFailure(() => cancellation.cancel());
      const report = (progress: NativeProgress) => {
        this.#sums.addSteps(progress);
        try {
          if (failure === undefined) this.#report(epoch, progress);
        } catch (error) {
          failure = { error };
          cancellation.cancel();
        }
      };
      try {
        return await this.#run.model.making(() =>
          this.#training.run(until - this.#steps, cancellation, report, lossSum),
        );
      } finally {
        forget();
      }
    });
    this.#steps = result.steps;
    this.#callbacks.steps = result.steps;
    this.#sums.addCall(result);
    if (failure !== undefined) throw failure.error;
    this.#writing.requireSound();
    if (this.#steps === until) await this.#tellStep(epoch);
    return result.reason === 'cancelled';
  }

  async #tellStep(epoch: number): Promise<void> {
    this.#isUnsettled = true;
    await this.#callbacks.step({ epoch, ...this.#sums.lastStep }, this.#steps);
    this.#stopReason ??= this.#callbacks.stopReason;
    this.#isUnsettled = false;
  }

  #report(epoch: number, progress: NativeProgress): void {
    const told = this.#describe(epoch, progress);
    this.#run.options.onProgress?.(told);
    this.#callbacks.progress(told);
  }

  #describe(epoch: number, { seconds, ...steps }: NativeProgress): FitProgress {
    const { stepsPerEpoch, tokensPerEpoch } = this.#training;
    const tokensOfCall = ((steps.firstStep + steps.losses.length - this.#steps) * tokensPerEpoch) / stepsPerEpoch;
    return {
      epoch,
      ...steps,
      stepsPerEpoch,
      totalSteps: this.#totalSteps,
      tokensPerSecond: (this.#sums.tokens + tokensOfCall) / (this.#sums.seconds + seconds),
      seconds: this.#seconds,
    };
  }

  async #validate(): Promise<Pick<EpochResult, 'validationLoss' | 'validationAccuracy'>> {
    const { options, validate, source } = this.#run;
    if (validate === undefined) return {};
    if (this.#lead !== undefined) {
      await this.#lead.say({ do: 'validate' });
      await this.#training.shareChanges();
    }
    const { cancelled, lossSum, correct, count } = await withCancellation(options.signal, (cancellation) =>
      validate(cancellation, sharingOf(options.native)),
    );
    if (cancelled) throw this.#cancelled();
    return {
      validationLoss: lossSum / count,
      ...(classifies(source) && { validationAccuracy: correct / count }),
    };
  }

  /** Does what the callbacks asked for, now that all of them have had their turn. */
  async #settle({ isLast = false } = {}): Promise<void> {
    const { scale, checkpoints } = this.#callbacks.take();
    if (isLast) this.#callbacks.endWishes();
    this.#isUnsettled = false;
    this.#writing.requireSound();
    if (scale !== undefined) {
      await this.#lead?.say({ do: 'scale', scale });
      await this.#training.setLearningRateScale(scale);
    }
    if (checkpoints.length === 0) return;
    await this.#writing.end();
    const { model, header, source, options } = this.#run;
    requireCheckpointBytes(model, options.native.optimizer.kind);
    // A call of `freeze` is served in its order too: what is frozen now is so in the state that is read.
    const { frozen } = model;
    const before = this.#beforeCutEpoch;
    const isPending = this.#isPending || before !== undefined;
    const record: Omit<TrainingRecord, 'native'> = {
      options: this.#recorded,
      totalSteps: this.#totalSteps,
      data: dataCounts(source),
      ...((isPending || !this.#isBetweenEpochs) && { epoch: this.#sums.state, ...(isPending && { isPending }) }),
      seconds: this.#seconds,
      frozen,
      callbacks: before?.states ?? this.#callbacks.copiedStates,
      ...(this.#stopReason !== undefined && before === undefined && { stopReason: this.#stopReason }),
    };
    if (this.#lead !== undefined) {
      await this.#lead.say({ do: 'save' });
      await this.#training.requireSameWeights();
    }
    // Served before the next step: the state is of now, and the training need not wait for its copy to come here.
    const reading = this.#training.readState();
    this.#writing.begin(this.#steps - 1, async () => {
      const { state, ...parameters } = await wholeState(model.dtype, this.#training, reading);
      const whole = {
        ...parameters,
        state: { ...state, ...(before && { learningRateScale: before.learningRateScale }) },
      };
      for (const path of checkpoints) await writeCheckpoint(path, model, whole, header, record);
    });
  }

  /** Either the model was disposed meanwhile, or the signal came. */
  #cancelled(): Error {
    const { model, options } = this.#run;
    return cancelledError(model, 'Training', options.signal, this.#steps > 0 ? this.#steps - 1 : undefined);
  }
}
