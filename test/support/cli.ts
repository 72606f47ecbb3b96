/** The built command line, run as a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';

/** The program that `npx unrolled` runs. */
export const MAIN = resolve(__dirname, '..', '..', 'lib', 'cli', 'main.js');

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

function start(stdout: 'pipe' | number, args: string[]): CliProcess {
  // How these tests themselves were started is not how the command was.
  const { npm_lifecycle_event: _, npm_command: __, ...env } = globalThis.process.env;
  const process = spawn(globalThis.process.execPath, [MAIN, ...args], {
    stdio: ['ignore', stdout, 'pipe'],
    env,
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
export function runCli(...args: string[]): Promise<CliResult> {
  return startCli(...args).result;
}
