/** How a number is written on the command line: in decimal, whatever the option. */

import assert from 'node:assert/strict';
import type { Command, Option } from 'commander';
import { UnrolledError } from '../../src/base/errors';
import { commands } from '../../src/cli/commands';
import { runCli } from '../support/cli';

/** Forms that JavaScript or people take for numbers, and that are none here. */
const REFUSED = [
  '0x10',
  '0b11',
  '0o17',
  '1_000',
  '1,000',
  ' 5',
  '5 ',
  '+5',
  'Infinity',
  '-Infinity',
  'NaN',
  '1e999',
].concat([
  '',
  ' ',
  '\t',
  '5\n',
  '1e',
  'e5',
  '.',
  '-',
  '--5',
  '1e1.5',
  '５',
  '٣',
  '5n',
  '0x1p4',
  '1e5x',
  'ten',
  '½',
  '−5',
]);

const TAKEN = { '10': 10, '007': 7, '0.5': 0.5, '.5': 0.5, '-3': -3, '1e-3': 0.001, '1E+2': 100, '2.5e1': 25 };

/** All commands that have no command inside. */
function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

describe('numbers on the command line', () => {
  const options = commands()
    .flatMap(leaves)
    .flatMap(({ options }) => options)
    .filter(({ flags }) => /<(?:n|x|n,n|n\|onehot)>/.test(flags));

  function refuses(option: Option, text: string): void {
    const name = option.long as string;
    assert.throws(
      () => option.parseArg?.(text, undefined),
      (error: unknown) => {
        assert.ok(error instanceof UnrolledError, `${name} ${text}`);
        assert.deepEqual([error.code, error.option], ['ERR_UNROLLED_OPTION_TYPE', name], text);
        assert.ok(error.message.startsWith(`${name} must be `), error.message);
        assert.ok(error.message.endsWith(`, not ${JSON.stringify(text)}.`), error.message);
        return true;
      },
      `${name} ${JSON.stringify(text)}`,
    );
  }

  it('are decimal, of every option of every command', () => {
    assert.ok(options.length > 60, String(options.length));
    for (const option of options) {
      for (const text of REFUSED) if (option.long !== '--cutoffs' || text !== '1,000') refuses(option, text);
      for (const [text, value] of Object.entries(TAKEN)) {
        assert.deepEqual([option.parseArg?.(text, undefined)].flat(), [value], `${option.long} ${text}`);
      }
    }
  });

  it('are refused as a whole where one of a list is none', () => {
    const [cutoffs] = options.filter(({ long }) => long === '--cutoffs');
    assert.ok(cutoffs);
    for (const text of ['10,', ',', '10, 20', '10,0x20', '10;20', '10,20,x']) refuses(cutoffs, text);
    assert.deepEqual(cutoffs.parseArg?.('10,20', undefined), [10, 20]);
  });

  it('of another form end the command before it begins', async () => {
    for (const [flag, text] of [
      ['--hidden', '0x10'],
      ['--lr', 'Infinity'],
      ['--seed', ''],
      ['--epochs', '+5'],
    ] as const) {
      const { status, stdout, stderr } = await runCli('train', 'no such corpus', flag, text);
      assert.deepEqual([status, stdout], [2, ''], stderr);
      assert.match(
        stderr,
        new RegExp(`^unrolled: ${flag} must be a decimal number such as .*\\(ERR_UNROLLED_OPTION_TYPE\\)\\n$`),
      );
    }
  });
});
