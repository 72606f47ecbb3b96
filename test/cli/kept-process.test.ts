/** What the tests' kept process gives of each run is what a process of its own would have left. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { useFolder } from '../support/folder';
import { type Ended, runKept } from '../support/kept-process';

/** Programs, in an order in which each could spoil the next. */
const PROGRAMS: Record<string, string> = {
  'ends with a status': "process.exitCode = 3; console.log('three');",
  'has none again': 'console.log(process.exitCode, process.argv.slice(2).join());',
  'works on after its module has run': "setTimeout(() => { console.error('later'); process.exitCode = 4; }, 30);",
  'listens, and does so in vain afterwards': `
    process.on('exit', (status) => { console.log('exit', status); });
    process.on('warning', () => {});
    process.stdout.on('error', () => {});
    console.log(process.listenerCount('exit'), process.listenerCount('warning'));`,
  'finds no listener of another': "console.log(process.listenerCount('exit'), process.stdout.listenerCount('error'));",
  'reads an input without end of its own': "process.stdin.on('data', console.log).on('end', () => console.log('end'));",
  'reads it once more': "process.stdin.on('data', console.log).on('end', () => console.log('end'));",
  'changes its environment': "process.env.UNROLLED_OF_A_RUN = 'changed'; console.log(process.env.UNROLLED_OF_A_RUN);",
  'has that of its start': 'console.log(process.env.UNROLLED_OF_A_RUN);',
  'writes much': "process.stdout.write('ä'.repeat(300000)); process.stderr.write('b'.repeat(300000));",
  'exits by itself': "process.stdout.write('gone'); process.exit(5);",
  'goes on after one that did': "console.log('again');",
  'throws what nothing catches': "setImmediate(() => { throw new Error('mine'); });",
  'rejects what nothing catches': "Promise.reject(new Error('mine'));",
  'is silent': '',
};

describe('a kept process', function () {
  this.timeout(60_000);
  const at = useFolder();

  /** Of errors that nothing caught, the message alone: where Node.js itself ran differs. */
  const told = ({ status, stdout, stderr }: Ended) => ({
    ...{ status, stdout },
    stderr: stderr.includes('Error: mine') ? 'Error: mine' : stderr,
  });

  it('gives what a process of its own does, run after run', async () => {
    for (const [name, body] of Object.entries(PROGRAMS)) {
      const program = at(`${name}.cjs`);
      writeFileSync(program, body);
      const args = ['--word', 'two words'];
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
        ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 24 },
      });
      const kept = await runKept({ program, args, env: process.env });
      assert.deepEqual(told(kept), told({ status, stdout, stderr }), name);
    }
  });

  it('runs what goes on at the same time beside each other', async () => {
    const [first, second] = [at('first.cjs'), at('second.cjs')];
    // Each waits for the other's file.
    for (const [own, other] of [
      [first, second],
      [second, first],
    ] as const) {
      writeFileSync(
        own,
        `const { existsSync, writeFileSync } = require('node:fs');
        writeFileSync(${JSON.stringify(`${own}.begun`)}, '');
        const wait = () => { if (!existsSync(${JSON.stringify(`${other}.begun`)})) setTimeout(wait, 5); };
        wait();`,
      );
    }
    const ended = await Promise.all([first, second].map((program) => runKept({ program, args: [], env: process.env })));
    assert.deepEqual(ended, Array(2).fill({ status: 0, stdout: '', stderr: '' }));
  });
});
