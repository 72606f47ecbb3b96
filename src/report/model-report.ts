/** `model.report()`: what a program knows of a training and its model, as a page. */

import * as check from '../base/check';
import type { Network } from '../network/network';
import { inspect, type TextModel } from './inspect';
import { describeModel } from './model-summary';
import type { ReportModel, ReportRecord } from './record';
import { requirePageName, writeReport } from './render';
import { type TrainingHistory, trainingParts } from './training-parts';

/** The parts of a `ReportRecord` that `Model.report` shows besides the model. */
export interface ReportOptions extends Omit<ReportRecord, 'title' | 'model' | 'history' | 'steps'> {
  /** `A model of 1,234 parameters`, or the like, by default. */
  title?: string | undefined;
  /** The epochs that `fit` yielded: a `History`, or a list of epochs. */
  history?: TrainingHistory | undefined;
}

/** The options of `report` of a language model or a classifier. */
export interface TextReportOptions extends ReportOptions {
  /**
   * A text that the model has not memorised. The page shows its first few hundred tokens coloured by the hidden units,
   * and the gradient back through them.
   */
  text?: string | undefined;
}

const OPTIONS = [
  'title',
  'command',
  'created',
  'note',
  'history',
  'units',
  'keptEpoch',
  'weights',
  'samples',
  'confusions',
  'activations',
  'neighbours',
  'gradientByStep',
  'tables',
  'comparisons',
] as const satisfies (keyof ReportOptions)[];

function titleOf({ parameterCount }: Network): string {
  return `A model of ${parameterCount.toLocaleString('en')} parameters`;
}

function recordOf(model: Network, drawn: ReportModel, { history, ...given }: ReportOptions): ReportRecord {
  const { title = titleOf(model), ...parts } = given;
  const training = history === undefined ? {} : trainingParts(history, [], model.description);
  return { ...training, ...parts, title, model: drawn };
}

/** @internal What `Model.report` does. */
export async function reportModel(model: Network, path: string, options: ReportOptions | undefined): Promise<void> {
  requirePageName('path', path);
  const given = check.options('report', options, OPTIONS);
  await writeReport(path, recordOf(model, describeModel(model), given));
}

/** @internal What `report` of a language model or a classifier does. */
export async function reportTextModel(
  language: TextModel,
  path: string,
  options: TextReportOptions | undefined,
): Promise<void> {
  requirePageName('path', path);
  const { text = '', ...given } = check.options('report', options, [...OPTIONS, 'text']);
  const { model = describeModel(language.model), ...seen } =
    check.string('text', text) === '' ? {} : await inspect(language, text);
  await writeReport(path, { ...seen, ...recordOf(language.model, model, given) });
}
