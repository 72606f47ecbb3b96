/** How `bench` times steps, with a training that says how long it took. */

import assert from 'node:assert/strict';
import { StepTimer } from '../../src/cli/machine/step-timer';
import type { NativeCancellation, NativeRunResult } from '../../src/native/native';

/** A training whose calls take the seconds that `next` says for so many steps. */
function timed(next: (steps: number) => number, stepsPerEpoch = 100) {
  const groups: number[] = [];
  let steps = 0;
  const training = {
    stepsPerEpoch,
    run: async (count: number): Promise<NativeRunResult> => {
      groups.push(count);
      steps += count;
      return { steps, seconds: next(count) } as NativeRunResult;
    },
  };
  return { timer: new StepTimer(training, {} as NativeCancellation), groups };
}

describe('the timer of bench', () => {
  it('gives the median of the steps, of an even number the middle of two', async () => {
    for (const [seconds, median] of [
      [[7], 7],
      [[1, 9], 5],
      [[5, 1, 100], 5],
      [[100, 1, 4, 2], 3],
      [[9, 2, 7, 1, 8], 7],
      [[50, 2, 4, 1, 6, 90], 5],
      [[10, 9, 8, 7, 6, 5, 4, 3], 6.5],
    ] as const) {
      const left: number[] = [...seconds];
      const { timer } = timed(() => left.shift() as number);
      while (left.length > 0) await timer.run(0);
      assert.equal(timer.medianSeconds, median, seconds.join());
    }
  });

  it('doubles a group until it takes long enough, or is an epoch; those steps do not count', async () => {
    const { timer, groups } = timed((steps) => steps / 1024);
    await timer.warmUp();
    assert.deepEqual(groups, [1, 2, 4, 8, 16, 32]);
    await timer.run(0);
    assert.equal(groups.at(-1), 32);
    assert.equal(timer.medianSeconds, 1 / 1024);
    const short = timed(() => 1e-6, 6);
    await short.timer.warmUp();
    assert.deepEqual(short.groups, [1, 2, 4, 6]);
    const slow = timed(() => 3);
    await slow.timer.warmUp();
    assert.deepEqual(slow.groups, [1]);
  });

  it('goes on until the steps have taken more than the time', async () => {
    const { timer, groups } = timed(() => 0.25);
    await timer.run(1);
    assert.equal(groups.length, 5);
    await timer.run(0.1);
    assert.equal(groups.length, 6);
    assert.equal(timer.medianSeconds, 0.25);
  });
});
