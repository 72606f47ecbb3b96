/** The parts of a report about a model that reads text, besides its training. */

import { types } from 'node:util';
import * as check from '../base/check';
import { joined } from '../generation/prompt';
import { planOf } from '../layers/plan';
import type { Network } from '../network/network';
import { argMax } from '../tensor/tensor';
import { collectActivations } from './activations';
import { collectGradientByStep } from './gradient-by-step';
import { describeModel } from './model-summary';
import type { ReportRecord } from './record';
import { column, goesStepByStep } from './stepping';

/** A model with what turns text into ids and ids into words: a `LanguageModel`, a `SequenceClassifier`. */
export interface TextModel {
  readonly model: Network;
  /** Whether a text is fed after the end token, as the beginning of a document. */
  readonly documents?: boolean;
  readonly vocabulary: {
    readonly endId?: number | undefined;
    /** The ids of a text. */
    encode(text: string): Int32Array;
    /** The token of an id, like `Vocabulary.token`. */
    token?(id: number): string;
    /** Words by id, as `WordList` has them. */
    readonly words?: readonly string[];
  };
}

/** Parts of a record that show a model from within. */
export type Inspection = Pick<ReportRecord, 'model' | 'activations' | 'gradientByStep'>;

/** Tokens whose activations travel in a report: a screenful, and about a megabyte for 512 units. */
const READ_TOKENS = 600;

/** Tokens the gradient goes back over; its cost grows with their square. */
const GRADIENT_TOKENS = 65;

/** Most outputs of one pass: with very many classes fewer tokens are read. */
const MOST_OUTPUTS = 2 ** 24;

/** Most tokens that `inspect` reads. */
export function tokensToInspect(model: Network): number {
  return Math.max(1, Math.min(READ_TOKENS, Math.floor(MOST_OUTPUTS / planOf(model.description).features)));
}

/** Tokens in visible form; the end of a document has no text. */
function namesOf({ vocabulary }: TextModel, ids: Int32Array): string[] {
  return Array.from(ids, (id) => {
    if (vocabulary.token !== undefined) return vocabulary.token(id) || '\u2403';
    const word = vocabulary.words?.[id];
    return word === undefined ? `#${id} ` : `${word} `;
  });
}

/** A text as the model reads it. */
function idsOf({ vocabulary, documents = false }: TextModel, text: string): Int32Array {
  const ids = vocabulary.encode(text);
  return documents && ids.length > 0 ? joined(Int32Array.of(vocabulary.endId as number), ids) : ids;
}

/**
 * For a model with an output after each token, the loss is that of the text's last token; else that of the most likely
 * class.
 */
async function gradientParts({ model }: TextModel, ids: Int32Array): Promise<Pick<ReportRecord, 'gradientByStep'>> {
  const { once } = planOf(model.description);
  const read = once ? ids : ids.slice(0, -1);
  if (!goesStepByStep(model.description) || read.length < 2) return {};
  const sequence = { ids: column(read) };
  const target = once ? argMax((await model.forward(sequence)).output).data[0] : ids.at(-1);
  return { gradientByStep: await collectGradientByStep(model, sequence, target as number) };
}

/**
 * A drawing of a model, its units over the beginning of a text, and how far the gradient reaches back in it. Parts that
 * the text is too short for, or that the model does not support, are left out.
 * @param text a text of a few hundred tokens that the model has not memorised, or its ids.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_DISPOSED.
 */
export async function inspect(language: TextModel, text: string | Int32Array): Promise<Inspection> {
  const { model } = language;
  const all = types.isInt32Array(text) ? text : idsOf(language, check.string('text', text));
  const ids = all.slice(0, tokensToInspect(model));
  if (ids.length === 0) return { model: describeModel(model) };
  return {
    model: describeModel(model),
    activations: await collectActivations(model, { ids: column(ids) }, namesOf(language, ids)),
    ...(await gradientParts(language, ids.slice(0, GRADIENT_TOKENS))),
  };
}
