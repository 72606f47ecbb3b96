/** The character RNN with longer windows, more hidden units, and other ranges to clip gradients to. */

import { type Corpus, LanguageModel } from '../../../src/index';
import { type ExerciseOptions, type ExerciseResult, historyOf, lastOf, resultOf, type VariantResult } from './exercise';

/** The tutorial's own. */
const BASE = { window: 25, hidden: 20, clip: 2 };

/** 0 stands for no clipping. */
const VARIANTS = [
  { label: 'as published', ...BASE },
  { label: 'window 50', ...BASE, window: 50 },
  { label: 'window 100', ...BASE, window: 100 },
  { label: 'hidden 50', ...BASE, hidden: 50 },
  { label: 'hidden 100', ...BASE, hidden: 100 },
  { label: 'clip ±0.5', ...BASE, clip: 0.5 },
  { label: 'clip ±5', ...BASE, clip: 5 },
  { label: 'no clipping', ...BASE, clip: 0 },
] as const;

/** @param corpus of characters. */
export async function shakespeareExercise(corpus: Corpus, { epochs, seed }: ExerciseOptions): Promise<ExerciseResult> {
  const { vocabulary } = corpus;
  const variants: VariantResult[] = [];
  for (const { label, window, hidden, clip } of VARIANTS) {
    using model = LanguageModel.create({
      ...{ vocabulary, cell: 'rnn', embedding: 'onehot', hidden, seed },
      ...{ singleBias: true, initializer: { kind: 'normal', scale: 0.01 } },
    });
    const training = model.fit(corpus, {
      ...{ epochs, batch: 1, window, optimizer: 'adagrad-abs', learningRate: 0.1, reduction: 'sum', seed },
      ...(clip > 0 && { clipValue: clip }),
    });
    const history = await historyOf(training);
    const { loss: final, tokensPerSecond } = lastOf(history);
    const figures = history.map(({ loss }) => loss);
    const cells = [window, hidden, clip === 0 ? 'none' : `±${clip}`, final, Math.round(tokensPerSecond)];
    variants.push({ row: [label, ...cells], figures });
  }
  const title = `Shakespeare, character by character: loss in epoch ${epochs}, nats a character`;
  const columns = ['variant', 'window', 'hidden', 'clipped to', 'loss', 'characters/s'];
  return resultOf(
    { title, columns, plotted: 'Shakespeare, character by character', yLabel: 'nats a character' },
    variants,
  );
}
