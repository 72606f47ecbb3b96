/** One callback in several trainings: those that remember something are in one at a time, however it ends. */

import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Callback,
  callbacks,
  type EpochResult,
  History,
  type LanguageModel,
  TextClassifier,
  TextVectorizer,
  type UnrolledError,
} from '../../src/index';
import { useFolder } from '../support/folder';
import { CORPUS, STREAM, smallModel, train, weights } from '../support/models';

const VALIDATED = { ...STREAM, validation: 0.1, epochs: 3 };

function run(model: LanguageModel, all: Callback[], options: object = {}) {
  return model.fit(CORPUS, { ...VALIDATED, ...options, callbacks: all });
}

function isBusy(name: string): (error: UnrolledError) => boolean {
  return (error) => {
    assert.equal(error.code, 'ERR_UNROLLED_BUSY', error.stack);
    assert.equal(error.option, 'callbacks');
    assert.ok(error.message.startsWith(name), error.message);
    return true;
  };
}

describe('a callback in two trainings', () => {
  const at = useFolder();

  const STATEFUL: Record<string, () => Callback> = {
    'The callback earlyStopping': () => callbacks.earlyStopping({ patience: 50 }),
    'The callback reduceOnPlateau': () => callbacks.reduceOnPlateau({ patience: 50 }),
    'The callback history': () => new History(),
    'The callback checkpoint': () => callbacks.checkpoint({ path: at('best'), keepBest: 'validationLoss' }),
    'The callback checkpoint ': () => callbacks.checkpoint({ path: at('c') }),
    'The callback tensorBoard': () => callbacks.tensorBoard(at('logs')),
    'The callback mine': () => ({ name: 'mine', getState: () => 1, setState() {} }),
    'A callback with a state': () => ({ setState() {} }),
  };

  for (const [name, make] of Object.entries(STATEFUL)) {
    it(`at once is refused, and one after the other is not: ${name}`, async () => {
      using alone = smallModel();
      await run(alone, [make()]);
      using a = smallModel();
      using b = smallModel({ seed: 5 });
      const before = await weights(b);
      const shared = make();
      const first = run(a, [shared]);
      const second = run(b, [shared]);
      const [one, two] = await Promise.allSettled([first, second]);
      assert.equal(one.status, 'fulfilled');
      assert.ok(two.status === 'rejected' && isBusy(name.trim())(two.reason));
      assert.deepEqual(await weights(a), await weights(alone));
      assert.deepEqual(await weights(b), before);
      await run(b, [shared]);
      using other = smallModel({ seed: 5 });
      await run(other, [make()]);
      assert.deepEqual(await weights(b), await weights(other));
    });
  }

  it('at once is none where it remembers nothing', async () => {
    const told: number[] = [];
    const shared: Callback = { name: 'mine', onEpochEnd: ({ epoch }) => void told.push(epoch) };
    using a = smallModel();
    using b = smallModel();
    await Promise.all([run(a, [shared]), run(b, [shared])]);
    assert.deepEqual(told.sort(), [0, 0, 1, 1, 2, 2]);
  });

  it('is refused between two epochs of a loop, of the same model too, and where only one of several is shared', async () => {
    using a = smallModel();
    using b = smallModel();
    const shared = callbacks.earlyStopping({ patience: 50 });
    const history = new History();
    let epochs = 0;
    for await (const { epoch } of run(a, [shared])) {
      epochs++;
      // After the last epoch the training has ended, though its loop runs.
      if (epoch === 2) await run(b, [history, shared]);
      else
        for (const model of [a, b]) await assert.rejects(run(model, [history, shared]), isBusy('The callback early'));
      // What was refused holds none of its callbacks.
      if (epoch === 0) await run(b, [history]);
    }
    assert.equal(epochs, 3);
  });

  it('may be in the next however the one before ended', async () => {
    const shared = callbacks.earlyStopping({ patience: 50 });
    const failing = (method: keyof Callback): Callback => ({
      [method]: () => {
        throw new Error(method);
      },
    });
    const isFree = async () => {
      using model = smallModel();
      assert.equal((await run(model, [shared])).epochs.length, 3);
    };
    for (const method of ['onStart', 'onStep', 'onEpochEnd', 'onEnd', 'onClose'] as const) {
      using model = smallModel();
      await assert.rejects(run(model, [shared, failing(method)]), { message: method });
      await isFree();
    }
    using model = smallModel();
    // Aborted before its first step, and within one; a report that throws; a loss that is not finite.
    await assert.rejects(run(model, [shared], { signal: AbortSignal.abort() }), { code: 'ERR_UNROLLED_ABORTED' });
    await isFree();
    const controller = new AbortController();
    const aborting: Callback = { onStep: ({ step }) => (step === 40 ? controller.abort() : undefined) };
    await assert.rejects(run(model, [shared, aborting], { signal: controller.signal }), {
      code: 'ERR_UNROLLED_ABORTED',
    });
    await isFree();
    const onProgress = () => {
      throw new Error('progress');
    };
    await assert.rejects(run(model, [shared], { onProgress }), { message: 'progress' });
    await isFree();
    using spoilt = smallModel();
    await assert.rejects(run(spoilt, [shared], { optimizer: 'sgd', learningRate: 1e38 }), {
      code: 'ERR_UNROLLED_NON_FINITE_LOSS',
    });
    await isFree();
    // A loop that is left, an error in it, and a training that is returned from.
    for await (const _ of run(model, [shared])) break;
    await isFree();
    await assert.rejects(async () => {
      for await (const _ of run(model, [shared])) throw new Error('body');
    }, /body/);
    await isFree();
    const returned = run(model, [shared]);
    await returned.next();
    await returned.return();
    await isFree();
    // One that never starts, or is refused.
    const unstarted = run(model, [shared]);
    await isFree();
    await unstarted.return();
    await assert.rejects(run(model, [shared], { window: 1e6 }));
    await isFree();
  });

  it('may be in the next where the checkpoint of the one before cannot be resumed from', async () => {
    const shared = callbacks.earlyStopping({ patience: 50 });
    using model = smallModel();
    await run(model, [shared, callbacks.checkpoint({ path: at('c') }), { name: 'needed', getState: () => 1 }]);
    await assert.rejects(run(model, [shared], { epochs: 5, resume: at('c') }), { code: 'ERR_UNROLLED_MODEL_MISMATCH' });
    const onWarning = () => {
      throw new Error('warning');
    };
    const schedule = { schedule: 'linear' };
    await run(model, [shared, callbacks.checkpoint({ path: at('s') })], schedule);
    await assert.rejects(run(model, [shared], { epochs: 5, resume: at('s'), onWarning }), { message: 'warning' });
    assert.equal((await run(model, [shared])).epochs.length, 3);
  });

  it('may be in the next where the data of the one before were not read to their end', async () => {
    const examples = Array.from({ length: 12 }, (_, index) => ({
      text: 'good bad'.slice(index % 5),
      label: index % 2,
    }));
    const vectorizer = await TextVectorizer.adapt(examples.map(({ text }) => text));
    using classifier = TextClassifier.create({ vectorizer, classNames: ['a', 'b'], hidden: 3, embedding: 2 });
    const shared = callbacks.earlyStopping({ monitor: 'loss', patience: 50 });
    const other = callbacks.earlyStopping({ monitor: 'loss', patience: 50 });
    const options = { epochs: 2, keepBest: false };
    const saving = callbacks.checkpoint({ path: at('c') });
    await classifier.fit(examples, { ...options, callbacks: [shared, saving, other] });
    const resume = { resume: at('c'), epochs: 3, signal: AbortSignal.abort() };
    await assert.rejects(classifier.fit(examples, { ...resume, callbacks: [shared, other] }), {
      code: 'ERR_UNROLLED_ABORTED',
    });
    // The second state is missing here: this start fails.
    await assert.rejects(classifier.fit(examples, { ...resume, callbacks: [shared] }), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
    });
    assert.equal((await classifier.fit(examples, { ...options, callbacks: [shared] })).epochs.length, 2);
  });

  it('may be in the next where the one before is left while its model is in another training', async () => {
    const shared = callbacks.earlyStopping({ patience: 50 });
    using a = smallModel();
    using b = smallModel();
    const first = run(a, [shared]);
    await first.next();
    let left: Promise<unknown> | undefined;
    const leaving: Callback = {
      onStart() {
        left = assert.rejects(first.return(), { code: 'ERR_UNROLLED_BUSY', message: /^The model is training/ });
        return left as Promise<void>;
      },
    };
    await run(a, [leaving]);
    assert.ok(left !== undefined);
    assert.equal((await run(b, [shared])).epochs.length, 3);
  });

  it('is no more told of the one before, whose model was disposed', async () => {
    const closed: unknown[] = [];
    const shared: Callback = { getState: () => 1, onClose: ({ model }) => void closed.push(model) };
    const a = smallModel();
    using b = smallModel();
    const first = run(a, [shared]);
    await first.next();
    a.dispose();
    for await (const { epoch } of run(b, [shared])) {
      if (epoch !== 0) continue;
      await first.return();
      assert.deepEqual(closed, []);
    }
    assert.deepEqual(closed, [b.model]);
  });

  it('may be in the next where the one before was forgotten, once that is collected', async () => {
    const shared = callbacks.earlyStopping({ patience: 50 });
    using a = smallModel();
    using b = smallModel();
    const forget = async () => {
      await run(a, [shared]).next();
    };
    await forget();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let turns = 0; turns < 20; turns++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await run(b, [shared])).epochs.length, 3);
  });

  it('is no callback that one training has twice, unless it remembers nothing', async () => {
    using model = smallModel();
    const told: number[] = [];
    const stateless: Callback = { onEpochEnd: ({ epoch }: EpochResult) => void told.push(epoch) };
    for (const make of Object.values(STATEFUL)) {
      const twice = make();
      await assert.rejects(train(model, { callbacks: [stateless, twice, twice] }), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'callbacks[2]',
        message: /^callbacks\[2\] must be another callback than callbacks\[1\]/,
      });
    }
    await train(model, { epochs: 1, callbacks: [stateless, stateless] });
    assert.deepEqual(told, [0, 0]);
  });
});
