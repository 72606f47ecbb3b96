/** Checkpoints with numbers that no training ever wrote: refused before anything changes. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import {
  type Callback,
  callbacks,
  collect,
  type FitOptions,
  History,
  LanguageModel,
  type LanguageModelOptions,
  type Tensor,
  TextClassifier,
  TextVectorizer,
} from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { OPTIMIZER_KINDS, OPTIMIZERS, type OptimizerKind } from '../../src/training/options/optimizers';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { STREAM, smallModel, train, weights } from '../support/models';

/** A checkpoint's training as JSON, in which some numbers can be changed. */
type Json = Record<string, unknown> & { callbacks: unknown[]; optimizer: unknown[] };

interface Damage {
  tensors: Map<string, Tensor>;
  json: Json;
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** In JSON there is no other way to write what is infinite. */
const TOO_LARGE = 'too large';

describe('a checkpoint with a number that no training wrote', function () {
  this.timeout(60_000);
  const at = useFolder();

  /** Trains to the middle of an epoch and saves there. */
  async function saved(options: FitOptions, network: Partial<LanguageModelOptions> = {}): Promise<void> {
    using model = smallModel(network);
    await train(model, { ...options, steps: 20, checkpoint: { path: at('c'), everySteps: 15 } });
  }

  /** The checkpoint again, with something changed. */
  async function damaged(change: (damage: Damage) => void): Promise<string> {
    const { tensors, metadata } = await readSafetensors(at('c'));
    const json = JSON.parse(metadata.get('training') as string) as Json;
    change({ tensors, json });
    const text = JSON.stringify(json).replaceAll(JSON.stringify(TOO_LARGE), '1e999');
    await writeSafetensors(at('d'), tensors, new Map(metadata).set('training', text));
    return at('d');
  }

  /** Resuming it is refused as a damaged file, and leaves model and file as they are. */
  async function refused(
    change: (damage: Damage) => void,
    message: RegExp,
    network: Partial<LanguageModelOptions> = {},
    callbacks: Callback[] = [],
  ): Promise<void> {
    const path = await damaged(change);
    const file = readFileSync(path);
    using model = smallModel({ ...network, seed: 5 });
    const before = await weights(model);
    const checkpoint = { path, everySteps: 1 };
    await assert.rejects(train(model, { resume: path, checkpoint, callbacks }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_UNROLLED_MODEL_FORMAT', error.message);
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(await weights(model), before);
    assert.ok(readFileSync(path).equals(file));
  }

  /** Sets an element of a tensor. */
  function setting(name: string, index: number, value: number): (damage: Damage) => void {
    return ({ tensors }) => {
      const tensor = tensors.get(`training.${name}`);
      assert.ok(tensor !== undefined, name);
      tensor.data[index] = value;
    };
  }

  for (const dtype of ['float32', 'float64'] as const) {
    it(`is refused where it is in an optimiser's arrays, of ${dtype}`, async () => {
      // Without momentum there is no velocity to go wrong; with it, sgd is the optimiser `momentum`.
      const momenta: Partial<Record<OptimizerKind, number>> = { sgd: 0.9, rmsprop: 0.5 };
      for (const optimizer of OPTIMIZER_KINDS) {
        const momentum = momenta[optimizer];
        const options = { optimizer, ...(momentum !== undefined && { momentum }) };
        const { slots } = OPTIMIZERS[optimizer === 'sgd' ? 'momentum' : optimizer];
        await saved(options, { dtype });
        for (const [index, slot] of slots.entries()) {
          for (const value of [nan, infinity, -infinity, ...(slot === 'sum' || slot === 'square' ? [-0.5] : [])]) {
            const what = new RegExp(
              `its training is damaged: optimizer\\[${index}\\]\\[9\\] must be .*, not ${value}\\.`,
            );
            await refused(setting(`optimizer.${index}`, 9, value), what, { dtype });
          }
        }
        for (const [index, value] of [
          [0, nan],
          [0, infinity],
          [0, -1],
          [0, 0],
          [1, nan],
          [1, -1],
          [2, infinity],
          [2, -1],
        ] as const) {
          await refused(
            setting('bounds', index, value),
            new RegExp(`bounds\\[${index}\\] must be .*, not ${value}\\.`),
            {
              dtype,
            },
          );
        }
        // A bound below what it bounds would let a step overflow.
        const bound = [undefined, 'velocity', 'sum'] as const;
        for (const [index, slot] of bound.entries()) {
          if (slot === undefined || !slots.includes(slot)) continue;
          await refused(setting('bounds', index, 1e-30), /bounds must not be below what/, { dtype });
        }
        const more = ({ json }: Damage) => {
          json.optimizer = [];
        };
        await refused(more, /optimizer must be \d arrays, not 0\./, { dtype });
      }
    });
  }

  it('is refused where it is anywhere else', async () => {
    await saved({ epochs: 3 });
    for (const [name, index, value] of [
      ['hidden', 3, nan],
      ['hidden', 3, infinity],
      ['epoch.losses', 2, nan],
      ['epoch.gradientNorms', 2, -1],
      ['epoch.gradientNorms', 2, infinity],
      ['epoch.learningRates', 2, -1],
      ['epoch.learningRates', 2, nan],
    ] as const) {
      const what = `${name}[${index}] must be`.replace(/[[\].]/g, '\\$&');
      await refused(setting(name, index, value), new RegExp(`${what} .*, not ${value}\\.`));
    }
    for (const [field, ...values] of [
      ['steps', -1, 1.5, 1e15, 1e300],
      ['totalSteps', 0, -1, 14, 2.5, TOO_LARGE],
      ['learningRateScale', -1, TOO_LARGE],
      ['seconds', -1, TOO_LARGE],
      ['rows', -1, 0.5, 2, 1e12],
      ['source', '0123', 'x'.repeat(16)],
      ['stopReason', '', 5],
      ['epoch.lossSum', TOO_LARGE],
      ['epoch.count', -1, 0.5, TOO_LARGE],
      ['epoch.correct', -1, 1e9],
      ['epoch.tokens', -1, TOO_LARGE],
      ['epoch.seconds', -1, TOO_LARGE],
      ['data.token', -1, 0.5, TOO_LARGE],
      ['options.steps', 0, -3, 0.5, TOO_LARGE, 'many'],
      ['options.batch', 0, 1e300],
      ['options.window', -1],
      ['options.seed', -1],
      ['options.validation', 2],
      ['options.clipNorm', -1],
      ['options.sparse', 'never'],
      ['options.reduction', 'median'],
      ['options.schedule', { kind: 'linear', unit: 'steps', warmup: -1, floor: 0 }],
      ['options.schedule', { kind: 'sine' }],
      ['options.optimizer', { kind: 'adam', learningRate: -1 }],
      ['options.optimizer', { kind: 'adam', learningRate: 0.001, beta1: 1 }],
      ['options.optimizer', { kind: 'adamw', learningRate: 0.001, weightDecay: TOO_LARGE }],
    ] as const) {
      for (const value of values) {
        const change = ({ json }: Damage) => {
          const path = field.split('.');
          const last = path.pop() as string;
          const parent = path.reduce(
            (object, key) => object[key] as Record<string, unknown>,
            json as Record<string, unknown>,
          );
          parent[last] = value;
        };
        await refused(change, /damaged/);
      }
    }
  });

  it('is refused by the command line, which leaves the good model as it is', async () => {
    writeFileSync(at('corpus'), 'the quick brown fox jumps over the lazy dog.\n'.repeat(10));
    const options = ['--hidden', '8', '--embedding', '4', '--batch', '4', '--window', '8'];
    const made = await runCli(
      'train',
      at('corpus'),
      ...options,
      '--epochs',
      '1',
      '--checkpoint',
      at('c'),
      '--out',
      at('m'),
    );
    assert.equal(made.status, 0, made.stderr);
    const good = readFileSync(at('m'));
    for (const [change, what] of [
      [setting('optimizer.1', 4, -1), /optimizer\[1\]\[4\] must be a finite number at least 0, not -1\./],
      [setting('optimizer.0', 4, nan), /optimizer\[0\]\[4\] must be a finite number, not NaN\./],
      [setting('bounds', 0, infinity), /bounds\[0\] must be/],
      [setting('optimizer.0', 4, 1e30), /second moments that go with the first/],
    ] as const) {
      const path = await damaged(change);
      const before = readFileSync(path);
      const { status, stdout, stderr } = await runCli(
        ...['train', at('corpus'), '--resume', path, '--epochs', '2', '--checkpoint', path, '--out', at('m')],
      );
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, what);
      assert.match(stderr, /^unrolled: [^\n]*\(ERR_UNROLLED_MODEL_FORMAT\)\n$/);
      assert.ok(readFileSync(at('m')).equals(good));
      assert.ok(readFileSync(path).equals(before));
    }
  });

  it('is no obstacle to loading it as a model', async () => {
    await saved({});
    using whole = await LanguageModel.load(at('c'));
    using model = await LanguageModel.load(await damaged(setting('optimizer.1', 4, nan)));
    assert.deepEqual(await weights(model), await weights(whole));
    assert.equal((await train(model, { ...STREAM, epochs: 1 })).length, 1);
  });

  it('is none that a sound training writes, whatever its steps were', async () => {
    for (const options of [
      // Nothing moves, and all that bounds it is zero.
      { optimizer: 'sgd', learningRate: 0 },
      { optimizer: 'adagrad', clipNorm: 1e-20 },
      { optimizer: 'momentum', learningRate: 0.5, momentum: 0.99 },
      { optimizer: 'rmsprop', momentum: 0.99, learningRate: 0.05 },
      { optimizer: 'adagrad-abs', learningRate: 2 },
      { optimizer: 'adamw', learningRate: 0.05, weightDecay: 5 },
    ] as const) {
      using whole = smallModel({ initializer: { kind: 'normal', scale: 0.1 } });
      await train(whole, { ...options, epochs: 2 });
      using part = smallModel({ initializer: { kind: 'normal', scale: 0.1 } });
      await train(part, { ...options, epochs: 1, callbacks: [callbacks.checkpoint({ path: at('c') })] });
      await train(part, { resume: at('c'), epochs: 2 });
      assert.deepEqual(await weights(part), await weights(whole), JSON.stringify(options));
    }
    using zero = smallModel({ initializer: { kind: 'constant', scale: 0 } });
    const zeros = Object.entries(await zero.model.parameters()).map(([name, { dtype, shape, data }]) => {
      return [name, { dtype, shape, data: data.fill(0) }] as const;
    });
    await zero.model.setParameters(Object.fromEntries(zeros));
    await train(zero, { epochs: 1, learningRate: 0, callbacks: [callbacks.checkpoint({ path: at('c') })] });
    assert.equal((await train(zero, { epochs: 2, resume: at('c') })).length, 1);
  });

  it('is refused where it is in what a callback remembers, before a step is made', async () => {
    const watching = () => [
      callbacks.earlyStopping({ patience: 5 }),
      callbacks.reduceOnPlateau({ patience: 5 }),
      new History(),
      callbacks.checkpoint({ path: at('best'), keepBest: 'validationLoss' }),
    ];
    const saving = callbacks.checkpoint({ path: at('c') });
    using trained = smallModel();
    await train(trained, { epochs: 3, validation: 0.1, callbacks: [...watching(), saving] });
    const names = ['earlyStopping', 'reduceOnPlateau', 'history', 'checkpoint'];
    const state = ({ json }: Damage, name: string) =>
      (json.callbacks[names.indexOf(name)] as { state: Record<string, unknown> & { epochs: object[] } }).state;
    type Change = (damage: Damage) => void;
    const stating = (name: string, field: string, value: unknown): Change => {
      return (damage) => {
        state(damage, name)[field] = value;
      };
    };
    const firstEpoch = (figures: object): Change => {
      return (damage) => {
        const epochs = state(damage, 'history').epochs;
        epochs[0] = { ...epochs[0], ...figures };
      };
    };
    for (const [change, message] of [
      ...[null, TOO_LARGE, 'low'].flatMap((best) =>
        ['earlyStopping', 'reduceOnPlateau', 'checkpoint'].map(
          (name) => [stating(name, 'best', best), new RegExp(`callback ${name} is damaged: best must be`)] as const,
        ),
      ),
      [stating('earlyStopping', 'best', undefined), /earlyStopping is damaged: best must be/],
      [stating('earlyStopping', 'epochsWithout', -1), /earlyStopping is damaged: epochsWithout must be/],
      [stating('earlyStopping', 'bestEpoch', 0.5), /earlyStopping is damaged: bestEpoch must be/],
      [
        stating('earlyStopping', 'weights', { 'head.bias': 5 }),
        /earlyStopping is damaged: The parameter \S+ is missing/,
      ],
      [setting('callbacks.0.state.weights.head.bias.data', 1, nan), /The parameter head\.bias\[1\] is NaN/],
      [setting('callbacks.0.state.weights.head.bias.data', 1, infinity), /The parameter head\.bias\[1\] is Infinity/],
      [stating('reduceOnPlateau', 'epochsToCool', TOO_LARGE), /reduceOnPlateau is damaged: epochsToCool must be/],
      [firstEpoch({ steps: -3 }), /history is damaged: epochs\[0\]\.steps must be/],
      [firstEpoch({ steps: 30 }), /history is damaged: stepLosses must be of \d+ steps/],
      [firstEpoch({ loss: TOO_LARGE }), /history is damaged: epochs\[0\]\.loss must be/],
      [firstEpoch({ loss: 'low' }), /history is damaged: epochs\[0\]\.loss must be a number/],
      [firstEpoch({ validationLoss: [] }), /history is damaged: epochs\[0\]\.validationLoss must be a number/],
      [firstEpoch({ seconds: undefined }), /history is damaged: epochs\[0\]\.seconds must be a number/],
      [firstEpoch({ stopReason: 5 }), /history is damaged: epochs\[0\]\.stopReason must be/],
      [setting('callbacks.2.state.stepLosses', 4, nan), /history is damaged: stepLosses\[4\] must be/],
    ] as [Change, RegExp][]) {
      await refused(change, message, {}, watching());
    }

    // A loss that is not finite is null in JSON.
    const history = new History();
    using resumed = await LanguageModel.load(at('c'));
    const resume = await damaged(firstEpoch({ validationLoss: null }));
    await train(resumed, {
      resume,
      epochs: 4,
      callbacks: [...watching().filter(({ name }) => name !== 'history'), history],
    });
    assert.deepEqual(
      history.epochs.map(({ validationLoss }) => Number.isNaN(validationLoss)),
      [true, false, false, false],
    );
    assert.match(inspect(history), /NaN/);
  });

  it('is refused where it is in the best weights of a classifier', async () => {
    const examples = Array.from({ length: 12 }, (_, index) => ({
      text: 'good bad'.slice(index % 5),
      label: index % 2,
    }));
    const vectorizer = await TextVectorizer.adapt(examples.map(({ text }) => text));
    const classifier = TextClassifier.create({ vectorizer, classNames: ['a', 'b'], hidden: 3, embedding: 2 });
    const saving = [callbacks.checkpoint({ path: at('c') })];
    await collect(classifier.fit(examples, { epochs: 2, validation: 0.25, callbacks: saving }));
    const before = await classifier.parameters();
    for (const value of [nan, -infinity]) {
      const resume = await damaged(({ tensors }) => {
        const name = [...tensors.keys()].find((each) => /^training\.callbacks\.\d\.state\.weights/.test(each));
        (tensors.get(name as string) as Tensor).data[0] = value;
      });
      await assert.rejects(collect(classifier.fit(examples, { resume, epochs: 3 })), {
        code: 'ERR_UNROLLED_MODEL_FORMAT',
        message:
          /the state of the callback bestWeights is damaged: The parameter \S+ is -?(NaN|Infinity), and as float32/,
      });
      assert.deepEqual(await classifier.parameters(), before);
    }
  });
});
