/** Gathers what a training yields, epoch by epoch, for a record. */

import type { EpochResult } from '../training/fit';
import type { ReportEpoch, ReportRecord, ReportSample } from './record';

/** What a training knows of an epoch beside its result. */
export type EpochExtras = Pick<ReportEpoch, 'accuracy' | 'validationAccuracy' | 'learningRate' | 'gradientNorm'>;

/** The curves and samples of one training. */
export class TrainingRecorder {
  readonly #history: ReportEpoch[] = [];
  readonly #stepLosses: Float64Array[] = [];
  readonly #samples: ReportSample[] = [];

  /** Notes an epoch that `fit` yielded. */
  add(result: EpochResult, extras: EpochExtras = {}): void {
    const { epoch, step, loss, validationLoss, tokensPerSecond, seconds, stepLosses } = result;
    const validation = validationLoss === undefined ? {} : { validationLoss };
    this.#history.push({ epoch, step, loss, ...validation, tokensPerSecond, seconds, ...extras });
    this.#stepLosses.push(stepLosses);
  }

  /** Notes what the model wrote after the last epoch that was added; before any, nothing. */
  addSample(text: string): void {
    const last = this.#history.at(-1);
    if (last !== undefined) this.#samples.push({ epoch: last.epoch, step: last.step, text });
  }

  /** The parts of a record that there is anything for. */
  parts(): Pick<ReportRecord, 'history' | 'steps' | 'samples'> {
    const loss = new Float64Array(this.#stepLosses.reduce((total, { length }) => total + length, 0));
    let at = 0;
    for (const losses of this.#stepLosses) {
      loss.set(losses, at);
      at += losses.length;
    }
    return {
      ...(this.#history.length > 0 && { history: [...this.#history], steps: { loss } }),
      ...(this.#samples.length > 0 && { samples: [...this.#samples] }),
    };
  }
}
