/** Learning rates of a training that goes on to another end than it was planned for. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Corpus,
  callbacks,
  collect,
  type EpochResult,
  type Example,
  type FitOptions,
  LanguageModel,
  layers,
  Model,
  type ScheduleDescription,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  type TrainingOptions,
  WordList,
} from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { parseJsonLines } from '../support/json-lines';
import { CORPUS, STREAM, smallModel, train, weights } from '../support/models';

/** 37 steps of `STREAM` an epoch, as `train` trains. */
const STEPS = 37;

/** What is trained, fresh each time, with its own options left out. */
type Trainee = (options: TrainingOptions) => AsyncIterable<EpochResult>;

const EXAMPLES: Example[] = Array.from({ length: 12 }, (_, index) => ({
  text: index % 2 === 0 ? 'good film' : 'bad film',
  label: index % 2,
}));

/** One of each class that has `fit`, with several steps an epoch. */
async function trainees(): Promise<Record<string, () => Trainee>> {
  const vectorizer = await TextVectorizer.adapt(EXAMPLES.map(({ text }) => text));
  return {
    LanguageModel: () => {
      const model = smallModel();
      return (options) => model.fit(CORPUS, { ...STREAM, ...options });
    },
    'LanguageModel of documents': () => {
      const corpus = Corpus.fromDocuments(['the fox', 'a lazy dog', 'jumps over it', 'x']);
      const model = smallModel({ vocabulary: corpus.vocabulary });
      return (options) => model.fit(corpus, { batch: 2, window: 3, ...options });
    },
    Model: () => {
      const model = Model.create({
        input: { kind: 'ids', vocabulary: 5 },
        layers: [layers.embedding(3), layers.pooling('mean'), layers.dense(1)],
      });
      return (options) => model.fit({ inputs: [[1], [2], [3], [4]], labels: [1, 0, 1, 0] }, { batch: 2, ...options });
    },
    TextClassifier: () => {
      const model = TextClassifier.create({ vectorizer, classNames: ['good', 'bad'], hidden: 3, embedding: 2 });
      return (options) => model.fit(EXAMPLES, { batch: 5, ...options });
    },
    SequenceClassifier: () => {
      const vocabulary = new WordList(['good', 'bad', 'film']);
      const model = SequenceClassifier.create({ vocabulary, classes: 2, hidden: 3 });
      return (options) => model.fit(EXAMPLES, { batch: 5, ...options });
    },
  };
}

/** The rates of all steps. */
async function rates(training: AsyncIterable<EpochResult>): Promise<number[]> {
  return (await collect(training)).epochs.flatMap(({ stepLearningRates }) => [...stepLearningRates]);
}

const COURSES: ScheduleDescription[] = [
  { kind: 'linear' },
  { kind: 'cosine' },
  { kind: 'linear', floor: 0.1 },
  { kind: 'cosine', floor: 0.2, warmup: 3 },
  { kind: 'cosine', unit: 'epochs', warmup: 1 },
];

