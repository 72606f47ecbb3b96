/** Checkpoints as files, with no model behind them. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Model } from '../../src/index';
import { readModelFile, writeModelFile } from '../../src/network/model-file';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { readCheckpoint, writeCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import type { TrainingRecord } from '../../src/training/checkpoint/record';
import { requireSameOptions, withRecorded } from '../../src/training/checkpoint/recorded-options';
import { useFolder } from '../support/folder';

const WEIGHTS = { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;

/** As much of a model as a file needs. */
function fakeModel(name: string): Model {
  const parameters = { [name]: WEIGHTS };
  const described = {
    description: { layers: [] },
    parameterShapes: { [name]: [2, 2] },
    dtype: 'float32',
    metadata: {},
    frozen: [],
  };
  const named = (data: Float32Array) => ({ [name]: { ...WEIGHTS, data } });
  return { ...described, named, parameters: async () => parameters } as unknown as Model;
}

const MODEL = fakeModel('dense.weight');
const HEADER = { model: { kind: 'model' }, vocabulary: null };
const RECORD: TrainingRecord = {
  data: { token: 1350 },
  options: { batch: 4, optimizer: { kind: 'adam', learningRate: 0.1 } },
  native: {
    steps: 7,
    learningRateScale: 0.5,
    source: '0123456789abcdef',
    optimizer: 'adam',
    slots: [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)],
    bounds: Float64Array.of(0.1, 1e300),
    rows: 0,
    hidden: new Float32Array(),
  },
  epoch: {
    ...{ lossSum: 0.1 + 0.2, count: 3, correct: 1, tokens: 3, seconds: 1 },
    losses: Float64Array.of(1 / 3),
    gradientNorms: Float64Array.of(0.7),
    learningRates: Float64Array.of(0.1),
  },
  seconds: 2.5,
  callbacks: [{ name: 'earlyStopping', optional: false, state: { best: 1, weights: { 'dense.weight': WEIGHTS } } }],
  stopReason: 'enough',
};

describe('a checkpoint', () => {
  const at = useFolder();

  async function write(model: Model, weights: Float32Array, { native: state, ...record }: TrainingRecord) {
    const finite = weights.every(Number.isFinite);
    await writeCheckpoint(at('c'), model, { parameters: weights, finite, state }, HEADER, record);
  }

  async function written(record = RECORD): Promise<string> {
    await write(MODEL, WEIGHTS.data, record);
    return at('c');
  }

  it('comes back as it was, to the bit', async () => {
    const { header, record, file } = await readCheckpoint(await written());
    assert.deepEqual(header, HEADER);
    assert.deepEqual(record, RECORD);
    assert.deepEqual([...file.tensors.keys()], ['dense.weight']);
  });

  it('comes back without what it need not have', async () => {
    const { data, epoch, stopReason, ...record } = RECORD;
    assert.deepEqual((await readCheckpoint(await written(record))).record, record);
  });

  it('is a model file too', async () => {
    const { tensors, header } = await readModelFile(await written());
    assert.deepEqual([...tensors], [['dense.weight', WEIGHTS]]);
    assert.deepEqual(header, HEADER);
    await writeModelFile(at('m'), MODEL, HEADER);
    await assert.rejects(readCheckpoint(at('m')), { code: 'ERR_UNROLLED_MODEL_FORMAT', message: /not a checkpoint/ });
  });

  it('has the same bytes for the same training, and leaves nothing beside it', async () => {
    const first = readFileSync(await written());
    assert.ok(readFileSync(await written()).equals(first));
    assert.deepEqual(readdirSync(at()), ['c']);
  });

  it('keeps the old one where the new one cannot be written', async () => {
    const before = readFileSync(await written());
    const odd = fakeModel('training.weight');
    await assert.rejects(write(odd, WEIGHTS.data, RECORD), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
    });
    assert.ok(readFileSync(at('c')).equals(before));
  });

  it('keeps the old one where the new weights are not finite', async () => {
    const before = readFileSync(await written());
    await assert.rejects(write(MODEL, Float32Array.of(1, 2, Number.NaN, 4), RECORD), {
      code: 'ERR_UNROLLED_MODEL_NOT_FINITE',
      message: /c was not written: dense\.weight\[1, 0\] is NaN/,
    });
    assert.ok(readFileSync(at('c')).equals(before));
    assert.deepEqual(readdirSync(at()), ['c']);
  });

  it('is refused where a part of it is missing', async () => {
    const { tensors, metadata } = await readSafetensors(await written());
    for (const name of [...tensors.keys()].filter((key) => key.startsWith('training.'))) {
      const rest = new Map([...tensors].filter(([key]) => key !== name));
      await writeSafetensors(at('d'), rest, metadata);
      await assert.rejects(readCheckpoint(at('d')), { code: 'ERR_UNROLLED_MODEL_FORMAT' }, name);
    }
    const json = JSON.parse(metadata.get('training') as string);
    for (const damaged of [
      5,
      [],
      {},
      { ...json, steps: '7' },
      { ...json, callbacks: [5] },
      { ...json, epoch: 1 },
      { ...json, data: 5 },
    ]) {
      await writeSafetensors(at('d'), tensors, new Map(metadata).set('training', JSON.stringify(damaged)));
      await assert.rejects(readCheckpoint(at('d')), { code: 'ERR_UNROLLED_MODEL_FORMAT' }, JSON.stringify(damaged));
    }
    writeFileSync(at('d'), readFileSync(at('c')).subarray(0, -1));
    await assert.rejects(readCheckpoint(at('d')), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
  });
});

describe('the options of a checkpoint', () => {
  const recorded = { epochs: 3, batch: 4, clipNorm: 1, optimizer: { kind: 'adam', learningRate: 0.1 } };

  it('stand where none are given', () => {
    assert.deepEqual(withRecorded({ batch: undefined }, recorded), recorded);
    assert.deepEqual(withRecorded({ batch: 5 } as object, recorded), { ...recorded, batch: 5 });
  });

  it('are none that say where to write or what to call', () => {
    const odd = { ...recorded, checkpoint: { path: '/x', everySteps: 1 }, resume: '/y', callbacks: [], threads: 1 };
    assert.deepEqual(withRecorded({}, odd), recorded);
  });

  it('do not bound a run that has a new bound', () => {
    const { epochs, ...rest } = recorded;
    assert.deepEqual(withRecorded({ steps: 9 } as object, recorded), { ...rest, steps: 9 });
  });

  it('must be the same, but for the bounds', () => {
    requireSameOptions('file', { ...recorded, epochs: 9 }, recorded);
    requireSameOptions('file', { ...withRecorded({ steps: 9 } as object, recorded) }, recorded);
    const { clipNorm, ...unclipped } = recorded;
    for (const [options, option] of [
      [{ ...recorded, batch: 5 }, 'batch'],
      [unclipped, 'clipNorm'],
      [{ ...recorded, clipValue: 1 }, 'clipValue'],
      [{ ...recorded, optimizer: { kind: 'adam', learningRate: 0.2 } }, 'learningRate'],
      [{ ...recorded, optimizer: { kind: 'sgd', learningRate: 0.1 } }, 'optimizer'],
    ] as const) {
      assert.throws(() => requireSameOptions('file', options, recorded), {
        code: 'ERR_UNROLLED_MODEL_MISMATCH',
        option,
      });
    }
  });
});
