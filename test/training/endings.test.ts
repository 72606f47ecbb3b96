/** However a training ends, the model has the weights of its best epoch. */

import assert from 'node:assert/strict';
import type { Callback, EpochResult, TrainingControl, TrainingOptions } from '../../src/index';
import { callbacks } from '../../src/index';
import { CORPUS, collect, STREAM, smallModel, train, weights } from '../support/models';
import { flat, KINDS, type Trainee, worsening } from '../support/trainees';

/** Keeps what the model was after each epoch. */
class Recorder implements Callback {
  readonly epochs: { validationLoss: number; weights: number[] }[] = [];

  async onEpochEnd({ validationLoss = 0 }: EpochResult, { model }: TrainingControl) {
    this.epochs.push({ validationLoss, weights: flat(await model.parameters()) });
  }

  get best(): number {
    const losses = this.epochs.map(({ validationLoss }) => validationLoss);
    return losses.indexOf(Math.min(...losses));
  }
}

/** Trains in some way, and makes the training end. */
type Ending = (start: (options: TrainingOptions) => ReturnType<Trainee['fit']>, steps: number) => Promise<void>;

const mine = new Error('mine');

/** Throws after so many steps more than four epochs. */
const failing = (after: number, steps: number): Callback => ({
  onStep({ step }) {
    if (step === 4 * steps + after) throw mine;
  },
});

/** Every one ends after the fourth epoch, most of them within the fifth. */
const ENDINGS: Readonly<Record<string, Ending>> = {
  'by its last step': async (start) => void (await collect(start({ epochs: 5 }))),
  'by its last result, whoever asks for no more': async (start) => {
    const training = start({ epochs: 5 });
    for (let epoch = 0; epoch < 5; epoch++) await training.next();
  },
  'by steps, in the midst of an epoch': async (start, steps) => void (await collect(start({ steps: 4 * steps + 2 }))),
  'by a callback that stops it': async (start) => {
    const stop: Callback = { onEpochEnd: ({ epoch }, control) => (epoch === 4 ? control.stop('enough') : undefined) };
    await collect(start({ epochs: 9, callbacks: [stop] }));
  },
  'by leaving the loop': async (start) => {
    for await (const { epoch } of start({ epochs: 9 })) if (epoch === 4) break;
  },
  'by a loop that throws': async (start) => {
    const throwing = async () => {
      for await (const { epoch } of start({ epochs: 9 })) if (epoch === 4) throw mine;
    };
    await assert.rejects(throwing, mine);
  },
  'by return()': async (start) => {
    const training = start({ epochs: 9 });
    for (let epoch = 0; epoch < 5; epoch++) await training.next();
    await training.return();
    assert.deepEqual(await training.next(), { done: true, value: undefined });
  },
  'by throw()': async (start) => {
    const training = start({ epochs: 9 });
    for (let epoch = 0; epoch < 5; epoch++) await training.next();
    await assert.rejects(training.throw(mine), mine);
  },
  'by a signal between two epochs': async (start) => {
    const controller = new AbortController();
    const training = start({ epochs: 9, signal: controller.signal });
    for (let epoch = 0; epoch < 5; epoch++) await training.next();
    controller.abort();
    await assert.rejects(training.next(), { code: 'ERR_UNROLLED_ABORTED' });
  },
  'by a signal in the midst of an epoch': async (start, steps) => {
    const controller = new AbortController();
    const aborting: Callback = { everySteps: 4 * steps + 2, onStep: () => controller.abort() };
    const training = start({ epochs: 9, signal: controller.signal, callbacks: [aborting] });
    await assert.rejects(collect(training), { code: 'ERR_UNROLLED_ABORTED' });
  },
  'by a step of a callback that throws': async (start, steps) =>
    assert.rejects(collect(start({ epochs: 9, callbacks: [failing(1, steps)] })), mine),
  'by the end of an epoch of a callback that throws': async (start) => {
    const throwing: Callback = {
      onEpochEnd({ epoch }) {
        if (epoch === 4) throw mine;
      },
    };
    await assert.rejects(collect(start({ epochs: 9, callbacks: [throwing] })), mine);
  },
  'by a progress handler that throws': async (start, steps) => {
    const onProgress: TrainingOptions['onProgress'] = ({ firstStep }) => {
      if (firstStep >= 4 * steps) throw mine;
    };
    await assert.rejects(collect(start({ epochs: 9, onProgress })), mine);
  },
  'by a loss that is not finite': async (start) => {
    const diverging: Callback = {
      onEpochEnd({ epoch }, control) {
        if (epoch === 4) control.learningRateScale = 1e300;
      },
    };
    await assert.rejects(collect(start({ epochs: 9, callbacks: [diverging] })), {
      code: 'ERR_UNROLLED_NON_FINITE_LOSS',
    });
  },
};

