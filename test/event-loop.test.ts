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

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  percentile(fraction: number): number {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] as number;
  }
}

/** What is trained: epochs of many milliseconds, or such that are over before another thread would be awake. */
const TRAININGS = [
  { what: 'fit runs', lines: 800, hidden: 128 },
  { what: 'fit has epochs of microseconds', lines: 20, hidden: 4 },
];

describe('the event loop', () => {
  for (const { what, lines, hidden } of TRAININGS) {
    it(`is free while ${what}: a timer of ${INTERVAL} ms is hardly ever late by more than ${LIMIT} ms`, async () => {
      const corpus = Corpus.fromText('the quick brown fox jumps over the lazy dog.\n'.repeat(lines));
      using model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden });
      const controller = new AbortController();
      using lateness = new Lateness();
      const training = model.fit(corpus, {
        epochs: 10_000_000,
        window: 10,
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
      assert.ok(lateness.values.length >= SAMPLES);
      const late = lateness.percentile(0.99);
      assert.ok(late <= LIMIT, `${late.toFixed(1)} ms late at the 99th percentile of ${lateness.values.length}`);
    }).timeout(60_000);
  }
});
