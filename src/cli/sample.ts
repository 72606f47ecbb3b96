/** `unrolled sample <model>`: prompts, and the text a model goes on with. */

import { Command, Option } from 'commander';
import { UnrolledError } from '../errors';
import { type BeamOptions, type GenerationOptions, resolveBeam, resolveGeneration } from '../generation';
import { idsOfAll, startIds } from '../generation/prompt';
import { LanguageModel } from '../language-model';
import { sumCounts } from '../text/token-counts';
import type { Vocabulary } from '../text/vocabulary';
import type { UnknownPolicy } from '../text/vocabulary-options';
import * as check from '../validation';
import { encodingOption, type InputFlags, readInput, readLines, STANDARD_INPUT } from './input';
import { jsonOption, listOption, numberOption, plainOption, threadsOption, unknownOption } from './options';
import { outputEnd, print, printJson, printLine } from './output';
import { noteUnknown } from './unknown-note';

interface SampleFlags extends Pick<InputFlags, 'encoding'> {
  prompt?: string;
  prompts?: string;
  length?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  seed?: number;
  stop?: string[];
  includeStop?: true;
  allow?: string[];
  bias?: (readonly [token: string, value: number])[];
  minLength?: number;
  beams?: number;
  lengthPenalty?: number;
  threads?: number;
  unknown?: UnknownPolicy;
  json?: true;
}

/** What follows each prompt, many computed together. */
async function sampleAll(
  model: LanguageModel,
  prompts: string[],
  options: GenerationOptions,
  json?: true,
): Promise<void> {
  for (const [i, text] of (await model.sampleAll(prompts, options)).entries()) {
    const prompt = prompts[i] as string;
    if (json) printJson({ prompt, text });
    else printLine(prompt + text);
  }
}

/** What a search finds for each prompt: the best, or as JSON all. */
async function search(model: LanguageModel, prompts: string[], options: BeamOptions, json?: true): Promise<void> {
  // A prompt that cannot be read is told of by its line, before anything is printed.
  await idsOfAll(prompts, (prompt) => startIds(model, prompt, 'prompt', options.signal));
  for (const prompt of prompts) {
    const found = await model.beam(prompt, options);
    if (json) for (const result of found) printJson({ prompt, ...result });
    else printLine(prompt + (found[0]?.text ?? ''));
  }
}

async function streamOne(model: LanguageModel, prompt: string, options: GenerationOptions): Promise<void> {
  // The prompt waits for the first piece, so that a prompt which cannot be read prints nothing.
  let held = prompt;
  for await (const piece of model.stream(prompt, options)) {
    print(held + piece);
    held = '';
  }
  printLine(held);
}

/** The prompt itself, or what standard input has. */
async function promptOf(text: string | undefined, { prompt = '', encoding }: SampleFlags): Promise<string> {
  const input = encoding === undefined ? {} : { encoding };
  if (text !== undefined) return readInput(text, input);
  return prompt === STANDARD_INPUT ? readInput(prompt, input) : prompt;
}

/** @throws ERR_UNROLLED_OPTION_RANGE for a text beside a flag that has one. */
function requireOne(text: string | undefined, { prompt, prompts }: SampleFlags): void {
  const other = prompt !== undefined ? '--prompt' : prompts !== undefined ? '--prompts' : undefined;
  if (text !== undefined && other !== undefined) throw check.outOfRange('[text]', `left out beside ${other}`, text);
}

