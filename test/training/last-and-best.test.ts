/** A checkpoint has the last weights and the best: a training that goes on ends as one that was never stopped. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Callback,
  callbacks,
  type EpochResult,
  type FitOptions,
  History,
  LanguageModel,
  type Parameters,
  type TrainingOptions,
} from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { useFolder } from '../support/folder';
import { CORPUS, collect, STREAM, smallModel, train, weights } from '../support/models';
import { flat, KINDS, type Trainee, worsening } from '../support/trainees';

type Fit = (options: TrainingOptions) => ReturnType<Trainee['fit']>;

/** Ways to stop a run at those steps, or after the epoch in which they are. */
const STOPS: Readonly<Record<string, (start: Fit, at: number, steps: number) => Promise<void>>> = {
  'a signal': async (start, at) => {
    const controller = new AbortController();
    const aborting: Callback = { everySteps: at, onStep: () => controller.abort() };
    const training = start({ epochs: 6, signal: controller.signal, callbacks: [aborting] });
    await assert.rejects(collect(training), { code: 'ERR_UNROLLED_ABORTED' });
  },
  'leaving the loop': async (start, at, steps) => {
    for await (const { step } of start({ epochs: 6 })) if (step + 1 >= at - (at % steps)) break;
  },
  steps: async (start, at) => void (await collect(start({ steps: at }))),
};

