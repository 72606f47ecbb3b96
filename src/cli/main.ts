#!/usr/bin/env node
/** The command `unrolled`. */

import { Command } from 'commander';
import { UnrolledError } from '../errors';
import { version } from '../package';
import { benchCommand } from './bench';
import { buildCommand } from './build';
import { classifyCommand } from './classify';
import { doctorCommand } from './doctor';
import { evaluateCommand } from './evaluate';
import { reportFailure } from './failure';
import { nextCommand } from './next';
import { outputEnd, watchOutput } from './output';
import { sampleCommand } from './sample';
import { scoreCommand } from './score';
import { trainCommand } from './train';

/** Leaves messages and exit statuses to `reportFailure`. */
function quiet(command: Command): Command {
  for (const inner of command.commands) quiet(inner);
  return command.exitOverride().configureOutput({ outputError: () => {} });
}

async function main(): Promise<void> {
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
    })
    .addHelpText('after', '\nExit status: 0 done, 1 the work failed, 2 the arguments are wrong.');
  const commands = [
    trainCommand,
    sampleCommand,
    evaluateCommand,
    scoreCommand,
    nextCommand,
    classifyCommand,
    benchCommand,
    doctorCommand,
    buildCommand,
  ];
  for (const make of commands) program.addCommand(quiet(make()));
  try {
    await program.parseAsync();
  } catch (error) {
    const isStopped = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED' && outputEnd.aborted;
    if (!isStopped) fail(error);
  }
}

main();
