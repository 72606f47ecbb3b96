/** The list of the commands, which is written without them. */

import assert from 'node:assert/strict';
import { Command } from 'commander';
import { commands } from '../../src/cli/commands';

/** The program's help with these commands. */
function help(all: readonly Command[]): string {
  const program = new Command('unrolled');
  for (const command of all) program.addCommand(command);
  return program.helpInformation();
}

describe('the list of the commands', () => {
  it('shows of each what the command itself has', () => {
    assert.equal(help(commands(() => false)), help(commands()));
    assert.ok(commands().every((command) => command.description() !== ''));
  });

  it('has the command itself in the place of one that is called', () => {
    const both = commands((name) => name === 'score');
    assert.deepEqual(
      both.map((command) => command.name()),
      commands().map((command) => command.name()),
    );
    const isMade = (name: string) =>
      both.find((command) => command.name() === name)?.options.some(({ long }) => long === '--json');
    assert.deepEqual([isMade('score'), isMade('sample')], [true, false]);
  });
});
