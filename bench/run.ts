/**
 * `npm run bench`: unrolled and its peers, alternately in one run, as ratios.
 *
 *   npm run bench -- --quick               one short round of everything
 *   npm run bench -- --only W2,W5          these alone
 *   npm run bench -- --rounds 5 --seconds 4 --threads 2 --json results.json
 *
 * A machine's speed varies from minute to minute, so a ratio is taken between neighbours in time, and the
 * median of the rounds is shown. NumPy runs on one thread, PyTorch on as many as unrolled; a peer that is
 * absent is named. Nothing here passes or fails: what is asked stands beside what was measured.
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { info } from '../src';
import { PeerAbsentError, runPython } from '../test/peer/python';
import {
  type Budget,
  shakespeareCorpus,
  trainShakespeare,
  trainShakespeareInNumPy,
  trainToySentiment,
  trainToySentimentInNumPy,
} from './systems';
import { printHeading, printResult, type Result } from './table';
import { type LanguageModelWorkload, languageModels, shakespeare, toySentiment } from './workloads';

/** One round's speeds, in the unit of the workload; a peer that is absent has none. */
interface Round {
  ours: number;
  peer?: number;
  ofMachine?: number;
}

interface Workload {
  name: string;
  title: string;
  peer: string;
  unit: 'tokens/s' | 'runs/s';
  asked: { timesPeer: number; ofMachine?: number };
  ours(budget: Budget): Promise<Omit<Round, 'peer'>>;
  theirs(budget: Budget): Promise<number>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const commandLine = resolve(__dirname, '..', 'lib', 'cli', 'main.js');

function languageModel({ options, output, ...rest }: LanguageModelWorkload): Workload {
  const model = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const timing = ({ seconds, threads }: Budget) => ['--seconds', String(seconds), '--threads', String(threads)];
  return {
    ...rest,
    peer: 'PyTorch',
    unit: 'tokens/s',
    async ours(budget) {
      const training = [
        '--optimizer',
        'adam',
        '--clip-norm',
        '5',
        ...(output === undefined ? [] : ['--output', output]),
      ];
      const args = [commandLine, 'bench', ...model, ...training, ...timing(budget), '--json'];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { tokensPerSecond, fractionOfMachine } = JSON.parse(stdout);
      // The nominal work says nothing of a softmax that leaves most of it out.
      return { ours: tokensPerSecond, ...(output === undefined && { ofMachine: fractionOfMachine }) };
    },
    async theirs(budget) {
      return JSON.parse(await runPython(join(__dirname, 'torch_train.py'), ...model, ...timing(budget)))
        .tokensPerSecond;
    },
  };
}

async function systems(folder: string): Promise<Workload[]> {
  const corpus = await shakespeareCorpus();
  return [
    {
      ...shakespeare,
      peer: 'NumPy',
      unit: 'tokens/s',
      ours: async (budget) => ({ ours: await trainShakespeare(corpus, budget) }),
      theirs: (budget) => trainShakespeareInNumPy(corpus, join(folder, 'shakespeare.txt'), budget),
    },
    {
      ...toySentiment,
      peer: 'NumPy',
      unit: 'runs/s',
      ours: async (budget) => ({ ours: 1 / (await trainToySentiment(budget)) }),
      theirs: async (budget) => 1 / (await trainToySentimentInNumPy(join(folder, 'phrases.json'), budget)),
    },
  ];
}

/** Ours and the peer by turns; which of them comes first changes from round to round. */
async function measure(workload: Workload, rounds: number, budget: Budget): Promise<Result> {
  const done: Round[] = [];
  let absent: string | undefined;
  const theirs = async () => {
    try {
      return absent === undefined ? await workload.theirs(budget) : undefined;
    } catch (error) {
      if (!(error instanceof PeerAbsentError)) throw error;
      absent = error.message;
      return undefined;
    }
  };
  for (let round = 0; round < rounds; round++) {
    const before = round % 2 === 1 ? await theirs() : undefined;
    const ours = await workload.ours(budget);
    const peer = before ?? (await theirs());
    done.push({ ...ours, ...(peer !== undefined && { peer }) });
  }
  const { name, title, unit, asked } = workload;
  const pairs = done.flatMap(({ ours, peer }) => (peer === undefined ? [] : [{ ours, peer }]));
  const fractions = done.flatMap(({ ofMachine }) => (ofMachine === undefined ? [] : [ofMachine]));
  return {
    ...{ name, title, unit, asked },
    peerName: workload.peer,
    ours: median(done.map(({ ours }) => ours)),
    ...(absent !== undefined && { absent }),
    ...(pairs.length > 0 && {
      peer: median(pairs.map(({ peer }) => peer)),
      timesPeer: median(pairs.map(({ ours, peer }) => ours / peer)),
    }),
    ...(fractions.length > 0 && { ofMachine: median(fractions) }),
  };
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      threads: { type: 'string', default: '1' },
      json: { type: 'string' },
    },
  });
  const positive = (name: string, text: string) => {
    const value = Number(text);
    if (!(value > 0)) throw new RangeError(`--${name} must be a number above 0, and is ${JSON.stringify(text)}.`);
    return value;
  };
  return {
    only: values.only?.split(',').map((name) => name.trim().toUpperCase()),
    rounds: positive('rounds', values.rounds ?? (values.quick ? '1' : '3')),
    seconds: positive('seconds', values.seconds ?? (values.quick ? '1' : '2')),
    threads: positive('threads', values.threads),
    json: values.json,
  };
}

function select(workloads: readonly Workload[], only: readonly string[] | undefined): Workload[] {
  const names = workloads.map(({ name }) => name);
  const unknown = only?.find((name) => !names.some((each) => each.toUpperCase() === name));
  if (unknown !== undefined) throw new RangeError(`--only knows ${names.join(', ')}, and not ${unknown}.`);
  return workloads.filter(({ name }) => only === undefined || only.includes(name.toUpperCase()));
}

async function main(): Promise<void> {
  const { only, rounds, seconds, threads, json } = parseOptions();
  if (!existsSync(commandLine)) throw new Error('unrolled is not built yet: run "npm run build" first.');
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-bench-'));
  try {
    const [first, ...others] = await systems(folder);
    const workloads = select([first!, ...languageModels.map(languageModel), ...others], only);
    const [load = 0] = loadavg();
    const machine = { processor: cpus()[0]?.model, processors: availableParallelism(), load, node: process.version };
    console.log(`${machine.processor}, ${info().blasCore} kernels, ${threads} thread${threads === 1 ? '' : 's'}`);
    if (load > 0.5) console.log(`The machine is busy (load ${load.toFixed(1)}): the figures will say less.`);
    printHeading();
    const results: Result[] = [];
    for (const workload of workloads) {
      const result = await measure(workload, rounds, { seconds, threads });
      results.push(result);
      printResult(result);
    }
    if (json !== undefined) {
      writeFileSync(json, `${JSON.stringify({ machine, info: info(), rounds, seconds, threads, results }, null, 2)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
