/** Reads the messages of the argument parser, which exist in English only. This is the only place that reads them. */

import type { CommanderError } from 'commander';

const SAID = /^(?:error: )?(.*)$/s;
/** A guess of the parser's own may follow in further lines. */
const FIRST_LINE = /^.*/;
const UNKNOWN_COMMAND = /^error: unknown command '([^']+)'/;
const UNKNOWN_OPTION = /^error: unknown option '--(?:no-)?([^'=]+)/;

/** The fault. */
export function saidByParser({ message }: CommanderError): string {
  return SAID.exec(message)?.[1] ?? message;
}

/** The fault, without the parser's own suggestion. */
export function saidWithoutGuess(error: CommanderError): string {
  return FIRST_LINE.exec(saidByParser(error))?.[0] ?? '';
}

/** The command or the option, without its dashes, that is unknown; undefined where something else is wrong. */
export function unknownName({ code, message }: CommanderError): string | undefined {
  if (code === 'commander.unknownCommand') return UNKNOWN_COMMAND.exec(message)?.[1];
  return code === 'commander.unknownOption' ? UNKNOWN_OPTION.exec(message)?.[1] : undefined;
}
