/** Runs an example: its options, its help, and in one line what kept it from working. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UnrolledError } from '../src/index';

/** Where corpora are looked for when UNROLLED_DATA names no folder: beside the project. */
const DATA = path.join(__dirname, '..', '..', 'shared', 'data');

/** An argument that is wrong. */
class UsageError extends Error {}

/** How an example is called: what its help says, and its options as `parseArgs` takes them. */
interface Usage extends ParseArgsConfig {
  help: string;
}

type Arguments<T extends Usage> = ReturnType<typeof parseArgs<T>>;

/** The number that an option was given. */
export function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= min) return value;
  throw new UsageError(`--${option} must be a whole number at least ${min}, not ${JSON.stringify(text)}.`);
}

function parse<T extends Usage>(usage: T): Arguments<T> {
  try {
    return parseArgs(usage);
  } catch (error) {
    // The parser's own advice on arguments that start with a dash helps nobody here.
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
}

async function runWith<T extends Usage>(usage: T, main: (given: Arguments<T>) => Promise<void>): Promise<void> {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    console.log(usage.help);
    return;
  }
  const { UNROLLED_DATA = existsSync(DATA) ? DATA : '' } = process.env;
  Object.assign(process.env, { UNROLLED_DATA });
  try {
    await main(parse(usage));
  } catch (error) {
    if (error instanceof UsageError) console.error(`${error.message}\n\n${usage.help}`);
    else console.error(error instanceof UnrolledError ? `${error.message} (${error.code})` : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

export function run<const T extends Usage>(usage: T, main: (given: Arguments<T>) => Promise<void>): void {
  void runWith(usage, main);
}
