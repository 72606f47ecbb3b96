/** Writes a training's figures where TensorBoard reads them. */

import * as check from '../../base/check';
import { ELEMENTS_PER_LOOK, inTurns } from '../../base/event-loop';
import { EventFile, type Histogram, type LoggedValue } from '../../logging/event-file';
import type { FloatArray } from '../../native/native';
import type { EpochResult } from '../epoch-result';
import type { FitProgress } from '../fit-progress';
import type { Callback, TrainingControl } from './callback';
import { inOneTraining } from './callback-holds';

/** Options of `tensorBoard`. */
export interface TensorBoardOptions {
  /** Logs the loss, the gradient's norm and the learning rate of every nth step; 10 by default. */
  everySteps?: number | undefined;
  /** Logs a histogram of every parameter after each nth epoch; 0, the default, logs none. */
  histogramEpochs?: number | undefined;
  /** Writes a text after each epoch, such as a sample of the model. */
  sample?: ((control: TrainingControl) => string | Promise<string>) | undefined;
}

/** Figures of an epoch by TensorBoard's names. */
const EPOCH_TAGS = [
  ['loss/epoch', 'loss'],
  ['loss/validation', 'validationLoss'],
  ['accuracy/epoch', 'accuracy'],
  ['accuracy/validation', 'validationAccuracy'],
  ['tokens_per_second', 'tokensPerSecond'],
] as const satisfies readonly (readonly [string, keyof EpochResult])[];

const BUCKETS = 40;

/** How the elements of a parameter are distributed, in buckets of one width. */
function* histogramOf(values: FloatArray): Generator<void, Histogram> {
  let [min, max, sum, sumOfSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const [index, value] of values.entries()) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumOfSquares += value * value;
    if (index % ELEMENTS_PER_LOOK === 0) yield;
  }
  const width = (max - min) / BUCKETS;
  const counts = new Array<number>(width > 0 ? BUCKETS : 1).fill(0);
  for (const [index, value] of values.entries()) {
    const bucket = width > 0 ? Math.min(Math.floor((value - min) / width), BUCKETS - 1) : 0;
    counts[bucket] = (counts[bucket] as number) + 1;
    if (index % ELEMENTS_PER_LOOK === 0) yield;
  }
  const limits = counts.map((_, bucket) => (bucket === counts.length - 1 ? max : min + (bucket + 1) * width));
  return { min, max, count: values.length, sum, sumOfSquares, limits, counts };
}

/**
 * Logs a training for TensorBoard in a folder: loss, accuracy, learning rate, norm of the gradient, speed; if asked,
 * histograms of the weights and texts. Steps are counted from 1. A resumed training goes on with the curves of the same
 * folder. All but the last second is in the file if the process is killed.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE; as training starts or goes on,
 *   ERR_UNROLLED_FILE_WRITE.
 */
export function tensorBoard(folder: string, options?: TensorBoardOptions): Callback {
  check.nonEmptyString('folder', folder);
  const given = check.options('tensorBoard', options, ['everySteps', 'histogramEpochs', 'sample']);
  const everySteps = check.integer('everySteps', given.everySteps ?? 10, { min: 1 });
  const histogramEpochs = check.integer('histogramEpochs', given.histogramEpochs ?? 0, { min: 0 });
  const sample = check.callback('sample', given.sample);
  let events: EventFile | undefined;

  async function histograms({ model }: TrainingControl): Promise<LoggedValue[]> {
    const logged: LoggedValue[] = [];
    for (const [tag, { data }] of Object.entries(await model.parameters())) {
      logged.push({ tag, histogram: await inTurns(histogramOf(data)) });
    }
    return logged;
  }

  return inOneTraining({
    name: 'tensorBoard',

    async onStart({ steps }) {
      events = await EventFile.create(folder, steps + 1);
    },

    onProgress({ firstStep, losses, gradientNorms, learningRates }: FitProgress) {
      events?.requireSound();
      for (const [index, loss] of losses.entries()) {
        const step = firstStep + index + 1;
        if (step % everySteps !== 0) continue;
        events?.add(step, [
          { tag: 'loss/step', scalar: loss },
          { tag: 'gradient_norm', scalar: gradientNorms[index] as number },
          { tag: 'learning_rate', scalar: learningRates[index] as number },
        ]);
      }
    },

    async onEpochEnd(epoch, control) {
      const figures = EPOCH_TAGS.flatMap(([tag, figure]): LoggedValue[] => {
        const scalar = epoch[figure];
        return scalar === undefined ? [] : [{ tag, scalar }];
      });
      const isDue = histogramEpochs > 0 && (epoch.epoch + 1) % histogramEpochs === 0;
      const weights = isDue ? await histograms(control) : [];
      const texts = sample === undefined ? [] : [{ tag: 'sample', text: await sample(control) }];
      events?.add(epoch.step + 1, [...figures, ...weights, ...texts]);
      events?.requireSound();
    },

    async onClose() {
      const open = events;
      events = undefined;
      await open?.close();
    },
  });
}
