/** W11: how long an LSTM trains on tiny Shakespeare until it is good enough, beside PyTorch on the same text. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { datasets, LanguageModel } from '../src';
import { PeerAbsentError, runPython } from '../test/peer/python';
import { dataFolder } from '../test/support/data';
import type { Budget, Speed, Workload } from './workload';
import { timeToLoss } from './workloads';

const FILE = 'tinyshakespeare.txt';

/** What both sides are told. */
const JOB = {
  ...{ embedding: 64, hidden: 256, window: 64, batch: 32 },
  ...{ learningRate: 0.002, clipNorm: 5, validation: 0.1, target: 1.6, mostValidations: 10, seed: 0 },
} as const;

/** After each epoch. */
interface Epochs {
  /** Seconds of training alone, up to there. */
  seconds: number[];
  validationLosses: number[];
}

function toSpeed({ seconds, validationLosses }: Epochs): Speed {
  const losses = validationLosses.map((loss) => loss.toFixed(3)).join(', ');
  if (!(validationLosses.at(-1)! <= JOB.target)) {
    throw new Error(`W11 did not reach ${JOB.target} nats in ${JOB.mostValidations} epochs: ${losses}.`);
  }
  return { speed: 1 / seconds.at(-1)!, note: `validation loss after each epoch: ${losses}` };
}

/** PyTorch's initial weights as a file to start from, so that no side's draw is luckier; none where PyTorch is absent. */
async function initialWeights(file: string, init: string): Promise<string | undefined> {
  try {
    await runInPyTorch({ corpus: file, init, mostValidations: 0 });
    return init;
  } catch (error) {
    if (error instanceof PeerAbsentError) return undefined;
    throw error;
  }
}

async function runInPyTorch(job: object): Promise<Epochs> {
  const script = join(__dirname, 'torch_time_to_loss.py');
  return JSON.parse(await runPython(script, JSON.stringify({ ...JOB, threads: 1, ...job })));
}

async function train(file: string, init: string, { threads }: Budget): Promise<Speed> {
  const { embedding, hidden, window, batch, learningRate, clipNorm, validation, target, seed } = JOB;
  const corpus = await datasets.text(file);
  const network = { cell: 'lstm', vocabulary: corpus.vocabulary, embedding, hidden, seed, threads } as const;
  const weights = await initialWeights(file, init);
  using model = weights === undefined ? LanguageModel.create(network) : await LanguageModel.initFrom(weights, network);
  const run: Epochs = { seconds: [], validationLosses: [] };
  const options = {
    optimizer: { kind: 'adam', learningRate },
    epochs: JOB.mostValidations,
    window,
    batch,
    clipNorm,
    validation,
  } as const;
  for await (const { steps, tokensPerSecond, validationLoss } of model.fit(corpus, options)) {
    run.seconds.push((run.seconds.at(-1) ?? 0) + (steps * window * batch) / tokensPerSecond);
    run.validationLosses.push(validationLoss!);
    if (validationLoss! <= target) break;
  }
  return toSpeed(run);
}

/** @param folder where the initial weights are written. */
export function timeToLossWorkload(folder: string): Workload {
  const file = join(dataFolder, FILE);
  const init = join(folder, 'initial.safetensors');
  return {
    ...timeToLoss,
    peer: 'PyTorch',
    unit: 'seconds',
    long: true,
    ...(!existsSync(file) && { obstacle: `no ${FILE} in ${dataFolder}; UNROLLED_DATA names another folder` }),
    ours: (budget) => train(file, init, budget),
    theirs: async ({ threads }) => toSpeed(await runInPyTorch({ corpus: file, threads })),
  };
}
