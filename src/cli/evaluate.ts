/** `unrolled evaluate <model> <corpus>`: how well a model predicts a text. */

import { Command } from 'commander';
import { type EvaluationOptions, LanguageModel } from '../language-model';
import { resolveStream } from '../training/options';
import { CORPUS_HELP, loadCorpus } from './corpus';
import { jsonOption, numberOption, threadsOption } from './options';
import { printJson, printLine } from './output';

interface EvaluateFlags extends Pick<EvaluationOptions, 'batch' | 'window' | 'threads'> {
  json?: true;
}

async function evaluate(path: string, name: string, { json, ...options }: EvaluateFlags): Promise<void> {
  resolveStream(options.batch ?? 1, options.window ?? 1);
  const model = await LanguageModel.load(path);
  try {
    const corpus = await loadCorpus(name, { tokens: model.vocabulary.kind });
    const result = await model.evaluate(corpus, options);
    if (json) printJson(result);
    else for (const [figure, value] of Object.entries(result)) printLine(`${figure} ${value}`);
  } finally {
    model.dispose();
  }
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description("print a model's loss, bits per token and perplexity on a text")
    .argument('<model>', 'a file that train saved')
    .argument('<corpus>', CORPUS_HELP)
    .addOption(numberOption('--batch <n>', 'rows the text is cut into (default: 1)'))
    .addOption(numberOption('--window <n>', 'tokens of a row computed at once (default: 128)'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(evaluate);
}