describe('a checkpoint', () => {
  const at = useFolder();

  function watched(path: string, history = new History()): Callback[] {
    // Lowers the rate after each epoch that it is told of: one too many would change all that follows.
    const reducing = callbacks.reduceOnPlateau({ patience: 1, factor: 0.9, minDelta: 1e9 });
    return [history, worsening, reducing, callbacks.checkpoint({ path, everySteps: 100_000 })];
  }

  for (const [name, { make, steps }] of Object.entries(KINDS)) {
    it(`gives a ${name} the best when a signal ends its resumed training before the next step`, async () => {
      using first = await make();
      await collect(first.fit({ epochs: 5, callbacks: watched(at('cut')) }));
      using resumed = await make(at('cut'));
      assert.notDeepEqual(await resumed.weights(), await first.weights());
      const training = resumed.fit({
        ...{ epochs: 9, resume: at('cut'), signal: AbortSignal.abort() },
        callbacks: watched(at('cut')),
      });
      await assert.rejects(collect(training), { code: 'ERR_UNROLLED_ABORTED' });
      assert.deepEqual(await resumed.weights(), await first.weights());
    });

    for (const [how, stop] of Object.entries(STOPS)) {
      it(`has the last weights and the best of a ${name} that ${how} stopped twice`, async () => {
        using whole = await make();
        const expected = new History();
        await collect(whole.fit({ epochs: 6, callbacks: watched(at('whole'), expected) }));
        const best = expected.best('validationLoss')?.epoch as number;
        assert.ok(best < 3, 'the best epoch lies before the cuts');

        for (const [run, cut] of [4 * steps + 2, 5 * steps + 1].entries()) {
          const resume = run === 0 ? undefined : at('cut');
          using trainee = await make(resume);
          const own = watched(at('cut'));
          await stop(
            (options) => trainee.fit({ resume, ...options, callbacks: [...own, ...(options.callbacks ?? [])] }),
            cut,
            steps,
          );
          // What is kept and goes on is not what the stopped model has.
          using last = await make(at('cut'));
          assert.notDeepEqual(await last.weights(), await trainee.weights());
          assert.deepEqual(await trainee.weights(), await whole.weights());
        }
        const history = new History();
        using resumed = await make(at('cut'));
        await collect(resumed.fit({ epochs: 6, resume: at('cut'), callbacks: watched(at('cut'), history) }));
        assert.deepEqual(await resumed.weights(), await whole.weights());
        const timeless = ({ epochs }: History) =>
          epochs.map(({ seconds, tokensPerSecond, ...epoch }: EpochResult) => epoch);
        assert.deepEqual(timeless(history), timeless(expected));
        const [one, other] = [(await readCheckpoint(at('cut'))).record, (await readCheckpoint(at('whole'))).record];
        assert.deepEqual(one.native, other.native);
        const states = ({ callbacks: all }: typeof one) => all.filter(({ name: of }) => of !== 'history');
        assert.deepEqual(states(one), states(other));
        using lastOfOne = await make(at('cut'));
        using lastOfOther = await make(at('whole'));
        assert.deepEqual(await lastOfOne.weights(), await lastOfOther.weights());
        assert.notDeepEqual(await lastOfOne.weights(), await whole.weights());
      });
    }
  }

  it('of an earlier release goes on, and gives its best weights', async () => {
    for (const [file, name] of [
      ['early-stopping.checkpoint', 'Model'],
      ['best-weights.checkpoint', 'TextClassifier with keepBest'],
    ] as const) {
      // Ended by a signal in the fifth epoch, whose best epoch was the first.
      const resume = join(__dirname, 'files', file);
      using trainee = (await KINDS[name]?.make(resume)) as Trainee;
      const last = await trainee.weights();
      const own = { resume, callbacks: [worsening] };
      assert.deepEqual(
        (await collect(trainee.fit({ ...own, epochs: 6 }))).map(({ epoch }) => epoch),
        [4, 5],
      );
      const [{ state } = { state: {} }] = (await readCheckpoint(resume)).record.callbacks;
      const best = flat((state as { weights: Parameters }).weights);
      assert.deepEqual(await trainee.weights(), best);
      assert.notDeepEqual(last, best);
      // As does a run that is ended again before it has made a step.
      using again = (await KINDS[name]?.make(resume)) as Trainee;
      const aborted = again.fit({ ...own, signal: AbortSignal.abort() });
      await assert.rejects(collect(aborted), { code: 'ERR_UNROLLED_ABORTED' });
      assert.deepEqual(await again.weights(), best);
    }
  });

  it('is left at the end of a run, however many steps it has, but for one that an error ended', async () => {
    const mine = new Error('mine');
    const start = (path: string, options: FitOptions) => {
      const model = smallModel();
      return model.fit(CORPUS, { ...STREAM, epochs: 5, checkpoint: { path, everySteps: 1000 }, ...options });
    };
    using whole = smallModel();
    await train(whole, { epochs: 6 });
    const goesOn = async (path: string, steps: number) => {
      assert.equal((await readCheckpoint(path)).record.native.steps, steps);
      using model = await LanguageModel.load(path);
      await train(model, { resume: path, epochs: 6 });
      assert.deepEqual(await weights(model), await weights(whole));
    };
    await collect(start(at('all'), {}));
    await goesOn(at('all'), 185);
    for await (const { epoch } of start(at('left'), {})) if (epoch === 1) break;
    await goesOn(at('left'), 74);
    await assert.rejects(async () => {
      for await (const { epoch } of start(at('thrown'), {})) if (epoch === 1) throw mine;
    }, mine);
    await goesOn(at('thrown'), 74);
    await collect(start(at('steps'), { steps: 50 }));
    await goesOn(at('steps'), 50);
    const stop: Callback = { everySteps: 50, onStep: (_, control) => control.stop('enough') };
    await collect(start(at('stopped'), { callbacks: [stop] }));
    assert.equal((await readCheckpoint(at('stopped'))).record.stopReason, 'enough');
    const throwing: Callback = {
      everySteps: 50,
      onStep: () => {
        throw mine;
      },
    };
    await assert.rejects(collect(start(at('failed'), { callbacks: [throwing] })), mine);
    assert.ok(!existsSync(at('failed')));
  });

  it('is written where a callback asks for it at the very end', async () => {
    const asking = (hook: 'onEnd' | 'onAbort'): Callback => ({
      [hook]: (control: { saveCheckpoint(path: string): void }) => control.saveCheckpoint(at(hook)),
    });
    using model = smallModel();
    await train(model, { epochs: 1, callbacks: [asking('onEnd')] });
    assert.equal((await readCheckpoint(at('onEnd'))).record.native.steps, 37);
    for await (const _ of model.fit(CORPUS, { ...STREAM, callbacks: [asking('onAbort')] })) break;
    assert.equal((await readCheckpoint(at('onAbort'))).record.native.steps, 37);
  });

  it('is not what a run needs that ends within an epoch and whose callbacks cannot be written', async () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    using model = smallModel();
    const callback: Callback = { name: 'cyclic', getState: () => cycle };
    assert.equal((await train(model, { steps: 50, callbacks: [callback] })).length, 2);
  });

  it('that steps cut short in an epoch ends it again, or goes on as if it had not', async () => {
    const told: number[] = [];
    const counting: Callback = { onEpochEnd: ({ epoch, steps }) => void told.push(epoch * 100 + steps) };
    const checkpoint = { path: at('c'), everySteps: 1000 };
    using model = smallModel();
    const [, first] = await train(model, { steps: 50, validation: 0.1, checkpoint, callbacks: [counting] });
    assert.deepEqual(told.splice(0), [33, 117]);
    const again = await train(model, { resume: at('c'), callbacks: [counting] });
    assert.deepEqual(told.splice(0), [117]);
    assert.deepEqual([again.length, again[0]?.validationLoss], [1, first?.validationLoss]);
    await train(model, { resume: at('c'), epochs: 3, callbacks: [counting] });
    assert.deepEqual(told, [133, 233]);
  });
});
