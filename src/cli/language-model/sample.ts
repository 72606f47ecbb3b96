/** `unrolled sample <model>`: prompts, and the text a model continues with. */

import { Command, type Option } from 'commander';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { phrase, refer } from '../../base/messages/phrase';
import { type BeamOptions, type GenerationOptions, resolveBeam, resolveGeneration } from '../../generation';
import { idsOfAll, ofPrompt, promptIds, startIds } from '../../generation/prompt';
import { LanguageModel } from '../../models/language-model';
import { sumCounts } from '../../text/token-counts';
import type { Vocabulary } from '../../text/vocabulary';
import type { UnknownPolicy } from '../../text/vocabulary-options';
import {
  decimalIn,
  jsonOption,
  listOption,
  numberOption,
  plainOption,
  repeatableOption,
  threadsOption,
  unknownOption,
} from '../options';
import { unescaped } from '../terminal/escapes';
import { FAILED, messageOf, reportFailure } from '../terminal/failure';
import { encodingOption, type InputFlags, readInput, readLines, STANDARD_INPUT } from '../terminal/input';
import { outputEnd, print, printJson, printLine } from '../terminal/output';
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

/** The state of each prompt: its output, an error to report in its place, or nothing yet. */
type Answers = AsyncIterable<
  { prompt: string; results: readonly object[]; text: string } | { prompt: string; error: unknown }
>;

/** Texts that are drawn at a time: as many as one call of the model accepts. */
const AT_ONCE = 64;

/** The results of `answer` for each prompt, in order, some computed together. A prompt with an error is left out. */
async function* answersTo(
  prompts: readonly string[],
  read: (prompt: string) => Promise<unknown>,
  answer: (prompt: string, index: number) => Promise<{ results: readonly object[]; text: string }>,
  atOnce: number,
): Answers {
  const pending: Promise<Awaited<ReturnType<typeof answer>> | { error: unknown }>[] = [];
  let asked = 0;
  const ask = async (index: number) => {
    const prompt = prompts[index] as string;
    try {
      await read(prompt);
    } catch (error) {
      if (!isOfPrompt(error)) throw error;
      return { error: ofPrompt(index, error) };
    }
    return answer(prompt, index);
  };
  for (const [index, prompt] of prompts.entries()) {
    while (asked < prompts.length && asked < index + atOnce) {
      const answered = ask(asked++);
      // The error is reported when its prompt is reached. Until then it must not count as unhandled.
      answered.catch(() => {});
      pending.push(answered);
    }
    yield { prompt, ...(await (pending.shift() as (typeof pending)[number])) };
  }
}

/** Whether an error is about one prompt, so that the others can be answered. */
function isOfPrompt(error: unknown): boolean {
  return (
    error instanceof UnrolledError &&
    (error.code === 'ERR_UNROLLED_UNKNOWN_TOKEN' || error.code === 'ERR_UNROLLED_CORPUS_EMPTY')
  );
}

/**
 * Prints the answers: with JSON one object per line, else separated by an empty line. Reports the prompts that failed.
 * @returns the prompts that were answered.
 */
async function printAll(answers: Answers, command: Command, json?: true): Promise<string[]> {
  const answered: string[] = [];
  for await (const answer of answers) {
    if ('error' in answer) {
      process.exitCode = FAILED;
      reportFailure(answer.error, command);
      const { code } = answer.error as UnrolledError;
      if (json) printJson({ prompt: answer.prompt, error: { code, message: messageOf(answer.error, command) } });
      continue;
    }
    if (json) {
      for (const result of answer.results) printJson({ prompt: answer.prompt, ...result });
    } else {
      if (answered.length > 0) printLine('');
      printLine(answer.prompt + answer.text);
    }
    answered.push(answer.prompt);
  }
  return answered;
}

/** The continuation of each prompt, many computed together, drawn with the seed plus the prompt's number. */
function drawn(model: LanguageModel, prompts: readonly string[], options: GenerationOptions): Answers {
  const { seed = 0, signal } = options;
  return answersTo(
    prompts,
    (prompt) => promptIds(model, prompt, signal),
    async (prompt, index) => {
      const text = await model.sample(prompt, { ...options, seed: seed + index });
      return { text, results: [{ text }] };
    },
    AT_ONCE,
  );
}

/** The result of a search for each prompt: the best, or with JSON all. */
function found(model: LanguageModel, prompts: readonly string[], options: BeamOptions): Answers {
  return answersTo(
    prompts,
    (prompt) => startIds(model, prompt, 'prompt', options.signal),
    async (prompt) => {
      const results = await model.beam(prompt, options);
      return { text: results[0]?.text ?? '', results };
    },
    1,
  );
}

