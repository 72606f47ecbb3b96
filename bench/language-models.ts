/** The language models on random ids: ours by `unrolled bench`, beside PyTorch and what JavaScript has. */

import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { defaultCutoffs } from '../src/layers/softmax-defaults';
import { PeerAbsentError, runPython } from '../test/peer/python';
import { type Budget, CannotTrainError, type ExtraPeer, type Workload } from './workload';
import type { LanguageModelWorkload } from './workloads';

export const commandLine = resolve(__dirname, '..', 'lib', 'cli', 'main.js');

/** Exit status of a peer whose package is absent. */
const ABSENT = 77;

/** Runs a program of `bench/peers` and returns its tokens per second. */
async function runPeer(program: string, args: readonly string[]): Promise<number> {
  let output: string;
  try {
    const script = join(__dirname, 'peers', program);
    output = (await promisify(execFile)(process.execPath, ['--import', 'tsx', script, ...args])).stdout;
  } catch (error) {
    const { code, stdout } = error as { code?: number; stdout?: string };
    if (code === ABSENT) throw new PeerAbsentError(stdout?.trim());
    throw error;
  }
  const { tokensPerSecond, error } = JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
  if (error !== undefined) throw new CannotTrainError(error);
  return tokensPerSecond;
}

function extraPeers(extras: LanguageModelWorkload['extras'], options: LanguageModelWorkload['options']): ExtraPeer[] {
  const model = modelArguments(options);
  const timed = ({ seconds }: Budget) => [...model, '--seconds', String(seconds)];
  const tensorFlow = (backend: string) => (budget: Budget) =>
    runPeer('tensorflow.ts', [...timed(budget), '--backend', backend]);
  const known: Record<NonNullable<LanguageModelWorkload['extras']>[number], ExtraPeer[]> = {
    'TensorFlow.js': [
      { name: 'TensorFlow.js, plain', measure: tensorFlow('cpu') },
      { name: 'TensorFlow.js, WebAssembly', measure: tensorFlow('wasm') },
    ],
    'brain.js': [
      {
        name: 'brain.js, one layer, batch 1',
        measure: (budget) => runPeer('brain.ts', timed(budget)),
      },
    ],
    'adaptive PyTorch': [
      {
        name: "PyTorch's own adaptive softmax",
        measure: (budget) => runTorch(...model, ...timing(budget), '--cutoffs', defaultCutoffs(options.vocab).join()),
      },
    ],
  };
  return (extras ?? []).flatMap((name) => known[name]);
}

function modelArguments(options: LanguageModelWorkload['options']): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function timing({ seconds, threads }: Budget): string[] {
  return ['--seconds', String(seconds), '--threads', String(threads)];
}

/** Tokens per second of PyTorch's training steps. */
async function runTorch(...args: string[]): Promise<number> {
  return JSON.parse(await runPython(join(__dirname, 'torch_train.py'), ...args)).tokensPerSecond;
}

export function languageModel({ options, output, extras, ...rest }: LanguageModelWorkload): Workload {
  const model = modelArguments(options);
  return {
    ...rest,
    peer: 'PyTorch',
    unit: 'tokens/s',
    async ours(budget) {
      const training = ['--optimizer', 'adam', '--clip-norm', '5', ...(output ? ['--output', output] : [])];
      const args = [commandLine, 'bench', ...model, ...training, ...timing(budget), '--json'];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { tokensPerSecond, fractionOfMachine } = JSON.parse(stdout);
      // The nominal work says nothing of a softmax that leaves most of it out.
      return { speed: tokensPerSecond, ...(output === undefined && { ofMachine: fractionOfMachine }) };
    },
    async theirs(budget) {
      return { speed: await runTorch(...model, ...timing(budget)) };
    },
    extras: extraPeers(extras, options),
  };
}
