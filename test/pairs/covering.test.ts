/** The covering set has every pair of values that go together, and none that breaks a rule. */

import assert from 'node:assert/strict';
import { type ConfigurationOf, coveringSet } from './covering';
import { allConfigurations } from './factors';

const FACTORS = { a: [0, 1, 2], b: ['x', 'y'], c: [false, true], d: [1, 2, 3, 4], e: ['on', 'off'] } as const;

function isPossible({ a, c, d, e }: ConfigurationOf<typeof FACTORS>): boolean {
  return !(a === 2 && c) && !(d === 4 && e === 'off');
}

/** All configurations. */
function product(): ConfigurationOf<typeof FACTORS>[] {
  return Object.entries(FACTORS).reduce<Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  ) as ConfigurationOf<typeof FACTORS>[];
}

function pairsOf(rows: readonly object[]): Set<string> {
  return new Set(
    rows.flatMap((row) => {
      const places = Object.entries(row).map((place) => JSON.stringify(place));
      return places.flatMap((one, index) => places.slice(index + 1).map((other) => `${one} ${other}`));
    }),
  );
}

describe('a covering set', () => {
  it('has the pairs that all configurations have, in few of them', () => {
    const set = coveringSet(FACTORS, isPossible);
    assert.ok(set.every(isPossible));
    assert.deepEqual([...pairsOf(set)].sort(), [...pairsOf(product().filter(isPossible))].sort());
    assert.ok(set.length <= 20, `${set.length} configurations`);
  });

  it('of the package is the same each time', function () {
    this.timeout(60_000);
    assert.deepEqual(allConfigurations(), allConfigurations());
  });
});
