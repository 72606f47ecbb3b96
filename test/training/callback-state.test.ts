/** States of callbacks that a checkpoint cannot hold, and those that come back as they were. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { type Callback, callbacks, History, LanguageModel, type UnrolledError } from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { epochResult } from '../support/epochs';
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
      [{ list: [1, undefined] }, 'list[1] in the state', 'undefined'],
      // biome-ignore lint/suspicious/noSparseArray: a hole would be null in JSON too.
      [{ list: [1, , 2] }, 'list[1] in the state', 'undefined'],
      [runInNewContext('[[undefined]]'), '[0][0] in the state', 'undefined'],
      [{ list: [() => 1] }, 'list[0] in the state', 'a function'],
      [{ make: class {} }, 'make in the state', 'a function'],
      [() => 1, 'The state', 'a function'],
      [{ of: { kind: Symbol('a') } }, 'of.kind in the state', 'a symbol'],
      [{ boxed: Object(-0) }, 'boxed in the state', 'an object around a primitive'],
      [{ why: new Error('no') }, 'why in the state', 'an error'],
      [{ from: new URL('file:///a') }, 'from in the state', 'an object with toJSON'],
      [{ history: new History() }, 'history in the state', 'an object with toJSON'],
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

  const NUMBERS = { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: Number.NEGATIVE_INFINITY, z: -0, zero: 0 };

  /** What a state is in a resumed training, and in the checkpoint that this writes in its turn. */
  async function resumed(path: string): Promise<unknown[]> {
    using model = await LanguageModel.load(path);
    let given: unknown;
    const callback: Callback = {
      name: 'mine',
      getState: () => given,
      setState: (state) => {
        given = state;
      },
    };
    await train(model, { steps: 4, resume: path, callbacks: [callback, callbacks.checkpoint({ path: at('again') })] });
    return [given, (await readCheckpoint(at('again'))).record.callbacks[0]?.state];
  }

  it('comes back with every number as it was, anywhere in it and as all of it', async () => {
    const numbers = Object.values(NUMBERS);
    for (const state of [
      { ...NUMBERS, list: numbers, deep: [{ of: [NUMBERS] }] },
      ...numbers,
      numbers,
      { array: Float64Array.from(numbers), bytes: Buffer.from('ab') },
      { tiny: Number.MIN_VALUE, large: Number.MAX_VALUE, whole: Number.MAX_SAFE_INTEGER, third: 1 / 3 },
    ]) {
      await save(state);
      const kept = (await readCheckpoint(at('c'))).record.callbacks[0]?.state;
      // A Buffer comes back as the bytes that it has.
      const plain =
        typeof state === 'object' && 'bytes' in state ? { ...state, bytes: Uint8Array.from(state.bytes) } : state;
      assert.deepEqual([kept, ...(await resumed(at('c')))], [plain, plain, plain]);
    }
  });

  it('comes back where it looks like what a checkpoint writes in its place', async () => {
    const data = Float64Array.of(1);
    for (const state of [
      { $number: 'NaN' },
      { $tensor: 'training.callbacks.0.state' },
      { $literal: { $literal: { $number: '-0' } }, $number: Number.NaN, data },
      [{ $tensor: data }, { $literal: 5 }, { $number: 'none' }],
    ]) {
      await save(state);
      assert.deepEqual(await resumed(at('c')), [state, state]);
    }
  });

  it('is that of a checkpoint of an earlier release, which has null for such numbers', async () => {
    await save({ a: 'A', list: ['B', 'C'] });
    const { tensors, metadata } = await readSafetensors(at('c'));
    const text = (metadata.get('training') as string).replace('"A"', 'null').replace('"B","C"', 'null,0');
    assert.match(text, /"a":null,"list":\[null,0\]/);
    await writeSafetensors(at('old'), tensors, new Map(metadata).set('training', text));
    const state = { a: null, list: [null, 0] };
    assert.deepEqual(await resumed(at('old')), [state, state]);
  });

  it('of a history has its figures that are not finite', async () => {
    const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;
    const epochs = [infinity, nan, 2].map((validationLoss, epoch) => epochResult(epoch, { loss: 1, validationLoss }));
    const history = new History(epochs);
    using model = smallModel();
    await train(model, { steps: 2, callbacks: [history, callbacks.checkpoint({ path: at('h'), everySteps: 1 })] });
    using again = await LanguageModel.load(at('h'));
    const back = new History();
    await train(again, { steps: 3, resume: at('h'), callbacks: [back] });
    assert.deepEqual(
      back.epochs.slice(0, 3).map(({ validationLoss }) => validationLoss),
      [infinity, nan, 2],
    );
  });

  it('has a code where it throws when it is read, with the place and the cause', async () => {
    const cause = new Error('mine alone.');
    const throwing = (thrown: unknown) => ({
      get inner() {
        throw thrown;
      },
    });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    for (const [state, thrown, message] of [
      [throwing(cause), cause, 'inner in the state of the callback mine cannot be read for a checkpoint: mine alone.'],
      [{ of: [1, throwing('text')] }, 'text', /^of\[1\]\.inner in the state of the callback mine .*: "text"\.$/],
      [throwing(undefined), undefined, /^inner in the state of the callback mine /],
      [throwing(new RangeError('mine')), undefined, /^inner in the state of the callback mine cannot be read/],
      [runInNewContext('({ get inner() { throw new TypeError("other") } })'), undefined, /^inner in .*: other\.$/],
      [revoked.proxy, undefined, /^The state of the callback mine cannot be read for a checkpoint: /],
    ] as const) {
      await assert.rejects(save(state), (error: UnrolledError) => {
        assert.equal(error.code, 'ERR_UNROLLED_CALLBACK', error.stack);
        assert.equal(error.option, 'callbacks');
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message);
        if (thrown !== undefined) assert.equal(error.cause, thrown);
        return true;
      });
    }
  });
});
