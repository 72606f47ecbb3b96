/** Trainings that TensorBoard reads. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  callbacks,
  type FitProgress,
  layers,
  Model,
  type StepResult,
  TextClassifier,
  TextVectorizer,
} from '../../src/index';
import { curve, eventsOf } from '../logging/read-events';
import { requirePythonOf, runPythonOf, runtimePython } from '../peer/python';
import { useFolder } from '../support/folder';
import { smallModel, train } from '../support/models';

const READER = path.join(__dirname, '..', 'logging', 'read_events.py');

/** Points with values as 32-bit floats, which scalars are. */
function points(values: ArrayLike<number>, everySteps = 1): [number, number][] {
  return Array.from(values, (value, index): [number, number] => [index + 1, Math.fround(value)]).filter(
    ([step]) => step % everySteps === 0,
  );
}

describe('callbacks.tensorBoard', () => {
  const at = useFolder();

  it('logs every step and epoch of a training', async () => {
    using model = smallModel();
    const logging = callbacks.tensorBoard(at('all'), { everySteps: 1 });
    const epochs = await train(model, { epochs: 3, validation: 0.2, callbacks: [logging] });
    const all = (key: 'stepLosses' | 'stepGradientNorms' | 'stepLearningRates') => epochs.flatMap((e) => [...e[key]]);
    assert.deepEqual(curve(at('all'), 'loss/step'), points(all('stepLosses')));
    assert.deepEqual(curve(at('all'), 'gradient_norm'), points(all('stepGradientNorms')));
    assert.deepEqual(curve(at('all'), 'learning_rate'), points(all('stepLearningRates')));
    const ofEpochs = (key: 'loss' | 'validationLoss' | 'accuracy' | 'tokensPerSecond') =>
      epochs.map((epoch) => [epoch.step + 1, Math.fround(epoch[key] as number)]);
    assert.deepEqual(curve(at('all'), 'loss/epoch'), ofEpochs('loss'));
    assert.deepEqual(curve(at('all'), 'loss/validation'), ofEpochs('validationLoss'));
    assert.deepEqual(curve(at('all'), 'accuracy/epoch'), ofEpochs('accuracy'));
    assert.deepEqual(curve(at('all'), 'tokens_per_second'), ofEpochs('tokensPerSecond'));
  });

  it('logs every tenth step by default', async () => {
    using model = smallModel();
    const [epoch] = await train(model, { epochs: 1, callbacks: [callbacks.tensorBoard(at('tenth'))] });
    assert.deepEqual(curve(at('tenth'), 'loss/step'), points(epoch?.stepLosses as Float64Array, 10));
  });

  it('has one curve of a training that was resumed from before its last logged step', async () => {
    using whole = smallModel();
    const epochs = await train(whole, { epochs: 3 });
    using part = smallModel();
    const logging = () => callbacks.tensorBoard(at('resumed'), { everySteps: 1 });
    const checkpoint = callbacks.checkpoint({ path: at('c'), everySteps: 50 });
    const stop: object = {
      everySteps: 60,
      onStep() {
        throw new Error('killed');
      },
    };
    await assert.rejects(train(part, { epochs: 3, callbacks: [logging(), checkpoint, stop] }), /killed/);
    await train(part, { resume: at('c'), epochs: 3, callbacks: [logging()] });
    assert.equal(eventsOf(at('resumed')).length, 2);
    assert.deepEqual(curve(at('resumed'), 'loss/step'), points(epochs.flatMap(({ stepLosses }) => [...stepLosses])));
  });

  it('keeps all but the last second of a process that is killed', async () => {
    const folder = at('killed');
    const script = `
      const { callbacks } = require(${JSON.stringify(path.join(__dirname, '..', '..', 'src', 'index.ts'))});
      const { smallModel, train } = require(${JSON.stringify(path.join(__dirname, '..', 'support', 'models.ts'))});
      let told = 0;
      const last = { onProgress({ firstStep, losses }) { told = firstStep + losses.length; } };
      setInterval(() => process.send(told), 50);
      train(smallModel(), { epochs: 1e6, callbacks: [callbacks.tensorBoard(process.argv[1], { everySteps: 1 }), last] });`;
    const child = spawn(process.execPath, ['--require', 'tsx', '-e', script, folder], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const told: { at: number; steps: number }[] = [];
    child.on('message', (steps) => told.push({ at: performance.now(), steps: steps as number }));
    while ((told.at(-1)?.at ?? 0) - (told.find(({ steps }) => steps > 0)?.at ?? Number.POSITIVE_INFINITY) < 2500)
      await once(child, 'message');
    const killedAt = performance.now();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const logged = curve(folder, 'loss/step');
    // What it told of two seconds before was told of a second before the file had it.
    const before = told.filter((message) => message.at < killedAt - 2000).at(-1)?.steps as number;
    assert.ok(before > 0 && logged.length >= before, `${logged.length} steps logged of ${before}`);
  });

  it('logs weights and texts when asked', async () => {
    using model = smallModel();
    const sample = () => 'to be, or 不 to be';
    const logging = callbacks.tensorBoard(at('more'), { histogramEpochs: 2, sample });
    const epochs = await train(model, { epochs: 4, callbacks: [logging] });
    const tags = eventsOf(at('more'))
      .flat()
      .flatMap(({ step, values }) => values.map(([tag]) => [tag, step] as const));
    const names = Object.keys(await model.parameters());
    const steps = epochs.map(({ step }) => step + 1);
    for (const name of names) {
      assert.deepEqual(
        tags.filter(([tag]) => tag === name).map(([, step]) => step),
        [steps[1], steps[3]],
      );
    }
    assert.deepEqual(
      tags.filter(([tag]) => tag === 'sample').map(([, step]) => step),
      steps,
    );
  });

  it('logs every kind of training', async () => {
    const examples = ['good film', 'bad film', 'good', 'bad'].map((text, index) => ({ text, label: 1 - (index % 2) }));
    const vectorizer = await TextVectorizer.adapt(examples.map(({ text }) => text));
    using classifier = TextClassifier.create({ classNames: ['no', 'yes'], vectorizer, hidden: 4 });
    await classifier.fit(examples, { epochs: 2, callbacks: [callbacks.tensorBoard(at('classifier'))] });
    assert.equal(curve(at('classifier'), 'accuracy/epoch').length, 2);
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 5 },
      layers: [layers.embedding(3), layers.rnn(2), layers.pooling('last'), layers.dense(1)],
    });
    const inputs = [[1, 2], [3], [4, 0, 1]];
    const data = { inputs, values: inputs.map((ids) => [ids.length]) };
    await model.fit(data, { epochs: 2, callbacks: [callbacks.tensorBoard(at('values'))] });
    assert.equal(curve(at('values'), 'loss/epoch').length, 2);
    assert.equal(curve(at('values'), 'accuracy/epoch').length, 0);
  });

  it('begins a file of its own for each training of a folder', async () => {
    for (let run = 0; run < 3; run++) {
      using model = smallModel();
      await train(model, { epochs: 1, callbacks: [callbacks.tensorBoard(at('three'))] });
    }
    assert.equal(readdirSync(at('three')).length, 3);
  });

  it('refuses a folder that cannot be, before the first step', async () => {
    writeFileSync(at('file'), '');
    using model = smallModel();
    let steps = 0;
    const counting = { onStep: () => void steps++ };
    const training = train(model, { epochs: 1, callbacks: [callbacks.tensorBoard(at('file')), counting] });
    await assert.rejects(training, { code: 'ERR_UNROLLED_FILE_WRITE', received: at('file') });
    assert.equal(steps, 0);
    for (const [folder, options, option] of [
      ['', {}, 'folder'],
      [at('x'), { everySteps: 0 }, 'everySteps'],
      [at('x'), { histogramEpochs: -1 }, 'histogramEpochs'],
      [at('x'), { sample: 'text' as never }, 'sample'],
      [at('x'), { steps: 3 } as never, 'steps'],
    ] as const) {
      assert.throws(() => callbacks.tensorBoard(folder, options), { option });
    }
    assert.ok(!existsSync(at('x')));
  });
});

