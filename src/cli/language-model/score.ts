/** `unrolled score <model> [text]`: how likely a model holds a text to be. */

import { Command } from 'commander';
import { resolveScore, type ScoreOptions } from '../../generation';
import { LanguageModel } from '../../models/language-model';
import type { UnknownPolicy } from '../../text/vocabulary-options';
import { jsonOption, plainOption, threadsOption, unknownOption } from '../options';
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

interface ScoreFlags extends Pick<ScoreOptions, 'context' | 'document' | 'perToken'>, InputFlags {
  threads?: number;
  unknown?: UnknownPolicy;
  json?: true;
}

async function score(path: string, text: string | undefined, flags: ScoreFlags): Promise<void> {
  const { threads, unknown, json, context, document, perToken } = flags;
  const options = { context, document, perToken, signal: outputEnd };
  resolveScore(options);
  requireOneText(text, flags);
  const model = await LanguageModel.load(path, { threads, unknown });
  try {
    const result = await model.score(await readInput(text, flags), options);
    const { perToken = [], ...figures } = result;
    // JSON has no infinity: a perplexity beyond every number is the largest one.
    if (json) printJson({ ...result, perplexity: Math.min(result.perplexity, Number.MAX_VALUE) });
    else {
      for (const { token, logProbability } of perToken)
        printLine(`${JSON.stringify(token)} ${showFigure(logProbability)}`);
      for (const [figure, value] of Object.entries(figures)) printLine(`${figure} ${showFigure(value)}`);
      if (context !== undefined) noteUnknown(model, model.vocabulary.tokenCounts(context), "the context's");
      noteUnknown(model, result, "the text's", { results: 'these figures' });
    }
  } finally {
    model.dispose();
  }
}

export function scoreCommand(): Command {
  return new Command('score')
    .argument('<model>', 'a model file saved by train')
    .argument('[text]', TEXT_HELP)
    .addOption(fileOption('read the text from this file (.gz too) without its last line end, instead of an argument'))
    .addOption(encodingOption('the file, or of standard input'))
    .addOption(lineEndsOption())
    .addOption(plainOption('--context <text>', 'text before it; with a context the first token counts too'))
    .option('--document', 'for a model trained on documents: the text is a whole document, whose end counts too')
    .option('--per-token', 'also print the log-probability of each token')
    .addOption(unknownOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(score);
}