describe('the schedule of a training that goes on', function () {
  this.timeout(60_000);
  const at = useFolder();

  /** Trains a small model under a schedule to one bound, then to another; returns the rates and the warnings. */
  async function goOn(schedule: FitOptions['schedule'], first: FitOptions, then: FitOptions) {
    const warnings: string[] = [];
    using model = smallModel();
    await train(model, { learningRate: 0.1, schedule, ...first, callbacks: [callbacks.checkpoint({ path: at('c') })] });
    const epochs = await train(model, { resume: at('c'), ...then, onWarning: (message) => warnings.push(message) });
    return { rates: epochs.flatMap(({ stepLearningRates }) => [...stepLearningRates]), epochs, warnings };
  }

  /** The rates of a run that was planned so from the beginning, from a step on. */
  async function planned(schedule: FitOptions['schedule'], options: FitOptions, from: number): Promise<number[]> {
    using model = smallModel();
    const epochs = await train(model, { learningRate: 0.1, schedule, ...options });
    return epochs.flatMap(({ stepLearningRates }) => [...stepLearningRates]).slice(from);
  }

  it('covers its new length, whatever is trained', async () => {
    for (const [name, create] of Object.entries(await trainees())) {
      for (const schedule of COURSES) {
        const options = { learningRate: 0.1, schedule };
        const whole = await rates(create()({ ...options, epochs: 6 }));
        const trainOn = create();
        const path = at('c');
        const before = await rates(trainOn({ ...options, epochs: 2, callbacks: [callbacks.checkpoint({ path })] }));
        const warnings: string[] = [];
        const resumed = await rates(
          trainOn({ resume: path, epochs: 6, onWarning: (message) => warnings.push(message) }),
        );
        const what = `${name} ${JSON.stringify(schedule)}`;
        assert.ok(before.length > 2, what);
        assert.deepEqual(resumed, whole.slice(before.length), what);
        assert.deepEqual(warnings, [
          `The ${schedule.kind} schedule of ${path} covers 6 epochs now, not 2: from now on the learning rate is that of ` +
            'a run of 6 epochs.',
        ]);
      }
    }
  });

  it('covers its new length where that is in steps, is less, or is changed again', async () => {
    for (const schedule of COURSES) {
      for (const [first, then, steps, message] of [
        [{ epochs: 1 }, { steps: 100 }, 100, /covers 100 steps now, not 37: /],
        [{ steps: 50 }, { epochs: 3 }, 111, /covers 111 steps now, not 50: /],
        [{ steps: 50 }, { steps: 60 }, 60, /covers 60 steps now, not 50: /],
      ] as const) {
        const result = await goOn(schedule, first, then);
        const made = 'steps' in first ? first.steps : STEPS;
        // The epoch that was cut is whole in its own result.
        const begun = made - (made % STEPS);
        assert.deepEqual(result.rates.slice(made - begun), await planned(schedule, { steps }, made));
        assert.match(result.warnings.join(), message);
      }
    }

    // Ended in the middle of the third epoch of eight, it is to end with the fourth, and then with the fifth after all.
    using model = smallModel();
    const options = { schedule: 'linear', learningRate: 0.1, epochs: 8 } as const;
    const cut = { everySteps: 90, onStep: () => Promise.reject(new Error('cut')) };
    const checkpoint = { path: at('c'), everySteps: 80 };
    await assert.rejects(train(model, { ...options, checkpoint, callbacks: [cut] }), { message: 'cut' });
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const again = { resume: at('c'), callbacks: [callbacks.checkpoint({ path: at('d') })], onWarning };
    const four = await train(model, { ...again, epochs: 4 });
    const rates = (epochs: EpochResult[]) => epochs.flatMap(({ stepLearningRates }) => [...stepLearningRates]);
    const begun = 2 * STEPS;
    assert.deepEqual(rates(four).slice(80 - begun), await planned('linear', { epochs: 4 }, 80));
    const five = await train(model, { ...again, resume: at('d'), epochs: 5 });
    assert.deepEqual(rates(five), await planned('linear', { epochs: 5 }, 4 * STEPS));
    assert.deepEqual(
      warnings.map((warning) => /covers .*:/.exec(warning)?.[0]),
      ['covers 4 epochs now, not 8:', 'covers 5 epochs now, not 4:'],
    );
  });

  it('stays as it is where the length is its own, or it has none', async () => {
    for (const schedule of [
      'constant',
      { kind: 'linear', length: 60 },
      // As long as the run was, and still its own.
      { kind: 'cosine', length: 2 * STEPS, floor: 0.1 },
      { kind: 'linear', unit: 'epochs', length: 2 },
      { kind: 'step', unit: 'epochs', every: 1, factor: 0.5 },
      { kind: 'exponential', every: 20 },
      { kind: 'constant', warmup: 90 },
    ] as const) {
      const { rates, warnings } = await goOn(schedule, { epochs: 2 }, { epochs: 4 });
      assert.deepEqual(rates, await planned(schedule, { epochs: 4 }, 2 * STEPS), JSON.stringify(schedule));
      assert.deepEqual(warnings, []);
    }
  });

  it('leaves the bits of a run of the same length alone, and says nothing', async () => {
    for (const schedule of COURSES) {
      using whole = smallModel();
      await train(whole, { schedule, learningRate: 0.1, epochs: 3 });
      for (const then of [
        {},
        { epochs: 3 },
        { steps: 3 * STEPS },
        { epochs: 3, schedule },
        { schedule: schedule.kind },
      ]) {
        using model = smallModel();
        const checkpoint = { path: at('c'), everySteps: 50 };
        const cut = { everySteps: 60, onStep: () => Promise.reject(new Error('cut')) };
        const options = { schedule, learningRate: 0.1, epochs: 3 };
        await assert.rejects(train(model, { ...options, checkpoint, callbacks: [cut] }), { message: 'cut' });
        const warnings: string[] = [];
        await train(model, { resume: at('c'), ...then, onWarning: (message) => warnings.push(message) });
        assert.deepEqual(await weights(model), await weights(whole), JSON.stringify([schedule, then]));
        assert.deepEqual(warnings, []);
      }
    }
  });

  it('must be the same where one is given', async () => {
    for (const [schedule, other] of [
      ['linear', 'cosine'],
      ['linear', { kind: 'linear', floor: 0.5 }],
      ['linear', { kind: 'linear', length: 20 }],
      [
        { kind: 'cosine', warmup: 5 },
        { kind: 'cosine', warmup: 6 },
      ],
      ['constant', 'linear'],
    ] as const) {
      await assert.rejects(goOn(schedule, { epochs: 1 }, { epochs: 2, schedule: other }), {
        code: 'ERR_UNROLLED_MODEL_MISMATCH',
        option: 'schedule',
      });
    }
    // The figures that are not given are the checkpoint's.
    const { rates } = await goOn(
      { kind: 'cosine', warmup: 5, floor: 0.1 },
      { epochs: 1 },
      { epochs: 2, schedule: 'cosine' },
    );
    assert.deepEqual(rates, await planned({ kind: 'cosine', warmup: 5, floor: 0.1 }, { epochs: 2 }, STEPS));
    // What the run's length was may be kept by saying so.
    const kept = await goOn('linear', { epochs: 2 }, { epochs: 3, schedule: { kind: 'linear', length: 2 * STEPS } });
    assert.deepEqual(new Set(kept.rates), new Set([0]));
    assert.deepEqual(kept.warnings, []);
  });

  it('says so by a warning of the process where nobody listens', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    try {
      await goOn('linear', { epochs: 1 }, { epochs: 2, onWarning: undefined as never });
      await goOn('linear', { epochs: 1 }, { epochs: 1 });
      using model = smallModel();
      await train(model, { resume: at('c'), epochs: 2 });
      await new Promise(setImmediate);
    } finally {
      process.off('warning', listen);
    }
    assert.equal(warnings.length, 1);
    assert.equal(warnings[0]?.name, 'UnrolledWarning');
    assert.match(warnings[0]?.message ?? '', /^The linear schedule of \S+ covers 2 epochs now, not 1: /);
    using model = smallModel();
    await assert.rejects(train(model, { onWarning: 5 as never }), { option: 'onWarning' });
  });

  it('is known of checkpoints of earlier releases', async () => {
    const corpus = Corpus.fromText('ab'.repeat(41));
    const options = { batch: 2, window: 4, learningRate: 0.1 };
    const own = { kind: 'linear', length: 30 } as const;
    const cosine = { kind: 'cosine', warmup: 4, floor: 0.1 } as const;
    for (const [name, schedule, bound, made, isWarned] of [
      ['linear-of-two-epochs', 'linear', { epochs: 8 }, 20, true],
      ['linear-of-two-epochs', 'linear', { steps: 33 }, 20, true],
      ['linear-of-its-own-length', own, { epochs: 4 }, 20, false],
      ['cosine-of-nineteen-steps', cosine, { epochs: 4 }, 10, true],
      ['cosine-of-nineteen-steps', cosine, { steps: 19 }, 10, false],
    ] as const) {
      const path = join(__dirname, 'files', `${name}.checkpoint`);
      using model = await LanguageModel.load(path);
      const warnings: string[] = [];
      const resumed = model.fit(corpus, { resume: path, ...bound, onWarning: (message) => warnings.push(message) });
      const after = await rates(resumed);
      using fresh = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'rnn', embedding: 2, hidden: 3 });
      const whole = (await rates(fresh.fit(corpus, { ...options, schedule, ...bound }))).slice(made);
      // Of the nineteen steps nine are of the second epoch: they keep the rates they had.
      const first = name.startsWith('cosine') ? 9 : 0;
      assert.deepEqual(after.slice(first), after.length === 0 ? [] : whole.slice(first), name);
      assert.equal(warnings.length, isWarned ? 1 : 0, name);
    }
  });
});

