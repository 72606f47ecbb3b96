/** Options that have one value, given twice on the command line: neither value is lost in silence. */

import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { UnrolledError } from '../../src/base/errors';
import { commands } from '../../src/cli/commands';
import { refuseTwice } from '../../src/cli/options';
import { runCli } from '../support/cli';

/** All commands that have no command inside. */
function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

/** Options that collect their values. */
const REPEATABLE = ['--stop', '--allow', '--bias'];

const VALUES: Readonly<Record<string, string>> = {
  '<token=x>': 'a=1',
  '<n,n>': '1,2',
  '<n>': '3',
  '<x>': '3',
  '<n|onehot>': '3',
};

describe('an option of the command line that is given twice', () => {
  for (const [index, command] of commands().flatMap(leaves).entries()) {
    it(`is refused by its name, or has both values: ${command.name()}`, () => {
      for (const { long, flags, required, argChoices } of command.options) {
        if (!required || long === null || long === undefined) continue;
        const [kind = ''] = /<.*>$/.exec(flags) ?? [];
        const value = argChoices?.[0] ?? VALUES[kind] ?? (long === '--encoding' ? 'gbk' : '3');
        const parsing = () => {
          const own = commands().flatMap(leaves)[index] as Command;
          refuseTwice(own);
          own.parseOptions([long, value, `${long}=${value}`]);
          return own.opts();
        };
        if (REPEATABLE.includes(long)) {
          assert.equal(Object.values(parsing()).flat(1).length >= 2, true, long);
          continue;
        }
        assert.throws(
          parsing,
          (error) =>
            error instanceof UnrolledError &&
            error.code === 'ERR_UNROLLED_OPTION_RANGE' &&
            error.option === long &&
            error.message.startsWith(`${long} must be given once`),
          `${command.name()} ${long}`,
        );
      }
    });
  }

  it('ends the command with status 2, whatever the values are', async () => {
    const { status, stdout, stderr } = await runCli('sample', 'no.safetensors', '--prompt', '春', '--prompt=花');
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /--prompt must be given once, not twice \("春" and "花"\)\./);
    const inner = await runCli('classify', 'train', 'folder', '--epochs', '3', '--epochs', '3');
    assert.equal(inner.status, 2);
    assert.match(inner.stderr, /--epochs must be given once, not twice \("3" and "3"\)\./);
  });

  it('is taken where it says that something is so', async () => {
    const { status, stdout } = await runCli('doctor', '--json', '--json');
    assert.equal(status, 0);
    assert.ok(JSON.parse(stdout));
  });
});
