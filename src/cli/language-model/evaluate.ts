/** `unrolled evaluate <model> <corpus>`: how well a model predicts a text. */

import { Command } from 'commander';
import { LanguageModel } from '../../models/language-model';
import type { EvaluationOptions } from '../../models/language-model-types';
import type { UnknownPolicy } from '../../text/vocabulary-options';
import { resolveStream } from '../../training/options/options';
import { jsonOption, numberOption, threadsOption, unknownOption } from '../options';
import { printJson, printLine, showFigure } from '../terminal/output';
import { addCorpusOptions, CORPUS_HELP, type CorpusFlags, corpusFlags, loadCorpus } from './corpus';
import { noteLineEnds, noteUnknown } from './unknown-note';

interface EvaluateFlags extends CorpusFlags, Pick<EvaluationOptions, 'batch' | 'window' | 'threads'> {
  unknown?: UnknownPolicy;
  json?: true;
}

async function evaluate(path: string, name: string, flags: EvaluateFlags): Promise<void> {
  const { json, unknown, batch, window, threads } = flags;
  const options = { batch, window, threads };
  resolveStream(options.batch ?? 1, options.window ?? 1);
  const model = await LanguageModel.load(path, { unknown });
  try {
    const corpus = await loadCorpus(name, {
      flags: corpusFlags(flags),
      vocabulary: { tokens: model.vocabulary.kind },
      model: { path, form: model.vocabulary.form },
      trained: model.vocabulary,
    });
    const result = await model.evaluate(corpus, options);
    // JSON has no infinity: a perplexity beyond every number is the largest one.
    if (json) printJson({ ...result, perplexity: Math.min(result.perplexity, Number.MAX_VALUE) });
    else {
      for (const [figure, value] of Object.entries(result)) printLine(`${figure} ${showFigure(value)}`);
      noteUnknown(model, result, "the text's", { results: 'these figures' });
      noteLineEnds(model, corpus);
    }
  } finally {
    model.dispose();
  }
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .argument('<model>', 'a model file saved by train')
    .argument('<corpus>', CORPUS_HELP);
  return addCorpusOptions(command)
    .addOption(numberOption('--batch <n>', 'rows that the text is split into (default: 1)'))
    .addOption(numberOption('--window <n>', 'tokens of each row computed at once (default: 128)'))
    .addOption(unknownOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(evaluate);
}
