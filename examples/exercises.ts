/**
 * The tutorials' exercises side by side: longer windows, other hidden sizes and clip ranges for the character RNN of
 * Shakespeare; a language model of words with embeddings; bags of words weighted by frequency, and without stop words.
 */

import { requireWritable } from '../src/base/files/files';
import { datasets } from '../src/index';
import { renderReport, writeReport } from '../src/report';
import { run, wholeNumber } from './run';
import { bagExercise } from './support/exercises/bags';
import type { ExerciseResult } from './support/exercises/exercise';
import { shakespeareExercise } from './support/exercises/shakespeare';
import { wordExercise } from './support/exercises/words';
import { printTable } from './support/table';

const USAGE = {
  help: 'npm run example:exercises -- [--full] [--seed 0] [--report exercises.html]',
  options: {
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: '0' },
    report: { type: 'string', default: 'exercises.html' },
  },
} as const;

const TITLE = 'The exercises';

/** Enough for a comparison within a few minutes; and longer runs. */
const SHORT = {
  shakespeare: { epochs: 2 },
  words: { epochs: 2, size: 1000 },
  bags: { epochs: 6, reviews: 8000, words: 2000 },
};
const FULL = {
  shakespeare: { epochs: 30 },
  words: { epochs: 10, size: 5000 },
  bags: { epochs: 10, reviews: 20_000, words: 4000 },
};

run(USAGE, async ({ values }) => {
  const seed = wholeNumber('seed', values.seed, 0);
  const { shakespeare, words, bags } = values.full ? FULL : SHORT;
  if (!values.full) console.log('A short run, of some two minutes; --full trains longer and on more.');
  // What is missing, the page's own files or a corpus, is said now and not after all the work.
  await requireWritable(values.report);
  renderReport({ title: TITLE });
  const characters = await datasets.shakespeare();
  const corpus = await datasets.shakespeare({ tokens: 'word', maxSize: words.size });
  const { train: reviews } = await datasets.imdb();

  const results: ExerciseResult[] = [];
  for (const exercise of [
    () => shakespeareExercise(characters, { ...shakespeare, seed }),
    () => wordExercise(corpus, { ...words, seed }),
    () => bagExercise(reviews, { ...bags, seed }),
  ]) {
    const result = await exercise();
    printTable(result.table);
    results.push(result);
  }
  const tables = results.map(({ table }) => table);
  const comparisons = results.map(({ comparison }) => comparison);
  await writeReport(values.report, { title: TITLE, tables, comparisons });
  console.log(`\nTheir plots are in ${values.report}`);
});
