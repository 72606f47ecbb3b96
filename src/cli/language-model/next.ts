/** `unrolled next <model> [text]`: what a model holds likeliest to come next. */

import { Command } from 'commander';
import * as check from '../../base/check';
import { LanguageModel } from '../../models/language-model';
import type { UnknownPolicy } from '../../text/vocabulary-options';
import { jsonOption, numberOption, threadsOption, unknownOption } from '../options';
import {
  encodingOption,
  fileOption,
  type InputFlags,
  lineEndsOption,
  readInput,
  requireOneText,
  TEXT_HELP,
} from '../terminal/input';
import { outputEnd, printJson, printLine, showFigure } from '../terminal/output';
import { noteUnknown } from './unknown-note';

interface NextFlags extends InputFlags {
  top?: number;
  threads?: number;
  unknown?: UnknownPolicy;
  json?: true;
}

async function next(path: string, argument: string | undefined, flags: NextFlags): Promise<void> {
  const { top, threads, unknown, json } = flags;
  requireOneText(argument, flags);
  if (top !== undefined) check.integer('top', top, { min: 1 });
  const model = await LanguageModel.load(path, { threads, unknown });
  try {
    const text = await readInput(argument, flags);
    const results = await model.next(text, top, { signal: outputEnd });
    const counts = model.vocabulary.tokenCounts(text);
    if (!json) printLine('token\tprobability\tlogProbability');
    for (const result of results) {
      const { token, probability, logProbability } = result;
      if (json) printJson({ ...result, ...counts });
      else printLine([JSON.stringify(token), showFigure(probability), showFigure(logProbability)].join('\t'));
    }
    if (!json) noteUnknown(model, counts, "the text's", { results: 'these probabilities' });
  } finally {
    model.dispose();
  }
}

export function nextCommand(): Command {
  return new Command('next')
    .argument('<model>', 'a model file saved by train')
    .argument('[text]', `the context: ${TEXT_HELP}; it may be empty if the model was trained on documents`)
    .addOption(fileOption('read the text from this file (.gz too) without its last line end, instead of an argument'))
    .addOption(encodingOption('the file, or of standard input'))
    .addOption(lineEndsOption())
    .addOption(numberOption('--top <n>', 'tokens to print (default: 10)'))
    .addOption(unknownOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(next);
}
