/** Flags of the options in tables: how the parser reads them, and the options of the API that they set. */

import { type Command, Option } from 'commander';
import * as check from '../base/check';
import type { OptionRow, OptionTable, TableCommand } from '../base/option-table';
import { choiceOption, decimalIn, numberOption, parseNumber } from './options';

/** Readers of values, by the placeholder in the flag. */
const READERS: Readonly<Record<string, (flag: string, help: string) => Option>> = {
  n: numberOption,
  x: numberOption,
  file: (flag, help) => new Option(flag, help),
  'n|onehot': (flag, help) => {
    const option = new Option(flag, help);
    const expected = 'a whole number in decimal digits, or onehot';
    return option.argParser((text) => (text === 'onehot' ? text : parseNumber(option.long ?? flag, expected, text)));
  },
  'n,n': (flag, help) => {
    const option = new Option(flag, help);
    return option.argParser((text) => {
      const numbers = text.split(',').map(decimalIn);
      if (numbers.every((each) => each !== undefined)) return numbers;
      throw check.wrongType(option.long ?? flag, 'whole numbers in decimal digits, separated by commas', text);
    });
  },
};

/** The text of `--help` for a flag, with the default if it can be shown. */
function helpOf(row: OptionRow, command: TableCommand): string {
  const { help = '', helpIn } = row;
  const text = helpIn?.[command] ?? help;
  const byDefault = (command === 'classify train' ? row.defaultOfTexts : undefined) ?? row.default;
  const isSaid = text.includes('(default: ') || typeof byDefault === 'boolean' || byDefault === undefined;
  return isSaid ? text : `${text} (default: ${byDefault})`;
}

function optionOf(flag: string, row: OptionRow, command: TableCommand): Option {
  const help = helpOf(row, command);
  if (row.choices !== undefined) return choiceOption(flag, help, row.choices);
  const value = /<(.*)>/.exec(flag)?.[1];
  if (value === undefined) return new Option(flag, help);
  const read = READERS[value];
  if (read === undefined) throw new TypeError(`Nothing reads the value of ${flag}: give it choices, or a reader.`);
  return read(flag, help);
}

/** The name under which the parser keeps a flag's value. */
function keyOf(flag: string): string {
  return new Option(flag).attributeName();
}

/** The rows of a table that have flags, for one command if it is named. */
function flagged<Row extends OptionRow>(
  table: OptionTable<Row>,
  command?: TableCommand,
): { name: string; row: Row; flag: string; key: string }[] {
  return Object.entries(table).flatMap(([name, row]) => {
    const { flag, commands = [] } = row;
    if (flag === undefined || (command !== undefined && !commands.includes(command))) return [];
    return [{ name, row, flag, key: keyOf(flag) }];
  });
}

/**
 * Adds the flags that a command has of a table, none with a default: what is not given is left to the API.
 * @param isWanted leaves some out.
 */
export function addTableOptions<Row extends OptionRow>(
  command: Command,
  name: TableCommand,
  table: OptionTable<Row>,
  isWanted: (row: Row) => boolean = () => true,
): Command {
  for (const { row, flag } of flagged(table, name)) if (isWanted(row)) command.addOption(optionOf(flag, row, name));
  return command;
}

/** The names under which the parser keeps the flags of a table. */
export function keysOf<Row extends OptionRow>(
  table: OptionTable<Row>,
  isWanted: (row: Row, name: string) => boolean = () => true,
): string[] {
  return flagged(table).flatMap(({ name, row, key }) => (isWanted(row, name) ? [key] : []));
}

/**
 * The options of the API for the given flags. Parts of an option are combined; a kind that is not given together with
 * other parts is the default.
 * @param flags values by the parser's names; other values are ignored.
 */
export function optionsOf(table: OptionTable<OptionRow>, flags: object): object {
  const options: Record<string, unknown> = {};
  for (const { name, row, key } of flagged(table)) {
    const value = (flags as Readonly<Record<string, unknown>>)[key];
    if (value === undefined || row.isOfCommand) continue;
    const given = row.isNegated ? !value : value;
    const [option = name, part] = name.split('.');
    if (part === undefined) options[option] = given;
    else options[option] = { kind: table[`${option}.kind`]?.default, ...(options[option] as object), [part]: given };
  }
  return options;
}

/** The parser's name of each option of the API that has another one there; parts of options by their own name too. */
export function renamedOptions(table: OptionTable<OptionRow>): Record<string, string> {
  const renamed = flagged(table).flatMap(({ name, key }) => {
    const part = name.split('.')[1];
    // The kind of an option is named with the option alone.
    return part === undefined || part === 'kind'
      ? [[name, key]]
      : [
          [name, key],
          [part, key],
        ];
  });
  return Object.fromEntries(renamed.filter(([name, key]) => name !== key));
}
