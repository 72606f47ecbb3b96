/** The native side of training: examples, schedules, records, states. */

import assert from 'node:assert/strict';
import { type LayerDescription, Model } from '../../src/index';
import { addon } from '../../src/native/load';
import type {
  NativeExamples,
  NativeProgress,
  NativeSource,
  NativeTraining,
  NativeTrainingOptions,
} from '../../src/native/native';
import { type WholeState, wholeState } from '../../src/training/checkpoint/snapshot';

const VOCABULARY = 200;

/** Numbers that look random, from 0 to `below` - 1. */
function numbers(length: number, below: number, salt = 1): Int32Array {
  let state = salt;
  return Int32Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  });
}

const OFFSETS = Int32Array.of(0, 5, 6, 13, 15, 24, 28, 30);
const COUNT = OFFSETS.length - 1;
const IDS = numbers(30, VOCABULARY);

/** Of documents of at least two ids. */
const OF_TWO = Int32Array.of(0, 6, 13, 15, 24, 28, 30);

const STREAM: NativeSource = { kind: 'stream', ids: numbers(100, VOCABULARY, 3), batch: 3, window: 5 };
const DOCUMENTS: NativeExamples = { kind: 'documents', ids: IDS, offsets: OF_TWO, batch: 2, window: 3, shuffle: true };

function labelled(batch: number, more: Partial<Extract<NativeExamples, { kind: 'labelled' }>> = {}): NativeExamples {
  return {
    kind: 'labelled',
    sequences: { ids: IDS, offsets: OFFSETS },
    targets: { loss: 'crossEntropy', ids: numbers(COUNT, VOCABULARY, 7) },
    batch,
    shuffle: true,
    bucketing: 0,
    ...more,
  };
}

function optionsOf(source: NativeSource, more: Partial<NativeTrainingOptions> = {}): NativeTrainingOptions {
  return {
    optimizer: {
      kind: 'adam',
      learningRate: 0.01,
      weightDecay: 0,
      hyperparameters: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    },
    reduction: 'mean',
    clipValue: 0,
    clipNorm: 1,
    seed: 5,
    threads: 1,
    source,
    ...more,
  };
}

function createModel({ last = false, features = 0 } = {}): Model {
  const layers: LayerDescription[] = [
    ...(features > 0 ? [] : [{ type: 'embedding', name: 'embedding', features: 4 } as const]),
    { type: 'gru', name: 'rnn', features: 6, layers: 1 },
    ...(last ? [{ type: 'pooling', name: 'last', pooling: 'last' } as const] : []),
    { type: 'dense', name: 'head', features: VOCABULARY },
  ];
  const input =
    features > 0 ? ({ kind: 'features', features } as const) : ({ kind: 'ids', vocabulary: VOCABULARY } as const);
  return Model.create({ input, layers, seed: 3 });
}

const never = () => new (addon().Cancellation)();

interface Records {
  losses: number[];
  gradientNorms: number[];
  learningRates: number[];
}

/** Makes that many steps, over as many epochs as they take, and returns what each was. */
async function train(training: NativeTraining, steps: number): Promise<Records> {
  const records: Records = { losses: [], gradientNorms: [], learningRates: [] };
  while (records.losses.length < steps) {
    await training.run(steps - records.losses.length, never(), (progress: NativeProgress) => {
      for (const key of ['losses', 'gradientNorms', 'learningRates'] as const) records[key].push(...progress[key]);
    });
  }
  return records;
}

