/** The two systems of the tutorials that are timed whole, each beside its algorithm in NumPy. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Corpus, datasets, LanguageModel, SequenceClassifier, WordList } from '../src';
import { runPython } from '../test/peer/python';
import { dataFolder } from '../test/support/data';
import type { Budget, Workload } from './workload';
import { shakespeare, toySentiment } from './workloads';

/** Tiny Shakespeare where it is here, else the sonnets, which always are. */
async function shakespeareCorpus(): Promise<Corpus> {
  const file = join(dataFolder, 'tinyshakespeare.txt');
  return existsSync(file) ? datasets.text(file) : datasets.sonnets();
}

/** Tokens per second of system 5 by the clock on the wall: whole epochs of `fit`, until the time is over. */
async function trainShakespeare(corpus: Corpus, { seconds, threads }: Budget): Promise<number> {
  using model = LanguageModel.create({
    vocabulary: corpus.vocabulary,
    cell: 'rnn',
    embedding: 'onehot',
    hidden: 20,
    singleBias: true,
    initializer: { kind: 'normal', scale: 0.01 },
    threads,
  });
  const options = {
    optimizer: { kind: 'adagrad-abs', learningRate: 0.1 },
    epochs: 1_000_000,
    batch: 1,
    window: 25,
    reduction: 'sum',
    clipValue: 2,
  } as const;
  const started = performance.now();
  let tokens = 0;
  for await (const { steps } of model.fit(corpus, options)) {
    tokens += steps * options.window;
    if (performance.now() - started >= 1000 * seconds) break;
  }
  return tokens / ((performance.now() - started) / 1000);
}

/** The same algorithm in NumPy, on the same text, which is written to `file`. */
async function trainShakespeareInNumPy(corpus: Corpus, file: string, { seconds }: Budget): Promise<number> {
  writeFileSync(file, corpus.text);
  const script = join(__dirname, 'numpy_shakespeare.py');
  const { tokensPerSecond } = JSON.parse(await runPython(script, file, '--seconds', String(seconds)));
  return tokensPerSecond;
}

const TOY_EPOCHS = 1000;

/** Seconds that system 1 takes by the clock on the wall, all its epochs. */
async function trainToySentiment({ threads }: Pick<Budget, 'threads'>): Promise<number> {
  const { train, words } = datasets.toySentiment();
  using model = SequenceClassifier.create({
    vocabulary: new WordList(words),
    classes: 2,
    cell: 'rnn',
    embedding: 'onehot',
    hidden: 64,
    singleBias: true,
    initializer: { kind: 'normal', scale: 0.001 },
    threads,
  });
  const options = { optimizer: { kind: 'sgd', learningRate: 0.02 }, epochs: TOY_EPOCHS, clipValue: 1 } as const;
  const started = performance.now();
  await model.fit(train, options);
  return (performance.now() - started) / 1000;
}

/** The same in NumPy, from the time of an epoch; the phrases are written to `file`. */
async function trainToySentimentInNumPy(file: string, { seconds }: Budget): Promise<number> {
  writeFileSync(file, JSON.stringify(datasets.toySentiment()));
  const script = join(__dirname, 'numpy_toy_sentiment.py');
  const { secondsPerEpoch } = JSON.parse(await runPython(script, file, '--seconds', String(seconds)));
  return TOY_EPOCHS * secondsPerEpoch;
}

/** @param folder where the data of the peers are written. */
export async function systems(folder: string): Promise<[Workload, Workload]> {
  const corpus = await shakespeareCorpus();
  return [
    {
      ...shakespeare,
      peer: 'NumPy',
      unit: 'tokens/s',
      ours: async (budget) => ({ speed: await trainShakespeare(corpus, budget) }),
      theirs: async (budget) => ({
        speed: await trainShakespeareInNumPy(corpus, join(folder, 'shakespeare.txt'), budget),
      }),
    },
    {
      ...toySentiment,
      peer: 'NumPy',
      unit: 'seconds',
      ours: async (budget) => ({ speed: 1 / (await trainToySentiment(budget)) }),
      theirs: async (budget) => ({
        speed: 1 / (await trainToySentimentInNumPy(join(folder, 'phrases.json'), budget)),
      }),
    },
  ];
}
