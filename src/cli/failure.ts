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

/** Flags that do not have their option's name. */
const RENAMED: Readonly<Record<string, string>> = {
  learningRate: '--lr',
  maxSize: '--max-vocab',
  maxTokens: '--vocab',
  every: '--schedule-every',
  factor: '--schedule-factor',
  'schedule.kind': '--schedule',
  'schedule.warmup': '--warmup',
  'schedule.every': '--schedule-every',
  'schedule.factor': '--schedule-factor',
  'checkpoint.path': '--checkpoint',
  'checkpoint.everySteps': '--checkpoint-every',
  patience: '--early-stopping',
  normalization: '--normalize',
};

/** Hyper-parameters of optimisers, and figures of schedules, that have a flag. */
const HYPERPARAMETERS = ['learningRate', 'momentum', 'weightDecay', 'warmup', 'every', 'factor'];

/** The option of the API as the flag it was given by. */
function flagOf(option: string): string {
  return RENAMED[option] ?? `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The message with the flag in place of the API's option. */
function messageOf({ code, message, option, expected }: UnrolledError): string {
  if (option === undefined) return message;
  if (code === 'ERR_UNROLLED_UNKNOWN_OPTION') {
    const known = expected?.split(', ').filter((name) => HYPERPARAMETERS.includes(name)) ?? [];
    const where = message.split(' has no option ')[0];
    return `${where} has no option ${flagOf(option)}. It knows ${known.map(flagOf).join(', ')}.`;
  }
  const isNamed = ARGUMENT_CODES.includes(code) && message.startsWith(`${option} `);
  return isNamed ? flagOf(option) + message.slice(option.length) : message;
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
  say(`${messageOf(error)} (${error.code})`);
  return ARGUMENT_CODES.includes(error.code) ? USAGE : FAILED;
}
