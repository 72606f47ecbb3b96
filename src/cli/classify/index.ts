/** `unrolled classify train|evaluate|predict`: the classes of texts. */

import { Command } from 'commander';
import { classifyEvaluateCommand } from './evaluate';
import { classifyPredictCommand } from './predict';
import { classifyTrainCommand } from './train';

export function classifyCommand(): Command {
  const command = new Command('classify');
  for (const make of [classifyTrainCommand, classifyEvaluateCommand, classifyPredictCommand]) {
    command.addCommand(make());
  }
  return command;
}
