/** Much work at once: all of it comes to its end, nothing starves, and the event loop stays free. */

import assert from 'node:assert/strict';
import { requireEnd } from '../support/program';

/**
 * Least share of the ticks of another process's timer that a timer in the loaded process has. Its own work may keep the
 * loop for some milliseconds between two; a loop that is held for 20 ms each time is below.
 */
const SHARE = 0.2;

/**
 * How often a timer fires while `work` runs, over how often that of a process beside it does, which does nothing: what
 * the machine's other work costs both.
 */
const MEASURED = `
  const { fork } = require('node:child_process');
  const idle = "let ticks; process.on('message', (text) => { if (text === 'start') { ticks = 0; setInterval(() => ticks++, 5); }" +
    "else process.send(ticks, () => process.exit(0)); }); process.send('ready');";
  const next = (child) => new Promise((resolve) => child.once('message', resolve));
  const measured = async (work) => {
    const other = fork('-', [], { execArgv: ['-e', idle] });
    await next(other);
    let ticks = 0;
    other.send('start');
    const timer = setInterval(() => ticks++, 5);
    const result = await work();
    clearInterval(timer);
    other.send('enough');
    return { ticks, others: await next(other), ...result };
  };
  const print = (value) => console.log(JSON.stringify(value));
`;

interface Load {
  ticks: number;
  others: number;
  done: number;
  least: number;
  most: number;
}

async function load(body: string, threads: string): Promise<Load> {
  return JSON.parse(await requireEnd(MEASURED + body, { env: { UNROLLED_THREADS: threads } })) as Load;
}

/** That the event loop was free. */
function requireFree({ ticks, others }: Pick<Load, 'ticks' | 'others'>): void {
  assert.ok(others >= 20, `too short a time to tell: ${others} ticks`);
  assert.ok(ticks >= SHARE * others, `${ticks} ticks of a timer, and ${others} of another process's`);
}

/** 64 streams, one in three begun later; each counts its pieces at the moment the first of all ends. */
const STREAMS = `
  const draw = async (model, count, length) => {
    const pieces = new Array(count).fill(0);
    let atFirstEnd;
    let done = 0;
    await Promise.all(pieces.map(async (_, seed) => {
      for await (const text of model.stream('the ', { length, seed })) pieces[seed]++;
      atFirstEnd ??= [...pieces];
      done++;
    }));
    return { done, least: Math.min(...atFirstEnd), most: Math.max(...atFirstEnd) };
  };
`;

describe('load', function () {
  this.timeout(300_000);

  for (const threads of ['1', '2']) {
    it(`of 64 streams beside a training, on a pool of ${threads}, starves none`, async () => {
      const { done, least, most, ...timers } = await load(
        `${STREAMS}
        const model = create({ hidden: 64 });
        const control = new AbortController();
        let steps = 0;
        const training = trainForever(model, ({ losses }) => { steps += losses.length; }, { signal: control.signal })
          .catch(({ code }) => code);
        const result = await measured(() => draw(model, 64, 4000));
        control.abort();
        if (await training !== 'ERR_UNROLLED_ABORTED' || steps === 0) throw new Error('the training starved');
        print(result);`,
        threads,
      );
      assert.equal(done, 64);
      // When the first stream ends, no other is behind by more than a few of its 500 pieces.
      assert.ok(most - least <= 5, `${least} to ${most} pieces`);
      requireFree(timers);
    });
  }

  for (const threads of ['1', '2']) {
    it(`of 8 trainings in 8 workers, on a pool of ${threads}, starves none`, async () => {
      const script = `
        let steps = 0;
        const end = setTimeout(() => {}, 1e6);
        parentPort.on('message', () => process.exit(0));
        await trainForever(create({ hidden: 48 }), ({ losses }) => { steps += losses.length; parentPort.postMessage(steps); });`;
      const { done, least, most, ...timers } = await load(
        `
        const steps = new Array(8).fill(0);
        const told = new Array(8).fill(0);
        const workers = steps.map((_, index) => startWorker(${JSON.stringify(script)}).on('message', (made) => {
          steps[index] = made;
          told[index]++;
        }));
        // All have begun before it counts.
        while (steps.some((made) => made === 0)) await new Promise((resolve) => setTimeout(resolve, 20));
        const result = await measured(async () => {
          const before = [...steps];
          told.fill(0);
          // Steps are told of some hundreds at a time: by many tellings, so that one more or less changes little.
          while (Math.max(...told) < 40) await new Promise((resolve) => setTimeout(resolve, 20));
          const made = steps.map((count, index) => count - before[index]);
          return { done: made.filter((count) => count > 0).length, least: Math.min(...made), most: Math.max(...made) };
        });
        await Promise.all(workers.map((worker) => worker.terminate()));
        print(result);`,
        threads,
      );
      assert.equal(done, 8);
      // Fair as far as a system's scheduler is: none makes less than a fifth of the steps of another.
      assert.ok(least >= most / 5, `${least} to ${most} steps`);
      requireFree(timers);
    });
  }

  it('of everything at once on a pool of one comes to its end', async () => {
    const { done } = await load(
      `${STREAMS}
      const models = [create({ cell: 'rnn' }), create({ cell: 'gru' }), create({ cell: 'lstm' })];
      const trainings = models.map(async (model) => {
        for await (const _ of model.fit(corpus, { batch: 16, window: 32, epochs: 2 }));
        return 1;
      });
      const calls = models.flatMap((model) => [
        draw(model, 8, 40).then(() => 1), model.evaluate(corpus).then(() => 1), model.score('the fox').then(() => 1),
        model.beam('the', { length: 10 }).then(() => 1), model.parameters().then(() => 1),
      ]);
      const results = await Promise.all([...trainings, ...calls]);
      print({ done: results.length });`,
      '1',
    );
    assert.equal(done, 18);
  });
});
