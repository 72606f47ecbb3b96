import assert from 'node:assert/strict';
import { atOnce } from '../../src/base/event-loop';
import { keptTokens, type TokenBounds } from '../../src/text/kept-tokens';

const ALL = { minCount: 1, maxSize: Number.MAX_SAFE_INTEGER, byFrequency: false };

/** The same by sorting. */
function expected(counts: readonly number[], { minCount, maxSize, byFrequency }: TokenBounds): number[] {
  const kept = [...counts.keys()]
    .filter((token) => (counts[token] as number) >= minCount)
    .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b)
    .slice(0, maxSize);
  return byFrequency ? kept : kept.sort((a, b) => a - b);
}

describe('the tokens that are kept', () => {
  const counts = Array.from({ length: 20_000 }, (_, i) => 1 + ((i * 7919) % 1013));

  it('are all as they are where nothing bounds them', () => {
    assert.equal(atOnce(keptTokens(counts, ALL)), undefined);
    assert.equal(atOnce(keptTokens(counts, { ...ALL, maxSize: counts.length })), undefined);
  });

  it('are the most frequent, of equals the first, in their order or by falling frequency', () => {
    for (const byFrequency of [false, true]) {
      for (const minCount of [1, 2, 500, 1013, 1014]) {
        for (const maxSize of [1, 2, 777, 19_999, 20_000, Number.MAX_SAFE_INTEGER]) {
          const bounds = { minCount, maxSize, byFrequency };
          const kept = atOnce(keptTokens(counts, bounds)) ?? [...counts.keys()];
          assert.deepEqual(kept, expected(counts, bounds), JSON.stringify(bounds));
        }
      }
    }
  });
});
