/** Finds the command or option that an unknown name was meant for. */

import { type Command, CommanderError } from 'commander';
import { meantCommand, meantOption } from '../base/messages/suggestions';
import { saidWithoutGuess, unknownName } from './parser-errors';

/** The command that arguments name. */
function commandOf(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const argument of args) {
    const inner = command.commands.find((each) => each.name() === argument);
    if (inner === undefined) break;
    command = inner;
  }
  return command;
}

/** Commands below one, by the words that are typed after its name. */
function namesBelow(command: Command): string[] {
  return command.commands.flatMap((inner) => [
    inner.name(),
    ...namesBelow(inner).map((name) => `${inner.name()} ${name}`),
  ]);
}

/** An error without the parser's own guess, and what was meant. */
function withMeant(error: CommanderError, meant: string | undefined): CommanderError {
  const said = saidWithoutGuess(error);
  const { exitCode, code } = error;
  return new CommanderError(exitCode, code, meant === undefined ? said : `${said}\n(Did you mean ${meant}?)`);
}

/**
 * The error of an unknown option or command with what that was meant for, where one is near; any other error as it is.
 * @param whole makes the program with all its commands.
 */
export function withMeantName(error: unknown, whole: () => Command, args: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  const name = unknownName(error);
  if (name === undefined) return error;
  const program = whole();
  const command = commandOf(program, args);
  if (error.code === 'commander.unknownCommand') {
    const below = command === program ? undefined : { command: command.name(), program: namesBelow(program) };
    return withMeant(error, meantCommand(name, namesBelow(command), below));
  }
  const { options } = command;
  const meant = meantOption(
    name,
    options.map((option) => option.attributeName()),
  );
  return withMeant(error, options.find((option) => option.attributeName() === meant)?.long);
}
