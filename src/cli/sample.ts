/** `unrolled sample <model>`: the prompt, and the text a model goes on with. */

import { Command } from 'commander';
import { type GenerationOptions, resolveGeneration } from '../generation';
import { LanguageModel } from '../language-model';
import type { UnknownPolicy } from '../text/vocabulary';
import { jsonOption, numberOption, threadsOption, unknownOption } from './options';
import { outputEnd, printJson, printLine } from './output';

interface SampleFlags {
  prompt: string;
  length?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  seed?: number;
  threads?: number;
  unknown?: UnknownPolicy;
  json?: true;
}

async function sample(path: string, { prompt, threads, unknown, json, ...given }: SampleFlags): Promise<void> {
  const options: GenerationOptions = given;
  resolveGeneration(options);
  const model = await LanguageModel.load(path, { threads, unknown });
  try {
    if (json) {
      printJson({ prompt, text: await model.sample(prompt, options) });
      return;
    }
    // The prompt waits for the first piece, so that a prompt which cannot be read prints nothing.
    let held = prompt;
    for await (const piece of model.stream(prompt, { ...options, signal: outputEnd })) {
      process.stdout.write(held + piece);
      held = '';
    }
    printLine(held);
  } finally {
    model.dispose();
  }
}

export function sampleCommand(): Command {
  return new Command('sample')
    .description('print a prompt and the text that a model goes on with')
    .argument('<model>', 'a file that train saved')
    .option('--prompt <text>', 'text to go on with; without one it starts like a new line', '')
    .addOption(numberOption('--length <n>', 'tokens to draw (default: 200)'))
    .addOption(numberOption('--temperature <x>', 'below 1 more likely text; 0 the likeliest (default: 1)'))
    .addOption(numberOption('--top-k <n>', 'draw from the k likeliest tokens alone (default: off)'))
    .addOption(numberOption('--top-p <x>', 'draw from the likeliest tokens of this probability (default: off)'))
    .addOption(numberOption('--seed <n>', 'the same seed draws the same text (default: 0)'))
    .addOption(unknownOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(sample);
}
