/**
 * A training on several ranks, which are models of one process here: rank 0 decides and has the callbacks, and all get the bits
 * of one process with as many shards.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  type Callback,
  callbacks,
  type EpochResult,
  type FitOptions,
  type LanguageModel,
  TextClassifier,
  TextVectorizer,
} from '../../src/index';
import { resolveTextFit } from '../../src/models/text-classifier';
import { addon } from '../../src/native/load';
import type { NativeRank } from '../../src/native/native';
import { readResumed, resolveFit } from '../../src/training/options/options';
import { useFolder } from '../support/folder';
import { CORPUS, collect, STREAM, smallModel, weights } from '../support/models';
import { flat } from '../support/trainees';

const OPTIONS = { ...STREAM, epochs: 3, shards: 4, validation: 0.2, seed: 2, threads: 1 } satisfies FitOptions;

async function fitOn(model: LanguageModel, group: NativeRank | undefined, options: FitOptions) {
  const asked = resolveFit({ ...OPTIONS, ...options }, await readResumed(options));
  const training = model.fitAs(CORPUS, { ...asked, native: { ...asked.native, ...(group && { group }) } });
  return { training };
}

interface Rank {
  epochs: EpochResult[];
  weights: number[];
}

/** Trains a model of a rank to the end. */
async function trainOn(group: NativeRank | undefined, options: FitOptions): Promise<Rank> {
  using model = smallModel({ dropout: 0.2, recurrentDropout: 0.1 });
  const epochs = await collect((await fitOn(model, group, options)).training);
  return { epochs, weights: await weights(model) };
}

/** What each rank of a group makes of it: those of rank 0 are given other options. */
function onRanks<T>(size: number, of: (group: NativeRank) => Promise<T>): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(addon().inProcessRanks(size).map(of));
}

