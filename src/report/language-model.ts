/** What a report shows of a language model beside its training. */

import type { LanguageModel } from '../language-model';
import { collectActivations } from './activations';
import { collectGradientByStep } from './gradient-by-step';
import { describeModel } from './model-summary';
import type { ReportRecord } from './record';

/** Tokens whose activations travel in a report: a screenful, and about a megabyte for 512 units. */
const READ_TOKENS = 600;

/** Tokens the gradient goes back over; its cost grows with their square. */
const GRADIENT_TOKENS = 65;

/** The first tokens of a text, as text. */
function beginningOf({ vocabulary }: LanguageModel, text: string, tokens: number): string {
  const decoder = vocabulary.decoder();
  let beginning = '';
  for (const id of vocabulary.encode(text).subarray(0, tokens)) beginning += decoder.push(id);
  return beginning;
}

/**
 * The model drawn, its units over the beginning of a text, and how far the gradient reaches back in it: parts of a
 * record. The text should be some the model has not learned by heart, of a few hundred tokens.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_OPTION_RANGE for fewer than three tokens, ERR_UNROLLED_DISPOSED.
 */
export async function inspectLanguageModel(
  language: LanguageModel,
  text: string,
): Promise<Required<Pick<ReportRecord, 'model' | 'activations' | 'gradientByStep'>>> {
  return {
    model: describeModel(language.model),
    activations: await collectActivations(language, beginningOf(language, text, READ_TOKENS)),
    gradientByStep: await collectGradientByStep(language, beginningOf(language, text, GRADIENT_TOKENS)),
  };
}
