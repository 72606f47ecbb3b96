/** `classify train --report FILE.html`: what its page shows beside the curves of the training. */

import { counted } from '../../base/messages/wording';
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

/** What is known of a training before it begins. */
export interface PageTraining {
  title: string;
  data: ClassifyData;
  parting: Parting;
}

/** Tokens of a text that the page shows, at least; the first text that has so many is taken, else the longest. */
const SHOWN_TOKENS = 40;

/** A text that the model has not learned from where there is one: of the test, else of what validates. */
function textToShow(test: readonly Example[] | undefined, { train, validation }: datasets.Split<Example>): string {
  const unseen = [test, validation, train].find((part) => part !== undefined && part.length > 0) ?? [];
  const texts = unseen.map(({ text }) => text);
  const long = texts.find((text) => text.split(/\s+/).length >= SHOWN_TOKENS);
  return long ?? texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '');
}

/** What the texts that validated were taken for; those that trained where none validated. */
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
 * Writes the page of a training that is over.
 * @param remark how the training ended, where it was not as planned.
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