async function sample(path: string, text: string | undefined, flags: SampleFlags): Promise<void> {
  requireOne(text, flags);
  const { prompt: _, prompts: file, beams, lengthPenalty, encoding, threads, unknown, json, allow, ...given } = flags;
  if (lengthPenalty !== undefined && beams === undefined) {
    throw check.outOfRange('lengthPenalty', 'given with --beams', lengthPenalty);
  }
  const asked = { ...given, bias: given.bias && new Map(given.bias), signal: outputEnd };
  if (beams === undefined) resolveGeneration(asked);
  else resolveBeam({ ...asked, beams, lengthPenalty });
  const prompts = file === undefined ? [await promptOf(text, flags)] : await readLines(file, encoding);
  const model = await LanguageModel.load(path, { threads, unknown });
  try {
    const options = { ...asked, allow: allow && allowedIds(model.vocabulary, allow) };
    const beamOptions = { ...options, beams, lengthPenalty };
    if (beams !== undefined) await search(model, prompts, beamOptions, json);
    else if (file !== undefined || json) await sampleAll(model, prompts, options, json);
    else await streamOne(model, prompts[0] as string, options);
    if (json) return;
    const counts = sumCounts(prompts.map((text) => model.vocabulary.tokenCounts(text)));
    noteUnknown(model, counts, file === undefined ? "the prompt's" : "the prompts'");
  } finally {
    model.dispose();
  }
}

/** The tokens of these texts, and the end of a document. */
function allowedIds(vocabulary: Vocabulary, texts: readonly string[]): Int32Array {
  const strict = vocabulary.withUnknown('error');
  const ids = new Set(vocabulary.endId === undefined ? [] : [vocabulary.endId]);
  for (const text of texts) {
    try {
      for (const id of strict.encode(text)) ids.add(id);
    } catch (error) {
      if (!(error instanceof UnrolledError)) throw error;
      const { code, message, expected = '', received = '' } = error;
      const lacking = message.replace(` ${strict.advice}`, ' Leave it out.');
      throw new UnrolledError(code, `allow: ${lacking}`, { option: 'allow', expected, received, cause: error });
    }
  }
  return Int32Array.from(ids);
}

function biasOption(): Option {
  const option = new Option('--bias <token=x>', "add x to a token's logit, -inf bars it; may be given several times");
  return option.argParser((text, before: SampleFlags['bias']) => {
    const [, token, number] = /^(.+)=([^=]*)$/s.exec(text) ?? [];
    const value = number === '-inf' ? Number.NEGATIVE_INFINITY : Number(number);
    if (token === undefined || number?.trim() === '' || Number.isNaN(value)) {
      throw check.wrongType('--bias', 'a token, =, and a number or -inf', text);
    }
    return [...(before ?? []), [token, value] as const];
  });
}

export function sampleCommand(): Command {
  const drawing = ['temperature', 'topK', 'topP', 'seed'];
  return new Command('sample')
    .description('print a prompt and the text that a model goes on with')
    .argument('<model>', 'a file that train saved')
    .argument('[text]', 'text to go on with, - for standard input, or none to begin a text')
    .addOption(plainOption('--prompt <text>', 'the same as a flag'))
    .addOption(
      plainOption(
        '--prompts <file>',
        'go on with each line of a file, drawn by the seed plus its number from 0',
      ).conflicts('prompt'),
    )
    .addOption(encodingOption('the file of --prompts, or of standard input'))
    .addOption(numberOption('--length <n>', 'tokens to draw, at most (default: 200)'))
    .addOption(numberOption('--temperature <x>', 'below 1 more likely text; 0 the likeliest (default: 1)'))
    .addOption(numberOption('--top-k <n>', 'draw from the k likeliest tokens alone (default: off)'))
    .addOption(numberOption('--top-p <x>', 'draw from the likeliest tokens of this probability (default: off)'))
    .addOption(numberOption('--seed <n>', 'the same seed draws the same text (default: 0)'))
    .addOption(listOption('--stop <text>', 'end before this text; may be given several times'))
    .option('--include-stop', 'end after it')
    .addOption(numberOption('--min-length <n>', 'tokens before which the text does not end (default: 0)'))
    .addOption(
      listOption('--allow <text>', 'draw tokens of this text, and the end of a document, alone (default: all)'),
    )
    .addOption(biasOption())
    .addOption(
      numberOption(
        '--beams <n>',
        'search for the likeliest text with n at once; prints the best, with --json all',
      ).conflicts(drawing),
    )
    .addOption(numberOption('--length-penalty <x>', 'of --beams: above 0 favours longer text (default: 0)'))
    .addOption(unknownOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(sample);
}