describe("TensorBoard's own reader", () => {
  const at = useFolder();

  before(function () {
    return requirePythonOf(runtimePython, this, 'tensorboard');
  });

  it('finds scalars, histograms and texts, and one curve after a resume', async () => {
    using model = smallModel();
    const options = { everySteps: 1, histogramEpochs: 1, sample: () => 'a 不 b' };
    const checkpoint = callbacks.checkpoint({ path: at('c'), everyEpochs: 1 });
    const first = await train(model, {
      epochs: 1,
      callbacks: [checkpoint, callbacks.tensorBoard(at('logs'), options)],
    });
    using lost = smallModel();
    await train(lost, { resume: at('c'), epochs: 2, callbacks: [callbacks.tensorBoard(at('logs'), options)] });
    const rest = await train(model, {
      resume: at('c'),
      epochs: 3,
      callbacks: [callbacks.tensorBoard(at('logs'), options)],
    });
    const read = JSON.parse(await runPythonOf(runtimePython, READER, at('logs')));
    const losses = [...first, ...rest].flatMap(({ stepLosses }) => [...stepLosses]);
    assert.deepEqual(read.scalars['loss/step'], points(losses));
    const steps = [...first, ...rest].map(({ step }) => step + 1);
    // Of texts it shows the newest of a step, and drops none.
    const texts = new Map<number, string>(read.texts.sample);
    assert.deepEqual(
      [...texts],
      steps.map((step) => [step, 'a 不 b']),
    );
    for (const [name, { data }] of Object.entries(await model.parameters())) {
      const last = read.histograms[name].at(-1);
      const sum = [...data].reduce((total, value) => total + value, 0);
      assert.deepEqual(last.slice(0, 4), [steps.at(-1), Math.min(...data), Math.max(...data), data.length]);
      assert.ok(Math.abs(last[4] - sum) < 1e-3);
    }
  });
});

describe('onProgress of a callback', () => {
  it('is told of every step once, before the calls that follow it', async () => {
    using model = smallModel();
    const order: string[] = [];
    let next = 0;
    await train(model, {
      epochs: 2,
      callbacks: [
        {
          everySteps: 7,
          onProgress({ epoch, firstStep, losses }: FitProgress) {
            assert.equal(firstStep, next);
            next += losses.length;
            order.push(`epoch ${epoch}`);
          },
          onStep({ step }: StepResult) {
            assert.equal(next, step + 1);
          },
          onEpochEnd({ step }) {
            assert.equal(next, step + 1);
            order.push('end');
          },
        },
      ],
    });
    assert.equal(next, 74);
    assert.equal(order.filter((entry) => entry === 'end').length, 2);
  });

  it('ends the training by what it throws', async () => {
    using model = smallModel();
    const failing = {
      onProgress() {
        throw new Error('no more');
      },
    };
    await assert.rejects(train(model, { epochs: 1, callbacks: [failing] }), /no more/);
  });
});
