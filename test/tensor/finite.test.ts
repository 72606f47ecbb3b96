/** Numbers that are not finite, found in data as large as memory while timers have their turn. */

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { firstUnsound, requireFiniteParameters } from '../../src/tensor/finite';
import * as tensor from '../../src/tensor/tensor';

/** Elements between two looks at the clock. */
const PIECE = 2 ** 16;

/** Whether the event loop has had a turn before some work was done, which begins when a turn is due. */
async function givesTurn(work: () => Promise<unknown>): Promise<boolean> {
  await delay(20);
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  await work();
  return turned;
}

describe('firstUnsound', () => {
  it('finds the first element that is not finite, or too small, wherever it is', async () => {
    const data = new Float32Array(2 * PIECE + 10).fill(1);
    assert.equal(await firstUnsound(data), -1);
    assert.equal(await firstUnsound(data, 1), -1);
    for (const [value, least] of [
      [Number.NaN, undefined],
      [Number.POSITIVE_INFINITY, 0],
      [Number.NEGATIVE_INFINITY, undefined],
      [-1, 0],
    ] as const) {
      for (const place of [2 * PIECE + 9, 2 * PIECE, 2 * PIECE - 1, PIECE, PIECE - 1, 1, 0]) {
        data[place] = value;
        assert.equal(await firstUnsound(data, least), place);
      }
      data.fill(1);
    }
    assert.equal(await firstUnsound(new Float64Array(0)), -1);
  });

  it('lets the event loop have a turn', async () => {
    assert.equal(await givesTurn(async () => {}), false);
    assert.equal(await givesTurn(() => firstUnsound(new Float32Array(PIECE))), true);
    assert.equal(await givesTurn(() => requireFiniteParameters('it', { w: tensor.zeros([3]) })), true);
  });
});

describe('requireFiniteParameters', () => {
  it('names the first element of the first parameter that has one', async () => {
    const parameters = { first: tensor.zeros([2, 2]), second: tensor.from([1, Number.NaN, Number.NaN]) };
    await assert.rejects(requireFiniteParameters('the file', parameters), {
      code: 'ERR_UNROLLED_MODEL_NOT_FINITE',
      message: /second.*1/s,
    });
    await requireFiniteParameters('the file', { first: parameters.first });
  });
});
