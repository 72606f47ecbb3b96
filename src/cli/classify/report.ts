/** What `classify` prints on standard output: lines for people, or one JSON object a line. */

import { showRate } from '../../base/messages/printing';
import type { TextClassifierScore } from '../../models/text-classifier-types';
import type { EpochResult } from '../../training/fit';
import type { Sharing } from '../language-model/training-run';
import { printJson, printLine } from '../terminal/output';

/** The figures of an epoch that a line has. */
function figuresOf({ epoch, loss, accuracy, validationLoss, validationAccuracy, ...rest }: EpochResult) {
  const { learningRate, seconds } = rest;
  return {
    ...{ epoch, loss, accuracy },
    ...(validationLoss !== undefined && { validationLoss, validationAccuracy }),
    ...{ learningRate, seconds },
  };
}

function showFigures(loss: number, accuracy = 0): string {
  return `loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}`;
}

function describe({ epoch, loss, accuracy, validationLoss, validationAccuracy, ...rest }: EpochResult): string {
  const { learningRate, seconds } = rest;
  return [
    // People count from 1.
    `epoch ${epoch + 1}`,
    showFigures(loss, accuracy),
    ...(validationLoss === undefined ? [] : [`validation ${showFigures(validationLoss, validationAccuracy)}`]),
    `lr ${showRate(learningRate)}`,
    `${seconds.toFixed(1)} s`,
  ].join('  ');
}

/** What became of a training, for the last line. */
export interface ClassifyOutcome {
  /** The epoch whose weights the model has, from 0; undefined for those of a step within one. */
  keptEpoch: number | undefined;
  /** Figures of that epoch, else of the last one, as far as they are known. */
  figures: EpochResult | undefined;
  /** Seconds of the whole run. */
  seconds: number;
  test: TextClassifierScore | undefined;
  savedTo: string | undefined;
  interrupted: boolean;
  /** Whether a step was made, or the end of an epoch was left to do. */
  trained: boolean;
  sharing: Sharing;
}

/** Lines of a training. */
export class ClassifyReport {
  readonly #json: boolean;

  constructor(json: boolean) {
    this.#json = json;
  }

  epoch(result: EpochResult): void {
    if (this.#json) printJson({ event: 'epoch', ...figuresOf(result) });
    else printLine(describe(result));
  }

  /** The last line: of the epoch whose weights are kept, but for `seconds`, which are those of the run. */
  done({ keptEpoch, figures, seconds, test, savedTo, interrupted, trained, sharing }: ClassifyOutcome): void {
    if (this.#json) {
      const tested = test && { testLoss: test.loss, testAccuracy: test.accuracy };
      const epoch = keptEpoch === undefined ? {} : { epoch: keptEpoch };
      printJson({ event: 'done', ...epoch, ...(figures && figuresOf(figures)), seconds, ...tested, ...sharing });
      return;
    }
    if (test !== undefined) printLine(`test ${showFigures(test.loss, test.accuracy)}`);
    const weights = `, with the weights of ${keptEpoch === undefined ? 'the last step' : `epoch ${keptEpoch + 1}`}`;
    const saved = savedTo === undefined ? '' : `, saved to ${savedTo}`;
    if (!trained) printLine(`nothing to train${weights}${saved}`);
    else printLine(`${interrupted ? 'interrupted' : 'done'} after ${seconds.toFixed(1)} s${weights}${saved}`);
  }
}
