/** What a training leaves behind in figures. */

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { collect, type EpochResult, History } from '../../src/index';
import { packState, unpackState } from '../../src/training/checkpoint/packed-state';
import { epochResult } from '../support/epochs';

describe('History', () => {
  const losses: [loss: number, validationLoss: number, accuracy: number][] = [
    [3, 3.1, 0.2],
    [2, 2.5, 0.5],
    [1, 2.5, 0.5],
    [0.5, 2.9, 0.4],
  ];
  const epochs = losses.map(([loss, validationLoss, accuracy], epoch) =>
    epochResult(epoch, { loss, validationLoss, accuracy }),
  );

  async function* training(): AsyncGenerator<EpochResult> {
    yield* epochs;
  }

  it('collects what fit yields', async () => {
    const history = await collect(training());
    assert.deepEqual(history.epochs, epochs);
    assert.equal(history.last, epochs[3]);
    assert.deepEqual(new History().epochs, []);
  });

  it('knows the best epoch, the first of equals', () => {
    const history = new History(epochs);
    assert.equal(history.best()?.epoch, 1);
    assert.equal(history.best('loss')?.epoch, 3);
    assert.equal(history.best('accuracy')?.epoch, 1);
    assert.equal(history.best('validationAccuracy'), undefined);
    assert.throws(() => history.best('lossy' as never), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'monitor' });
  });

  it('has the figures of all epochs and steps in one array', () => {
    const history = new History(epochs);
    assert.deepEqual([...history.values('validationLoss')], [3.1, 2.5, 2.5, 2.9]);
    assert.deepEqual([...history.values('stepLosses')], [3, 3, 2, 2, 1, 1, 0.5, 0.5]);
    assert.equal(history.values('validationAccuracy').length, 0);
  });

  it('goes through JSON, and refuses what is none of its own', () => {
    const history = new History(epochs);
    assert.deepEqual(History.fromJSON(JSON.parse(JSON.stringify(history))).epochs, epochs);
    for (const value of [null, {}, [5], [{ epoch: 1 }], [{ ...epochs[0], stepLosses: ['a'] }]]) {
      assert.throws(() => History.fromJSON(value), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    }
    for (const figure of ['loss', 'accuracy', 'seconds']) {
      const [first] = JSON.parse(JSON.stringify(history));
      const option = `history[0].${figure}`;
      assert.throws(() => History.fromJSON([{ ...first, [figure]: 'x' }]), {
        code: 'ERR_UNROLLED_OPTION_TYPE',
        option,
      });
    }
  });

  it('has NaN again where a text of JSON has null', () => {
    const history = new History([epochResult(0, { loss: 2, validationLoss: Number.NaN }), ...epochs.slice(1)]);
    for (const json of [history.toJSON(), JSON.parse(JSON.stringify(history))]) {
      const read = History.fromJSON(json);
      assert.deepEqual(read.epochs, history.epochs);
      assert.deepEqual([...read.values('validationLoss')], [Number.NaN, 2.5, 2.5, 2.9]);
      assert.match(inspect(read), /NaN/);
    }
  });

  it('goes on without the bits that earlier releases had for squared errors', () => {
    const restored = new History();
    restored.setState(
      new History([epochResult(0, { loss: 3 }), epochResult(1, { loss: 2, accuracy: 0.5 })]).getState(),
    );
    assert.deepEqual(
      restored.epochs.map((epoch) => ['bitsPerToken' in epoch, epoch.loss]),
      [
        [false, 3],
        [true, 2],
      ],
    );
  });

  it('keeps its state through a checkpoint, and replaces an epoch that goes on', () => {
    const history = new History(epochs);
    const { json, tensors } = packState(history.getState(), 'state');
    const restored = new History();
    restored.setState(unpackState(JSON.parse(JSON.stringify(json)), tensors, Error));
    assert.deepEqual(restored.epochs, epochs);
    const again = epochResult(3, { loss: 0.4, steps: 3 });
    restored.onEpochEnd(again);
    assert.deepEqual(restored.epochs, [...epochs.slice(0, 3), again]);
  });
});

describe('a state in a checkpoint', () => {
  it('comes back with its arrays, whatever their kind and place', () => {
    const state = {
      figure: 0.1,
      nothing: null,
      list: [new Float64Array([1e-300, -0]), { inner: new Uint16Array([7]) }],
      weights: { 'rnn.weight_ih_l0': new Float32Array([0.1]) },
      empty: new Int32Array(),
    };
    const { json, tensors } = packState(state, 'training.callback.0');
    assert.deepEqual([...tensors.keys()].sort(), [
      'training.callback.0.empty',
      'training.callback.0.list.0',
      'training.callback.0.list.1.inner',
      'training.callback.0.weights.rnn.weight_ih_l0',
    ]);
    assert.deepEqual(unpackState(JSON.parse(JSON.stringify(json)), tensors, Error), state);
  });
});
