/** `precision: 'bf16'`: refused where it would be slower, and where it is not, what it does to a loss. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { datasets, LanguageModel, layers, Model, tensor } from '../../src/index';
import { addon } from '../../src/native/load';
import { useFolder } from '../support/folder';
import { CORPUS, collect, smallModel, train } from '../support/models';

const SUPPORT = join(__dirname, '..', 'support', 'bf16-training.ts');

/** Runs trainings of `support/bf16-training.ts` in a process whose environment asks for the reference. */
function withReference(what: string, UNROLLED_BF16 = 'reference', folder: string[] = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', SUPPORT, what, ...folder], {
    env: { ...process.env, UNROLLED_BF16 },
    encoding: 'utf8',
  });
  return { status, stderr, result: stdout === '' ? undefined : JSON.parse(stdout) };
}

interface Losses {
  float32: number[];
  bf16: number[];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('precision', () => {
  const at = useFolder();
  const none = addon().info().bf16 === 'none';

  it('is float32 where nothing is said', async () => {
    const losses: number[][][] = [];
    for (const options of [{}, { precision: 'float32' as const }]) {
      using model = smallModel();
      losses.push((await train(model, { steps: 5, ...options })).map(({ stepLosses }) => [...stepLosses]));
    }
    assert.deepEqual(losses[0], losses[1]);
  });

  it('is refused where it is no precision', async () => {
    using model = smallModel();
    await assert.rejects(train(model, { precision: 'fp16' as 'bf16' }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'precision',
    });
    await assert.rejects(train(model, { precision: 16 as unknown as 'bf16' }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('is refused as bf16 where it would be slower, and no weight has changed', async () => {
    // Whatever the processor: batches of four rows are too few for its instructions.
    using model = smallModel();
    const before = await model.evaluate(CORPUS);
    await assert.rejects(train(model, { precision: 'bf16' }), {
      code: 'ERR_UNROLLED_PRECISION',
      option: 'precision',
      message: none
        ? /^precision 'bf16' would be slower than 'float32': this processor has no instructions for it \(AVX512-BF16: .* AMX-BF16/
        : /^precision 'bf16' would be slower than 'float32': the batches have 4 rows/,
      expected: none ? /^'float32', or a processor with/ : /^'float32', or a batch of/,
      received: /^'bf16'/,
    });
    assert.deepEqual(await model.evaluate(CORPUS), before);
  });

  it('is refused as bf16 of a float64 model', async () => {
    using model = Model.create({
      input: { kind: 'features', features: 2 },
      layers: [layers.rnn(3), layers.dense(1)],
      dtype: 'float64',
    });
    const data = { inputs: tensor.from([[1, 2]]), values: [1] };
    await assert.rejects(collect(model.fit(data, { precision: 'bf16' })), {
      code: 'ERR_UNROLLED_PRECISION',
      message: /32-bit floats, but this one has 64-bit floats/,
    });
  });

  it('refuses an UNROLLED_BF16 that there is not', () => {
    const { status, stderr } = withReference('threads', 'refrence');
    assert.equal(status, 1);
    assert.match(stderr, /UNROLLED_BF16 must be reference or left out, not "refrence"/);
  }).timeout(20_000);

  it('ends 2,000 steps within 1 % of the loss of float32', () => {
    const { result, stderr } = withReference('losses');
    assert.equal(stderr, '');
    for (const [name, { float32, bf16 }] of Object.entries(result as Record<string, Losses>)) {
      assert.equal(float32.length, 2000);
      assert.notDeepEqual(bf16, float32, `${name}: the products were not rounded`);
      const [plain, rounded] = [mean(float32.slice(-100)), mean(bf16.slice(-100))];
      const first = mean(float32.slice(0, 20));
      assert.ok(plain < 0.75 * first, `${name} learnt: ${first} to ${plain}`);
      assert.ok(Math.abs(rounded / plain - 1) < 0.01, `${name}: ${rounded} for ${plain}`);
    }
  }).timeout(120_000);

  it('gives the same bits for any number of threads, and saves 32-bit floats', () => {
    const { result, stderr } = withReference('threads');
    assert.equal(stderr, '');
    const [first, ...others] = result as { losses: number[]; weights: string; dtypes: string[] }[];
    assert.ok(first !== undefined && others.length > 0);
    assert.deepEqual(first.dtypes, ['float32']);
    for (const other of others) assert.deepEqual(other, first);
  }).timeout(60_000);

  it('is part of a checkpoint', async () => {
    const { result, stderr } = withReference('resume', 'reference', [at()]);
    assert.equal(stderr, '');
    const { whole, resumed, other } = result as { whole: string; resumed: string; other: string };
    assert.equal(resumed, whole);
    const asked = /^ERR_UNROLLED_MODEL_MISMATCH: .* was trained with precision "bf16", but "float32" was requested\./;
    assert.match(other, asked);
    // Here, without the reference, batches of 8 are too small for bf16.
    using elsewhere = await LanguageModel.load(at('checkpoint'));
    const corpus = await datasets.sonnets();
    await assert.rejects(collect(elsewhere.fit(corpus, { resume: at('checkpoint'), steps: 18 })), {
      code: 'ERR_UNROLLED_PRECISION',
      option: 'precision',
      message:
        /checkpoint is from a training in bf16: precision 'bf16' would be slower .*.* or start a new training from its weights/,
    });
    // Of one in 32 bits, an older one too, it is not recorded.
    using model = smallModel();
    await train(model, { epochs: 1, checkpoint: { path: at('c'), everySteps: 10 } });
    await assert.rejects(collect(model.fit(CORPUS, { resume: at('c'), epochs: 2, precision: 'bf16' })), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      option: 'precision',
    });
    await collect(model.fit(CORPUS, { resume: at('c'), epochs: 2, precision: 'float32' }));
  }).timeout(20_000);
});
