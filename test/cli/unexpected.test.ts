/** An error that nobody foresaw ends a command with status 1, and with where it came from: never with 0. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { ERROR_CODES, type ErrorCode, UnrolledError } from '../../src/base/errors';
import { reportFailure } from '../../src/cli/terminal/failure';
import { MAIN, runCli } from '../support/cli';
import { useFolder } from '../support/folder';

describe('an unexpected error', function () {
  this.timeout(60_000);
  const at = useFolder();

  /** Runs a command in a process where its work fails as no code of the package does. */
  async function runBroken(thrown: string, ...args: string[]): Promise<{ status: number | null; stderr: string }> {
    const preload = at('preload.cjs');
    writeFileSync(
      preload,
      `const { Command } = require(require.resolve('commander', { paths: [${JSON.stringify(MAIN)}] }));
      const { action } = Command.prototype;
      Command.prototype.action = function () {
        return action.call(this, async () => { await null; throw ${thrown}; });
      };`,
    );
    const { env } = process;
    process.env = { ...env, NODE_OPTIONS: `--require ${JSON.stringify(preload)}` };
    try {
      return await runCli(...args);
    } finally {
      process.env = env;
    }
  }

  it('ends every command with status 1, and says where it came from', async () => {
    const commands = [
      ['train', 't.txt'],
      ['train', 't.txt', '--json'],
      ['sample', 'm'],
      ['evaluate', 'm', 't.txt'],
      ['score', 'm', 'fox'],
      ['next', 'm'],
      ['classify', 'train', 'folder'],
      ['classify', 'predict', 'm', 'fox'],
      ['classify', 'evaluate', 'm', 'folder'],
      ['bench'],
      ['doctor'],
      ['build'],
    ];
    for (const args of commands) {
      const { status, stderr } = await runBroken("new RangeError('nobody foresaw it')", ...args);
      assert.equal(status, 1, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /RangeError: nobody foresaw it\n +at .*preload\.cjs.* \(ERR_UNROLLED_INTERNAL\)\n$/s);
    }
  });

  it('may be whatever JavaScript lets one throw', async () => {
    for (const thrown of [
      "'a word'",
      "Symbol('s')",
      'null',
      'undefined',
      '0',
      'Object.create(null)',
      "{ code: 'ERR_X' }",
    ]) {
      const { status, stderr } = await runBroken(thrown, 'doctor');
      assert.equal(status, 1, `${thrown}: ${stderr}`);
      assert.match(stderr, /^unrolled: .*\(ERR_UNROLLED_INTERNAL\)\n$/s, thrown);
    }
  });

  /** What a call says on standard error, and what it gives. */
  function heard(thrown: unknown): { status: number; said: string } {
    const write = process.stderr.write;
    let said = '';
    process.stderr.write = ((text: string) => {
      said += text;
      return true;
    }) as typeof write;
    try {
      return { status: reportFailure(thrown), said };
    } finally {
      process.stderr.write = write;
    }
  }

  it('has the status of work that failed, in another realm too; only arguments have 2', () => {
    const other = runInNewContext("new TypeError('elsewhere')");
    for (const thrown of [new TypeError('elsewhere'), other]) {
      const { status, said } = heard(thrown);
      assert.equal(status, 1);
      assert.match(said, /^unrolled: TypeError: elsewhere\n +at .*\(ERR_UNROLLED_INTERNAL\)\n$/s);
    }
    const usage = ['ERR_UNROLLED_UNKNOWN_OPTION', 'ERR_UNROLLED_OPTION_TYPE', 'ERR_UNROLLED_OPTION_RANGE'];
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const { status, said } = heard(new UnrolledError(code, 'It is so.'));
      assert.equal(status, usage.includes(code) ? 2 : 1, code);
      assert.equal(said, `unrolled: It is so. (${code})\n`);
    }
  });
});