function valuesOf<T>(results: PromiseSettledResult<T>[]): T[] {
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function codesOf(results: PromiseSettledResult<unknown>[]): unknown[] {
  return results.map((result) => (result.status === 'rejected' ? (result.reason as { code?: string }).code : 'none'));
}

/** Without what depends on the clock. */
function figures({ epochs }: Rank): unknown {
  return epochs.map(({ seconds: _, tokensPerSecond: __, ...rest }) => rest);
}

describe('a training on several ranks', function () {
  this.timeout(60_000);
  const at = useFolder();

  const own = (group: NativeRank | undefined, options: FitOptions): FitOptions =>
    group === undefined || group.info().rank === 0 ? options : {};

  it('gives the bits and the epochs of one process, whatever the callbacks of rank 0 do', async () => {
    const options = (group?: NativeRank) => {
      const worsening: Callback = {
        onEpochEnd({ epoch }, control) {
          if (epoch === 1) control.learningRateScale = 100;
        },
      };
      const path = at(`checkpoint-${group?.info().size ?? 1}`);
      const stopping = callbacks.earlyStopping({ patience: 5 });
      return own(group, { callbacks: [stopping, worsening, callbacks.checkpoint({ path, everySteps: 7 })] });
    };
    const alone = await trainOn(undefined, options());
    assert.equal(alone.epochs.length, 3);
    for (const size of [2, 4]) {
      const ranks = valuesOf(await onRanks(size, (group) => trainOn(group, options(group))));
      for (const rank of ranks) {
        assert.deepEqual(figures(rank), figures(alone));
        assert.deepEqual(rank.weights, alone.weights);
      }
      assert.ok(existsSync(at(`checkpoint-${size}`)));
    }
  });

  it('keeps the best epoch of a classifier of texts, whose epochs end in a short batch, on all ranks', async () => {
    const texts = ['a good film', 'bad', 'not a good film at all', 'good'];
    const examples = Array.from({ length: 45 }, (_, i) => ({
      text: texts[(i * 3) % 4] as string,
      label: ((i * 7919) % 13) % 2,
    }));
    const vectorizer = await TextVectorizer.adapt(texts);
    const classify = async (group: NativeRank | undefined) => {
      const small = { embedding: 4, hidden: 5, dense: 3, dropout: 0.3, seed: 1 };
      using classifier = TextClassifier.create({ vectorizer, classNames: ['neg', 'pos'], ...small });
      const asked = resolveTextFit({ epochs: 4, batch: 8, shards: 4, validation: 0.3, learningRate: 0.05 }, undefined);
      const native = { ...asked.native, ...(group && { group }) };
      const epochs = await collect(classifier.fitAs(examples, { ...asked, native }));
      return { epochs, weights: flat(await classifier.parameters()) };
    };
    const alone = await classify(undefined);
    const losses = alone.epochs.map(({ validationLoss }) => validationLoss as number);
    assert.ok(losses.indexOf(Math.min(...losses)) < 3, `the best epoch is not the last: ${losses}`);
    for (const size of [2, 4]) {
      for (const rank of valuesOf(await onRanks(size, classify))) {
        assert.deepEqual(figures(rank), figures(alone));
        assert.deepEqual(rank.weights, alone.weights);
      }
    }
  });

  it('goes on with another number of ranks, of which rank 0 alone reads the checkpoint', async () => {
    const whole = await trainOn(undefined, {});
    for (const [before, after] of [
      [2, 4],
      [4, 1],
      [1, 2],
    ] as const) {
      const path = at(`stopped-${before}`);
      const first = (group?: NativeRank) =>
        trainOn(group, { ...own(group, { callbacks: [callbacks.checkpoint({ path })] }), epochs: 1 });
      if (before === 1) await first();
      else valuesOf(await onRanks(before, first));
      const second = (group?: NativeRank) => trainOn(group, own(group, { resume: path }));
      const ranks = after === 1 ? [await second()] : valuesOf(await onRanks(after, second));
      for (const rank of ranks) assert.deepEqual(rank.weights, whole.weights);
    }
  });

  it('stops at the same step where rank 0 says so, by a callback or by its signal', async () => {
    const stop: Callback = { everySteps: 5, onStep: (_, control) => control.stop('enough') };
    const alone = await trainOn(undefined, { callbacks: [stop] });
    const stopped = valuesOf(await onRanks(2, (group) => trainOn(group, own(group, { callbacks: [stop] }))));
    for (const rank of stopped) {
      assert.deepEqual(rank.weights, alone.weights);
      assert.equal(rank.epochs.at(-1)?.stopReason, 'enough');
    }

    const aborted = async (group: NativeRank, rank: number) => {
      const abort = new AbortController();
      const onStep = { everySteps: 5, onStep: () => abort.abort() } satisfies Callback;
      const asked = group.info().rank === rank ? { callbacks: [onStep], signal: abort.signal } : {};
      if (group.info().rank === rank && rank > 0) abort.abort();
      return trainOn(group, asked);
    };
    const ended = await onRanks(4, (group) => aborted(group, 0));
    assert.deepEqual(codesOf(ended), new Array(4).fill('ERR_UNROLLED_ABORTED'));
    // The signal of another rank decides nothing.
    const whole = await trainOn(undefined, {});
    for (const rank of valuesOf(await onRanks(2, (group) => aborted(group, 1)))) {
      assert.deepEqual(rank.weights, whole.weights);
    }
  });

  it('ends on all ranks where the callback of rank 0 throws, and where a loss is not finite', async () => {
    const boom: Callback = {
      onEpochEnd() {
        throw new Error('boom');
      },
    };
    const results = await onRanks(2, (group) => trainOn(group, own(group, { callbacks: [boom] })));
    const [first, second] = results.map((result) => (result.status === 'rejected' ? String(result.reason) : ''));
    assert.match(first as string, /boom/);
    assert.match(second as string, /Rank 0 ended its training: Error: boom/);
    const blown = await onRanks(4, (group) => trainOn(group, { optimizer: 'sgd', learningRate: 1e30 }));
    assert.deepEqual(codesOf(blown), new Array(4).fill('ERR_UNROLLED_NON_FINITE_LOSS'));
  });

  it('does not begin where a rank has other options, another seed or too few shards', async () => {
    for (const [option, value] of [
      ['window', 4],
      ['seed', 3],
      ['learningRate', 0.5],
      ['clipNorm', 1],
    ] as const) {
      const steps: number[] = [];
      const results = await onRanks(4, (group) => {
        const other = group.info().rank === 2 ? { [option]: value } : {};
        return trainOn(group, { ...other, onProgress: ({ firstStep }) => steps.push(firstStep) });
      });
      assert.deepEqual(codesOf(results), new Array(4).fill('ERR_UNROLLED_RANKS_DIFFER'), option);
      const { reason } = results[0] as PromiseRejectedResult;
      const named = option === 'learningRate' ? 'optimizer' : option;
      assert.equal((reason as { option?: string }).option, named);
      assert.match(String(reason), /on rank 2 \(host /);
      assert.deepEqual(steps, []);
    }
    const few = await onRanks(4, (group) => trainOn(group, { shards: 2 }));
    assert.deepEqual(codesOf(few), new Array(4).fill('ERR_UNROLLED_OPTION_RANGE'));
  });

  it('is left by all together; a rank that leaves alone takes the others with it', async () => {
    const leaving = (group: NativeRank, leaves: boolean) =>
      (async () => {
        using model = smallModel();
        for await (const _ of (await fitOn(model, group, {})).training) if (leaves) break;
        return await weights(model);
      })();
    const [first, second] = valuesOf(await onRanks(2, (group) => leaving(group, true)));
    assert.deepEqual(first, second);
    const results = await onRanks(2, (group) => leaving(group, group.info().rank === 1));
    assert.deepEqual(codesOf(results), ['ERR_UNROLLED_RANK_LOST', 'none']);
    assert.match(String((results[0] as PromiseRejectedResult).reason), /Rank 1 left its loop over the epochs/);
  });
});
