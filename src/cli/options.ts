/** Options that several commands share, and the reading of their values. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { didYouMean } from '../base/messages/suggestions';
import { UNKNOWN_POLICIES } from '../text/vocabulary-options';

/** A number as people write one: decimal digits, perhaps with a point, perhaps with an exponent. */
const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The finite number that a text says in decimal; undefined for anything else. */
export function decimalIn(text: string): number | undefined {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** A number as written. Its range is checked by the code that uses it. */
export function parseNumber(option: string, expected: string, text: string): number {
  const value = decimalIn(text);
  if (value === undefined) throw check.wrongType(option, expected, text);
  return value;
}

export function numberOption(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.argParser((text) =>
    parseNumber(option.long ?? flags, 'a decimal number such as 10, 0.5 or 1e-3', text),
  );
}

export function plainOption(flags: string, description: string): Option {
  return new Option(flags, description);
}

const repeatable = new WeakSet<Option>();

/** An option that may be given several times. */
export function repeatableOption<T>(flags: string, description: string, parse: (text: string) => T): Option {
  const option = new Option(flags, description);
  repeatable.add(option);
  return option.argParser((text, before: T[] | undefined) => [...(before ?? []), parse(text)]);
}

/** An option whose texts are taken as they are, as often as it is given. */
export function listOption(flags: string, description: string): Option {
  return repeatableOption(flags, description, (text) => text);
}

/**
 * Lets a command and those inside refuse an option with a value that is given twice, where one of them would be lost.
 * @throws (when the command line is parsed) ERR_UNROLLED_OPTION_RANGE.
 */
export function refuseTwice(command: Command): void {
  for (const inner of command.commands) refuseTwice(inner);
  for (const option of command.options) {
    if (!(option.required || option.optional) || repeatable.has(option)) continue;
    let before: string | undefined;
    command.on(`option:${option.name()}`, (text: string | null) => {
      const given = text === null ? 'no value' : check.show(text);
      if (before !== undefined) {
        const name = option.long ?? option.flags;
        const received = `${before} and ${given}`;
        throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', `${name} must be given once, not twice (${received})`, {
          ...{ option: name, expected: 'one value', received },
          advice: 'Leave one out.',
        });
      }
      before = given;
    });
  }
}

export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices).argParser((text) => {
    if (choices.includes(text)) return text;
    const meant = didYouMean(text, choices);
    throw new InvalidArgumentError(
      `Allowed choices are ${choices.join(', ')}.${meant === undefined ? '' : ` ${meant}`}`,
    );
  });
}

export function jsonOption(): Option {
  return new Option('--json', 'print one JSON object per line instead of text');
}

export function threadsOption(): Option {
  return numberOption('--threads <n>', 'threads to compute with (default: all that the process may use)');
}

export function unknownOption(): Option {
  const description = 'what to do with tokens that the model lacks (default: as it was trained)';
  return choiceOption('--unknown <policy>', description, UNKNOWN_POLICIES);
}
