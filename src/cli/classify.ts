/** `unrolled classify train|evaluate|predict`: the classes of texts. */

import { Command } from 'commander';
import { classifyEvaluateCommand } from './classify-evaluate';
import { classifyPredictCommand } from './classify-predict';
import { classifyTrainCommand } from './classify-train';

export function classifyCommand(): Command {
  const command = new Command('classify');
  for (const make of [classifyTrainCommand, classifyEvaluateCommand, classifyPredictCommand]) {
    command.addCommand(make());
  }
  return command;
}
