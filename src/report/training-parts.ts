/** The results of a training as parts of a record. */

import * as check from '../base/check';
import type { ModelDescription } from '../native/native';
import type { EpochResult } from '../training/epoch-result';
import type { ReportEpoch, ReportRecord, ReportSteps } from './record';
import { unitsOf } from './units';

/** The epochs of a training: a `History`, or what `fit` yielded. */
export type TrainingHistory = { readonly epochs: readonly EpochResult[] } | Iterable<EpochResult>;

/** Steps of an unfinished epoch, as `onProgress` reports them. */
export interface UnfinishedSteps {
  firstStep: number;
  losses: ArrayLike<number>;
  gradientNorms: ArrayLike<number>;
  learningRates: ArrayLike<number>;
}

const EPOCH_FIGURES = [
  'epoch',
  'step',
  'loss',
  'validationLoss',
  'accuracy',
  'validationAccuracy',
  'learningRate',
  'gradientNorm',
  'tokensPerSecond',
  'seconds',
] as const satisfies (keyof ReportEpoch & keyof EpochResult)[];

function epochsOf(history: TrainingHistory): EpochResult[] {
  if (typeof history === 'object' && history !== null) {
    const epochs: unknown = 'epochs' in history ? history.epochs : history;
    if (typeof (epochs as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] === 'function') {
      return [...(epochs as Iterable<EpochResult>)];
    }
  }
  throw check.wrongType('history', 'a History, or a list of epochs', history);
}

/** The figures of an epoch that a report shows. */
function figuresOf(epoch: EpochResult, index: number): ReportEpoch {
  if (typeof epoch !== 'object' || epoch === null) throw check.wrongType(`history[${index}]`, 'an epoch', epoch);
  const given = EPOCH_FIGURES.filter((figure) => epoch[figure] !== undefined);
  return Object.fromEntries(given.map((figure) => [figure, epoch[figure]])) as unknown as ReportEpoch;
}

/** An epoch's steps; undefined if they were left out, as in figures that were typed in. */
function stepsOf({ step, stepLosses, stepGradientNorms, stepLearningRates }: EpochResult): UnfinishedSteps | undefined {
  if (stepLosses === undefined || stepGradientNorms === undefined || stepLearningRates === undefined) return undefined;
  return {
    firstStep: step + 1 - stepLosses.length,
    losses: stepLosses,
    gradientNorms: stepGradientNorms,
    learningRates: stepLearningRates,
  };
}

/** Pieces one after the other. Where steps between two are not known, there are gaps. */
function join(pieces: readonly UnfinishedSteps[]): ReportSteps {
  const first = pieces[0]?.firstStep ?? 0;
  // A training that was begun again counts its steps from 0 again.
  let length = 0;
  const starts = pieces.map(({ firstStep, losses }) => {
    const start = Math.max(firstStep - first, length);
    length = start + losses.length;
    return start;
  });
  const joined = (key: 'losses' | 'gradientNorms' | 'learningRates') => {
    const values = new Float64Array(length).fill(Number.NaN);
    for (const [index, piece] of pieces.entries()) values.set(piece[key], starts[index]);
    return values;
  };
  return {
    ...(first > 0 && { first }),
    loss: joined('losses'),
    gradientNorm: joined('gradientNorms'),
    learningRate: joined('learningRates'),
  };
}

/**
 * The curves of a training, over its epochs and over its steps.
 * @param unfinished steps after the last epoch.
 * @param model the trained model, if known: its output tells what the speed counts.
 * @throws ERR_UNROLLED_OPTION_TYPE for a value that is not a history.
 */
export function trainingParts(
  history: TrainingHistory,
  unfinished: readonly UnfinishedSteps[] = [],
  model?: ModelDescription,
): Pick<ReportRecord, 'history' | 'steps' | 'units'> {
  const epochs = epochsOf(history);
  const figures = epochs.map(figuresOf);
  const steps = epochs.map(stepsOf);
  const pieces = [...steps, ...unfinished].filter((piece) => piece !== undefined);
  const isWhole = pieces.length === steps.length + unfinished.length && pieces.length > 0;
  return {
    ...(figures.length > 0 && { history: figures }),
    ...(isWhole && { steps: join(pieces) }),
    ...((epochs.length > 0 || pieces.length > 0) && unitsOf(epochs, model)),
  };
}
