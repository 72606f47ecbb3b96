/** The program `unrolled`: its commands, and what becomes of their failures. */

import { Command } from 'commander';
import { UnrolledError } from '../errors';
import { version } from '../package';
import * as check from '../validation';
import { benchCommand } from './bench';
import { buildCommand } from './build';
import { classifyCommand } from './classify';
import { doctorCommand } from './doctor';
import { evaluateCommand } from './evaluate';
import { reportFailure } from './failure';
import { addHelp, withMeantName } from './help';
import { nextCommand } from './next';
import { refuseTwice } from './options';
import { outputEnd, watchOutput } from './output';
import { sampleCommand } from './sample';
import { scoreCommand } from './score';
import { trainCommand } from './train';

/** Leaves messages and exit statuses to `reportFailure`. */
function quiet(command: Command): Command {
  for (const inner of command.commands) quiet(inner);
  return command.exitOverride().configureOutput({ outputError: () => {} });
}

/** Commands of the program, apart from what they share. */
export function commands(): Command[] {
  return [
    trainCommand(),
    sampleCommand(),
    evaluateCommand(),
    scoreCommand(),
    nextCommand(),
    classifyCommand(),
    benchCommand(),
    doctorCommand(),
    buildCommand(),
  ];
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

/** Runs a command line, by default that of the process, and leaves its exit status in `process.exitCode`. */
export async function run(args?: readonly string[]): Promise<void> {
  let running: Command | undefined;
  const fail = (error: unknown): void => {
    process.exitCode = reportFailure(error, running);
  };
  watchOutput(fail);
  const program = quiet(new Command('unrolled'))
    .description(
      'Recurrent networks on text: train, sample, score, classify. Progress goes to standard error, results to standard output.',
    )
    .version(version)
    .hook('preAction', (_, command) => {
      running = command;
      requirePaths(command);
    })
    .addHelpText('after', '\nExit status: 0 done, 1 the work failed, 2 the arguments are wrong.');
  for (const command of commands()) program.addCommand(quiet(command));
  addHelp(program);
  refuseTwice(program);
  const given = args ?? process.argv.slice(2);
  try {
    await program.parseAsync(withKnownHelp(given, program), { from: 'user' });
  } catch (error) {
    const isStopped = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED' && outputEnd.aborted;
    if (!isStopped) fail(withMeantName(error, program, given));
  }
}
