/** Training leaves the event loop free. */

import assert from 'node:assert/strict';
import { Corpus, LanguageModel } from '../src/index';

const INTERVAL = 5;
/** Latest that the timer may be, in milliseconds, at the 99th percentile. */
const LIMIT = 20;
const SAMPLES = 600;

/** How late each tick of a timer is, in milliseconds. */
class Lateness {
  readonly values: number[] = [];
  #expected = performance.now() + INTERVAL;
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.values.push(Math.max(0, now - this.#expected));
    this.#expected = now + INTERVAL;
  }, INTERVAL);

  stop(): void {
    clearInterval(this.#timer);
  }

  percentile(fraction: number): number {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] as number;
  }
}

describe('the event loop', () => {
  it(`is free while fit runs: a timer of ${INTERVAL} ms is never late by more than ${LIMIT} ms`, async () => {
    const corpus = Corpus.fromText('the quick brown fox jumps over the lazy dog.\n'.repeat(800));
    using model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 128 });
    const controller = new AbortController();
    const lateness = new Lateness();
    const training = model.fit(corpus, {
      epochs: 100_000,
      validation: 0.1,
      signal: controller.signal,
      onProgress: () => {
        if (lateness.values.length >= SAMPLES) controller.abort();
      },
    });
    await assert.rejects(
      (async () => {
        for await (const _ of training);
      })(),
      { code: 'ERR_UNROLLED_ABORTED' },
    );
    lateness.stop();
    assert.ok(lateness.values.length >= SAMPLES);
    const late = lateness.percentile(0.99);
    assert.ok(late <= LIMIT, `${late.toFixed(1)} ms late at the 99th percentile of ${lateness.values.length}`);
  }).timeout(60_000);
});
