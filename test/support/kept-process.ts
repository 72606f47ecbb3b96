/**
 * Programs of Node.js that run one after another in a process that is kept (`kept-runs.cjs`): it loads Node.js and the
 * package once for all of them.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';

const RUNS = resolve(__dirname, 'kept-runs.cjs');

/** What a run left. */
export interface Ended {
  /** Exit status; null where a signal ended the process. */
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface Run {
  /** The path of a CommonJS module, which is loaded anew. */
  program: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Arguments of Node itself. */
  nodeArguments?: readonly string[];
}

function startOf(env: NodeJS.ProcessEnv, nodeArguments: readonly string[]): string {
  return JSON.stringify([nodeArguments, env]);
}

/** A process for many runs, of which it does one at a time. */
class KeptProcess {
  /** How it was started, which all its runs have in common. */
  readonly start: string;
  readonly #process: ChildProcess;
  /** What the run under way has written to each stream so far. */
  readonly #output = { stdout: '', stderr: '' };
  #mark = '';
  #settle: ((result: Ended) => void) | undefined;

  constructor(env: NodeJS.ProcessEnv, nodeArguments: readonly string[]) {
    this.start = startOf(env, nodeArguments);
    this.#process = fork(RUNS, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env, execArgv: [...nodeArguments] });
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

  /** Runs a program to its end. Where that ends the process, it is the process's end that is given. */
  run(program: string, args: readonly string[]): Promise<Ended> {
    this.#hold(true);
    this.#mark = `\0${randomUUID()} `;
    Object.assign(this.#output, { stdout: '', stderr: '' });
    return new Promise((settle, reject) => {
      this.#settle = settle;
      this.#process.send({ program, args, mark: this.#mark }, (error) => {
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

  #end(result: Ended): void {
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

/** Kept processes that do nothing now, those used last at the end. */
const idle: KeptProcess[] = [];

/** How many may do nothing: one for the command line, one for the examples. */
const MOST_IDLE = 2;

/**
 * Runs a program to its end in a kept process that was started in the same way, environment and all: Node.js and the addon
 * read variables when they start. Runs at the same time have a process each.
 */
export async function runKept({ program, args, env, nodeArguments = [] }: Run): Promise<Ended> {
  const start = startOf(env, nodeArguments);
  const at = idle.findIndex((kept) => kept.start === start && !kept.isEnded);
  const kept = at === -1 ? new KeptProcess(env, nodeArguments) : (idle.splice(at, 1)[0] as KeptProcess);
  const ended = await kept.run(program, args);
  if (!kept.isEnded) idle.push(kept);
  while (idle.length > MOST_IDLE) idle.shift()?.close();
  return ended;
}

/** Runs an example to its end. */
export function runExample(name: string, ...args: string[]): Promise<Ended> {
  const program = resolve(__dirname, '..', '..', 'examples', `${name}.ts`);
  return runKept({ program, args, env: process.env, nodeArguments: ['--import', 'tsx'] });
}
