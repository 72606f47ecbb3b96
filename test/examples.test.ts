/** How the examples take their arguments; what they learn is for their readers to see. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

function runExample(name: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const file = path.join(__dirname, '..', 'examples', `${name}.ts`);
  return spawnSync(process.execPath, ['--import', 'tsx', file, ...args], { encoding: 'utf8' });
}

describe('examples', function () {
  this.timeout(60_000);

  for (const [name, option, least = 1] of [
    ['bag-of-words', '--epochs'],
    ['exercises', '--seed', 0],
    ['from-sums-to-rnn', '--epochs'],
    ['neighbours', '--seed', 0],
    ['poem-forms', '--steps'],
    ['poems', '--steps'],
    ['reviews', '--epochs'],
    ['server', '--epochs'],
    ['shakespeare', '--epochs'],
    ['sonnets', '--epochs'],
    ['toy-sentiment', '--epochs'],
  ] as const) {
    it(`${name} helps, and refuses wrong arguments before any work`, () => {
      const help = runExample(name, '--help');
      assert.deepEqual([help.status, help.stderr], [0, '']);
      assert.match(help.stdout, /^npm .*\n$/);
      for (const [args, message] of [
        [['--bogus'], /^Unknown option '--bogus'\n\nnpm /],
        [[option, 'abc'], new RegExp(`^${option} must be a whole number at least ${least}, not "abc"\\.\\n\\nnpm `)],
      ] as const) {
        const { status, stdout, stderr } = runExample(name, ...args);
        assert.deepEqual([status, stdout], [2, '']);
        assert.match(stderr, message);
      }
    });
  }
});
