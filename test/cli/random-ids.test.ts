/** The ids that `bench` trains on. */

import assert from 'node:assert/strict';
import { randomIds } from '../../src/cli/machine/random-ids';

const COUNT = 2 ** 17;

/** How often each id is there, as a part of all. */
function partsOf(ids: Int32Array, vocabulary: number): number[] {
  const parts = new Array<number>(vocabulary).fill(0);
  for (const id of ids) {
    assert.ok(id >= 0 && id < vocabulary, `${id} of ${vocabulary}`);
    parts[id] = (parts[id] as number) + 1 / ids.length;
  }
  return parts;
}

describe('the ids of bench', () => {
  it('are evenly spread over the vocabulary', () => {
    for (const vocabulary of [1, 2, 7, 64]) {
      for (const part of partsOf(randomIds(COUNT, vocabulary, false), vocabulary)) {
        assert.ok(Math.abs(part * vocabulary - 1) < 0.1, `${part} of ${vocabulary}`);
      }
    }
  });

  it('are as frequent as the words of a text where asked', () => {
    for (const vocabulary of [1, 2, 7, 64]) {
      for (const [id, part] of partsOf(randomIds(COUNT, vocabulary, true), vocabulary).entries()) {
        const expected = Math.log((id + 2) / (id + 1)) / Math.log(vocabulary + 1);
        assert.ok(Math.abs(part / expected - 1) < 0.2, `${id} of ${vocabulary}: ${part}, not ${expected}`);
      }
    }
  });

  it('are the same each time, and do not go round soon', () => {
    const ids = randomIds(1000, 1 << 20, false);
    assert.deepEqual(randomIds(1000, 1 << 20, false), ids);
    assert.ok(new Set(ids).size > 990);
  });
});
