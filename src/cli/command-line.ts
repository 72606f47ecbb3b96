/** Command lines to show to a person: the one that is running, and the one that continues with its training. */

import type { Command } from 'commander';

/** An argument as a shell takes it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** A command in a project's own folder of programs, which a shell finds through npx alone. */
const LOCAL = /[\\/]node_modules[\\/]\.bin[\\/][^\\/]*$/;

/** How the command that is running was called: npm says so of npx, the path of a project's own program. */
function program(): string {
  const { npm_lifecycle_event: event, npm_command: command } = process.env;
  const isLocal = event === 'npx' || command === 'exec' || LOCAL.test(process.argv[1] ?? '');
  return isLocal ? 'npx unrolled' : 'unrolled';
}

function line(words: readonly string[]): string {
  return [program(), ...words.map(quoted)].join(' ');
}

/** The command line that is running. */
export function commandLine(): string {
  return line(process.argv.slice(2));
}

/** The names of a command, from the program's own on, which is left out. */
function namesOf(command: Command): string[] {
  return command.parent === null ? [] : [...namesOf(command.parent), command.name()];
}

/** A flag and its value as a person types them. */
function typed(flag: string, value: unknown): string[] {
  if (value === undefined) return [];
  return value === true ? [flag] : [flag, String(value)];
}

/**
 * The command that continues with a training of a checkpoint. Options of the model and of the training are in the
 * checkpoint.
 * @param kept names of the options that the command must be given again.
 */
export function resumingCommand(command: Command, checkpoint: string, kept: readonly string[]): string {
  const flags = command.options
    .filter((option) => kept.includes(option.attributeName()))
    .flatMap((option) => typed(option.long as string, command.getOptionValue(option.attributeName())));
  return line([...namesOf(command), ...command.args, '--resume', checkpoint, ...flags]);
}
