/** The result of an epoch, and the sums that it is computed from. */

import type { NativeProgress, NativeRunResult } from '../native/native';

/** The value that `fit` yields after each epoch. */
export interface EpochResult {
  /** Number of the epoch, from 0. */
  epoch: number;
  /** Number of its last step (from 0), over the whole run. */
  step: number;
  /** Steps made in this epoch. */
  steps: number;
  /** Mean loss of the epoch's targets, each before the update of its step; in nats, except for squared errors. */
  loss: number;
  /** The unit of `loss` if it is not nats: `squared error`. */
  lossUnit?: string;
  /** Fraction of the targets that were the likeliest class, or on the right side of one half; not for squared errors. */
  accuracy?: number;
  /** Loss of the validation part after the epoch. */
  validationLoss?: number;
  validationAccuracy?: number;
  /** `loss` in bits; not for squared errors, which have the unit of the values. */
  bitsPerToken?: number;
  /** Learning rate of the epoch's last step. */
  learningRate: number;
  /** Mean over the epoch's steps of the gradient's norm, as in `stepGradientNorms`. */
  gradientNorm: number;
  /** Tokens (or examples) trained on per second of training alone. */
  tokensPerSecond: number;
  /** Seconds the run has taken so far, validation included, the caller's own time between two `next()` left out. */
  seconds: number;
  /** The loss of each step of the epoch. */
  stepLosses: Float64Array;
  /** Norm of each step's gradient over all trained parameters, after clipping by value, before clipping by norm. */
  stepGradientNorms: Float64Array;
  stepLearningRates: Float64Array;
  /** Why training ended here before its time, as a callback said. */
  stopReason?: string;
}

/** An epoch of a language model: its loss is in nats a token. */
export type LanguageModelEpoch = EpochResult & Required<Pick<EpochResult, 'bitsPerToken'>>;

/** Figures of an epoch that a callback can watch. */
export type Monitor = 'loss' | 'validationLoss' | 'accuracy' | 'validationAccuracy';

export const MONITORS = [
  'loss',
  'validationLoss',
  'accuracy',
  'validationAccuracy',
] as const satisfies readonly Monitor[];

/**
 * Whether a value of a figure is better than another by more than `minDelta`: losses fall, accuracies rise. What is not
 * a finite number is better than nothing.
 */
export function isBetter(monitor: Monitor, value: number, than: number | undefined, minDelta = 0): boolean {
  if (!Number.isFinite(value)) return false;
  if (than === undefined) return true;
  return monitor === 'loss' || monitor === 'validationLoss' ? value < than - minDelta : value > than + minDelta;
}

/** The sums of the running epoch, as a checkpoint stores them. */
export interface EpochSumsState {
  lossSum: number;
  count: number;
  correct: number;
  tokens: number;
  seconds: number;
  losses: Float64Array;
  gradientNorms: Float64Array;
  learningRates: Float64Array;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sums of one epoch over the calls it is trained in. */
export class EpochSums {
  readonly #first: number;
  #steps = 0;
  #lossSum = 0;
  #count = 0;
  #correct = 0;
  #tokens = 0;
  #seconds = 0;
  readonly #losses: Float64Array;
  readonly #gradientNorms: Float64Array;
  readonly #learningRates: Float64Array;

  /** @param first number of the epoch's first step. */
  constructor(first: number, stepsPerEpoch: number) {
    this.#first = first;
    this.#losses = new Float64Array(stepsPerEpoch);
    this.#gradientNorms = new Float64Array(stepsPerEpoch);
    this.#learningRates = new Float64Array(stepsPerEpoch);
  }

  /** Goes on from what a checkpoint kept. */
  restore(state: EpochSumsState): void {
    this.#steps = state.losses.length;
    this.#lossSum = state.lossSum;
    this.#count = state.count;
    this.#correct = state.correct;
    this.#tokens = state.tokens;
    this.#seconds = state.seconds;
    this.#losses.set(state.losses);
    this.#gradientNorms.set(state.gradientNorms);
    this.#learningRates.set(state.learningRates);
  }

  get state(): EpochSumsState {
    return {
      lossSum: this.#lossSum,
      count: this.#count,
      correct: this.#correct,
      tokens: this.#tokens,
      seconds: this.#seconds,
      losses: this.#losses.slice(0, this.#steps),
      gradientNorms: this.#gradientNorms.slice(0, this.#steps),
      learningRates: this.#learningRates.slice(0, this.#steps),
    };
  }

  /** Targets trained on so far, and the seconds they took. */
  get tokens(): number {
    return this.#tokens;
  }

  get seconds(): number {
    return this.#seconds;
  }

  addSteps({ firstStep, losses, gradientNorms, learningRates }: NativeProgress): void {
    const at = firstStep - this.#first;
    this.#losses.set(losses, at);
    this.#gradientNorms.set(gradientNorms, at);
    this.#learningRates.set(learningRates, at);
    this.#steps = at + losses.length;
  }

  /** The sums that the next call's losses are added to. */
  get lossSum(): number {
    return this.#lossSum;
  }

  /** Takes over what a call made, whose sum of losses began at `lossSum`. */
  addCall({ lossSum, count, correct, tokens, seconds }: NativeRunResult): void {
    this.#lossSum = lossSum;
    this.#count += count;
    this.#correct += correct;
    this.#tokens += tokens;
    this.#seconds += seconds;
  }

  /** Figures of the last step. */
  get lastStep(): { step: number; loss: number; gradientNorm: number; learningRate: number } {
    const last = this.#steps - 1;
    return {
      step: this.#first + last,
      loss: this.#losses[last] as number,
      gradientNorm: this.#gradientNorms[last] as number,
      learningRate: this.#learningRates[last] as number,
    };
  }

  /**
   * The training part of the epoch's result.
   * @param classifies whether the targets are classes, so that there is an accuracy and the loss is in nats.
   * @param even whether all steps have equally many targets. Then the mean of their losses does not depend on how the
   *   epoch was split into calls, not even in its last bit.
   */
  result(classifies: boolean, even: boolean): Omit<EpochResult, 'epoch' | 'seconds'> {
    const { losses, gradientNorms, learningRates } = this.state;
    const loss = even ? meanOf(losses) : this.#lossSum / this.#count;
    return {
      step: this.#first + this.#steps - 1,
      steps: this.#steps,
      loss,
      ...(classifies && { accuracy: this.#correct / this.#count, bitsPerToken: loss / Math.LN2 }),
      learningRate: this.lastStep.learningRate,
      gradientNorm: meanOf(gradientNorms),
      tokensPerSecond: this.#tokens / this.#seconds,
      stepLosses: losses,
      stepGradientNorms: gradientNorms,
      stepLearningRates: learningRates,
    };
  }
}
