/** The memory that `estimate` tells, beside the most that a training of a process of its own had. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Job, PeakMemory } from '../support/peak-memory';

const SCRIPT = join(__dirname, '..', 'support', 'peak-memory.ts');

/** Of the measured peak. */
const TOLERANCE = 0.1;

const JOBS: [title: string, job: Job][] = [
  [
    'two LSTM layers, mostly passes',
    {
      vocabulary: 65,
      network: { cell: 'lstm', layers: 2, embedding: 64, hidden: 512 },
      training: { window: 50, batch: 50, optimizer: 'adam' },
    },
  ],
  [
    'a large vocabulary, mostly parameters and their averages',
    {
      vocabulary: 8000,
      network: { cell: 'rnn', embedding: 256, hidden: 512 },
      training: { window: 64, batch: 32, optimizer: 'adam' },
    },
  ],
  [
    'products in bf16',
    {
      vocabulary: 2000,
      network: { cell: 'lstm', embedding: 128, hidden: 384 },
      training: { window: 32, batch: 32, optimizer: 'adam', precision: 'bf16' },
    },
  ],
  [
    'float64 and sgd',
    {
      vocabulary: 65,
      network: { cell: 'gru', embedding: 64, hidden: 384, dtype: 'float64' },
      training: { window: 100, batch: 32, optimizer: 'sgd' },
    },
  ],
];

describe('the estimated memory of a training', () => {
  before(function () {
    if (process.platform === 'linux') return;
    if (this.test?.parent) this.test.parent.title += ' (only Linux tells the peak)';
    this.skip();
  });

  for (const [title, job] of JOBS) {
    it(`is within 10 % of the peak: ${title}`, async () => {
      const flags = ['--expose-gc', '--import', 'tsx', SCRIPT, JSON.stringify(job)];
      const env = { ...process.env, UNROLLED_BF16: 'reference' };
      const { stdout } = await promisify(execFile)(process.execPath, flags, { env });
      const { estimated, measured }: PeakMemory = JSON.parse(stdout);
      const ratio = estimated / measured;
      assert.ok(Math.abs(ratio - 1) <= TOLERANCE, `${estimated} bytes estimated, ${measured} measured`);
    }).timeout(60_000);
  }
});
