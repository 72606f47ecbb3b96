/** What `fit` returns: epochs one by one, or the whole training for who waits. */

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  type Callback,
  collect,
  type EpochResult,
  type FitOptions,
  History,
  type LanguageModel,
  type Training,
} from '../../src/index';
import { CORPUS, STREAM, smallModel, weights } from '../support/models';
import { runProgram } from '../support/program';
import { KINDS } from '../support/trainees';

/** Long enough that it is still running when something happens to it. */
const LONG = 100_000;

function start(model: LanguageModel, options: FitOptions = {}): Training {
  return model.fit(CORPUS, { ...STREAM, epochs: 3, ...options });
}

function numbers(epochs: Iterable<EpochResult>): number[] {
  return Array.from(epochs, ({ epoch }) => epoch);
}

/** Lets everything that can go on go on. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 30);
  });
}

describe('a training that is waited for', () => {
  let expected: number[];

  before(async () => {
    using whole = smallModel();
    for await (const _ of whole.fit(CORPUS, { ...STREAM, epochs: 3 }));
    expected = await weights(whole);
  });

  it('is trained to its end, and gives its history', async () => {
    using model = smallModel();
    const history = await start(model);
    assert.ok(history instanceof History);
    assert.deepEqual(numbers(history), [0, 1, 2]);
    assert.deepEqual(numbers(history.epochs), [0, 1, 2]);
    assert.deepEqual(await weights(model), expected);
  });

  it('is so for every kind of model, and keeps the best epoch', async () => {
    for (const { make } of Object.values(KINDS)) {
      using trainee = await make();
      const history = await trainee.fit({ epochs: 2 });
      assert.deepEqual(numbers(history), [0, 1]);
    }
  });

  it('is trained once, however often it is waited for', async () => {
    using model = smallModel();
    const training = start(model);
    const [first, second, third] = await Promise.all([training, training, training.then((history) => history)]);
    assert.equal(first, second);
    assert.equal(first, third);
    assert.equal(await training, first);
    assert.deepEqual(numbers(first), [0, 1, 2]);
    assert.deepEqual(await weights(model), expected);
  });

  it('does nothing before it is asked for', async () => {
    using model = smallModel();
    const before = await weights(model);
    const training = start(model);
    assert.match(inspect(training), /^Training, not started: await it, or loop over its epochs$/);
    await pause();
    assert.deepEqual(await weights(model), before);
    // Not even its options are looked at.
    start(model, { epochs: -1 });
    const [other] = [start(model)];
    await other;
    assert.match(inspect(other), /^Training of 3 epochs, ended$/);
  });

  it('trains what is left after epochs that were taken, and keeps these', async () => {
    using model = smallModel();
    const training = start(model);
    const { value: first } = await training.next();
    assert.match(inspect(training), /^Training of 1 epoch so far$/);
    const history = await training;
    assert.deepEqual(numbers(history), [0, 1, 2]);
    assert.equal(history.epochs[0], first);
    assert.deepEqual(await weights(model), expected);
  });

  it('gives a loop each epoch once, though somebody waits meanwhile', async () => {
    using model = smallModel();
    const training = start(model);
    const seen: number[] = [];
    let waiting: Promise<History> | undefined;
    for await (const { epoch } of training) {
      seen.push(epoch);
      waiting ??= training.then();
      await pause();
    }
    assert.deepEqual(seen, [0, 1, 2]);
    assert.deepEqual(numbers((await waiting) ?? []), [0, 1, 2]);
    assert.deepEqual(await weights(model), expected);
    // Waiting in the body of the loop is waiting too, and looping over what was waited for.
    const other = start(model);
    for await (const _ of other) assert.equal((await other).epochs.length, 3);
    const third = start(model);
    await third;
    assert.deepEqual(numbers(await collect(third)), [0, 1, 2]);
    assert.deepEqual(numbers(await collect(third)), []);
  });

  it('is idle between two epochs of a loop for which nobody waits', async () => {
    using model = smallModel();
    const training = start(model);
    await training.next();
    const before = await weights(model);
    await pause();
    assert.deepEqual(await weights(model), before);
    await training.return();
  });

  it('gives the history so far where a loop was left, and trains no further', async () => {
    using model = smallModel();
    const leave: Record<string, (training: Training) => Promise<unknown>> = {
      async break(training) {
        for await (const { epoch } of training) if (epoch === 1) break;
      },
      async error(training) {
        await assert.rejects(async () => {
          for await (const { epoch } of training) if (epoch === 1) throw new Error('mine');
        }, /mine/);
      },
      async return(training) {
        await training.next();
        await training.next();
        // Nobody waits for it to end: no epoch more is trained all the same.
        const left = training.return();
        assert.deepEqual(numbers(await training), [0, 1]);
        assert.deepEqual(await left, { done: true, value: undefined });
      },
      async throw(training) {
        await training.next();
        await training.next();
        await assert.rejects(training.throw(new Error('mine')), /mine/);
      },
      async dispose(training) {
        await using left = training;
        await left.next();
        await left.next();
      },
    };
    for (const [how, end] of Object.entries(leave)) {
      const training = start(model, { epochs: LONG });
      await end(training);
      const after = await weights(model);
      assert.deepEqual(numbers(await training), [0, 1], how);
      assert.deepEqual(await training.next(), { done: true, value: undefined });
      assert.deepEqual(await weights(model), after);
    }
    const never = start(model);
    await never.return();
    assert.deepEqual(numbers(await never), []);
  });

  it('ends where a loop is left while somebody waits', async () => {
    using model = smallModel();
    const training = start(model, { epochs: LONG });
    const waiting = training.then();
    for await (const { epoch } of training) if (epoch === 2) break;
    const history = await waiting;
    const { length } = history.epochs;
    assert.ok(length > 2 && length < LONG);
    assert.deepEqual(
      numbers(history),
      Array.from({ length }, (_, epoch) => epoch),
    );
    assert.equal((await start(model)).epochs.length, 3);
  });

  it('goes through an async function, and may be looped over or collected behind it', async () => {
    using model = smallModel();
    const started = async () => start(model);
    const seen: number[] = [];
    for await (const { epoch } of await started()) seen.push(epoch);
    for (const { epoch } of await started()) seen.push(epoch);
    for await (const { epoch } of await start(model)) seen.push(epoch);
    assert.deepEqual(seen, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    assert.deepEqual(numbers(await collect(await started())), [0, 1, 2]);
    assert.deepEqual(numbers(await collect(start(model))), [0, 1, 2]);
    assert.deepEqual(numbers(await History.of(start(model))), [0, 1, 2]);
    assert.deepEqual(numbers(new History(await start(model))), [0, 1, 2]);
    const yielding = async function* () {
      yield* start(model);
    };
    assert.deepEqual(numbers(await collect(yielding())), [0, 1, 2]);
  });

  it('rejects with what ends it, whoever waits and however often', async () => {
    using model = smallModel();
    const busy = start(model, { epochs: LONG });
    const running = busy.next();
    const refused = start(model);
    await assert.rejects(async () => refused, { code: 'ERR_UNROLLED_BUSY' });
    await running;
    await busy.return();

    const controller = new AbortController();
    const aborting: Callback = { everySteps: 50, onStep: () => controller.abort() };
    const aborted = start(model, { signal: controller.signal, callbacks: [aborting] });
    const first = await aborted.next();
    assert.equal(first.done, false);
    const error = await aborted.catch((reason: unknown) => reason);
    assert.equal((error as { code?: string }).code, 'ERR_UNROLLED_ABORTED');
    await assert.rejects(
      async () => aborted,
      (again) => again === error,
    );
    // A loop that goes on hears of it as well, once.
    await assert.rejects(aborted.next(), (again) => again === error);
    assert.deepEqual(await aborted.next(), { done: true, value: undefined });

    const bad = start(model, { epochs: -1 });
    await assert.rejects(async () => bad, { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'epochs' });
    // A loop that has ended by an error has no history to give.
    const mine = new Error('mine');
    const throwing = start(model, {
      onProgress: () => {
        throw mine;
      },
    });
    await assert.rejects(async () => {
      for await (const _ of throwing);
    }, mine);
    await assert.rejects(async () => throwing, mine);
    const settled = await Promise.allSettled([start(model), start(model, { steps: -1 })]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
  });

  it('has catch and finally', async () => {
    using model = smallModel();
    let ended = 0;
    const history = await start(model).finally(() => void ended++);
    assert.deepEqual([numbers(history), ended], [[0, 1, 2], 1]);
    assert.deepEqual(numbers(await start(model).catch(() => [])), [0, 1, 2]);
    await assert.rejects(
      start(model, { epochs: -1 }).finally(() => void ended++),
      { option: 'epochs' },
    );
    assert.equal(ended, 2);
    assert.equal(await start(model, { epochs: -1 }).then(null, () => 'caught'), 'caught');
  });

  it('trains several models at once', async () => {
    using one = smallModel();
    using other = smallModel({ seed: 2 });
    const histories = await Promise.all([start(one), start(other)]);
    assert.deepEqual(histories.map(numbers), [
      [0, 1, 2],
      [0, 1, 2],
    ]);
    assert.deepEqual(await weights(one), expected);
    assert.notDeepEqual(await weights(other), expected);
  });

  it('serves calls in their order, as every generator', async () => {
    using model = smallModel();
    const training = start(model);
    const results = await Promise.all([training.next(), training.next(), training.return(), training.next()]);
    assert.deepEqual(
      results.map(({ value }) => value?.epoch),
      [0, 1, undefined, undefined],
    );
    assert.deepEqual(numbers(await training), [0, 1]);
    assert.equal(Object.prototype.toString.call(training), '[object Training]');
  });

  it('has the types of a generator and of a promise', async () => {
    using model = smallModel();
    const training: Training<EpochResult> = start(model);
    const generator: AsyncGenerator<EpochResult, void, undefined> = training;
    const promise: PromiseLike<History> = training;
    const history: History = await training;
    const awaited: Awaited<ReturnType<LanguageModel['fit']>> = history;
    const length: number = await training.then(({ epochs }) => epochs.length);
    // @ts-expect-error: what is waited for is the history, which is no training.
    const none: Training = await training;
    assert.deepEqual([generator, promise, awaited, length], [training, training, none, 3]);
  });

  it('keeps no history for a loop whose training nobody can wait for', async () => {
    // Bytes of the heap that an epoch leaves: an epoch in a history takes about a thousand.
    const program = (loop: string) => `
      const model = Model.create({
        input: { kind: 'ids', vocabulary: 2 },
        layers: [layers.embedding(1), layers.rnn(1), layers.pooling('last'), layers.dense(2)],
      });
      const data = { inputs: [[0, 1], [1, 0]], labels: [0, 1] };
      const fit = () => model.fit(data, { epochs: 15_000 });
      const heap = [];
      const look = ({ epoch }) => {
        if (epoch % 5000 !== 4999) return;
        gc();
        heap.push(process.memoryUsage().heapUsed);
      };
      ${loop}
      console.log((heap.at(-1) - heap[0]) / 10_000);
    `;
    const nodeArguments = ['--expose-gc'];
    const bytes = async (loop: string) => Number((await runProgram(program(loop), { nodeArguments })).stdout);
    // A loop over fit() itself may hold on to the training until its code is optimised.
    const alone =
      'const epochs = () => fit()[Symbol.asyncIterator](); for await (const epoch of epochs()) look(epoch);';
    assert.ok((await bytes(alone)) < 300);
    const kept = 'const training = fit(); for await (const epoch of training) look(epoch);';
    assert.ok((await bytes(`${kept} if ((await training).epochs.length !== 15_000) throw new Error();`)) > 600);
  });

  it('that fails is an unhandled rejection, once, where nobody handles it', async function () {
    this.timeout(60_000);
    const program = (start: string) => `
      const seen = [];
      process.on('unhandledRejection', (error) => seen.push(error.code));
      const model = create();
      const training = model.fit(corpus, { epochs: -1 });
      ${start}
      setTimeout(() => console.log(seen.join()), 300);
    `;
    for (const [start, seen] of [
      ['training.then(() => {});', 'ERR_UNROLLED_OPTION_RANGE'],
      ['training.finally(() => {});', 'ERR_UNROLLED_OPTION_RANGE'],
      ['(async () => { await training; })();', 'ERR_UNROLLED_OPTION_RANGE'],
      ['(async () => training)();', 'ERR_UNROLLED_OPTION_RANGE'],
      ['Promise.all([training, training]);', 'ERR_UNROLLED_OPTION_RANGE'],
      ['training.next();', 'ERR_UNROLLED_OPTION_RANGE'],
      ['training.catch(() => {});', ''],
      ['training.next().catch(() => {}); training.then(() => {}, () => {});', ''],
      ['training.return();', ''],
    ] as const) {
      const { status, stdout, stderr } = await runProgram(program(start));
      assert.deepEqual([status, stdout.trim()], [0, seen], `${start} ${stderr}`);
    }
    const crashed = await runProgram('create().fit(corpus, { epochs: -1 }).then(() => {});');
    assert.equal(crashed.status, 1);
    assert.equal(crashed.stderr.match(/code: 'ERR_UNROLLED_OPTION_RANGE'/g)?.length, 1, crashed.stderr);
  });
});
