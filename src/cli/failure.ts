/** What goes wrong on the command line: a message on standard error, and an exit status. */

import { CommanderError } from 'commander';
import { type ErrorCode, UnrolledError } from '../errors';

/** The work failed, or the arguments are wrong. */
export const FAILED = 1;
export const USAGE = 2;

const ARGUMENT_CODES: readonly ErrorCode[] = [
  'ERR_UNROLLED_UNKNOWN_OPTION',
  'ERR_UNROLLED_OPTION_TYPE',
  'ERR_UNROLLED_OPTION_RANGE',
];

/** Codes of the argument parser that are about a value; all others are about what it does not know. */
const VALUE_FAULTS = ['commander.invalidArgument', 'commander.optionMissingArgument', 'commander.missingArgument'];

/** The option of the API as the flag it was given by. */
function flagOf(option: string): string {
  const kebab = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return option === 'learningRate' ? '--lr' : `--${kebab}`;
}

function say(message: string): void {
  process.stderr.write(`unrolled: ${message}\n`);
}

/** Says what went wrong, and returns the exit status for it. */
export function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // Without a command the parser has printed its help, and this error has no message of its own.
    if (error.code === 'commander.help') return USAGE;
    const code = VALUE_FAULTS.includes(error.code) ? 'ERR_UNROLLED_OPTION_RANGE' : 'ERR_UNROLLED_UNKNOWN_OPTION';
    say(`${error.message.replace(/^error: /, '')} (${code})`);
    return USAGE;
  }
  if (!(error instanceof UnrolledError)) {
    say(`${error instanceof Error ? error.stack : error} (ERR_UNROLLED_INTERNAL)`);
    return FAILED;
  }
  const isArgument = ARGUMENT_CODES.includes(error.code);
  const where = isArgument && error.code !== 'ERR_UNROLLED_UNKNOWN_OPTION' && error.option !== undefined;
  say(`${where ? `${flagOf(error.option as string)}: ` : ''}${error.message} (${error.code})`);
  return isArgument ? USAGE : FAILED;
}
