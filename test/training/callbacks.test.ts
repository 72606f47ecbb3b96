/** Callbacks by themselves, with a control that only remembers. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Callback, callbacks, type EpochResult, History, type Model, type TrainingControl } from '../../src/index';
import { requireCallbacks } from '../../src/training/callbacks/callback';
import { CallbackList } from '../../src/training/callbacks/callback-list';
import { epochResult } from '../support/epochs';
import { useFolder } from '../support/folder';

/** A control whose model has one weight, the number of its epoch. */
class FakeControl implements TrainingControl {
  weight = 0;
  steps = 0;
  learningRateScale = 1;
  readonly stops: string[] = [];
  readonly saved: string[] = [];
  readonly model = {
    parameters: async () => ({ w: { dtype: 'float32', shape: [1], data: Float32Array.of(this.weight) } }),
    setParameters: async ({ w }: { w: { data: Float32Array } }) => {
      this.weight = w.data[0] as number;
    },
  } as unknown as Model;

  stop(reason: string): void {
    this.stops.push(reason);
  }

  saveCheckpoint(path: string): void {
    this.saved.push(path);
  }

  /** Tells a callback of epochs with these validation losses until it stops training; returns the epochs it had. */
  async run(callback: Callback, losses: readonly number[], first = 0): Promise<number> {
    for (const [index, validationLoss] of losses.entries()) {
      this.weight = first + index;
      this.steps = 2 * (first + index + 1);
      await callback.onEpochEnd?.(epochResult(first + index, { loss: 1, validationLoss }), this);
      if (this.stops.length > 0) return index + 1;
    }
    return losses.length;
  }
}

describe('callbacks.earlyStopping', () => {
  it('stops after patience epochs that are no better, and restores the best weights', async () => {
    const control = new FakeControl();
    const stopping = callbacks.earlyStopping({ patience: 2 });
    assert.equal(await control.run(stopping, [3, 2, 2.5, 1, 1, 1.5, 0.5]), 6);
    assert.deepEqual(control.stops, ['the validation loss has not improved for 2 epochs']);
    assert.equal(control.weight, 5);
    await stopping.onClose?.(control);
    assert.equal(control.weight, 3);
  });

  it('restores the best weights of a run that was not stopped, unless told otherwise', async () => {
    for (const restoreBest of [true, false]) {
      const control = new FakeControl();
      const stopping = callbacks.earlyStopping({ patience: 5, restoreBest });
      await control.run(stopping, [3, 2, 2.5]);
      await stopping.onClose?.(control);
      assert.equal(control.weight, restoreBest ? 1 : 2);
    }
  });

  it('takes what is better by minDelta only', async () => {
    const control = new FakeControl();
    assert.equal(await control.run(callbacks.earlyStopping({ minDelta: 0.5 }), [3, 2.6, 0]), 2);
  });

  it('takes what is no finite number for no better than anything', async () => {
    const control = new FakeControl();
    assert.equal(
      await control.run(callbacks.earlyStopping({ patience: 2 }), [Number.NaN, Number.POSITIVE_INFINITY, 1]),
      2,
    );
    assert.deepEqual(control.stops, ['the validation loss has not been a finite number for 2 epochs']);
    const other = new FakeControl();
    assert.equal(await other.run(callbacks.earlyStopping({ patience: 2 }), [2, Number.NaN, 1, Number.NaN]), 4);
  });

  it('knows that accuracies rise', async () => {
    const stopping = callbacks.earlyStopping({ monitor: 'accuracy' });
    const control = new FakeControl();
    for (const accuracy of [0.5, 0.6, 0.6]) {
      await stopping.onEpochEnd?.(epochResult(0, { loss: 1, accuracy }), control);
    }
    assert.equal(control.stops.length, 1);
  });

  it('goes on from its state as if nothing had been', async () => {
    const control = new FakeControl();
    const before = callbacks.earlyStopping({ patience: 2 });
    await control.run(before, [2, 1, 1.5]);
    const after = callbacks.earlyStopping({ patience: 2 });
    after.setState?.(before.getState?.());
    assert.equal(await control.run(after, [1.5, 1], 3), 1);
    await after.onClose?.(control);
    assert.equal(control.weight, 1);
  });

  it('needs the figure it watches', async () => {
    const stopping = callbacks.earlyStopping();
    const epoch = epochResult(0, { loss: 1 });
    await assert.rejects(async () => stopping.onEpochEnd?.(epoch, new FakeControl()), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'monitor',
      message: /^monitor must be loss if there is no validation data, not .*validationLoss/,
    });
  });
});