describe('the learning rate on the command line', function () {
  this.timeout(120_000);
  const at = useFolder();

  interface Line {
    event: string;
    step: number;
    learningRate: number;
  }

  it('is told with each step and epoch, and goes on over the new length with a note', async () => {
    writeFileSync(at('corpus'), 'the quick brown fox jumps over the lazy dog.\n'.repeat(10));
    const network = ['--hidden', '8', '--embedding', '4', '--batch', '4', '--window', '11', '--lr', '0.1'];
    const training = ['train', at('corpus'), '--json', '--log-every', '1'];
    const lines = async (...args: string[]) => {
      const { status, stdout, stderr } = await runCli(...training, ...args);
      assert.equal(status, 0, stderr);
      return { lines: parseJsonLines<Line>(stdout), stderr };
    };
    const whole = await lines(...network, '--schedule', 'linear', '--epochs', '3');
    const rateOf = ({ step, learningRate }: Line) => [step, learningRate];
    const isStep = ({ event }: Line) => event === 'step';
    assert.deepEqual(
      whole.lines.filter(isStep).map(rateOf),
      Array.from({ length: 30 }, (_, step) => [step, 0.1 * (1 - step / 30)]),
    );
    const epochs = whole.lines.filter(({ event }) => event === 'epoch');
    assert.deepEqual(
      epochs.map(({ learningRate }) => learningRate),
      whole.lines
        .filter(({ event, step }) => event === 'step' && step % 10 === 9)
        .map(({ learningRate }) => learningRate),
    );
    assert.equal(whole.lines.at(-1)?.learningRate, epochs.at(-1)?.learningRate);
    assert.doesNotMatch(whole.stderr, /schedule/);

    await lines(...network, '--schedule', 'linear', '--epochs', '1', '--checkpoint', at('c'));
    const resumed = await lines('--resume', at('c'), '--epochs', '3');
    assert.deepEqual(resumed.lines.filter(isStep).map(rateOf), whole.lines.filter(isStep).map(rateOf).slice(10));
    assert.match(
      resumed.stderr,
      /^The linear schedule of \S+ covers 3 epochs now, not 1: from now on the learning rate is/m,
    );
    const plain = await runCli('train', at('corpus'), '--resume', at('c'), '--epochs', '2', '--log-every', '5');
    assert.match(plain.stdout, /^step 11 {2}loss \S+ \(\S+ bits\/token\) {2}lr 0\.05 {2}/m);
    assert.match(plain.stdout, /^epoch 2 {2}loss .* {2}lr 0\.005 {2}\d+ tokens\/s/m);
  });
});
