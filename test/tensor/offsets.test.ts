import assert from 'node:assert/strict';
import { joined, offsetsOf } from '../../src/tensor/offsets';

describe('offsets', () => {
  it('say where parts begin that lie one after another', () => {
    const parts = [Int32Array.of(1, 2), Int32Array.of(), Int32Array.of(3)];
    const offsets = offsetsOf(
      'texts',
      parts.map(({ length }) => length),
    );
    assert.deepEqual(offsets, Int32Array.of(0, 2, 2, 3));
    assert.deepEqual(joined(parts, offsets), Int32Array.of(1, 2, 3));
    assert.deepEqual(offsetsOf('texts', []), Int32Array.of(0));
  });

  it('are refused from 2^31 on, where 32 bits would go on below zero', () => {
    assert.equal(offsetsOf('texts', [2 ** 30, 2 ** 30 - 1]).at(-1), 2 ** 31 - 1);
    assert.throws(() => offsetsOf('texts', [2 ** 30, 2 ** 30], 'tokens'), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'texts',
      message: 'texts must be at most 2147483647 tokens in all, not 2147483648.',
    });
  });
});
