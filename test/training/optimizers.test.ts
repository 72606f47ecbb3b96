/** Optimisers as options: their defaults, and which figures a resumed training takes. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Corpus, callbacks, collect, type FitOptions, LanguageModel } from '../../src/index';
import { OPTIMIZER_KINDS, resolveOptimizer } from '../../src/training/options/optimizers';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { smallModel, train, weights } from '../support/models';

/** Of an earlier release, in which adamw had no weight decay by default: one epoch of two, of ten steps each. */
const BEFORE = join(__dirname, 'files', 'adamw-without-decay.checkpoint');
const TEXT = 'ab'.repeat(41);
const CORPUS = Corpus.fromText(TEXT);
const STREAM = { batch: 2, window: 4 } as const;

/** The model that it is of, before its first step. */
function fresh(): LanguageModel {
  return LanguageModel.create({ vocabulary: CORPUS.vocabulary, cell: 'rnn', embedding: 2, hidden: 3 });
}

/** That weights are equal but for roundings: another processor, on which the checkpoint was made, rounds otherwise. */
function assertNear(actual: readonly number[], expected: readonly number[], message?: string): void {
  assert.equal(actual.length, expected.length, message);
  const apart = Math.max(...actual.map((weight, index) => Math.abs(weight - (expected[index] as number))));
  // With the decay of today they are a hundredth apart.
  assert.ok(apart < 1e-5, `${message ?? 'the weights'}: ${apart} apart`);
}

describe('the weight decay of adamw', () => {
  const at = useFolder();

  it("is PyTorch's by default, 0.01, and none of any other optimiser", () => {
    for (const kind of OPTIMIZER_KINDS) {
      const { weightDecay } = resolveOptimizer(kind, {});
      assert.equal(weightDecay, kind === 'adamw' ? 0.01 : 0, kind);
      assert.equal(resolveOptimizer({ kind, weightDecay: 0.5 }, {}).weightDecay, 0.5);
      assert.equal(resolveOptimizer({ kind, weightDecay: undefined as never }, {}).weightDecay, weightDecay);
      assert.equal(resolveOptimizer(kind, { weightDecay: 0 }).weightDecay, 0);
    }
  });

  it('makes it another optimiser than adam, and only that does', async () => {
    const trained = async (options: FitOptions) => {
      using model = smallModel();
      await train(model, { steps: 5, ...options });
      return await weights(model);
    };
    const adamw = await trained({ optimizer: 'adamw' });
    assert.notDeepEqual(adamw, await trained({ optimizer: 'adam' }));
    assert.deepEqual(adamw, await trained({ optimizer: { kind: 'adamw', weightDecay: 0.01 } }));
    assert.deepEqual(await trained({ optimizer: 'adamw', weightDecay: 0 }), await trained({ optimizer: 'adam' }));
  });

  it('is that of the checkpoint where a training goes on, also where the optimiser is given again', async () => {
    using whole = fresh();
    await collect(whole.fit(CORPUS, { ...STREAM, epochs: 2, optimizer: 'adam', learningRate: 0.1 }));
    for (const given of [{}, { optimizer: 'adamw' }, { optimizer: { kind: 'adamw', beta1: 0.9 } }] as const) {
      using resumed = await LanguageModel.load(BEFORE);
      await collect(resumed.fit(CORPUS, { resume: BEFORE, ...given }));
      assertNear(await weights(resumed), await weights(whole), JSON.stringify(given));
    }
    using other = await LanguageModel.load(BEFORE);
    await assert.rejects(collect(other.fit(CORPUS, { resume: BEFORE, weightDecay: 0.01 })), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      message: /was trained with weightDecay 0, but 0\.01 was requested\. Leave the option out/,
    });
  });

  it('is so on the command line too', async () => {
    writeFileSync(at('corpus'), TEXT);
    const train = (...args: string[]) => runCli('train', at('corpus'), '--out', at('model'), ...args);
    for (const given of [[], ['--optimizer', 'adamw']]) {
      const { status, stderr } = await train('--resume', BEFORE, ...given);
      assert.equal(status, 0, stderr);
      using resumed = await LanguageModel.load(at('model'));
      using whole = fresh();
      await collect(whole.fit(CORPUS, { ...STREAM, epochs: 2, optimizer: 'adam', learningRate: 0.1 }));
      assertNear(await weights(resumed), await weights(whole));
    }
    const options = ['--cell', 'rnn', '--embedding', '2', '--hidden', '3', '--batch', '2', '--window', '4'];
    assert.equal((await train(...options, '--steps', '5', '--optimizer', 'adamw')).status, 0);
    using made = await LanguageModel.load(at('model'));
    using decayed = fresh();
    await collect(decayed.fit(CORPUS, { ...STREAM, steps: 5, optimizer: { kind: 'adamw', weightDecay: 0.01 } }));
    assert.deepEqual(await weights(made), await weights(decayed));
    for (const command of [['train'], ['classify', 'train'], ['bench']]) {
      const { stdout } = await runCli(...command, '--help');
      assert.match(stdout, /--weight-decay <x>\s+weight decay \(default: off; adamw 0\.01\)/, command.join(' '));
    }
  });
});

describe('an optimiser that is given again where a training goes on', () => {
  const at = useFolder();

  it('has the figures of the checkpoint where none are given, and is refused with others', async () => {
    for (const [first, again, other] of [
      [{ optimizer: { kind: 'rmsprop', alpha: 0.9 }, learningRate: 0.02 }, 'rmsprop', { kind: 'rmsprop', alpha: 0.8 }],
      [{ optimizer: 'sgd', momentum: 0.5, learningRate: 0.3 }, 'sgd', { kind: 'sgd', momentum: 0.6 }],
      [{ optimizer: 'adam', learningRate: 0.02 }, 'adam', 'adamw'],
      [{ optimizer: 'sgd' }, 'sgd', 'momentum'],
    ] as const) {
      using whole = smallModel();
      await train(whole, { ...first, epochs: 2 });
      using part = smallModel();
      await train(part, { ...first, epochs: 1, callbacks: [callbacks.checkpoint({ path: at('c') })] });
      await assert.rejects(train(part, { epochs: 2, resume: at('c'), optimizer: other }), {
        code: 'ERR_UNROLLED_MODEL_MISMATCH',
      });
      await train(part, { epochs: 2, resume: at('c'), optimizer: again });
      assert.deepEqual(await weights(part), await weights(whole), JSON.stringify(first));
    }
  });
});
