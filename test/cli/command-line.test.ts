/** How commands are written that a person is to type. */

import assert from 'node:assert/strict';
import { commandLine } from '../../src/cli/command-line';

describe('a command line that is shown', () => {
  const { argv, env } = process;

  afterEach(() => {
    process.argv = argv;
    process.env = env;
  });

  function shown(program: string, variables: Record<string, string>): string {
    const { npm_lifecycle_event: _, npm_command: __, ...others } = env;
    process.env = { ...others, ...variables };
    process.argv = ['node', program, 'train', 'my poems.txt', '--json'];
    return commandLine();
  }

  it('runs as it is printed, through npx where the command was', () => {
    const global = "unrolled train 'my poems.txt' --json";
    assert.equal(shown('/usr/bin/unrolled', {}), global);
    assert.equal(shown('/usr/bin/unrolled', { npm_lifecycle_event: 'test', npm_command: 'test' }), global);
    for (const [program, variables] of [
      ['/usr/lib/unrolled', { npm_lifecycle_event: 'npx' }],
      ['/usr/lib/unrolled', { npm_command: 'exec' }],
      ['/home/me/poems/node_modules/.bin/unrolled', {}],
    ] as [string, Record<string, string>][]) {
      assert.equal(shown(program, variables), `npx ${global}`);
    }
  });
});
