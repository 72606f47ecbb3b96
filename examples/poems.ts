/**
 * A large vocabulary: a GRU learns Tang poems character by character, with an exact softmax over all of them.
 *
 * Without a file it looks for tang.txt.gz in the folder that UNROLLED_DATA names; any UTF-8 text will do.
 */

import { requireWritable } from '../src/base/files/files';
import { progressDisplay } from '../src/cli/terminal/progress';
import { datasets, History, LanguageModel } from '../src/index';
import { run, wholeNumber } from './run';

const USAGE = {
  help: 'npm run example:poems -- [FILE | --corpus FILE] [--encoding gb18030] [--steps 350] [--seed 0] [--report FILE.html]',
  allowPositionals: true,
  options: {
    corpus: { type: 'string' },
    encoding: { type: 'string' },
    steps: { type: 'string', default: '350' },
    seed: { type: 'string', default: '0' },
    report: { type: 'string' },
  },
} as const;

run(USAGE, async ({ values, positionals }) => {
  const seed = wholeNumber('seed', values.seed, 0);
  const steps = wholeNumber('steps', values.steps, 1);
  const path = values.corpus ?? positionals[0];
  if (values.report !== undefined) await requireWritable(values.report);
  const corpus =
    path === undefined
      ? await datasets.tang()
      : await datasets.text(path, { encoding: values.encoding, lineEnds: 'lf' });
  const { vocabulary } = corpus;
  console.log(`${corpus.name}: ${corpus.ids.length} characters, ${vocabulary.size} distinct`);

  const model = LanguageModel.create({ vocabulary, cell: 'gru', embedding: 128, hidden: 256, seed });
  const display = progressDisplay();
  const history = new History();
  const training = model.fit(corpus, {
    steps,
    batch: 32,
    window: 32,
    optimizer: 'adam',
    learningRate: 0.003,
    clipNorm: 5,
    seed,
    callbacks: [history],
    onProgress: (progress) => display.update(progress),
  });
  const guessing = Math.log(vocabulary.size);
  console.log(`guessing: loss ${guessing.toFixed(3)}, perplexity ${vocabulary.size}`);
  for await (const { stepLosses, tokensPerSecond } of training) {
    display.clear();
    const latest = stepLosses.slice(-20);
    const loss = latest.reduce((sum, value) => sum + value, 0) / latest.length;
    const rate = Math.round(tokensPerSecond).toLocaleString('en');
    console.log(`trained:  loss ${loss.toFixed(3)}, perplexity ${Math.exp(loss).toFixed(0)}, ${rate} characters/s`);
  }

  const poem = await model.sample('\n', { length: 64, temperature: 0.8, topK: 200, seed });
  console.log(`\n${poem}`);
  if (values.report !== undefined) {
    const { epoch = 0, step = 0 } = history.last ?? {};
    const title = `A GRU on ${corpus.name}`;
    const text = vocabulary.decode(corpus.ids.slice(-300));
    await model.report(values.report, { title, history, text, samples: [{ epoch, step, text: poem }] });
  }
});
