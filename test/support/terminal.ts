/** The built command line on a pseudo-terminal, as a person has it. */

import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { MAIN } from './cli';

/** Whether `script` of util-linux is here, which makes pseudo-terminals. */
export function hasTerminal(): boolean {
  return process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}

/** Runs `unrolled` on a terminal of so many columns to its end; gives its exit status and all that the terminal was sent. */
export async function runInTerminal(columns: number, ...args: string[]): Promise<{ status: number; sent: string }> {
  const command = `stty cols ${columns} rows 40; exec ${quoted([process.execPath, MAIN, ...args])}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const status = new Promise<number>((resolve) => child.once('close', resolve));
  return { sent: await text(child.stdout), status: await status };
}
