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
    console.log(JSON.stringify({ kernels: info().kernels, name: process.env.OPENBLAS_CORETYPE, losses }));
  })();`;

interface Trained {
  kernels: string;
  name?: string;
  losses: number[];
}

const { OPENBLAS_CORETYPE: _, ...ENVIRONMENT } = process.env;

async function trained(command: string, ...args: string[]): Promise<Trained> {
  const { stdout } = await promisify(execFile)(command, [...args, '-e', PROGRAM, ROOT], { env: ENVIRONMENT });
  return JSON.parse(stdout) as Trained;
}

/** Skips a test where there is no emulator. */
function needEmulator(context: Mocha.Context): void {
  const emulator = spawnSync('qemu-x86_64', ['--version']);
  if (process.arch === 'x64' && emulator.error === undefined) return;
  if (context.test !== undefined) context.test.title += ' (no qemu-x86_64 here)';
  context.skip();
}

/** Prints the name of a processor that the addon leaves in the environment for OpenBLAS. */
const NAME = `require(process.argv[1]).info(); console.log(process.env.OPENBLAS_CORETYPE ?? 'its own');`;

async function nameOn(processor: string, given: Record<string, string> = {}): Promise<string> {
  const args = ['-cpu', processor, process.execPath, '-e', NAME, ROOT];
  const { stdout } = await promisify(execFile)('qemu-x86_64', args, { env: { ...ENVIRONMENT, ...given } });
  return stdout.trim();
}

describe('processors', function () {
  this.timeout(300_000);

  it('have another name for OpenBLAS if it would take them for older ones, and only then', async function () {
    needEmulator(this);
    for (const [processor, name] of [
      ['qemu64,vendor=HygonGenuine', 'Prescott'],
      ['qemu64,vendor=GenuineIntel', 'its own'],
      ['qemu64,+3dnow', 'its own'],
    ] as const) {
      assert.equal(await nameOn(processor), name, processor);
    }
    // What a user asks for stays.
    assert.equal(await nameOn('qemu64', { OPENBLAS_CORETYPE: 'Nehalem' }), 'Nehalem');
  });

  it('without AVX, and without 3DNow!, which OpenBLAS expects there, train the same model', async function () {
    needEmulator(this);
    const own = await trained(process.execPath);
    const emulated = await trained('qemu-x86_64', '-cpu', 'qemu64', process.execPath);
    assert.deepEqual([emulated.kernels, emulated.name], ['baseline', 'Prescott']);
    assert.equal(emulated.losses.length, 3);
    for (const [index, loss] of emulated.losses.entries()) assert.ok(Math.abs(loss - (own.losses[index] ?? 0)) < 1e-5);
  });
});
