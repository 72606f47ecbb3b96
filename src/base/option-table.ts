/**
 * Tables of options: a row is all that is known of an option. Lists of options, checks, defaults, records in files, flags
 * of the command line and their help are made of the rows.
 */

import * as check from './check';

/** Commands of the command line that take options from tables. */
export type TableCommand = 'train' | 'bench' | 'classify train';

/**
 * Everything about one option. Its name is its key in the table; `schedule.warmup` is the part `warmup` of `schedule`.
 */
export interface OptionRow {
  /**
   * Returns the value to use, or throws a coded error that names the option. Without `check` and `choices`, the code
   * that uses the value checks it.
   * @param given all options, for a check that depends on others.
   */
  readonly check?: (option: string, value: unknown, given: object) => unknown;
  /** The names that the value may be. They are also the choices of the flag. */
  readonly choices?: readonly string[];
  /** The value where none is given; absent for an option that is off then. */
  readonly default?: unknown;
  /** The default for a text classifier, if it differs. */
  readonly defaultOfTexts?: unknown;
  /** The flag as `--help` shows it, with its value: `--lr <x>`. Absent for an option that only programs have. */
  readonly flag?: string;
  /** Whether the flag turns the option off. */
  readonly isNegated?: true;
  /**
   * What the flag does, for `--help`. The default is appended if it is a number or a name, unless the text names one.
   */
  readonly help?: string;
  /** The same for commands that say it in other words. */
  readonly helpIn?: Readonly<Partial<Record<TableCommand, string>>>;
  /** Commands that have the flag. */
  readonly commands?: readonly TableCommand[];
  /** Whether the command itself makes something of the flag, which is then no option of the call. */
  readonly isOfCommand?: true;
}

/** Options by name, in the order in which lists and `--help` have them. */
export type OptionTable<Row extends OptionRow = OptionRow> = Readonly<Record<string, Row>>;

/** The type of a row's value once it is checked. */
type CheckedValue<Row> = Row extends { readonly check: (...args: never[]) => infer Value }
  ? Value
  : Row extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : unknown;

/** The type of a row's value once its default is filled in. */
export type ResolvedValue<Row> = Row extends { readonly default: unknown }
  ? CheckedValue<Row>
  : CheckedValue<Row> | undefined;

/** Values by option, for the options of a table. */
export type ResolvedValues<Table, Name extends keyof Table> = { [Option in Name]: ResolvedValue<Table[Option]> };

/** Names of the options that calls know: parts of others are left out. */
export function namesOf<Row extends OptionRow, Name extends string>(
  table: Readonly<Record<Name, Row>>,
  isWanted: (row: Row, name: Name) => boolean = () => true,
): Name[] {
  const names = Object.keys(table) as Name[];
  return names.filter((name) => !name.includes('.') && isWanted(table[name], name));
}

/**
 * The value of an option, checked, or its default.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option.
 */
export function checkedValue(option: string, row: OptionRow, value: unknown, given: object = {}): unknown {
  if (value === undefined) return undefined;
  if (row.check !== undefined) return row.check(option, value, given);
  return row.choices === undefined ? value : check.oneOf(option, value, row.choices);
}

/**
 * The values of options, checked, and of those that are not given the defaults.
 * @param defaults take precedence over those of the table.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option.
 */
export function resolveValues<Table extends object, Name extends keyof Table & string>(
  table: Table,
  names: readonly Name[],
  given: object,
  defaults: object = {},
): ResolvedValues<Table, Name> {
  const values = names.map((name) => {
    const row = table[name] as OptionRow;
    const [asked, byDefault] = [given, defaults].map((values) => (values as Readonly<Record<string, unknown>>)[name]);
    const value = asked === undefined ? (byDefault ?? row.default) : asked;
    return [name, checkedValue(name, row, value, given)];
  });
  return Object.fromEntries(values) as ResolvedValues<Table, Name>;
}

/** The value of one option of a table, checked. */
export function checkedOption<Table extends object, Name extends keyof Table & string>(
  table: Table,
  name: Name,
  value: unknown,
): CheckedValue<Table[Name]> {
  return checkedValue(name, table[name] as OptionRow, value) as CheckedValue<Table[Name]>;
}

/** The check of a whole number in a range. */
export function integer(range: check.Range = {}): (option: string, value: unknown) => number {
  return (option, value) => check.integer(option, value, range);
}

/** The check of a finite number in a range. */
export function number(range: check.Range = {}): (option: string, value: unknown) => number {
  return (option, value) => check.number(option, value, range);
}
