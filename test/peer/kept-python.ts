/** Scripts of Python that run one after another in a process that is kept: PyTorch takes two seconds to import. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { ABSENT, PeerAbsentError, python, pythonEnvironment, skipIfAbsent } from './python';

interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

const PEER = join(__dirname, 'peer.py');

let kept: { process: ChildProcessWithoutNullStreams; lines: Interface } | undefined;

/** Settles when no script runs: one runs at a time. */
let last: Promise<unknown> = Promise.resolve();

async function start() {
  const process = spawn(python, ['-B', PEER], { env: pythonEnvironment() });
  try {
    await once(process, 'spawn');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new PeerAbsentError(`${python} is absent`);
    throw error;
  }
  process.stderr.pipe(globalThis.process.stderr);
  process.once('close', () => {
    kept = undefined;
  });
  return { process, lines: createInterface({ input: process.stdout }) };
}

/** Whether the process keeps the tests' own from ending. */
function hold({ stdin, stdout, stderr }: ChildProcessWithoutNullStreams, isHeld: boolean): void {
  for (const stream of [stdin, stdout, stderr] as unknown as Socket[]) {
    if (isHeld) stream.ref();
    else stream.unref();
  }
}

async function run(script: string, args: readonly string[]): Promise<Ended> {
  kept ??= await start();
  const { process, lines } = kept;
  process.ref();
  hold(process, true);
  try {
    const control = new AbortController();
    const answer = once(lines, 'line', control) as Promise<[string]>;
    const end = once(process, 'close', control).then(([status]) => assertEnded(status, script));
    process.stdin.write(`${JSON.stringify([script, ...args])}\n`);
    const [line] = await Promise.race([answer, end]);
    for (const waiting of [answer, end]) waiting.catch(() => {});
    control.abort();
    return JSON.parse(line);
  } finally {
    process.unref();
    hold(process, false);
  }
}

function assertEnded(status: unknown, script: string): never {
  throw new Error(`Python ended with status ${status} while ${script} ran`);
}

/**
 * Runs a script of this folder and returns its standard output.
 * @throws PeerAbsentError; an error with the script's standard error where it failed.
 */
export async function askPython(script: string, ...args: string[]): Promise<string> {
  const ended = last.then(() => run(join(__dirname, script), args));
  last = ended.catch(() => {});
  const { status, stdout, stderr } = await ended;
  if (status === ABSENT) throw new PeerAbsentError(stdout.trim());
  if (status !== 0) throw new Error(`${script} ended with status ${status}:\n${stderr}`);
  return stdout;
}

/** In `before`: skips the suite where Python or one of its modules is absent. */
export function requireKeptPython(context: Mocha.Context, ...modules: string[]): Promise<void> {
  return skipIfAbsent(context, askPython('peer.py', ...modules));
}
