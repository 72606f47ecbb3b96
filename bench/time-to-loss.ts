/** W11: how long an LSTM trains on tiny Shakespeare until it is good enough, beside PyTorch on the same text. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { datasets, LanguageModel } from '../src';
import { runPython } from '../test/peer/python';
import { dataFolder } from '../test/support/data';
import type { Budget, Speed, Workload } from './workload';
import { timeToLoss } from './workloads';

const FILE = 'tinyshakespeare.txt';

/** What both sides are told. */
const JOB = {
  ...{ embedding: 64, hidden: 256, window: 64, batch: 32 },
  ...{ learningRate: 0.002, clipNorm: 5, validation: 0.1, target: 1.6, mostEpochs: 10, seed: 0 },
} as const;

interface Epochs {
  /** Seconds of training alone, summed over the epochs. */
  seconds: number;
  /** After each epoch. */
  validationLosses: number[];
}

function toSpeed({ seconds, validationLosses }: Epochs): Speed {
  const losses = validationLosses.map((loss) => loss.toFixed(3)).join(', ');
  if (!(validationLosses.at(-1)! <= JOB.target)) {
    throw new Error(`W11 did not reach ${JOB.target} nats in ${JOB.mostEpochs} epochs: ${losses}.`);
  }
  return { speed: 1 / seconds, note: `validation loss after each epoch: ${losses}` };
}

async function train(file: string, { threads }: Budget): Promise<Speed> {
  const { embedding, hidden, window, batch, learningRate, clipNorm, validation, target, mostEpochs, seed } = JOB;
  const corpus = await datasets.text(file);
  using model = LanguageModel.create({
    ...{ vocabulary: corpus.vocabulary, embedding, hidden, seed, threads },
    cell: 'lstm',
  });
  const run: Epochs = { seconds: 0, validationLosses: [] };
  const options = {
    optimizer: { kind: 'adam', learningRate },
    epochs: mostEpochs,
    window,
    batch,
    clipNorm,
    validation,
  } as const;
  for await (const { steps, tokensPerSecond, validationLoss } of model.fit(corpus, options)) {
    run.seconds += (steps * window * batch) / tokensPerSecond;
    run.validationLosses.push(validationLoss!);
    if (validationLoss! <= target) break;
  }
  return toSpeed(run);
}

async function trainInPyTorch(file: string, { threads }: Budget): Promise<Speed> {
  const job = JSON.stringify({ ...JOB, corpus: file, threads });
  return toSpeed(JSON.parse(await runPython(join(__dirname, 'torch_time_to_loss.py'), job)));
}

export function timeToLossWorkload(): Workload {
  const file = join(dataFolder, FILE);
  return {
    ...timeToLoss,
    peer: 'PyTorch',
    unit: 'seconds',
    long: true,
    ...(!existsSync(file) && { obstacle: `no ${FILE} in ${dataFolder}; UNROLLED_DATA names another folder` }),
    ours: (budget) => train(file, budget),
    theirs: (budget) => trainInPyTorch(file, budget),
  };
}
