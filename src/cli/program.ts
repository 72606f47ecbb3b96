/** The program `unrolled`: its commands, and what becomes of their failures. */

import { Command, CommanderError } from 'commander';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { version } from '../base/package';
import { commands } from './commands';
import { addHelp } from './help';
import { withMeantName } from './meant-name';
import { refuseTwice } from './options';
import { reportFailure } from './terminal/failure';
import { outputEnd, watchOutput } from './terminal/output';

/** Leaves messages and exit statuses to `reportFailure`. */
function quiet(command: Command): Command {
  for (const inner of command.commands) quiet(inner);
  return command.exitOverride().configureOutput({ outputError: () => {} });
}

/** `help` for a command that there is not, as that command itself: the parser then names one that may have been meant. */
function withKnownHelp(args: readonly string[], program: Command): readonly string[] {
  const [first, name] = args;
  const isKnown = name === undefined || program.commands.some((command) => command.name() === name);
  return first === 'help' && !isKnown ? args.slice(1) : args;
}

/**
 * Refuses an empty path, as a script gives it whose variable is not set. A text may be empty.
 * @throws ERR_UNROLLED_OPTION_RANGE.
 */
function requirePaths(command: Command): void {
  for (const [index, argument] of command.registeredArguments.entries()) {
    const name = argument.name();
    if (name !== 'text' && command.args[index] === '') throw check.outOfRange(`<${name}>`, 'a path', '');
  }
}

/** The program with the commands that are called; the others are as their list shows them. */
function programOf(isCalled: (name: string) => boolean, onCall: (command: Command) => void): Command {
  const program = quiet(new Command('unrolled'))
    .description(
      'Recurrent networks on text: train, sample, score, classify. Progress goes to standard error, results to standard output.',
    )
    .version(version)
    .hook('preAction', (_, command) => {
      onCall(command);
      requirePaths(command);
    })
    .addHelpText('after', '\nExit status: 0 done, 1 the work failed, 2 the arguments are wrong.');
  for (const command of commands(isCalled)) {
    program.addCommand(quiet(command));
    if (!isCalled(command.name())) continue;
    addHelp(command);
    refuseTwice(command);
  }
  return program;
}

/** Runs a command line, by default that of the process, and leaves its exit status in `process.exitCode`. */
export async function run(args?: readonly string[]): Promise<void> {
  let running: Command | undefined;
  const fail = (error: unknown): void => {
    process.exitCode = reportFailure(error, running);
  };
  watchOutput(fail);
  const given = args ?? process.argv.slice(2);
  const onCall = (command: Command) => {
    running = command;
  };
  const program = programOf((name) => given.includes(name), onCall);
  try {
    await program.parseAsync(withKnownHelp(given, program), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      process.exitCode = 0; // Help or the version was requested, and has been printed.
      return;
    }
    const isStopped = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED' && outputEnd.aborted;
    // The name may have been meant for any command, and any command below it.
    if (!isStopped) fail(withMeantName(error, () => programOf(() => true, onCall), given));
  }
}
