/** States of callbacks that a checkpoint cannot hold. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { type Callback, callbacks, type UnrolledError } from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint-file';
import { useFolder } from '../support/folder';
import { smallModel, train } from '../support/models';

describe('what a callback keeps', () => {
  const at = useFolder();

  async function save(state: unknown): Promise<void> {
    const callback: Callback = { name: 'mine', getState: () => state };
    using model = smallModel();
    await train(model, { steps: 2, callbacks: [callback, callbacks.checkpoint({ path: at('c') })] });
  }

  it('is refused with its place where a checkpoint would lose it', async () => {
    for (const [state, place, what] of [
      [{ seen: new Map([[1, 2]]) }, 'seen in the state', 'a Map'],
      [{ of: [{ seen: new Set([1]) }] }, 'of[0].seen in the state', 'a Set'],
      [[1, new Date(0)], '[1] in the state', 'a Date'],
      [{ count: 5n }, 'count in the state', 'a bigint'],
      [{ ids: BigInt64Array.of(5n) }, 'ids in the state', 'an array'],
      [{ bytes: new ArrayBuffer(4) }, 'bytes in the state', 'an ArrayBuffer'],
      [new Map(), 'The state', 'a Map'],
      [runInNewContext('({ seen: new Map() })'), 'seen in the state', 'a Map'],
    ] as const) {
      await assert.rejects(save(state), (error: UnrolledError) => {
        assert.equal(error.code, 'ERR_UNROLLED_OPTION_TYPE', error.stack);
        assert.equal(error.option, 'callbacks');
        assert.ok(error.message.startsWith(`${place} of the callback mine is ${what}, which`), error.message);
        return true;
      });
      assert.equal(existsSync(at('c')), false);
    }
  });

  it('comes back where it is JSON and typed arrays, of another realm too', async () => {
    const state = runInNewContext(
      '({ list: [1, null, "a", { deep: true }], array: Float64Array.of(0.1), none: undefined })',
    );
    await save(state);
    const { callbacks: kept } = (await readCheckpoint(at('c'))).record;
    assert.deepEqual(kept[0]?.state, { list: [1, null, 'a', { deep: true }], array: Float64Array.of(0.1) });
  });
});
