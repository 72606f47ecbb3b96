/** The tables of options: the command line and the documents say what they say, and nothing else. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import * as check from '../../src/base/check';
import type { OptionRow, OptionTable, TableCommand } from '../../src/base/option-table';
import { commands } from '../../src/cli/commands';
import { messageOf } from '../../src/cli/terminal/failure';
import { GIVEN_AGAIN } from '../../src/cli/training-flags';
import { LanguageModel, type UnrolledError, Vocabulary } from '../../src/index';
import { CLASSIFIER_ROWS } from '../../src/models/architecture/classifier-options-table';
import { NETWORK_ROWS } from '../../src/models/architecture/network-options-table';
import { TRAINING_ROWS } from '../../src/training/options/training-options-table';

const ROOT = path.resolve(__dirname, '..', '..');

const TABLES: Readonly<Record<string, OptionTable>> = {
  training: TRAINING_ROWS,
  network: NETWORK_ROWS,
  classifier: CLASSIFIER_ROWS,
};
const NAMES: readonly TableCommand[] = ['train', 'bench', 'classify train'];

/** All commands, by the words that are typed. */
function allCommands(): Map<string, Command> {
  const found = new Map<string, Command>();
  const add = (command: Command, before: string) => {
    const name = `${before}${command.name()}`;
    found.set(name, command);
    for (const inner of command.commands) add(inner, `${name} `);
  };
  for (const command of commands()) add(command, '');
  return found;
}

const COMMANDS = allCommands();

function commandOf(name: string): Command {
  return COMMANDS.get(name) as Command;
}

/** Rows with a flag that a command has, by the names of their options. */
function rowsOf(name: TableCommand): [option: string, row: OptionRow][] {
  const rows = Object.values(TABLES).flatMap((table) => Object.entries(table));
  return rows.filter(([, { commands: those = [] }]) => those.includes(name));
}

/** The long name in a flag as `--help` shows it. */
function longOf(flag: string): string {
  return /--[a-z-]+/.exec(flag)?.[0] as string;
}

describe('the tables of options', () => {
  it('have a line of help for each flag, and commands for it', () => {
    for (const [name, table] of Object.entries(TABLES)) {
      for (const [option, { flag, help, commands: those = [] }] of Object.entries(table)) {
        const where = `${option} of ${name}`;
        assert.equal(help !== undefined, flag !== undefined, where);
        assert.equal(those.length > 0, flag !== undefined, where);
      }
    }
  });

  for (const name of NAMES) {
    it(`are what ${name} knows and its help says`, () => {
      const options = new Map(commandOf(name).options.map((option) => [option.flags, option]));
      for (const [option, row] of rowsOf(name)) {
        const { flag = '', help = '', helpIn, choices } = row;
        const byDefault = (name === 'classify train' ? row.defaultOfTexts : undefined) ?? row.default;
        const known = options.get(flag);
        assert.ok(known !== undefined, option);
        assert.ok(known.description.startsWith(helpIn?.[name] ?? help), option);
        assert.deepEqual(known.argChoices, choices, option);
        // A default is said once.
        const isSaid = typeof byDefault === 'number' || typeof byDefault === 'string';
        if (isSaid) assert.match(known.description, /^(?!.*default.*default: ).*\(default: .*\)$/, option);
      }
    });

    it(`give failures of ${name} the names that are typed`, () => {
      for (const [option, { flag = '' }] of rowsOf(name)) {
        const message = messageOf(check.outOfRange(option, 'another', 5), commandOf(name));
        assert.equal(message, `${longOf(flag)} must be another, not 5.`);
      }
    });
  }

  it('tell apart what a checkpoint remembers from what is given again', () => {
    assert.deepEqual([...GIVEN_AGAIN].sort(), ['checkpoint', 'checkpointEvery', 'earlyStopping', 'threads'].sort());
  });

  it('are the options that calls name where they are given another', () => {
    const vocabulary = Vocabulary.build('ab');
    const names = ['vocabulary', 'frequencies', ...Object.keys(NETWORK_ROWS)].join(', ');
    assert.throws(
      () => LanguageModel.create({ vocabulary, colour: 1 } as never),
      ({ expected }: UnrolledError) => expected === names,
    );
  });
});

/** Rows of the table on a page whose head begins with `head`, as cells. */
function tableOf(page: string, head: string): string[][] {
  const lines = readFileSync(path.join(ROOT, page), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  assert.ok(start >= 0, `${page} has no table of ${head}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Options in a cell, which are in code. */
function namesIn(cell = ''): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name as string);
}

/** Words that say a default. */
function wordsOf(value: unknown): string[] {
  if (value === true) return ['on', '`true`'];
  if (value === false || value === 0) return ['off', '0', '`false`'];
  return [String(value)];
}

/** Checks that a table of a page has every option, no other, and their defaults. */
function checkPage(page: string, head: string, table: OptionTable, others: readonly string[] = []): void {
  const cells = tableOf(page, head);
  const named = cells.flatMap(([names]) => namesIn(names));
  const known = [...Object.keys(table).filter((name) => !name.includes('.')), ...others];
  assert.deepEqual([...named].sort(), [...known].sort());
  for (const [names, , defaults = ''] of cells) {
    for (const name of namesIn(names)) {
      const { default: value } = table[name] ?? {};
      if (value === undefined || name === 'seed') continue;
      const isThere = wordsOf(value).some((word) => new RegExp(`(?<![\\w.])${word}(?![\\w.])`).test(defaults));
      assert.ok(isThere, `${page}: the default of ${name} is ${value}, not ${defaults}`);
    }
  }
}

describe('the documents', () => {
  it('have every option of training with its default', () => {
    checkPage('docs/concepts/training.md', 'option', TRAINING_ROWS);
  });

  it('have every option of a text classifier with its default', () => {
    checkPage('docs/concepts/texts-and-classes.md', 'option of `create`', CLASSIFIER_ROWS, ['threads']);
  });

  it('have every option of a network with its default', () => {
    checkPage('docs/concepts/models-and-layers.md', 'option of `create`', NETWORK_ROWS);
  });

  it('show command lines whose flags there are, in English and Chinese', () => {
    const guides = ['en', 'zh'].map((language) => `docs/guide/${language}`);
    const folders = ['.', 'docs', 'docs/concepts', ...guides];
    const pages = folders.flatMap((folder) =>
      readdirSync(path.join(ROOT, folder))
        .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
        .map((name) => path.join(folder, name)),
    );
    let shown = 0;
    for (const page of pages) {
      const text = readFileSync(path.join(ROOT, page), 'utf8');
      for (const [line, words = ''] of text.matchAll(/\bunrolled ((?:classify )?[a-z]+ [^`\n|]*)/g)) {
        const name = [...COMMANDS.keys()].find((each) => words.startsWith(`${each} `) && !/^classify$/.test(each));
        if (name === undefined) continue;
        const flags = commandOf(name).options.flatMap(({ long, short }) => [long, short]);
        for (const [flag] of words.matchAll(/(?<=\s)--[a-z-]+/g)) {
          assert.ok(flags.includes(flag) || flag === '--help', `${page}: ${line} has ${flag}`);
          shown++;
        }
      }
    }
    assert.ok(shown > 50);
  });
});
