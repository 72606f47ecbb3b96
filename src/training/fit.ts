/** The training loop: one native call an epoch, and one result to the caller. */

import { abortError, withCancellation } from '../cancellation';
import { requireTrainingMemory } from '../memory';
import type { Model } from '../model';
import type {
  NativeCancellation,
  NativeProgress,
  NativeRunResult,
  NativeSource,
  NativeTraining,
} from '../native/native';
import { OPTIMIZERS } from './optimizers';
import type { FitProgress, ResolvedTraining } from './options';

/** What `fit` yields after each epoch. */
export interface EpochResult {
  /** Number of the epoch, from 0. */
  epoch: number;
  /** Number of its last step (from 0), over the whole run. */
  step: number;
  /** Steps made in this epoch. */
  steps: number;
  /** Mean cross-entropy of the epoch's targets in nats, each before its step's update. */
  loss: number;
  /** Cross-entropy of the validation part after the epoch, in nats per token. */
  validationLoss?: number;
  /** `loss` in bits. */
  bitsPerToken: number;
  /** Tokens (or examples) trained on per second of training alone. */
  tokensPerSecond: number;
  /** Seconds the run has taken so far, validation included, the caller's own time between two `next()` left out. */
  seconds: number;
  /** The loss of each step of the epoch. */
  stepLosses: Float64Array;
}

/** A training to run: a model, its data, and how. */
export interface Run {
  model: Model;
  source: NativeSource;
  options: ResolvedTraining;
  /** Validation loss in nats; undefined where it was cancelled. */
  validate?: ((cancellation: NativeCancellation) => Promise<number | undefined>) | undefined;
}

function mean(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Tokens of the largest step, or a little more. */
function tokensPerStep(source: NativeSource): number {
  if (source.kind === 'stream' || source.kind === 'documents') return source.batch * source.window;
  const { offsets } = source.kind === 'paired' ? source.inputs : source.sequences;
  const longest = offsets.reduce((most, end, index) => Math.max(most, end - (offsets[index - 1] ?? 0)), 0);
  return source.batch * longest;
}

/** One run's training, with what it has done so far. */
class Loop {
  readonly #run: Run;
  readonly #training: NativeTraining;
  readonly #totalSteps: number;
  #epoch = 0;
  #steps = 0;
  #seconds = 0;

  constructor(run: Run, training: NativeTraining) {
    const { epochs, steps } = run.options;
    this.#run = run;
    this.#training = training;
    this.#totalSteps = Math.min(steps, epochs * training.stepsPerEpoch);
  }

  get isDone(): boolean {
    return this.#steps >= this.#totalSteps;
  }

  /** Trains to the end of the epoch or of the run, and validates. */
  async next(): Promise<EpochResult> {
    if (this.#run.options.signal?.aborted) throw this.#cancelled();
    const started = performance.now();
    const { result, stepLosses } = await this.#train(started);
    const validationLoss = await this.#validate();
    this.#seconds += (performance.now() - started) / 1000;
    this.#epoch = result.epoch + 1;
    const loss = mean(stepLosses);
    return {
      epoch: result.epoch,
      step: result.steps - 1,
      steps: stepLosses.length,
      loss,
      ...(validationLoss !== undefined && { validationLoss }),
      bitsPerToken: loss / Math.LN2,
      tokensPerSecond: result.tokens / result.seconds,
      seconds: this.#seconds,
      stepLosses,
    };
  }

  async #train(started: number): Promise<{ result: NativeRunResult; stepLosses: Float64Array }> {
    const { options } = this.#run;
    const stepLosses = new Float64Array(Math.min(this.#training.stepsPerEpoch, this.#totalSteps - this.#steps));
    let failure: { error: unknown } | undefined;
    const result = await withCancellation(options.signal, (cancellation) =>
      this.#training.run(stepLosses.length, cancellation, (progress) => {
        stepLosses.set(progress.losses, progress.firstStep - this.#steps);
        if (failure !== undefined) return;
        try {
          options.onProgress?.(this.#describe(progress, started));
        } catch (error) {
          failure = { error };
          cancellation.cancel();
        }
      }),
    );
    this.#steps = result.steps;
    if (failure !== undefined) throw failure.error;
    if (result.reason === 'cancelled') throw this.#cancelled();
    return { result, stepLosses };
  }

  #describe({ firstStep, losses, seconds }: NativeProgress, started: number): FitProgress {
    const { stepsPerEpoch, tokensPerEpoch } = this.#training;
    const stepsMade = firstStep + losses.length - this.#steps;
    return {
      epoch: this.#epoch,
      firstStep,
      losses,
      stepsPerEpoch,
      totalSteps: this.#totalSteps,
      tokensPerSecond: (stepsMade * tokensPerEpoch) / stepsPerEpoch / seconds,
      seconds: this.#seconds + (performance.now() - started) / 1000,
    };
  }

  async #validate(): Promise<number | undefined> {
    const { options, validate } = this.#run;
    if (validate === undefined) return undefined;
    const loss = await withCancellation(options.signal, validate);
    if (loss === undefined) throw this.#cancelled();
    return loss;
  }

  /** Either the model was disposed meanwhile, or the signal came. */
  #cancelled(): Error {
    this.#run.model.requireAlive();
    return abortError('Training', this.#run.options.signal, this.#steps > 0 ? this.#steps - 1 : undefined);
  }
}

/**
 * Trains, and yields after each epoch. Between two `next()` the model is idle; leaving the loop ends training.
 * @throws at the first `next()` ERR_UNROLLED_BUSY while another training of the model runs, and
 *   ERR_UNROLLED_OUT_OF_MEMORY before anything is allocated; later ERR_UNROLLED_ABORTED, or
 *   ERR_UNROLLED_NON_FINITE_LOSS with its step. The weights are those of the last whole step.
 */
export async function* runTraining(run: Run): AsyncGenerator<EpochResult, void, undefined> {
  const { model, source, options } = run;
  model.requireIdle();
  const { slots } = OPTIMIZERS[options.native.optimizer.kind];
  requireTrainingMemory(model.description, model.dtype, slots, tokensPerStep(source));
  const training = model.native.startTraining({ ...options.native, source });
  try {
    const loop = new Loop(run, training);
    while (!loop.isDone) {
      yield await model.exclusively(() => loop.next());
    }
  } finally {
    training.dispose();
  }
}
