/** Text that comes by argument, from a file, or from standard input. */

import { stat } from 'node:fs/promises';
import { decodeText, readText } from '../text/read-text';

export const TEXT_HELP = 'the text itself, a UTF-8 text file (.gz too), or - for standard input';

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function readStandardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return decodeText(Buffer.concat(parts), 'Standard input');
}

/**
 * The text that an argument stands for. A file outranks its name as text.
 * @throws what `readText` throws.
 */
export async function readInput(argument: string): Promise<string> {
  if (argument === '-') return readStandardInput();
  return (await isFile(argument)) ? readText(argument) : argument;
}

/**
 * The lines of a file, without their ends.
 * @throws what `readText` throws.
 */
export async function readLines(path: string): Promise<string[]> {
  const lines = (await readText(path)).split(/\r?\n/);
  // The end of the last line begins no other.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
