/** Failures on the command line: a message on standard error, and an exit status. */

import { inspect } from 'node:util';
import { type Command, CommanderError } from 'commander';
import { isError } from '../../base/builtins';
import { type ErrorCode, saidBy, UnrolledError } from '../../base/errors';
import type { Reference, Remedy } from '../../base/messages/phrase';
import { CARRIAGE_RETURN } from '../../text/vocabulary';
import { saidByParser } from '../parser-errors';
import { RENAMED as RENAMED_OPTIONS } from '../training-flags';
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

/** What to do with a file that has another kind of model than the command needs. */
const COMMANDS_OF: Readonly<Record<string, string>> = {
  'language-model': 'It is for unrolled sample, evaluate, score and next, and for train by --resume or --init.',
  'text-classifier': 'It is for unrolled classify predict, classify evaluate, and classify train by --resume.',
};

/** The flag of the command for an option of the API; undefined if it has none. */
function flagOf(option: string, command: Command | undefined): string | undefined {
  const name = RENAMED[option] ?? option;
  return command?.options.find((flag) => flag.attributeName() === name)?.long;
}

/** The flag for an option, or for one of its elements, as in `bias["a"]`; undefined if the command has none. */
function flagFor(option: string, command: Command | undefined): string | undefined {
  const [, list, element = ''] = /^(allow|bias)(\W.*)$/s.exec(option) ?? [];
  const flag = flagOf(list ?? option, command);
  return flag === undefined ? undefined : `${flag}${element}`;
}

/** The remedy on the command line; `text` is the remedy in the API. */
function remedyOf(
  remedy: Remedy,
  text: string,
  { received = '' }: UnrolledError,
  command: Command | undefined,
): string {
  switch (remedy) {
    case 'restart': {
      const init = flagOf('init', command);
      return init === undefined ? '' : `, or start a new training from its weights: ${init} instead of --resume`;
    }
    case 'initFromFile':
      return flagOf('init', command) ?? 'unrolled train --init';
    case 'keepTextInFile': {
      const stream = flagOf('stream', command);
      return stream === undefined ? '' : `${stream} leaves the text in its file.`;
    }
    case 'lowerRate': {
      const [rate, norm] = [flagOf('lr', command), flagOf('clipNorm', command)];
      return rate === undefined || norm === undefined
        ? text
        : `The weights are unchanged by that step. A smaller ${rate}, or ${norm} 1, may help.`;
    }
    case 'readLineEnds': {
      const flag = flagOf('lineEnds', command);
      return flag === undefined ? '' : `${CARRIAGE_RETURN}: give ${flag} lf when reading the text. `;
    }
    case 'readOtherKind':
      return COMMANDS_OF[received] ?? text;
    case 'skipUnknown':
      return flagOf('unknown', command) === undefined ? text : 'Remove it from the text, or add --unknown skip.';
  }
}

/** The place of a prompt: a line of a file, or an argument. */
function placeOf(prompt: number, command: Command | undefined): string {
  if (command?.getOptionValue('prompts') !== undefined) return `--prompts, line ${prompt + 1}`;
  return command !== undefined && command.args.length > 1 ? '[text]' : '--prompt';
}

/** A reference in the words of the command line, or of the API if the command has no flag for it. */
function typed(reference: Reference, error: UnrolledError, command: Command | undefined): string {
  const { kind, text } = reference;
  switch (kind) {
    case 'option':
      return flagFor(reference.name, command) ?? text;
    case 'options': {
      const flags = reference.names.flatMap((name) => flagOf(name, command) ?? []);
      return flags.length === 0 ? text : flags.join(', ');
    }
    case 'step':
      return `step ${reference.step + 1}`;
    case 'prompt':
      return placeOf(reference.index, command);
    case 'line':
      // A prompt is a line, where the file's line has been named.
      return reference.line === 1 && error.option?.startsWith('prompts[') ? '' : text;
    case 'vocabulary':
      return flagOf('unknown', command) === undefined ? text : "the model's vocabulary";
    case 'remedy':
      return remedyOf(reference.remedy, text, error, command);
  }
}

/**
 * The message of an error for a person at the terminal: with flags instead of options, commands instead of classes, and
 * steps counted from 1.
 * @param command the one that ran.
 */
export function messageOf(error: unknown, command: Command | undefined): string {
  if (!(error instanceof UnrolledError)) return isError(error) ? `${error.name}: ${error.message}` : shown(error);
  return saidBy(error, (reference) => typed(reference, error, command));
}

/** Messages of JavaScript and Node.js if memory runs out. */
const NO_MEMORY = /^(?:Array buffer allocation failed|Failed to allocate memory|ENOMEM\b)/;

/** An error of memory with a code; any other error unchanged. */
function withCode(error: unknown): unknown {
  if (error instanceof UnrolledError || !isError(error) || !NO_MEMORY.test(error.message)) return error;
  const fault = `The system does not give this process more memory (${error.message})`;
  const advice = 'Raise its limit (ulimit -v, ulimit -d).';
  return new UnrolledError('ERR_UNROLLED_OUT_OF_MEMORY', fault, { advice, cause: error });
}

/** A thrown value that is not an error; a text stays as it is. Not every value can be converted to a string. */
function shown(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : inspect(thrown);
}

function say(message: string): void {
  process.stderr.write(`unrolled: ${visibleText(message)}\n`);
}

/**
 * Prints what went wrong, and returns the exit status.
 * @param command the command that ran, if parsing got that far.
 */
export function reportFailure(thrown: unknown, command?: Command): number {
  const error = withCode(thrown);
  if (error instanceof CommanderError) {
    // Without a command the parser has already printed its help, and this error has no message.
    if (error.code === 'commander.help') return USAGE;
    const code = VALUE_FAULTS.includes(error.code) ? 'ERR_UNROLLED_OPTION_RANGE' : 'ERR_UNROLLED_UNKNOWN_OPTION';
    say(`${saidByParser(error)} (${code})`);
    return USAGE;
  }
  if (!(error instanceof UnrolledError)) {
    say(`${isError(error) ? (error.stack ?? error.message) : shown(error)} (ERR_UNROLLED_INTERNAL)`);
    return FAILED;
  }
  say(`${messageOf(error, command)} (${error.code})`);
  return ARGUMENT_CODES.includes(error.code) ? USAGE : FAILED;
}
