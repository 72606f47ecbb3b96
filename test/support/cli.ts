/**
 * The built command line, as `npx unrolled` runs it. Runs that are only awaited go one after another through a process that is
 * kept (`cli-runs.cjs`); those that are watched, sent a signal or given a standard output have a process of their own.
 */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';

/** The program that `npx unrolled` runs. */
export const MAIN = resolve(__dirname, '..', '..', 'lib', 'cli', 'main.js');

const RUNS = resolve(__dirname, 'cli-runs.cjs');

export interface CliResult {
  /** Exit status; null where a signal ended the process. */
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface CliProcess {
  process: ChildProcess;
  /** Settles when the process has ended. */
  result: Promise<CliResult>;
}

/** How these tests themselves were started is not how the command was. */
function environment(): NodeJS.ProcessEnv {
  const { npm_lifecycle_event: _, npm_command: __, ...env } = globalThis.process.env;
  return env;
}

function start(stdout: 'pipe' | number, args: string[]): CliProcess {
  const process = spawn(globalThis.process.execPath, [MAIN, ...args], {
    stdio: ['ignore', stdout, 'pipe'],
    env: environment(),
  });
  const result = new Promise<CliResult>((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    process.stdout?.setEncoding('utf8').on('data', (text) => {
      output.stdout += text;
    });
    process.stderr?.setEncoding('utf8').on('data', (text) => {
      output.stderr += text;
    });
    process.on('error', reject);
    process.on('close', (status) => resolve({ status, ...output }));
  });
  return { process, result };
}

/** A process for many runs, of which it does one at a time. */
class KeptProcess {
  /** The environment it was started in, which all its runs have. */
  readonly environment: string;
  readonly #process: ChildProcess;
  /** What the run under way has written to each stream so far. */
  readonly #output = { stdout: '', stderr: '' };
  #mark = '';
  #settle: ((result: CliResult) => void) | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    this.environment = JSON.stringify(env);
    this.#process = fork(RUNS, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env, execArgv: [] });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#process[name]?.setEncoding('utf8').on('data', (text) => {
        this.#output[name] += text;
        this.#endIfMarked();
      });
    }
    this.#process.on('close', (status) => this.#end({ status, ...this.#output }));
    this.#hold(false);
  }

  get isEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null || !this.#process.connected;
  }

  /** Runs a command line to its end. Where that ends the process, it is the process's end that is given. */
  run(args: readonly string[]): Promise<CliResult> {
    this.#hold(true);
    this.#mark = `\0${randomUUID()} `;
    Object.assign(this.#output, { stdout: '', stderr: '' });
    return new Promise((settle, reject) => {
      this.#settle = settle;
      this.#process.send({ program: MAIN, args, mark: this.#mark }, (error) => {
        if (error) reject(error);
      });
    });
  }

  /** Lets the process end. */
  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  #endIfMarked(): void {
    const [stdout, status] = this.#output.stdout.split(this.#mark);
    const [stderr, end] = this.#output.stderr.split(this.#mark);
    const isWhole = status?.endsWith('\n') && end?.endsWith('\n');
    if (isWhole) this.#end({ status: Number(status), stdout: stdout as string, stderr: stderr as string });
  }

  #end(result: CliResult): void {
    this.#hold(false);
    this.#settle?.(result);
    this.#settle = undefined;
  }

  /** Whether the process keeps the tests' own from ending. */
  #hold(isHeld: boolean): void {
    const { channel, stdout, stderr } = this.#process;
    for (const held of [this.#process, channel, stdout as Socket | null, stderr as Socket | null]) {
      if (isHeld) held?.ref();
      else held?.unref();
    }
  }
}

/** Kept processes that do nothing now. */
const idle: KeptProcess[] = [];

/** A kept process for runs in the environment of now; another one for runs beside each other. */
function keptProcess(): KeptProcess {
  const env = environment();
  const text = JSON.stringify(env);
  for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
    if (kept.environment === text && !kept.isEnded) return kept;
    kept.close();
  }
  return new KeptProcess(env);
}

/** Arguments with others in the place of options that have a value, which is given once. */
export function withOthers(args: readonly string[], ...others: string[]): string[] {
  const isReplaced = (word: string | undefined) => word?.startsWith('--') === true && others.includes(word);
  return [...args.filter((word, i) => !isReplaced(word) && !isReplaced(args[i - 1])), ...others];
}

/** Starts `unrolled` with these arguments. */
export function startCli(...args: string[]): CliProcess {
  return start('pipe', args);
}

/** Starts `unrolled` with these arguments and standard output into a file. */
export function startCliTo(file: string, ...args: string[]): CliProcess {
  const descriptor = openSync(file, 'w');
  try {
    return start(descriptor, args);
  } finally {
    closeSync(descriptor);
  }
}

/** Runs `unrolled` with these arguments to its end. */
export async function runCli(...args: string[]): Promise<CliResult> {
  const kept = keptProcess();
  const result = await kept.run(args);
  idle.push(kept);
  return result;
}
