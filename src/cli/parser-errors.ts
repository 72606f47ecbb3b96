/** What the argument parser says where it refuses something. It says so in English alone: this is the one place that reads it. */

import type { CommanderError } from 'commander';

const SAID = /^(?:error: )?(.*)$/s;
/** A guess of the parser's own may follow in further lines. */
const FIRST_LINE = /^.*/;
const UNKNOWN_COMMAND = /^error: unknown command '([^']+)'/;
const UNKNOWN_OPTION = /^error: unknown option '--(?:no-)?([^'=]+)/;

/** What is wrong. */
export function saidByParser({ message }: CommanderError): string {
  return SAID.exec(message)?.[1] ?? message;
}

/** What is wrong, without what the parser takes to have been meant. */
export function saidWithoutGuess(error: CommanderError): string {
  return FIRST_LINE.exec(saidByParser(error))?.[0] ?? '';
}

/** The command or the option, without its dashes, that is unknown; undefined where something else is wrong. */
export function unknownName({ code, message }: CommanderError): string | undefined {
  if (code === 'commander.unknownCommand') return UNKNOWN_COMMAND.exec(message)?.[1];
  return code === 'commander.unknownOption' ? UNKNOWN_OPTION.exec(message)?.[1] : undefined;
}
