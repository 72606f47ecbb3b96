/** Programs of the built package in processes of their own, to see how they end. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The package as `npm run build` left it. */
export const PACKAGE = resolve(__dirname, '..', '..', 'lib', 'index.js');

const { UNROLLED_LONG } = process.env;

/** Whether the long forms of the tests of reliability are to be run; `npm run test:long` asks for them. */
export const IS_LONG = UNROLLED_LONG === '1';

/** A process that has not ended by then, in milliseconds, hangs. */
const PATIENCE = IS_LONG ? 3_600_000 : 120_000;

/** What every program begins with: the package, a corpus, and a model whose steps are shared by the pool's threads. */
const PRELUDE = `
  const { Worker } = require('node:worker_threads');
  const unrolled = require(${JSON.stringify(PACKAGE)});
  const { Corpus, FileCorpus, LanguageModel, Model, Vocabulary, callbacks, layers } = unrolled;
  const corpus = Corpus.fromText('the quick brown fox jumps over the lazy dog.\\n'.repeat(800));
  const create = (options) =>
    LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 32, hidden: 96, ...options });
  /** Training that nothing but the test ends; epochs of 70 steps. */
  const FOREVER = { batch: 16, window: 32, epochs: 1e6 };
  /** Trains until somebody ends it; calls \`onSteps\` with each piece of progress. */
  const trainForever = async (model, onSteps, options) => {
    for await (const _ of model.fit(corpus, { ...FOREVER, ...options, ...(onSteps && { onProgress: onSteps }) }));
  };
  /** A worker whose script may use all of this too. */
  const startWorker = (script, options) =>
    new Worker(PRELUDE + "const { parentPort } = require('node:worker_threads');(async () => {" + script + '})();',
      { eval: true, ...options });
  /** Trains for ever, and says so once. */
  const TRAINS = \`
    let first = true;
    await trainForever(create(), () => { if (first) parentPort.postMessage('trains'); first = false; });\`;
`;

/** How a process ended. */
export interface Ending {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  /** Arguments of Node itself. */
  nodeArguments?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Whether the package is left for the program to load, as `PACKAGE`. */
  bare?: boolean;
  /** A command that runs Node, with its arguments. */
  runner?: readonly string[];
  /** Called with the process at once. */
  onStart?: (child: ChildProcess) => void;
}

/**
 * Runs the body of an async function behind the prelude to its end.
 * @throws where it hangs; it is killed then.
 */
export function runProgram(body: string, options: ProgramOptions = {}): Promise<Ending> {
  const { nodeArguments = [], env, runner = [], bare = false, onStart } = options;
  const beginning = bare ? '' : `const PRELUDE = ${JSON.stringify(PRELUDE)};${PRELUDE}`;
  const program = `const PACKAGE = ${JSON.stringify(PACKAGE)};${beginning}(async () => {${body}\n})();`;
  const [command = process.execPath, ...before] = [...runner, process.execPath];
  return new Promise((settle, reject) => {
    const child = spawn(command, [...before, ...nodeArguments, '-e', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Threads beyond the machine's processors: more orders in which they may come and go.
      env: { ...process.env, UNROLLED_THREADS: '4', ...env },
    });
    const patience = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`It did not end:\n${body}\n${output.stdout}\n${output.stderr}`));
    }, PATIENCE);
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output.stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(patience);
      settle({ status, signal, ...output });
    });
    onStart?.(child);
  });
}

/** Runs a program that must end by itself with status 0, silently on standard error; gives its standard output. */
export async function requireEnd(body: string, options: ProgramOptions = {}): Promise<string> {
  const { status, signal, stdout, stderr } = await runProgram(body, options);
  assert.deepEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: '' }, stdout);
  return stdout;
}