describe('callbacks.reduceOnPlateau', () => {
  async function scales(options: Parameters<typeof callbacks.reduceOnPlateau>[0], losses: number[]): Promise<number[]> {
    const control = new FakeControl();
    const reducing = callbacks.reduceOnPlateau(options);
    const seen: number[] = [];
    for (const loss of losses) {
      await control.run(reducing, [loss]);
      seen.push(control.learningRateScale);
    }
    return seen;
  }

  it('lowers the learning rate after patience epochs, again and again', async () => {
    assert.deepEqual(await scales({ factor: 0.5, patience: 2 }, [1, 1, 1, 1, 1, 0.5, 1]), [
      ...[1, 1, 0.5, 0.5, 0.25, 0.25, 0.25],
    ]);
  });

  it('waits for the cooldown, and stops at the minimum', async () => {
    assert.deepEqual(await scales({ factor: 0.5, patience: 1, cooldown: 2, minimum: 0.3 }, [1, 1, 1, 1, 1, 1, 1]), [
      ...[1, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3],
    ]);
  });
});

describe('callbacks.checkpoint', () => {
  const at = useFolder();

  it('saves every so many epochs, or steps', async () => {
    const control = new FakeControl();
    const path = at('c');
    await control.run(callbacks.checkpoint({ path, everyEpochs: 2 }), [1, 1, 1, 1, 1]);
    assert.deepEqual(control.saved, [path, path]);
    const bySteps = callbacks.checkpoint({ path, everySteps: 7 });
    assert.equal(bySteps.everySteps, 7);
    await control.run(bySteps, [1]);
    assert.equal(control.saved.length, 2);
    await bySteps.onStep?.({ epoch: 0, step: 6, loss: 1, gradientNorm: 1, learningRate: 1 }, control);
    assert.equal(control.saved.length, 3);
  });

  it('saves the end of a training, where the last checkpoint is not of it', async () => {
    for (const ending of ['onEnd', 'onAbort'] as const) {
      for (const [options, epochs, saved] of [
        [{ everySteps: 1000 }, 3, 1],
        [{ everyEpochs: 2 }, 3, 2],
        [{ everyEpochs: 2 }, 4, 2],
        [{}, 3, 3],
        [{ keepBest: 'loss' }, 3, 1],
      ] as const) {
        const control = new FakeControl();
        const saving = callbacks.checkpoint({ path: at('c'), ...options });
        await saving.onStart?.(control);
        await control.run(saving, new Array<number>(epochs).fill(1));
        await saving[ending]?.(control);
        assert.equal(control.saved.length, saved, `${ending} ${JSON.stringify(options)}`);
      }
    }
    assert.equal(callbacks.checkpoint({ path: at('c') }).onStep, undefined);
  });

  it('keeps the best alone where asked', async () => {
    const control = new FakeControl();
    const keeping = callbacks.checkpoint({ path: at('c'), keepBest: 'validationLoss' });
    await control.run(keeping, [3, 4, 2, 2, 1]);
    assert.equal(control.saved.length, 3);
    const resumed = callbacks.checkpoint({ path: at('c'), keepBest: 'validationLoss' });
    resumed.setState?.(keeping.getState?.());
    await control.run(resumed, [1.5]);
    assert.equal(control.saved.length, 3);
  });

  it('refuses a place where it cannot write before training begins', async () => {
    const nowhere = callbacks.checkpoint({ path: join(at('missing'), 'c') });
    await assert.rejects(async () => nowhere.onStart?.(new FakeControl()), { code: 'ERR_UNROLLED_FILE_WRITE' });
  });
});

