/** The language models on random ids: ours by `unrolled bench`, beside PyTorch and what JavaScript has. */

import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
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

function extraPeers(names: LanguageModelWorkload['extras'], model: readonly string[]): ExtraPeer[] {
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
  };
  return (names ?? []).flatMap((name) => known[name]);
}

export function languageModel({ options, output, extras, ...rest }: LanguageModelWorkload): Workload {
  const model = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const timing = ({ seconds, threads }: Budget) => ['--seconds', String(seconds), '--threads', String(threads)];
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
      const script = join(__dirname, 'torch_train.py');
      return { speed: JSON.parse(await runPython(script, ...model, ...timing(budget))).tokensPerSecond };
    },
    extras: extraPeers(extras, model),
  };
}
