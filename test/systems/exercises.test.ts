/** The exercises on tiny corpora: that each variant is another model, and all are in the table and in the plot. */

import assert from 'node:assert/strict';
import { bagExercise } from '../../examples/support/exercises/bags';
import type { ExerciseResult } from '../../examples/support/exercises/exercise';
import { shakespeareExercise } from '../../examples/support/exercises/shakespeare';
import { wordExercise } from '../../examples/support/exercises/words';
import { Corpus } from '../../src/index';
import { renderReport } from '../../src/report';

const EPOCHS = 2;
const LINE = 'to be or not to be, that is the question: whether tis nobler in the mind to suffer\n';

/** A row and a curve for each variant, every figure a number. */
function requireVariants({ table, comparison }: ExerciseResult, variants: number): void {
  assert.deepEqual(
    comparison.series.map(({ label }) => label),
    table.rows.map(([label]) => label),
  );
  assert.equal(table.rows.length, variants);
  for (const row of table.rows) assert.equal(row.length, table.columns.length);
  for (const { x, y } of comparison.series) {
    assert.deepEqual(x, [1, 2]);
    assert.ok(Array.from(y).every(Number.isFinite));
  }
  renderReport({ title: 'exercise', tables: [table], comparisons: [comparison] });
}

function differentCurves({ comparison }: ExerciseResult): number {
  return new Set(comparison.series.map(({ y }) => Array.from(y).join())).size;
}

describe('the exercises', () => {
  it('train the character RNN with other windows, sizes and clip ranges', async () => {
    const result = await shakespeareExercise(Corpus.fromText(LINE.repeat(8)), { epochs: EPOCHS, seed: 0 });
    requireVariants(result, 8);
    assert.equal(differentCurves(result), 8);
    const losses = result.comparison.series.map(({ y }) => Array.from(y));
    assert.ok(
      losses.every(([first = 0, last = 0]) => last < first),
      JSON.stringify(losses),
    );
  });

  it('train a language model of words over one-hot vectors and over embeddings', async () => {
    const corpus = Corpus.fromText(LINE.repeat(90), { tokens: 'word', maxSize: 12 });
    const result = await wordExercise(corpus, { epochs: EPOCHS, seed: 0 });
    requireVariants(result, 3);
    assert.equal(differentCurves(result), 3);
    const parameters = result.table.rows.map((row) => row[4] as number);
    assert.ok((parameters[1] as number) < (parameters[2] as number));
  });

  it('weigh the words of a review, with and without stop words', async () => {
    const examples = Array.from({ length: 50 }, (_, i) => ({
      text: i % 2 === 0 ? `the film is a bore bore ${'and '.repeat(i % 5)}` : `the film is a great joy ${i % 3}`,
      label: i % 2,
    }));
    const options = { epochs: EPOCHS, seed: 0, reviews: 40, words: 20 };
    const result = await bagExercise(examples, options);
    requireVariants(result, 6);
    const trained = result.table.rows.map(([, accuracy]) => accuracy);
    assert.ok(
      trained.every((accuracy) => (accuracy as number) >= 0.5),
      trained.join(),
    );
  });
});