for (const [name, { make, steps }] of Object.entries(KINDS)) {
  describe(`the best epoch of a ${name}`, () => {
    for (const [how, end] of Object.entries(ENDINGS)) {
      it(`is what the model has when training ends ${how}`, async () => {
        using trainee = await make();
        const recorder = new Recorder();
        const start = (options: TrainingOptions) =>
          trainee.fit({ ...options, callbacks: [worsening, recorder, ...(options.callbacks ?? [])] });
        await end(start, steps);
        assert.ok(recorder.epochs.length >= 4);
        assert.ok(recorder.best < recorder.epochs.length - 1, 'a later epoch is worse');
        assert.deepEqual(await trainee.weights(), recorder.epochs[recorder.best]?.weights);
        // It can be trained on.
        assert.equal((await collect(trainee.fit({ epochs: 1 }))).length, 1);
      });
    }
  });
}

describe('a training that keeps its best epoch', () => {
  it('leaves the weights of the last step where no epoch has ended yet', async () => {
    const stopping = callbacks.earlyStopping();
    using model = smallModel();
    const controller = new AbortController();
    const aborting: Callback = { everySteps: 5, onStep: () => controller.abort() };
    const options = { validation: 0.1, signal: controller.signal, callbacks: [stopping, aborting] };
    await assert.rejects(train(model, options), { code: 'ERR_UNROLLED_ABORTED', step: 4 });
    assert.equal(stopping.bestEpoch, undefined);
    using other = smallModel();
    await train(other, { validation: 0.1, steps: 5 });
    assert.deepEqual(await weights(model), await weights(other));
  });

  it('leaves the last weights where it is told to, and knows the best epoch all the same', async () => {
    const stopping = callbacks.earlyStopping({ patience: 100, restoreBest: false });
    const recorder = new Recorder();
    using model = smallModel();
    for await (const { epoch } of model.fit(CORPUS, {
      ...{ ...STREAM, epochs: 9, validation: 0.1 },
      callbacks: [stopping, worsening, recorder],
    })) {
      if (epoch === 4) break;
    }
    assert.deepEqual(flat(await model.parameters()), recorder.epochs[4]?.weights);
    assert.equal(stopping.bestEpoch, recorder.best);
  });

  it('does nothing to a model that was disposed, and passes on the error that ended it', async () => {
    const model = smallModel();
    const stopping = callbacks.earlyStopping();
    for await (const _ of model.fit(CORPUS, { ...STREAM, validation: 0.1, callbacks: [stopping] })) {
      model.dispose();
      break;
    }
    using other = smallModel();
    const closed: string[] = [];
    const failing: Callback = {
      onStep: () => {
        throw mine;
      },
      onAbort: () => void closed.push('abort'),
      onEnd: () => void closed.push('end'),
      onClose: () => void closed.push('close'),
    };
    await assert.rejects(train(other, { callbacks: [failing] }), mine);
    assert.deepEqual(closed, ['close']);
  });

  it('tells callbacks how it ended, and closes them last and once', async () => {
    const calls: string[] = [];
    const telling: Callback = Object.fromEntries(
      (['onStart', 'onAbort', 'onEnd', 'onClose'] as const).map((hook) => [
        hook,
        ({ steps }: TrainingControl) => void calls.push(`${hook} ${steps}`),
      ]),
    );
    using model = smallModel();
    const start = (epochs: number) => model.fit(CORPUS, { ...STREAM, epochs, callbacks: [telling] });
    await collect(start(2));
    assert.deepEqual(calls.splice(0), ['onStart 0', 'onEnd 74', 'onClose 74']);
    for await (const _ of start(2)) break;
    assert.deepEqual(calls.splice(0), ['onStart 0', 'onAbort 37', 'onClose 37']);
    // It has ended by itself before it is left.
    for await (const _ of start(1)) break;
    assert.deepEqual(calls.splice(0), ['onStart 0', 'onEnd 37', 'onClose 37']);
    await start(1).return();
    assert.deepEqual(calls, []);
  });

  it('is called at every step where a callback does not say how often', async () => {
    const steps: number[] = [];
    const made: number[] = [];
    const onStep: Callback['onStep'] = ({ step }, control) => {
      steps.push(step);
      made.push(control.steps);
    };
    using model = smallModel();
    await train(model, { steps: 40, callbacks: [{ onStep }] });
    assert.deepEqual(
      steps,
      Array.from({ length: 40 }, (_, step) => step),
    );
    assert.deepEqual(
      made,
      steps.map((step) => step + 1),
    );
  });
});
