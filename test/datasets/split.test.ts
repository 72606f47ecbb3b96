import assert from 'node:assert/strict';
import { split } from '../../src/datasets';

describe('datasets.split', () => {
  const examples = Array.from({ length: 25 }, (_, index) => index);

  it('parts all examples, the last of a seeded shuffle to validate', () => {
    const { train, validation } = split(examples, { validation: 0.2, seed: 7 });
    assert.equal(validation.length, 5);
    assert.deepEqual(
      [...train, ...validation].sort((a, b) => a - b),
      examples,
    );
    assert.notDeepEqual([...train, ...validation], examples);
    assert.deepEqual(examples, Array.from(examples.keys()), 'the list given stays as it is');
  });

  it('is the same for the same seed, on every machine', () => {
    assert.deepEqual(split(examples, { seed: 7 }), split(examples, { seed: 7 }));
    assert.notDeepEqual(split(examples, { seed: 8 }), split(examples, { seed: 7 }));
    assert.deepEqual(split(examples), split(examples, { validation: 0.1, seed: 0 }));
    assert.deepEqual(split(examples, { validation: 0.2, seed: 0 }).validation, [10, 0, 20, 21, 13]);
  });

  it('takes the nearest number of examples, whatever a double makes of the fraction', () => {
    assert.equal(split(examples.slice(0, 10), { validation: 0.9 }).train.length, 1);
    assert.equal(split(Array(100).fill(0), { validation: 0.29 }).validation.length, 29);
  });

  it('without validation, leaves all in their order', () => {
    assert.deepEqual(split(examples, { validation: 0 }), { train: examples, validation: [] });
    assert.deepEqual(split([], { validation: 0 }), { train: [], validation: [] });
  });

  it('refuses an empty part and wrong options', () => {
    for (const [few, validation] of [
      [[], 0.1],
      [[1, 2], 0.1],
      [[1, 2], 0.9],
    ] as const) {
      assert.throws(() => split(few, { validation }), { code: 'ERR_UNROLLED_CORPUS_TOO_SHORT' });
    }
    for (const validation of [1, -0.1, Number.NaN]) {
      assert.throws(() => split(examples, { validation }), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'validation' });
    }
    assert.throws(() => split(examples, { seed: -1 }), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'seed' });
    assert.throws(() => split('abc' as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    assert.throws(() => split(examples, { fraction: 0.1 } as object), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
  });
});
