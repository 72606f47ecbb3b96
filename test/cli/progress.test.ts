/** Progress on standard error. */

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { showSeconds } from '../../src/base/messages/formatting';
import { progressDisplay } from '../../src/cli/terminal/progress';
import { readingDisplay } from '../../src/cli/terminal/reading-display';
import type { FitProgress } from '../../src/index';

/** A stream that is a terminal or is none, and what was written to it. */
function fakeStream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 120 });
  let text = '';
  stream.on('data', (piece: string) => {
    text += piece;
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

function progressAt(firstStep: number): FitProgress {
  return {
    epoch: 0,
    firstStep,
    losses: Float64Array.of(2, 3),
    gradientNorms: Float64Array.of(1, 1),
    learningRates: Float64Array.of(0.1, 0.05),
    stepsPerEpoch: 100,
    totalSteps: 100,
    tokensPerSecond: 1234.5,
    seconds: 10,
  };
}

describe('progress', () => {
  it('is a bar with loss, speed and time left on a terminal, gone when cleared', async () => {
    const { stream, text } = fakeStream(true);
    const display = progressDisplay(stream);
    display.update(progressAt(0));
    display.update(progressAt(48));
    display.clear();
    display.clear();
    await new Promise(setImmediate);
    // The terminal's line wrap and cursor are left as they are.
    assert.ok(!text().includes('\x1b[?'));
    assert.match(text(), / 2% {2}epoch 1 {2}loss 2\.5000 {2}1,235 tokens\/s {2}8m 10s left {2}lr 0\.05/);
  });

  it('is at most a line every five seconds elsewhere', async () => {
    const { stream, text } = fakeStream(false);
    const display = progressDisplay(stream);
    for (let step = 0; step < 100; step += 2) display.update(progressAt(step));
    display.clear();
    await new Promise(setImmediate);
    assert.equal(text(), '');
  });

  it('of a reading is a bar on a terminal, and at most a line every five seconds elsewhere', async () => {
    const terminal = fakeStream(true);
    const bar = readingDisplay('poems\u001b.txt', terminal.stream);
    bar.update({ pass: 1, received: 5e6, total: 2e7 });
    bar.update({ pass: 1, received: 1e7, total: 2e7 });
    bar.clear();
    bar.clear();
    await new Promise(setImmediate);
    assert.match(terminal.text(), / 25% {2}reading poems\\x1b\.txt {2}[\d.]+ MB\/s {2}\d+s left/);
    const { stream, text } = fakeStream(false);
    const now = performance.now;
    const display = readingDisplay('poems.txt', stream);
    try {
      for (let second = 0; second < 12; second++) {
        performance.now = () => now.call(performance) + 1000 * second;
        display.update({ pass: 1, received: 1e6 * second, total: 2e7 });
      }
    } finally {
      performance.now = now;
    }
    display.clear();
    await new Promise(setImmediate);
    const lines = text().trim().split('\n');
    assert.deepEqual(
      lines.map((line) => line.replace(/[\d.]+ MB/, 'X MB')),
      ['reading poems.txt  25%  X MB/s  15s left', 'reading poems.txt  50%  X MB/s  10s left'],
    );
  });

  it('shows seconds as a person reads them', () => {
    assert.deepEqual([0.4, 59.6, 125, 3720].map(showSeconds), ['0s', '1m 00s', '2m 05s', '1h 02m']);
  });
});
