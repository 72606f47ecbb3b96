/**
 * The benchmark of a large vocabulary: an LSTM on the Tang poems, 9,700 characters, until its validation loss is low
 * enough, beside PyTorch; and how far the adaptive softmax comes with as many tokens.
 *
 *   node --import tsx bench/tang.ts                                 both at once, each on one thread
 *   node --import tsx bench/tang.ts --target 5.5 --every 50 --json tang.json
 *
 * The split: the first 99 % of the poems' characters are trained on, the last 1 % validate, both cut into 32 rows. Every
 * run makes the same batches; both exact ones begin with the same weights, PyTorch's. Seconds are those of training alone.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Corpus, datasets, info, LanguageModel, type Output } from '../src';
import { PeerAbsentError, runPython } from '../test/peer/python';
import { dataFolder } from '../test/support/data';

/** What all sides are told. */
const NETWORK = { embedding: 256, hidden: 512, seed: 0 };
const STREAM = { window: 64, batch: 32 };
const UPDATE = { learningRate: 0.002, clipNorm: 5 };
const VALIDATION = 0.01;

const PROMPTS = ['床前', '春風', '\n'];

interface Run {
  /** Seconds of training up to each validation. */
  seconds: number[];
  validationLosses: number[];
}

interface Job {
  corpus: Corpus;
  everySteps: number;
  mostValidations: number;
  target: number;
  threads: number;
}

interface Trained extends Run {
  samples: string[];
}

/** The two parts of the text, under the vocabulary of the whole. */
function parts(corpus: Corpus): { trained: Corpus; validation: Corpus } {
  const characters = [...corpus.text];
  const cut = Math.floor(characters.length * (1 - VALIDATION));
  const part = (from: number, to: number) =>
    Corpus.fromText(characters.slice(from, to).join('')).withVocabulary(corpus.vocabulary);
  return { trained: part(0, cut), validation: part(cut, characters.length) };
}

async function train(job: Job, output: Output, init: string | undefined): Promise<Trained> {
  const { vocabulary } = job.corpus;
  const network = { cell: 'lstm', vocabulary, threads: job.threads, output, ...NETWORK } as const;
  using model = init === undefined ? LanguageModel.create(network) : await LanguageModel.initFrom(init, network);
  const { trained, validation } = parts(job.corpus);
  const run: Run = { seconds: [], validationLosses: [] };
  let resumed = performance.now();
  const validate = {
    everySteps: job.everySteps,
    async onStep(): Promise<void> {
      const seconds = (performance.now() - resumed) / 1000;
      const { loss } = await model.evaluate(validation, { ...STREAM });
      run.seconds.push((run.seconds.at(-1) ?? 0) + seconds);
      run.validationLosses.push(loss);
      console.error(`${output} ${job.everySteps * run.seconds.length} steps: ${loss.toFixed(4)}`);
      if (loss <= job.target) throw new Reached();
      resumed = performance.now();
    },
  };
  const steps = job.everySteps * job.mostValidations;
  const options = { ...STREAM, ...UPDATE, optimizer: 'adam', steps, callbacks: [validate] } as const;
  try {
    await model.fit(trained, options);
  } catch (error) {
    if (!(error instanceof Reached)) throw error;
  }
  const samples = await model.sampleAll(PROMPTS, { length: 48, temperature: 0.8, seed: 1 });
  return { ...run, samples: samples.map((text, i) => PROMPTS[i] + text) };
}

/** Ends a training at its target. */
class Reached extends Error {}

async function trainInPyTorch(folder: string, job: Job, more: object): Promise<Run> {
  const corpus = join(folder, 'tang.txt');
  writeFileSync(corpus, job.corpus.text);
  const script = join(__dirname, 'torch_time_to_loss.py');
  const { everySteps, mostValidations, target, threads } = job;
  const given = { corpus, everySteps, mostValidations, target, threads, validation: VALIDATION };
  return JSON.parse(await runPython(script, JSON.stringify({ ...NETWORK, ...STREAM, ...UPDATE, ...given, ...more })));
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof PeerAbsentError)) throw error;
    console.log(error.message);
    return undefined;
  }
}

function print(job: Job, runs: Record<string, Run | undefined>): void {
  const columns = Object.entries(runs).filter((entry): entry is [string, Run] => entry[1] !== undefined);
  console.log(['steps', ...columns.map(([name]) => name)].map((cell) => cell.padEnd(22)).join(''));
  const rows = Math.max(...columns.map(([, { seconds }]) => seconds.length));
  for (let i = 0; i < rows; i++) {
    const cells = columns.map(([, { seconds, validationLosses }]) =>
      i < seconds.length ? `${validationLosses[i]!.toFixed(4)}  ${seconds[i]!.toFixed(1)} s` : '',
    );
    console.log([String((i + 1) * job.everySteps), ...cells].map((cell) => cell.padEnd(22)).join(''));
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: '5.61' },
      every: { type: 'string', default: '40' },
      most: { type: 'string', default: '20' },
      threads: { type: 'string', default: '1' },
      'in-turn': { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const job: Job = {
    corpus: await datasets.tang({ directory: dataFolder }),
    everySteps: Number(values.every),
    mostValidations: Number(values.most),
    target: Number(values.target),
    threads: Number(values.threads),
  };
  const [load = 0] = loadavg();
  console.log(`${cpus()[0]?.model}, ${info().kernels} kernels, ${job.threads} thread(s) each, load ${load.toFixed(1)}`);
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-tang-'));
  try {
    const file = join(folder, 'initial.safetensors');
    const initial = await unlessAbsent(trainInPyTorch(folder, job, { init: file, mostValidations: 0 }));
    const init = initial === undefined ? undefined : file;
    const theirs = () => unlessAbsent(trainInPyTorch(folder, job, {}));
    const ours = () => train(job, 'exact', init);
    // Side by side, both meet the same weather.
    const [exact, peer] = values['in-turn'] ? [await ours(), await theirs()] : await Promise.all([ours(), theirs()]);
    const sameTokens = { ...job, mostValidations: exact.seconds.length, target: 0 };
    const adaptive = await train(sameTokens, 'adaptive', undefined);
    print(job, { exact, PyTorch: peer, adaptive });
    if (peer !== undefined) {
      const times = peer.seconds.at(-1)! / exact.seconds.at(-1)!;
      console.log(`To ${job.target} nats, ours is ${times.toFixed(2)} times as fast as PyTorch.`);
    }
    const perplexities = [adaptive, exact].map(({ validationLosses }) => Math.exp(validationLosses.at(-1)!));
    const [ofAdaptive, ofExact] = perplexities as [number, number];
    console.log(
      `Perplexity after as many tokens: exact ${ofExact.toFixed(1)}, adaptive ${ofAdaptive.toFixed(1)}, ` +
        `${(100 * (ofAdaptive / ofExact - 1)).toFixed(1)} % more (asked: at most 5 more).`,
    );
    console.log(['', ...exact.samples].join('\n--- '));
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify({ job: values, load, exact, peer, adaptive }, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
