/** What `fit` promises while it runs, between two `next()`, and however it ends. */

import assert from 'node:assert/strict';
import { Corpus, type FitOptions, type FitProgress, UnrolledError } from '../../src/index';
import { OPTIMIZER_KINDS } from '../../src/training/options/optimizers';
import { CORPUS, collect, STREAM, smallModel, train, weights } from '../support/models';

/** Long enough that it is still running when something happens to it. */
const LONG = { ...STREAM, epochs: 100_000 } as const;

describe('fit', () => {
  it('yields one result an epoch, with the loss of each step', async () => {
    using model = smallModel();
    const results = await train(model, { epochs: 2, validation: 0.1 });
    assert.equal(results.length, 2);
    for (const [index, result] of results.entries()) {
      assert.equal(result.epoch, index);
      // floor(1204 · 0.9) = 1083 tokens train: rows of 270, and 33 whole windows of 8.
      assert.equal(result.steps, 33);
      assert.equal(result.step, 33 * (index + 1) - 1);
      assert.equal(result.stepLosses.length, 33);
      const mean = result.stepLosses.reduce((sum, loss) => sum + loss, 0) / 33;
      assert.ok(Math.abs(result.loss - mean) < 1e-12);
      assert.ok(Math.abs((result.bitsPerToken as number) - mean / Math.LN2) < 1e-12);
      assert.ok((result.validationLoss as number) > 0 && result.tokensPerSecond > 0 && result.seconds > 0);
    }
    assert.ok((results[1]?.loss as number) < (results[0]?.loss as number));
    assert.ok((results[1]?.seconds as number) > (results[0]?.seconds as number));
  });

  it('starts from the loss of guessing, and learns', async () => {
    using model = smallModel({ hidden: 32 });
    const results = await train(model, { epochs: 30, learningRate: 0.01 });
    assert.ok(Math.abs((results[0]?.stepLosses[0] as number) - Math.log(CORPUS.vocabulary.size)) < 0.5);
    assert.ok((results.at(-1)?.loss as number) < 0.5);
  });

  it('bounds the whole run by steps, which outrank epochs', async () => {
    using model = smallModel();
    const results = await train(model, { steps: 50, epochs: 1 });
    assert.deepEqual(
      results.map(({ steps, step }) => [steps, step]),
      [
        [37, 36],
        [13, 49],
      ],
    );
  });

  it('reports every step loss once, in order', async () => {
    using model = smallModel();
    const reported: number[] = [];
    const onProgress = ({ firstStep, losses, stepsPerEpoch, totalSteps, epoch }: FitProgress): void => {
      assert.equal(firstStep, reported.length);
      assert.equal(epoch, Math.floor(firstStep / 37));
      assert.deepEqual([stepsPerEpoch, totalSteps], [37, 74]);
      reported.push(...losses);
    };
    const results = await train(model, { epochs: 2, onProgress });
    assert.deepEqual(
      reported,
      results.flatMap(({ stepLosses }) => [...stepLosses]),
    );
  });

  it('is idle between two next(): the weights stay, and the model can be used', async () => {
    using model = smallModel();
    const training = model.fit(CORPUS, { ...STREAM, epochs: 3 });
    await training.next();
    const before = await weights(model);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    assert.deepEqual(await weights(model), before);
    assert.equal((await model.sample('the', { length: 5 })).length, 5);
    await training.next();
    assert.notDeepEqual(await weights(model), before);
    await training.return();
  });

  it('goes on after what happens between two next() as if nothing had', async () => {
    using undisturbed = smallModel();
    using disturbed = smallModel();
    await train(undisturbed, { epochs: 2 });
    for await (const _ of disturbed.fit(CORPUS, { ...STREAM, epochs: 2 })) {
      await disturbed.evaluate(CORPUS, { batch: 2 });
      await disturbed.sample('the', { length: 20 });
    }
    assert.deepEqual(await weights(disturbed), await weights(undisturbed));
  });

  it('is not disturbed by what is served between two steps', async () => {
    using undisturbed = smallModel();
    using disturbed = smallModel();
    await train(undisturbed, { epochs: 20 });
    const training = train(disturbed, { epochs: 20 });
    const samples = await Promise.all(['t', 'the', 'fox'].map((prompt) => disturbed.sample(prompt, { length: 20 })));
    assert.deepEqual(
      samples.map(({ length }) => length),
      [20, 20, 20],
    );
    await training;
    assert.deepEqual(await weights(disturbed), await weights(undisturbed));
  });

  it('ends training when the loop is left', async () => {
    using model = smallModel();
    let reported = 0;
    const onProgress = ({ losses }: FitProgress) => {
      reported += losses.length;
    };
    for await (const { epoch } of model.fit(CORPUS, { ...LONG, onProgress })) {
      if (epoch === 1) break;
    }
    // No step is made after those of the two epochs, be it before the loop has ended or later.
    using other = smallModel();
    await train(other, { epochs: 2 });
    assert.deepEqual(await weights(model), await weights(other));
    assert.equal(reported, 2 * 37);
    // A training that still ran would refuse another.
    assert.equal((await train(model, { epochs: 1 })).length, 1);
    assert.equal(reported, 2 * 37);
  });

  it('refuses a second training while one runs, at once', async () => {
    using model = smallModel();
    const controller = new AbortController();
    const first = collect(model.fit(CORPUS, { ...LONG, signal: controller.signal }));
    const second = model.fit(CORPUS, LONG).next();
    await assert.rejects(second, { code: 'ERR_UNROLLED_BUSY', name: 'Error' });
    controller.abort();
    await assert.rejects(first, { code: 'ERR_UNROLLED_ABORTED' });
    assert.equal((await train(model, { epochs: 1 })).length, 1);
  });

  it('stops at a whole step when aborted, and leaves the model usable', async () => {
    using model = smallModel();
    const controller = new AbortController();
    const reason = new Error('enough');
    let steps = 0;
    const training = collect(
      model.fit(CORPUS, {
        ...LONG,
        signal: controller.signal,
        onProgress: ({ firstStep, losses }) => {
          steps = firstStep + losses.length;
          controller.abort(reason);
        },
      }),
    );
    await assert.rejects(training, (error) => {
      assert.ok(error instanceof UnrolledError);
      assert.equal(error.code, 'ERR_UNROLLED_ABORTED');
      assert.equal(error.name, 'AbortError');
      assert.equal(error.cause, reason);
      assert.equal(error.step, steps - 1);
      return true;
    });
    // The weights are those that so many steps make.
    using other = smallModel();
    await train(other, { steps });
    assert.deepEqual(await weights(model), await weights(other));
    assert.ok(Number.isFinite((await model.evaluate(CORPUS)).loss));
    assert.equal((await train(model, { epochs: 1 })).length, 1);
  });

  it('does nothing when aborted before, and ends when aborted between two next()', async () => {
    using model = smallModel();
    const before = await weights(model);
    await assert.rejects(train(model, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.deepEqual(await weights(model), before);

    const controller = new AbortController();
    const training = model.fit(CORPUS, { ...LONG, signal: controller.signal });
    await training.next();
    controller.abort();
    await assert.rejects(training.next(), { code: 'ERR_UNROLLED_ABORTED', step: 36 });
  });

  it('ends with the error that a progress handler throws', async () => {
    using model = smallModel();
    const failure = new Error('mine');
    let calls = 0;
    const training = train(model, {
      ...LONG,
      onProgress: () => {
        calls++;
        throw failure;
      },
    });
    await assert.rejects(training, (error) => error === failure);
    assert.equal(calls, 1);
    assert.equal((await train(model, { epochs: 1 })).length, 1);
  });

  it('stops with the step at which the loss is not finite, and keeps the last good weights', async () => {
    using model = smallModel({ cell: 'rnn', nonlinearity: 'relu' });
    let lastGood = 0;
    const options: FitOptions = {
      optimizer: 'sgd',
      learningRate: 1000,
      epochs: 100,
      onProgress: ({ firstStep, losses }) => {
        lastGood = firstStep + losses.length - 1;
        assert.ok(losses.every(Number.isFinite));
      },
    };
    await assert.rejects(train(model, options), (error) => {
      assert.ok(error instanceof UnrolledError);
      assert.equal(error.code, 'ERR_UNROLLED_NON_FINITE_LOSS');
      assert.equal(error.step, lastGood + 1);
      assert.match(error.message, new RegExp(`\\b${error.step}\\b`));
      return true;
    });
    assert.ok((await weights(model)).every(Number.isFinite));
  });

  it('ends when the model is disposed', async () => {
    const model = smallModel();
    const training = train(model, { ...LONG, onProgress: () => model.dispose() });
    await assert.rejects(training, { code: 'ERR_UNROLLED_DISPOSED' });
    await assert.rejects(model.fit(CORPUS).next(), { code: 'ERR_UNROLLED_DISPOSED' });
  });

  it('says how much is missing of a corpus shorter than one window', async () => {
    using model = smallModel();
    await assert.rejects(train(model, { window: 512 }), {
      code: 'ERR_UNROLLED_CORPUS_TOO_SHORT',
      message: /1204 tokens.*batch 4.*have 300.*at least 512.*2049/,
    });
    await assert.rejects(train(model, { validation: 0.001 }), {
      code: 'ERR_UNROLLED_CORPUS_TOO_SHORT',
      message: /validation/,
    });
    // Exactly one window a row.
    assert.equal((await train(model, { batch: 1, window: 1203, epochs: 1 }))[0]?.steps, 1);
    await assert.rejects(train(model, { batch: 1, window: 1204 }), { code: 'ERR_UNROLLED_CORPUS_TOO_SHORT' });
  });

  it("reads a corpus of another vocabulary by the model's own", async () => {
    using model = smallModel();
    const other = Corpus.fromText('dog over fox. '.repeat(20));
    assert.equal((await train(model, { epochs: 1 }, other)).length, 1);
    const unfit = Corpus.fromText('DOG over fox. '.repeat(20), { name: 'loud' });
    const lacking = {
      code: 'ERR_UNROLLED_UNKNOWN_TOKEN',
      option: 'corpus',
      message:
        /^The corpus "loud" has another vocabulary than the model\. The character "D" .* is not in the model's\. Remove .*\.withVocabulary\(model\.vocabulary\.withUnknown\('skip'\)\)/,
    };
    await assert.rejects(train(model, { epochs: 1 }, unfit), lacking);
    await assert.rejects(model.evaluate(unfit), lacking);
    // What the message says to do.
    const skipping = unfit.withVocabulary(model.vocabulary.withUnknown('skip'));
    assert.equal((await train(model, { epochs: 1 }, skipping)).length, 1);
  });

  it('refuses impossible options, naming them', async () => {
    using model = smallModel();
    const impossible: [option: string, values: unknown[]][] = [
      ['batch', [0, -1, 1.5, Number.NaN, 1e12]],
      ['window', [0, -1, 1e12]],
      ['epochs', [0, -1, 0.5, Number.NaN]],
      ['steps', [0, -1, Number.NaN]],
      ['validation', [-0.1, 1, 2, Number.NaN]],
      ['learningRate', [-1, Number.NaN, Number.POSITIVE_INFINITY]],
      ['clipValue', [0, -1, Number.NaN]],
      ['clipNorm', [0, -1, Number.NaN]],
      ['seed', [-1, 0.5, Number.NaN]],
      ['threads', [0, -1, 1.5, 1e12]],
      ['optimizer', ['adamax']],
      ['reduction', ['max']],
    ];
    for (const [option, values] of impossible) {
      for (const value of values) {
        await assert.rejects(train(model, { [option]: value }), { code: 'ERR_UNROLLED_OPTION_RANGE', option });
        assert.equal((await Promise.allSettled([train(model, { [option]: value })]))[0].status, 'rejected');
      }
      await assert.rejects(train(model, { [option]: {} as never }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    }
    await assert.rejects(train(model, { epoch: 3 } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION', option: 'epoch' });
    await assert.rejects(train(model, { signal: {} as never }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    await assert.rejects(train(model, { onProgress: 3 as never }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    await assert.rejects(model.fit('text' as never).next(), {
      ...{ code: 'ERR_UNROLLED_OPTION_TYPE', option: 'corpus' },
      message: /^corpus must be a Corpus, as datasets\.text or datasets\.textFile read one, not "text"\.$/,
    });
  });

  it('knows the hyper-parameters of each optimiser, and no others', async () => {
    using model = smallModel();
    for (const optimizer of OPTIMIZER_KINDS) {
      const [result] = await train(model, { optimizer, epochs: 1, learningRate: 1e-4, weightDecay: 0.01 });
      assert.ok(Number.isFinite(result?.loss), optimizer);
    }
    await train(model, { optimizer: { kind: 'adam', beta1: 0.8, epsilon: 1e-6 }, epochs: 1 });
    await assert.rejects(train(model, { optimizer: 'adam', momentum: 0.9 }), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
      option: 'momentum',
    });
    await assert.rejects(train(model, { optimizer: { kind: 'sgd', beta1: 0.9 } }), {
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
      option: 'beta1',
    });
    await assert.rejects(train(model, { optimizer: { kind: 'adam', beta1: 1 } }), { option: 'beta1' });
  });

  it('takes hyper-parameters beside the optimiser before its own', async () => {
    using own = smallModel();
    using beside = smallModel();
    await train(own, { optimizer: { kind: 'sgd', learningRate: 0.5 }, epochs: 1 });
    await train(beside, { optimizer: { kind: 'sgd', learningRate: 0.1 }, learningRate: 0.5, epochs: 1 });
    assert.deepEqual(await weights(own), await weights(beside));
  });
});
