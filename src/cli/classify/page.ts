/** `classify train --report FILE.html`: what its page shows besides the curves of the training. */

import { counted } from '../../base/messages/plurals';
import * as datasets from '../../datasets';
import type { TextClassifier } from '../../models/text-classifier';
import { inspect } from '../../report/inspect';
import type { ReportConfusion } from '../../report/record';
import type { Example } from '../../text/example';
import type { KeptWeights } from '../kept-weights';
import type { ReportFile } from '../language-model/report-file';
import { note } from '../terminal/output';
import type { ClassifyData } from './data';

/** How training and validation are split. */
export interface Parting {
  validation: number;
  seed: number;
}

/** Facts about a training that are known before it begins. */
export interface PageTraining {
  title: string;
  data: ClassifyData;
  parting: Parting;
}

/** At least this many tokens of a text are shown. The first text that is long enough is used, else the longest. */
const SHOWN_TOKENS = 40;

/** A text that the model was not trained on, if there is one: from the test data, else from the validation data. */
function textToShow(test: readonly Example[] | undefined, { train, validation }: datasets.Split<Example>): string {
  const unseen = [test, validation, train].find((part) => part !== undefined && part.length > 0) ?? [];
  const texts = unseen.map(({ text }) => text);
  const long = texts.find((text) => text.split(/\s+/).length >= SHOWN_TOKENS);
  return long ?? texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '');
}

/** The confusions of the validation texts, or of the training texts if there is no validation. */
async function confusionOf(
  classifier: TextClassifier,
  { train, validation }: datasets.Split<Example>,
): Promise<ReportConfusion> {
  const { classNames } = classifier;
  const isValidated = validation.length > 0;
  const { confusion } = await classifier.evaluate(isValidated ? validation : train);
  const title = isValidated
    ? `The ${counted(validation.length, 'text')} used for validation`
    : `The ${counted(train.length, 'text')} that the model was trained on; none were used for validation`;
  return { title, classNames, counts: confusion };
}

/**
 * Writes the page of a finished training.
 * @param remark how the training ended, if not as planned.
 */
export async function writePage(
  page: ReportFile | undefined,
  classifier: TextClassifier,
  { title, data, parting }: PageTraining,
  kept: KeptWeights,
  remark: string | undefined,
): Promise<void> {
  if (page === undefined) return;
  const parts = datasets.split(data.examples, parting);
  await page.write({
    title,
    note: remark,
    inspect: async () => ({
      ...(await inspect(classifier.inspected, textToShow(data.test, parts))),
      confusions: [await confusionOf(classifier, parts)],
    }),
    kept,
    model: classifier.inspected.model.description,
  });
  note(`The report is in ${page.path}.`);
}
