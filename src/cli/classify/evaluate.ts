/** `unrolled classify evaluate <model> <folder>`: how often a classifier is right. */

import { Command } from 'commander';
import { TextClassifier } from '../../models/text-classifier';
import { resolveBatch } from '../../training/options/example-options';
import { jsonOption, numberOption, threadsOption } from '../options';
import { encodingOption, type InputFlags } from '../terminal/input';
import { printJson, printLine, showFigure } from '../terminal/output';
import { nameShower } from '../terminal/visible-text';
import { columnsOf } from '../terminal/width';
import { classesOption, FOLDER_HELP, loadEvaluation, skipUnreadableOption } from './data';
import { classFigures, confusionText, figuresTable } from './figures';

interface EvaluateFlags extends Pick<InputFlags, 'encoding'> {
  classes?: string[];
  skipUnreadable?: true;
  batch?: number;
  threads?: number;
  json?: true;
}

async function evaluate(path: string, folder: string, flags: EvaluateFlags): Promise<void> {
  const { classes, encoding, skipUnreadable, batch, threads, json } = flags;
  resolveBatch(batch);
  using classifier = await TextClassifier.load(path, { threads });
  const { classNames } = classifier;
  const examples = await loadEvaluation(folder, classNames, { classes, encoding, skipUnreadable });
  const score = await classifier.evaluate(examples, { batch });
  const { loss, accuracy, confusion } = score;
  const figures = classFigures(confusion);
  if (json) {
    const parts = (['precision', 'recall', 'f1'] as const).map((key) => [
      key,
      figures.map((each) => each[key] ?? null),
    ]);
    printJson({ loss, accuracy, texts: examples.length, classNames, ...Object.fromEntries(parts), confusion });
    return;
  }
  const columns = columnsOf(process.stdout);
  const show = nameShower(process.stdout);
  printLine(`loss ${showFigure(loss)}\naccuracy ${showFigure(accuracy)}\ntexts ${examples.length}\n`);
  printLine(`${figuresTable(classNames, figures, columns, show)}\n`);
  printLine(confusionText(classNames, confusion, columns, show));
}

export function classifyEvaluateCommand(): Command {
  return new Command('evaluate')
    .description("print a classifier's loss, accuracy, figures for each class and confusions on a folder of texts")
    .argument('<model>', 'a model file saved by classify train')
    .argument('<folder>', `${FOLDER_HELP}, of which the test part is used`)
    .addOption(classesOption())
    .addOption(encodingOption('the text files'))
    .addOption(skipUnreadableOption())
    .addOption(numberOption('--batch <n>', 'texts in one batch (default: 32)'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(evaluate);
}