describe('native training', () => {
  it('takes a figure that is left out for one that is off', async () => {
    const weightsAfter = async (figures: Partial<NativeTrainingOptions>) => {
      using model = createModel({ last: true });
      const { clipValue: _, clipNorm: __, ...others } = optionsOf(labelled(3));
      const training = model.native.startTraining({ ...others, ...figures });
      await train(training, 4);
      training.dispose();
      return await model.native.read();
    };
    const off = await weightsAfter({ clipValue: 0, clipNorm: 0 });
    assert.deepEqual(await weightsAfter({}), off);
    assert.notDeepEqual(await weightsAfter({ clipNorm: 0.01 }), off);
    assert.notDeepEqual(await weightsAfter({ clipValue: 0.001 }), off);
    await assert.rejects(weightsAfter({ clipNorm: '1' } as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('trains over examples in batches, and evaluates and predicts them', async () => {
    using model = createModel({ last: true });
    const source = labelled(3);
    const training = model.native.startTraining(optionsOf(source));
    assert.equal(training.stepsPerEpoch, 3);
    assert.equal(training.tokensPerEpoch, COUNT);
    const before = await model.native.evaluateExamples({ source, threads: 1 }, never());
    for (let epoch = 0; epoch < 150; epoch++) await training.run(10, never(), () => {});
    const result = await training.run(10, never(), () => {});
    assert.equal(result.reason, 'epoch');
    assert.equal(result.tokens, COUNT);
    assert.equal(result.count, COUNT);
    assert.equal(result.correct, COUNT);
    const after = await model.native.evaluateExamples({ source, threads: 1 }, never());
    assert.ok(after.lossSum < before.lossSum / 4, `${before.lossSum} -> ${after.lossSum}`);
    assert.deepEqual([after.correct, after.count, after.tokens, after.cancelled], [COUNT, COUNT, COUNT, false]);

    const { output, features } = await model.native.predict(
      { ids: IDS, offsets: OFFSETS },
      { batch: 4, output: 'logProbabilities', threads: 1 },
      never(),
    );
    assert.equal(features, VOCABULARY);
    const labels = numbers(COUNT, VOCABULARY, 7);
    const sum = labels.reduce((total, label, row) => total - (output[row * VOCABULARY + label] as number), 0);
    assert.ok(Math.abs(sum - after.lossSum) < 1e-4, `${sum}, ${after.lossSum}`);
    training.dispose();
  });

  it('trains over tagged vectors and over documents', async () => {
    using tagger = createModel({ features: 3 });
    const tagged: NativeSource = {
      kind: 'tagged',
      sequences: { features: Float32Array.from(numbers(90, 7), (value) => value / 7), offsets: OFFSETS },
      targets: { loss: 'crossEntropy', ids: numbers(30, VOCABULARY, 5) },
      batch: 4,
      shuffle: false,
      bucketing: 2,
    };
    const tagging = tagger.native.startTraining(optionsOf(tagged));
    assert.deepEqual([tagging.stepsPerEpoch, tagging.tokensPerEpoch], [2, 30]);
    assert.equal((await tagging.run(5, never(), () => {})).tokens, 30);

    using model = createModel();
    const training = model.native.startTraining(optionsOf(DOCUMENTS));
    await training.prepare();
    const documents = OF_TWO.length - 1;
    assert.equal(training.tokensPerEpoch, 30 - documents);
    const result = await training.run(100, never(), () => {});
    assert.equal(result.steps, training.stepsPerEpoch);
    assert.equal(result.tokens, 30 - documents);
  });

  it('records each step, with the rate of its schedule', async () => {
    using model = createModel();
    const schedule = { kind: 'step', unit: 'epochs', warmup: 0.5, every: 1, factor: 0.5 } as const;
    const training = model.native.startTraining(optionsOf(STREAM, { schedule }));
    assert.equal(training.stepsPerEpoch, 6);
    const { losses, gradientNorms, learningRates } = await train(training, 10);
    assert.equal(losses.length, 10);
    assert.ok(gradientNorms.every((norm) => norm > 0));
    const expected = [1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1, 1, 0.5].map((factor) => 0.01 * factor);
    for (const [step, rate] of learningRates.entries()) assert.ok(Math.abs(rate - (expected[step] as number)) < 1e-15);
    await training.setLearningRateScale(0.1);
    const [scaled] = (await train(training, 1)).learningRates;
    assert.ok(Math.abs((scaled as number) - 0.0005) < 1e-15);
  });

  for (const [name, source, last] of [
    ['a stream', STREAM, false],
    ['documents', DOCUMENTS, false],
    ['examples', labelled(2), true],
  ] as const) {
    it(`goes on over ${name} with the same bits, from a state read while it ran`, async () => {
      const options = optionsOf(source, { schedule: { kind: 'cosine', unit: 'steps', warmup: 2, length: 30 } });
      const total = 11;
      using whole = createModel({ last });
      const training = whole.native.startTraining(options);
      await training.prepare();
      let reading: Promise<WholeState> | undefined;
      const expected: number[] = [];
      while (expected.length < total) {
        const running = training.run(total - expected.length, never(), ({ losses }) => expected.push(...losses));
        reading ??= wholeState('float32', training, training.readState());
        await running;
      }
      const late = await wholeState('float32', training, training.readState());
      assert.equal(late.state.steps, total);
      const { parameters, state } = (await reading) as WholeState;
      assert.ok(state.steps < total);

      using model = createModel({ last });

      await model.native.write(parameters);
      const resumed = model.native.startTraining(options);
      await resumed.prepare();
      await resumed.resume(state);
      const { losses } = await train(resumed, total - state.steps);
      assert.deepEqual(losses, expected.slice(state.steps));
      assert.deepEqual(await wholeState('float32', resumed, resumed.readState()), late);
    });
  }

  it('lays documents out, and goes on from a state, while the event loop turns', async () => {
    const count = 50_000;
    const offsets = Int32Array.from({ length: count + 1 }, (_, index) => 3 * index);
    const source: NativeSource = { ...DOCUMENTS, ids: numbers(3 * count, VOCABULARY, 3), offsets };
    using model = createModel();
    /** Refuses work that is over when all that waited for promises alone has been done. */
    const requireBeside = async (work: Promise<unknown>) => {
      let isOver = false;
      void work.then(() => {
        isOver = true;
      });
      for (let i = 0; i < 10; i++) await Promise.resolve();
      assert.equal(isOver, false);
      await work;
    };
    const training = model.native.startTraining(optionsOf(source));
    assert.throws(() => training.stepsPerEpoch);
    await requireBeside(training.prepare());
    assert.equal(training.stepsPerEpoch, count / 2);
    await train(training, 2);
    const { state } = await wholeState('float32', training, training.readState());
    const other = model.native.startTraining(optionsOf(source));
    await other.prepare();
    await requireBeside(other.resume(state));
    const short = model.native.startTraining(optionsOf({ ...DOCUMENTS, offsets: Int32Array.of(0, 1, 30) }));
    await assert.rejects(short.prepare(), { code: 'ERR_UNROLLED_CORPUS_TOO_SHORT', option: 'offsets' });
    const gone = model.native.startTraining(optionsOf(source));
    const preparing = gone.prepare();
    gone.dispose();
    await preparing;
    assert.throws(() => gone.stepsPerEpoch, { code: 'ERR_UNROLLED_DISPOSED' });
  });

  it('refuses the state of another training, and what is no state', async () => {
    using model = createModel();
    const training = model.native.startTraining(optionsOf(STREAM));
    await train(training, 2);
    const { state } = await wholeState('float32', training, training.readState());
    const start = async (from: unknown, more: Partial<NativeTrainingOptions> = {}) =>
      model.native.startTraining(optionsOf(STREAM, more)).resume(from as typeof state);
    await start(state);
    const mismatch = { code: 'ERR_UNROLLED_MODEL_MISMATCH', option: 'resume' };
    const otherSource = { ...mismatch, option: 'resume.source' };
    await assert.rejects(start(state, { source: { ...STREAM, batch: 2 } }), otherSource);
    await assert.rejects(start(state, { source: { ...STREAM, ids: numbers(100, VOCABULARY, 4) } }), otherSource);
    await assert.rejects(start(state, { seed: 6 }), otherSource);
    await assert.rejects(start({ ...state, slots: [] }), mismatch);
    await assert.rejects(start({ ...state, rows: 1 }), mismatch);
    await assert.rejects(start({ ...state, steps: 1.5 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await assert.rejects(start({ ...state, source: 'x' }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    await assert.rejects(start({ ...state, bounds: new Float64Array(2) }), { code: 'ERR_UNROLLED_SHAPE' });
    await assert.rejects(start('state'), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('refuses impossible examples and schedules', async () => {
    using model = createModel({ last: true });
    const start = (source: NativeSource, more: Partial<NativeTrainingOptions> = {}) =>
      model.native.startTraining(optionsOf(source, more));
    const shape = { code: 'ERR_UNROLLED_SHAPE' };
    const range = { code: 'ERR_UNROLLED_OPTION_RANGE' };
    assert.throws(() => start(STREAM), shape);
    assert.throws(() => start(labelled(2, { sequences: { ids: IDS, offsets: Int32Array.of(0, 4, 4, 30) } })), shape);
    assert.throws(() => start(labelled(2, { targets: { loss: 'crossEntropy', ids: new Int32Array(3) } })), shape);
    assert.throws(() => start(labelled(2, { sequences: { ids: IDS.map(() => VOCABULARY), offsets: OFFSETS } })), {
      ...range,
      option: 'sequences.ids',
    });
    assert.throws(() => start(labelled(0)), range);
    assert.throws(() => start({ ...labelled(1), kind: 'other' } as unknown as NativeSource), range);
    assert.throws(
      () => start(labelled(1), { schedule: { kind: 'cosine', unit: 'steps', warmup: 0, length: 0 } }),
      range,
    );
    assert.throws(() => start(labelled(1), { sparse: 'dense' as 'lazy' }), range);
    const predict = (output: string) =>
      model.native.predict({ ids: IDS, offsets: OFFSETS }, { batch: 4, output: output as 'raw', threads: 1 }, never());
    assert.throws(() => predict('probabilities'), { ...range, option: 'output' });
  });

  it('refuses a reduction of null', async () => {
    using model = createModel();
    const ids = { dtype: 'int32', shape: [2, 1], data: Int32Array.of(1, 2) } as const;
    const objective = { targets: ids, reduction: null as unknown as 'mean' };
    await assert.rejects(model.gradients({ ids }, objective), {
      code: 'ERR_UNROLLED_OPTION_TYPE',
      option: 'reduction',
    });
  });
});
