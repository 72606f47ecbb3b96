/** What `train` prints on standard output: lines for people, or one JSON object a line. */

import { showRate } from '../../base/messages/printing';
import { counted } from '../../base/messages/wording';
import type { TokenCounts } from '../../text/token-counts';
import type { EpochResult } from '../../training/fit';
import type { FitProgress } from '../../training/fit-progress';
import { printJson, printLine } from '../terminal/output';
import type { Sharing } from './training-run';

/** The figures of a step, an epoch, or the whole run. */
interface Figures {
  epoch: number;
  step: number;
  loss: number;
  validationLoss?: number;
  bitsPerToken: number;
  /** Of the last step. */
  learningRate: number;
  tokensPerSecond: number;
  seconds: number;
}

/** What became of the run, for the last line. */
export interface Outcome {
  /** Where the model was saved, if it was. */
  savedTo: string | undefined;
  interrupted: boolean;
  /** Whether a step was made, or the end of an epoch was left to do. */
  trained: boolean;
  /** The epoch whose weights the model has, from 0; undefined for those of the last step. */
  keptEpoch: number | undefined;
  /** The epoch with the lowest validation loss, where any validates. */
  best: EpochResult | undefined;
  /** Of a text that may have tokens which the model does not know. */
  counts: TokenCounts | undefined;
  sharing: Sharing;
}

/** A line for people, who count from 1; the first word tells a step from an epoch. */
function describe(event: 'step' | 'epoch', figures: Figures): string {
  const { epoch, step, loss, validationLoss, bitsPerToken, learningRate, tokensPerSecond, seconds } = figures;
  return [
    event === 'step' ? `step ${step + 1}` : `epoch ${epoch + 1}`,
    `loss ${loss.toFixed(4)} (${bitsPerToken.toFixed(4)} bits/token)`,
    ...(validationLoss === undefined ? [] : [`validation loss ${validationLoss.toFixed(4)}`]),
    `lr ${showRate(learningRate)}`,
    `${Math.round(tokensPerSecond)} tokens/s`,
    `${seconds.toFixed(1)} s`,
  ].join('  ');
}

function figuresOf({ epoch, step, loss, validationLoss, ...rest }: EpochResult): Figures {
  const { learningRate, tokensPerSecond, seconds } = rest;
  return {
    ...{ epoch, step, loss, ...(validationLoss !== undefined && { validationLoss }) },
    ...{ bitsPerToken: loss / Math.LN2, learningRate, tokensPerSecond, seconds },
  };
}

export class TrainingReport {
  readonly #json: boolean;
  /** Steps between two that are reported; 0 reports none. */
  readonly #logEvery: number;
  /** The last figures, those of an epoch not ended among them. */
  #latest: Figures | undefined;
  #lossSum = 0;
  #steps = 0;

  constructor(json: boolean, logEvery: number) {
    this.#json = json;
    this.#logEvery = logEvery;
  }

  /** Whether no step was made since the last epoch that was told of. */
  get isBetweenEpochs(): boolean {
    return this.#steps === 0;
  }

  /** The last epoch of a resumed run that had nothing left to train. */
  resumedAt(result: EpochResult): void {
    this.#latest ??= figuresOf(result);
  }

  progress({ epoch, firstStep, losses, learningRates, tokensPerSecond, seconds }: FitProgress): void {
    const speed = { tokensPerSecond, seconds };
    for (const [index, loss] of losses.entries()) {
      const step = firstStep + index;
      const learningRate = learningRates[index] as number;
      this.#lossSum += loss;
      this.#steps++;
      if (this.#logEvery > 0 && step % this.#logEvery === 0) {
        this.#print('step', { epoch, step, loss, bitsPerToken: loss / Math.LN2, learningRate, ...speed });
      }
    }
    const loss = this.#lossSum / this.#steps;
    const step = firstStep + losses.length - 1;
    const learningRate = learningRates.at(-1) as number;
    this.#latest = { epoch, step, loss, bitsPerToken: loss / Math.LN2, learningRate, ...speed };
  }

  epoch(result: EpochResult): void {
    const figures = figuresOf(result);
    this.#latest = figures;
    this.#lossSum = 0;
    this.#steps = 0;
    this.#print('epoch', figures);
  }

  /** The last line: the figures of the last epoch, or of what was made of it. */
  done({ savedTo, interrupted, trained, keptEpoch, best, counts, sharing }: Outcome): void {
    if (this.#json) {
      const epochs = {
        ...(keptEpoch !== undefined && { keptEpoch }),
        ...(best !== undefined && { bestEpoch: best.epoch }),
      };
      printJson({ event: 'done', ...this.#latest, ...epochs, ...counts, ...sharing });
      return;
    }
    const steps = this.#latest === undefined ? 0 : this.#latest.step + 1;
    const seconds = (this.#latest?.seconds ?? 0).toFixed(1);
    const saved = savedTo === undefined ? '' : `, saved to ${savedTo}`;
    if (!trained) printLine(`nothing to train after ${counted(steps, 'step')}${saved}`);
    else printLine(`${interrupted ? 'interrupted' : 'done'} after ${counted(steps, 'step')} in ${seconds} s${saved}`);
  }

  #print(event: 'step' | 'epoch', figures: Figures): void {
    if (this.#json) printJson({ event, ...figures });
    else printLine(describe(event, figures));
  }
}
