/**
 * The addon on processors that this machine is not: Node.js in QEMU's emulation of one (Debian: qemu-user), which ends a
 * program at an instruction that the processor has not.
 */

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from './support/installed-package';

const PROGRAM = `
  const { Corpus, LanguageModel, info } = require(process.argv[1]);
  (async () => {
    const corpus = Corpus.fromText('to be or not to be. '.repeat(20));
    const losses = [];
    for (const cell of ['rnn', 'gru', 'lstm']) {
      const model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell, hidden: 16, embedding: 8 });
      for await (const { loss } of model.fit(corpus, { batch: 4, window: 8, epochs: 1 })) losses.push(loss);
    }
    console.log(JSON.stringify({ kernels: info().kernels, losses }));
  })();`;

async function trained(command: string, ...args: string[]): Promise<{ kernels: string; losses: number[] }> {
  const { stdout } = await promisify(execFile)(command, [...args, '-e', PROGRAM, ROOT]);
  return JSON.parse(stdout) as { kernels: string; losses: number[] };
}

describe('processors', function () {
  this.timeout(120_000);

  it('without AVX, and without 3DNow!, which OpenBLAS expects there, train the same model', async function () {
    const emulator = spawnSync('qemu-x86_64', ['--version']);
    if (process.arch !== 'x64' || emulator.error !== undefined) {
      if (this.test !== undefined) this.test.title += ' (no qemu-x86_64 here)';
      this.skip();
    }
    const own = await trained(process.execPath);
    const emulated = await trained('qemu-x86_64', '-cpu', 'qemu64', process.execPath);
    assert.equal(emulated.kernels, 'baseline');
    assert.equal(emulated.losses.length, 3);
    for (const [index, loss] of emulated.losses.entries()) assert.ok(Math.abs(loss - (own.losses[index] ?? 0)) < 1e-5);
  });
});