describe('callbacks', () => {
  it('refuse impossible options by name', () => {
    for (const [make, option, values] of [
      [callbacks.earlyStopping, 'patience', [0, 1.5, null]],
      [callbacks.earlyStopping, 'minDelta', [-1, Number.NaN]],
      [callbacks.earlyStopping, 'monitor', ['seconds', 5]],
      [callbacks.earlyStopping, 'restoreBest', [1]],
      [callbacks.reduceOnPlateau, 'factor', [0, 1, 2]],
      [callbacks.reduceOnPlateau, 'cooldown', [-1]],
      [callbacks.reduceOnPlateau, 'minimum', [2]],
    ] as const) {
      for (const value of values) {
        assert.throws(() => make({ [option]: value }), { option }, `${option} ${value}`);
      }
    }
    assert.throws(() => callbacks.checkpoint({} as never), { option: 'checkpoint.path' });
    assert.throws(() => callbacks.checkpoint({ path: 'a', everySteps: 0 }), { option: 'checkpoint.everySteps' });
    assert.throws(() => callbacks.checkpoint({ path: 'a', everySteps: 1, keepBest: 'loss' }), {
      option: 'checkpoint.keepBest',
    });
    assert.throws(() => callbacks.earlyStopping({ patients: 1 } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    for (const [value, option] of [
      [5, 'callbacks'],
      [[5], 'callbacks[0]'],
      [[{ everySteps: 0 }], 'callbacks[0].everySteps'],
      [[{}, { onEpochEnd: 5 }], 'callbacks[1].onEpochEnd'],
      [[{ name: '' }], 'callbacks[0].name'],
    ] as const) {
      assert.throws(() => requireCallbacks(value), { option });
    }
  });

  it('are called in their order, and what they ask for is done once', async () => {
    const calls: string[] = [];
    const recorder = (name: string, everySteps?: number): Callback => ({
      ...(everySteps !== undefined && { everySteps }),
      onStep: ({ step }) => void calls.push(`${name} step ${step}`),
      onEpochEnd: async (_: EpochResult, control) => {
        await Promise.resolve();
        calls.push(`${name} epoch`);
        control.saveCheckpoint('c');
        control.learningRateScale *= 0.5;
      },
    });
    const list = new CallbackList([recorder('a', 3), recorder('b', 2), recorder('c')], {} as Model, 1);
    assert.deepEqual(
      [0, 1, 2, 3, 4, 9].map((steps) => list.nextStop(steps, 10)),
      [1, 2, 3, 4, 5, 10],
    );
    const figures = { epoch: 0, loss: 1, gradientNorm: 1, learningRate: 1 };
    await list.step({ ...figures, step: 3 }, 4);
    await list.step({ ...figures, step: 5 }, 6);
    await list.epoch(epochResult(0, { loss: 1 }));
    assert.deepEqual(calls, [
      ...['b step 3', 'c step 3', 'a step 5', 'b step 5', 'c step 5'],
      ...['a epoch', 'b epoch', 'c epoch'],
    ]);
    assert.deepEqual(list.take(), { scale: 0.125, checkpoints: ['c'] });
    assert.deepEqual(list.take(), { scale: undefined, checkpoints: [] });
  });

  it('stop a training no more often than they are called', () => {
    const stops = (...all: Callback[]) => new CallbackList(all, {} as Model, 1).nextStop(3, 100);
    const onStep = () => {};
    assert.equal(stops({ everySteps: 5 }, { onEpochEnd() {} }), 100);
    assert.equal(stops({ everySteps: 5, onStep }, { everySteps: 7, onStep }), 5);
    assert.equal(stops({ everySteps: 5, onStep }, { onStep }), 4);
  });

  it('are all closed, whatever one throws', async () => {
    const closed: string[] = [];
    const closing = (name: string): Callback => ({
      onClose() {
        closed.push(name);
        if (name !== 'c') throw new Error(name);
      },
    });
    const list = new CallbackList([closing('a'), closing('b'), closing('c')], {} as Model, 1);
    await assert.rejects(list.close(), { message: 'a' });
    assert.deepEqual(closed, ['a', 'b', 'c']);
  });

  it('refuse a damaged state', () => {
    const all = [
      callbacks.earlyStopping(),
      callbacks.reduceOnPlateau(),
      callbacks.checkpoint({ path: 'c', keepBest: 'loss' }),
      new History(),
    ];
    for (const { name } of all) {
      for (const state of [null, 'abc', { epochs: 5, epochsWithout: -1, best: 'a' }]) {
        if (name === 'checkpoint' && state === 'abc') continue;
        const list = new CallbackList(all, {} as Model, 1);
        assert.throws(
          () => list.restore('file', [{ name: name as string, optional: false, state }]),
          { code: 'ERR_UNROLLED_MODEL_FORMAT' },
          `${name} ${JSON.stringify(state)}`,
        );
      }
    }
  });

  it('get their states back by name and order, and none may be missing', () => {
    const stateful = (name: string, state: unknown, optional = false): Callback & { state: unknown } => ({
      name,
      optional,
      state,
      getState(): unknown {
        return this.state;
      },
      setState(kept: unknown): void {
        this.state = kept;
      },
    });
    const model = {} as Model;
    const { states } = new CallbackList([stateful('a', 1), stateful('b', 2), stateful('a', 3)], model, 1);
    const [first, second, other] = [stateful('a', 0), stateful('a', 0), stateful('b', 0)];
    new CallbackList([first, second, other], model, 1).restore('file', states);
    assert.deepEqual([first.state, second.state, other.state], [1, 3, 2]);
    assert.throws(() => new CallbackList([first, other], model, 1).restore('file', states), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      option: 'callbacks',
    });
    const optional = new CallbackList([stateful('h', 1, true)], model, 1).states;
    new CallbackList([], model, 1).restore('file', optional);
  });
});
