/** What goes wrong on the command line: a message on standard error, and an exit status. */

import { inspect } from 'node:util';
import { type Command, CommanderError } from 'commander';
import { isError } from '../builtins';
import { type ErrorCode, UnrolledError } from '../errors';
import { LONG_TEXT_ADVICE } from '../text/encodings';
import { ANEW } from '../training/data-counts';
import { RENAMED as RENAMED_OPTIONS } from './training-flags';
import { visibleText } from './visible-text';

/** The work failed, or the arguments are wrong. */
export const FAILED = 1;
export const USAGE = 2;

const ARGUMENT_CODES: readonly ErrorCode[] = [
  'ERR_UNROLLED_UNKNOWN_OPTION',
  'ERR_UNROLLED_OPTION_TYPE',
  'ERR_UNROLLED_OPTION_RANGE',
];

/** Codes of the argument parser that are about a value; all others are about what it does not know. */
const VALUE_FAULTS = ['commander.invalidArgument', 'commander.optionMissingArgument', 'commander.missingArgument'];

/** Options of the API whose value the command line knows under another name. */
const RENAMED: Readonly<Record<string, string>> = {
  ...RENAMED_OPTIONS,
  maxSize: 'maxVocab',
  maxTokens: 'maxVocab',
  normalization: 'normalize',
  extendVocabulary: 'extendVocab',
};

/** A word of a message that may be an option: no part of a path, and nothing that the user has typed in quotes. */
const WORD = /(?<![\w"./-])[A-Za-z]\w*(?:\.\w+)*(?![\w"/-])/g;

/** A word that can only be an option of the API. */
const CAMEL_CASE = /^[a-z]+[A-Z]/;

/** What a person does with a file that holds another kind of model than a command takes. */
const COMMANDS_OF: Readonly<Record<string, string>> = {
  'language-model': 'It is for unrolled sample, evaluate, score and next, and for train by --resume or --init.',
  'text-classifier': 'It is for unrolled classify predict, classify evaluate, and classify train by --resume.',
};

/** The flag of the command for an option of the API; undefined where it has none. */
function flagOf(option: string, command: Command | undefined): string | undefined {
  const name = RENAMED[option] ?? option;
  return command?.options.find((flag) => flag.attributeName() === name)?.long;
}

/** The message with what a command does in place of what a program does. */
function withoutCalls(message: string, command: Command | undefined): string {
  const init = flagOf('init', command);
  const [rate, norm] = [flagOf('lr', command), flagOf('clipNorm', command)];
  const lowered = rate && norm && `${rate}, or ${norm} 1,`;
  const stream = flagOf('stream', command);
  return message
    .replace(`, ${ANEW}`, init === undefined ? '' : `, or begin anew from its weights: ${init} in place of --resume`)
    .replace('learning rate or clipping by norm may help', lowered === undefined ? '$&' : `${lowered} may help`)
    .replace('--init (or LanguageModel.initFrom)', init ?? 'unrolled train --init')
    .replace(` ${LONG_TEXT_ADVICE}`, stream === undefined ? '' : ` ${stream} leaves it in its file.`);
}

/** A message of one of several prompts, which are the lines of a file, or one that was typed. */
function ofPrompt(message: string, command: Command | undefined): string {
  const index = /^prompts\[(\d+)\]: /.exec(message);
  if (index === null) return message;
  const typed = command !== undefined && command.args.length > 1 ? '[text]' : '--prompt';
  const place = command?.getOptionValue('prompts') === undefined ? typed : `--prompts, line ${Number(index[1]) + 1}`;
  // The line within the prompt, which is one.
  return `${place}: ${message.slice(index[0].length).replace(/, in line 1,/, '')}`;
}

/** Which option an error about a token is of, as in `bias["a"]`. */
function constrained(option: string | undefined): string | undefined {
  return /^(?:allow|bias)\b/.exec(option ?? '')?.[0];
}

