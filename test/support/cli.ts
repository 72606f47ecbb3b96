/**
 * The built command line, as `npx unrolled` runs it. Runs that are only awaited go one after another through a process that is
 * kept; those that are watched, sent a signal or given a standard output have a process of their own.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Ended, runKept } from './kept-process';

export type { Ended as CliResult } from './kept-process';

/** The program that `npx unrolled` runs. */
export const MAIN = resolve(__dirname, '..', '..', 'lib', 'cli', 'main.js');

export interface CliProcess {
  process: ChildProcess;
  /** Settles when the process has ended. */
  result: Promise<Ended>;
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
  const result = new Promise<Ended>((resolve, reject) => {
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
export function runCli(...args: string[]): Promise<Ended> {
  return runKept({ program: MAIN, args, env: environment() });
}
