import assert from 'node:assert/strict';
import { atOnce } from '../../src/base/event-loop';
import { sorted } from '../../src/base/sorting';

describe('sorting a little at a time', () => {
  it('gives the order of a stable sort, for any length', () => {
    for (const length of [0, 1, 2, 3, 1023, 1024, 1025, 2048, 3000, 10_000, 33_333]) {
      const items = Array.from({ length }, (_, i) => ({ key: (i * 7919) % 97, i }));
      const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
      assert.deepEqual(atOnce(sorted(items, compare)), items.toSorted(compare), `${length}`);
    }
  });

  it('gives back a list that is in order', () => {
    const items = Array.from({ length: 5000 }, (_, i) => i >> 1);
    assert.equal(atOnce(sorted(items, (a, b) => a - b)), items);
  });

  it('has many turns for a long list, in order or not', () => {
    for (const items of [Array.from({ length: 100_000 }, (_, i) => i), Array.from({ length: 100_000 }, (_, i) => -i)]) {
      let turns = 0;
      for (const work = sorted(items, (a, b) => a - b); !work.next().done; ) turns++;
      assert.ok(turns > 90, `${turns}`);
    }
  });
});