/** The message with flags in place of the API's options, as far as the command has them. */
function withFlags({ message, option, mentions = [] }: UnrolledError, command: Command | undefined): string {
  return withoutCalls(message, command).replace(WORD, (word, at: number) => {
    // Elsewhere the option's name may be a word like any other, as in "the classes of the model".
    const isOption =
      (at === 0 && word === (constrained(option) ?? option)) || mentions.includes(word) || CAMEL_CASE.test(word);
    return (isOption ? flagOf(word, command) : undefined) ?? word;
  });
}

/**
 * What an error says to a person at the terminal: options as they are typed, commands in place of the API's classes, steps
 * counted from 1.
 * @param command the one that ran.
 */
export function messageOf(error: unknown, command: Command | undefined): string {
  if (!(error instanceof UnrolledError)) return isError(error) ? `${error.name}: ${error.message}` : shown(error);
  const { code, message, option, expected, received, step } = error;
  if (code === 'ERR_UNROLLED_UNKNOWN_OPTION' && option !== undefined) {
    const known = expected?.split(', ').flatMap((name) => flagOf(name, command) ?? []) ?? [];
    const where = message.split(' has no option ')[0];
    return `${where} has no option ${flagOf(option, command) ?? option}. It knows ${known.join(', ')}.`;
  }
  const isOfText = constrained(option) === undefined;
  if (code === 'ERR_UNROLLED_UNKNOWN_TOKEN' && isOfText && flagOf('unknown', command) !== undefined) {
    const lineEnds = flagOf('lineEnds', command);
    const lacking = message
      .replace(/ Leave it out .*$/, '')
      .replace(/ the vocabulary\.(?=$| It is of a line end)/, " the model's vocabulary.")
      .replace(/ It is of a line end .*: give lineEnds .*$/, (advice) =>
        lineEnds === undefined ? '' : advice.replace('lineEnds', lineEnds),
      );
    return `${ofPrompt(lacking, command)} Leave it out of the text, or add --unknown skip.`;
  }
  if (code === 'ERR_UNROLLED_MODEL_MISMATCH' && option === 'kind' && COMMANDS_OF[received ?? ''] !== undefined) {
    return message.replace(/\. .*$/, `. ${COMMANDS_OF[received ?? '']}`);
  }
  if (step !== undefined) {
    return withFlags(error, command).replace(new RegExp(`step ${step}(?: \\(from 0\\))?`), `step ${step + 1}`);
  }
  return ofPrompt(withFlags(error, command), command);
}

/** What JavaScript and Node.js say where there is no memory. */
const NO_MEMORY = /^(?:Array buffer allocation failed|Failed to allocate memory|ENOMEM\b)/;

/** The error with a code, where it is none of the package but one of memory. */
function withCode(error: unknown): unknown {
  if (error instanceof UnrolledError || !isError(error) || !NO_MEMORY.test(error.message)) return error;
  const message = `The system gives this process no more memory (${error.message}). Raise its limit (ulimit -v, ulimit -d).`;
  return new UnrolledError('ERR_UNROLLED_OUT_OF_MEMORY', message, { cause: error });
}

/** What was thrown and is no error; a text as it is. Not everything can be made a text of. */
function shown(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : inspect(thrown);
}

function say(message: string): void {
  process.stderr.write(`unrolled: ${visibleText(message)}\n`);
}

/**
 * Says what went wrong, and returns the exit status for it.
 * @param command the one that ran, where it came so far.
 */
export function reportFailure(thrown: unknown, command?: Command): number {
  const error = withCode(thrown);
  if (error instanceof CommanderError) {
    // Without a command the parser has printed its help, and this error has no message of its own.
    if (error.code === 'commander.help') return USAGE;
    const code = VALUE_FAULTS.includes(error.code) ? 'ERR_UNROLLED_OPTION_RANGE' : 'ERR_UNROLLED_UNKNOWN_OPTION';
    say(`${error.message.replace(/^error: /, '')} (${code})`);
    return USAGE;
  }
  if (!(error instanceof UnrolledError)) {
    say(`${isError(error) ? (error.stack ?? error.message) : shown(error)} (ERR_UNROLLED_INTERNAL)`);
    return FAILED;
  }
  say(`${messageOf(error, command)} (${error.code})`);
  return ARGUMENT_CODES.includes(error.code) ? USAGE : FAILED;
}
