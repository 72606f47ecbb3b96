/** What a training tells of its steps while it runs. */

/** Step losses as they come, at a limited rate; none is dropped. */
export interface FitProgress {
  /** Epoch (from 0) of these steps. */
  epoch: number;
  /** Number of the first of them (from 0), over the whole run. */
  firstStep: number;
  /** Mean nats per token (or per example) of each step, before its update. */
  losses: Float64Array;
  /** Norm of each step's gradient over all trained parameters, after clipping by value, before clipping by norm. */
  gradientNorms: Float64Array;
  learningRates: Float64Array;
  stepsPerEpoch: number;
  /** Steps the whole run will make. */
  totalSteps: number;
  /** Tokens (or examples) trained on per second, in this epoch so far. */
  tokensPerSecond: number;
  /** Seconds the run has taken so far, the caller's own time between two `next()` left out. */
  seconds: number;
}
