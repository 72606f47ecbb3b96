/** Signals that end several calls. */

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { onAbort } from '../src/native/cancellation';
import { CORPUS, collect, STREAM, smallModel } from './support/models';

describe('a signal', () => {
  /** What Node warned of while `work` ran. */
  async function warnings(work: () => Promise<unknown>): Promise<string[]> {
    const heard: string[] = [];
    const listen = (warning: Error) => heard.push(warning.name);
    process.on('warning', listen);
    try {
      await work();
      await new Promise(setImmediate); // warnings come in the next turn
    } finally {
      process.off('warning', listen);
    }
    return heard;
  }

  it('of many calls at once is no leak, and none of them is left with it', async () => {
    const { signal } = new AbortController();
    const heard = await warnings(async () => {
      const models = Array.from({ length: 12 }, () => smallModel());
      await Promise.all(
        models.flatMap((model, seed) => [
          collect(model.fit(CORPUS, { ...STREAM, epochs: 1, signal })),
          model.sample('the', { length: 20, seed, signal }),
          model.evaluate(CORPUS, { ...STREAM, signal }),
          collect(model.stream('the', { length: 20, seed, signal })),
        ]),
      );
      await Promise.all(models.map((model) => model.score('the lazy dog', { signal })));
    });
    assert.deepEqual(heard, []);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('ends all that it was given to', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const models = Array.from({ length: 12 }, () => smallModel());
    const endless = models.map(async (model, i) => {
      if (i % 2 === 0) await model.sample('the', { length: 1e8, signal });
      else await collect(model.fit(CORPUS, { ...STREAM, epochs: 1e6, signal }));
    });
    const ended = Promise.allSettled(endless);
    setTimeout(() => controller.abort(), 50);
    for (const result of await ended) {
      assert.ok(result.status === 'rejected');
      assert.equal(result.reason.code, 'ERR_UNROLLED_ABORTED');
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('calls a listener that was given twice twice, and one that was removed not at all', () => {
    const controller = new AbortController();
    let calls = 0;
    const count = () => {
      calls++;
    };
    const remove = onAbort(controller.signal, count);
    onAbort(controller.signal, count);
    onAbort(controller.signal, count);
    remove();
    remove();
    controller.abort();
    assert.equal(calls, 2);
  });
});