async function streamOne(model: LanguageModel, prompt: string, options: GenerationOptions): Promise<void> {
  // The prompt is printed with the first piece, so a prompt with an error prints nothing.
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

/** Refuses a single prompt that cannot be read as the command would a wrong argument: nothing else must be answered. */
async function startOf(model: LanguageModel, prompt: string, { beams }: SampleFlags): Promise<void> {
  const read = (text: string) =>
    beams === undefined ? promptIds(model, text, outputEnd) : startIds(model, text, 'prompt', outputEnd);
  await idsOfAll([prompt], read);
}

/** The strings that end a text, whose escapes a shell leaves as they are. */
function stopsOf({ stop }: SampleFlags): string[] | undefined {
  return stop?.map(unescaped);
}

/** @throws ERR_UNROLLED_OPTION_RANGE for a text together with a flag that gives one. */
function requireOne(text: string | undefined, { prompt, prompts }: SampleFlags): void {
  const other = prompt !== undefined ? '--prompt' : prompts !== undefined ? '--prompts' : undefined;
  if (text !== undefined && other !== undefined)
    throw check.outOfRange('[text]', `left out if ${other} is given`, text);
}

async function sample(path: string, text: string | undefined, flags: SampleFlags, command: Command): Promise<void> {
  requireOne(text, flags);
  const { prompt: _, prompts: file, beams, lengthPenalty, encoding, threads, unknown, json, allow, ...given } = flags;
  if (lengthPenalty !== undefined && beams === undefined) {
    throw check.outOfRange('lengthPenalty', 'given together with --beams', lengthPenalty);
  }
  const stop = stopsOf(flags);
  const bias = given.bias && new Map(given.bias);
  const asked = { ...given, bias, ...(stop !== undefined && { stop }), signal: outputEnd };
  if (beams === undefined) resolveGeneration(asked);
  else resolveBeam({ ...asked, beams, lengthPenalty });
  const prompts = file === undefined ? [await promptOf(text, flags)] : await readLines(file, encoding);
  const model = await LanguageModel.load(path, { threads, unknown });
  try {
    const options = { ...asked, allow: allow && allowedIds(model.vocabulary, allow) };
    const beamOptions = { ...options, beams, lengthPenalty };
    if (file === undefined && (json || beams !== undefined)) await startOf(model, prompts[0] as string, flags);
    let answered: readonly string[] = prompts;
    if (beams !== undefined) answered = await printAll(found(model, prompts, beamOptions), command, json);
    else if (file !== undefined || json) answered = await printAll(drawn(model, prompts, options), command, json);
    else await streamOne(model, prompts[0] as string, options);
    if (json) return;
    const counts = sumCounts(answered.map((text) => model.vocabulary.tokenCounts(text)));
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
      for (const id of strict.encode(unescaped(text))) ids.add(id);
    } catch (error) {
      if (!(error instanceof UnrolledError)) throw error;
      const { code, fault, expected = '', received = '' } = error;
      throw new UnrolledError(code, phrase`${refer.option('allow')}: ${fault}`, {
        ...{ option: 'allow', expected, received, cause: error },
        advice: 'Leave that token out.',
      });
    }
  }
  return Int32Array.from(ids);
}

function biasOption(): Option {
  const description = 'add x to the logit of a token; -inf excludes it; may be given several times';
  return repeatableOption('--bias <token=x>', description, (text) => {
    const [, token, number] = /^(.+)=([^=]*)$/s.exec(text) ?? [];
    const value = number === '-inf' ? Number.NEGATIVE_INFINITY : decimalIn(number ?? '');
    if (token === undefined || value === undefined) {
      throw check.wrongType('--bias', 'a token, =, and a decimal number or -inf', text);
    }
    return [unescaped(token), value] as const;
  });
}

export function sampleCommand(): Command {
  const drawing = ['temperature', 'topK', 'topP', 'seed'];
  return new Command('sample')
    .argument('<model>', 'a model file saved by train')
    .argument('[text]', 'text to continue, - for standard input, or none to begin a new text')
    .addOption(plainOption('--prompt <text>', 'the text to continue, as a flag'))
    .addOption(
      plainOption(
        '--prompts <file>',
        "continue each line of a file, with the seed plus the line's number from 0; an empty line separates the answers",
      ).conflicts('prompt'),
    )
    .addOption(encodingOption('the file of --prompts, or of standard input'))
    .addOption(numberOption('--length <n>', 'at most this many tokens to draw (default: 200)'))
    .addOption(
      numberOption(
        '--temperature <x>',
        'below 1 makes likely tokens likelier; 0 always takes the most likely (default: 1)',
      ),
    )
    .addOption(numberOption('--top-k <n>', 'draw only from the n most likely tokens (default: off)'))
    .addOption(
      numberOption('--top-p <x>', 'draw only from the most likely tokens whose probabilities sum to x (default: off)'),
    )
    .addOption(numberOption('--seed <n>', 'the same seed draws the same text (default: 0)'))
    .addOption(
      listOption(
        '--stop <text>',
        'end the output before this text; may be given several times; \\n is a line end, \\r, \\t, \\\\ and \\u{1f600} as in JavaScript',
      ),
    )
    .option('--include-stop', 'include the stop text in the output')
    .addOption(numberOption('--min-length <n>', 'at least this many tokens before the text may end (default: 0)'))
    .addOption(
      listOption(
        '--allow <text>',
        'draw only tokens of this text and the end of a document (default: all); may be given several times',
      ),
    )
    .addOption(biasOption())
    .addOption(
      numberOption(
        '--beams <n>',
        'search for the most likely text with n beams; prints the best, or all with --json',
      ).conflicts(drawing),
    )
    .addOption(numberOption('--length-penalty <x>', 'with --beams: above 0 favours longer text (default: 0)'))
    .addOption(unknownOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(sample);
}
