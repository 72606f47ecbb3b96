/**
 * Generation under constraint: a GRU learns those of the Tang poems whose lines have five characters, and writes 五言绝句
 * (four lines of five characters, in the right punctuation) and 藏头诗 (whose lines begin with given characters).
 *
 * Without a file it looks for tang.txt.gz in the folder that UNROLLED_DATA names. The poems are in traditional
 * characters, and so are the ones it writes.
 */

import { progressDisplay } from '../src/cli/terminal/progress';
import { Corpus, datasets, LanguageModel } from '../src/index';
import { run, wholeNumber } from './run';
import { fiveCharacterPoems, headsOf, requirePoems, writePoems } from './support/poem-forms';

const USAGE = {
  help: 'npm run example:poem-forms -- [FILE | --corpus FILE] [--encoding gb18030] [--heads 春江花月] [--poems 3] [--steps 350] [--seed 0]',
  allowPositionals: true,
  options: {
    corpus: { type: 'string' },
    encoding: { type: 'string' },
    heads: { type: 'string', default: '春江花月' },
    poems: { type: 'string', default: '3' },
    steps: { type: 'string', default: '350' },
    seed: { type: 'string', default: '0' },
  },
} as const;

run(USAGE, async ({ values, positionals }) => {
  const seed = wholeNumber('seed', values.seed, 0);
  const steps = wholeNumber('steps', values.steps, 1);
  const count = wholeNumber('poems', values.poems, 1);
  const path = values.corpus ?? positionals[0];
  const all =
    path === undefined
      ? await datasets.tang()
      : await datasets.text(path, { encoding: values.encoding, lineEnds: 'lf' });
  const poems = fiveCharacterPoems(all.vocabulary.decode(all.ids));
  requirePoems(poems, all.name);
  const corpus = Corpus.fromDocuments(poems);
  const { vocabulary } = corpus;
  console.log(`${poems.length} poems of lines of five characters; ${vocabulary.size} distinct, all traditional ones`);
  const heads = headsOf(vocabulary, values.heads);

  const model = LanguageModel.create({ vocabulary, cell: 'gru', embedding: 128, hidden: 256, seed });
  const display = progressDisplay();
  const training = model.fit(corpus, {
    steps,
    batch: 32,
    window: 32,
    optimizer: 'adam',
    learningRate: 0.003,
    clipNorm: 5,
    shuffle: true,
    seed,
    onProgress: (progress) => display.update(progress),
  });
  for await (const { stepLosses } of training) {
    display.clear();
    const latest = stepLosses.slice(-20);
    const loss = latest.reduce((sum, value) => sum + value, 0) / latest.length;
    console.log(`trained: loss ${loss.toFixed(3)}, perplexity ${Math.exp(loss).toFixed(0)}`);
  }

  console.log('\n五言绝句: four lines of five characters');
  for (const poem of await writePoems(model, count, { seed })) console.log(`\n${poem}`);
  console.log(`\n藏头诗: lines that begin with ${heads.join(' ')}`);
  for (const poem of await writePoems(model, count, { heads, seed })) console.log(`\n${poem}`);
});
