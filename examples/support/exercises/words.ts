/** A language model of words: each a row of a table that is trained along, or a one-hot vector. */

import { type Corpus, LanguageModel } from '../../../src/index';
import { type ExerciseOptions, type ExerciseResult, historyOf, lastOf, resultOf, type VariantResult } from './exercise';

const WIDTHS = ['onehot', 16, 64] as const;

const HIDDEN = 64;

/** @param corpus of words, of which the frequent ones are kept; the others are one unknown token. */
export async function wordExercise(corpus: Corpus, { epochs, seed }: ExerciseOptions): Promise<ExerciseResult> {
  const { vocabulary } = corpus;
  const variants: VariantResult[] = [];
  for (const embedding of WIDTHS) {
    const label = embedding === 'onehot' ? 'one-hot words' : `embeddings of ${embedding}`;
    using model = LanguageModel.create({ vocabulary, cell: 'gru', embedding, hidden: HIDDEN, seed });
    const training = model.fit(corpus, {
      ...{ epochs, batch: 32, window: 32, validation: 0.1, optimizer: 'adam', learningRate: 0.005, clipNorm: 5, seed },
    });
    const history = await historyOf(training);
    const figures = history.map(({ validationLoss = Number.NaN }) => validationLoss);
    const { loss, tokensPerSecond } = lastOf(history);
    const unseen = figures.at(-1) ?? Number.NaN;
    const sizes = [model.summary().parameterCount, Math.round(tokensPerSecond)];
    variants.push({ row: [label, loss, unseen, Math.exp(unseen), ...sizes], figures });
  }
  const title = `Shakespeare, word by word (${vocabulary.size.toLocaleString('en')} words and spaces), epoch ${epochs}`;
  const columns = ['variant', 'loss', 'loss on unseen text', 'perplexity', 'parameters', 'tokens/s'];
  const plotted = 'Shakespeare, word by word, on unseen text';
  return resultOf({ title, columns, plotted, yLabel: 'nats a token' }, variants);
}
