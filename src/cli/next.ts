/** `unrolled next <model> <text>`: what a model holds likeliest to come next. */

import { Command } from 'commander';
import { LanguageModel } from '../language-model';
import type { UnknownPolicy } from '../text/vocabulary';
import * as check from '../validation';
import { jsonOption, numberOption, threadsOption, unknownOption } from './options';
import { outputEnd, printJson, printLine } from './output';

interface NextFlags {
  top?: number;
  threads?: number;
  unknown?: UnknownPolicy;
  json?: true;
}

async function next(path: string, text: string, { top, threads, unknown, json }: NextFlags): Promise<void> {
  if (top !== undefined) check.integer('top', top, { min: 1 });
  const model = await LanguageModel.load(path, { threads, unknown });
  try {
    for (const result of await model.next(text, top, { signal: outputEnd })) {
      const { token, probability, logProbability } = result;
      if (json) printJson(result);
      else printLine(`${JSON.stringify(token)} ${probability} ${logProbability}`);
    }
  } finally {
    model.dispose();
  }
}

export function nextCommand(): Command {
  return new Command('next')
    .description('print the likeliest next tokens with their probabilities and log-probabilities (nats)')
    .argument('<model>', 'a file that train saved')
    .argument('<text>', 'what comes before; an empty text is like the start of a line')
    .addOption(numberOption('--top <n>', 'tokens to print (default: 10)'))
    .addOption(unknownOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(next);
}
