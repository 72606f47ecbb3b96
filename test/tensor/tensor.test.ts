import assert from 'node:assert/strict';
import * as tensor from '../../src/tensor/tensor';

const SHAPE_ERROR = { name: 'RangeError', code: 'ERR_UNROLLED_SHAPE' };

describe('tensor', () => {
  it('zeros has the shape and the type asked for', () => {
    const float = tensor.zeros([2, 3]);
    assert.deepEqual(float, { dtype: 'float32', shape: [2, 3], data: new Float32Array(6) });
    const bytes: Uint8Array = tensor.zeros([4], 'uint8').data;
    assert.deepEqual(bytes, new Uint8Array(4));
    assert.equal(tensor.zeros([]).data.length, 1);
    assert.equal(tensor.zeros([0, 5]).data.length, 0);
    for (const shape of [[-1], [1.5], [NaN], [1e12, 1e12]]) assert.throws(() => tensor.zeros(shape), SHAPE_ERROR);
    assert.throws(() => tensor.zeros([1e12]), { code: 'ERR_UNROLLED_OUT_OF_MEMORY' });
    assert.throws(() => tensor.zeros([1], 'float16' as 'float32'), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('from and toArray are each other’s inverse', () => {
    const nested = [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ];
    const made = tensor.from(nested, 'int32');
    assert.deepEqual(made, { dtype: 'int32', shape: [1, 3, 2], data: Int32Array.of(1, 2, 3, 4, 5, 6) });
    assert.deepEqual(tensor.toArray(made), nested);
    assert.deepEqual(tensor.from(7).shape, []);
    assert.equal(tensor.toArray(tensor.from(7)), 7);
    assert.deepEqual(tensor.toArray(tensor.from([[], []])), [[], []]);
    assert.deepEqual(tensor.toArray(tensor.from([NaN, -Infinity], 'float64')), [NaN, -Infinity]);
  });

  it('from refuses ragged arrays and values that the type cannot hold', () => {
    for (const ragged of [
      [[1, 2], [3]],
      [1, [2]],
      [[1], 2],
      [[[1]], [2]],
    ]) {
      assert.throws(() => tensor.from(ragged), SHAPE_ERROR);
    }
    assert.throws(() => tensor.from(['1'] as unknown as number[]), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    for (const value of [1.5, 2 ** 31, NaN]) {
      assert.throws(() => tensor.from([value], 'int32'), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    }
  });

  it('row shares the data of its tensor', () => {
    const whole = tensor.from([
      [1, 2],
      [3, 4],
    ]);
    const second = tensor.row(whole, 1);
    assert.deepEqual(second, { dtype: 'float32', shape: [2], data: Float32Array.of(3, 4) });
    second.data[0] = 9;
    assert.equal(whole.data[2], 9);
    assert.deepEqual(tensor.row(second, 0).shape, []);
    assert.throws(() => tensor.row(whole, 2), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    assert.throws(() => tensor.row(tensor.zeros([]), 0), SHAPE_ERROR);
  });

  it('oneHot puts one 1 into each row', () => {
    assert.deepEqual(tensor.toArray(tensor.oneHot([2, 0], 3)), [
      [0, 0, 1],
      [1, 0, 0],
    ]);
    assert.deepEqual(tensor.oneHot(tensor.from([[1], [0]], 'int32'), 2).shape, [2, 1, 2]);
    assert.throws(() => tensor.oneHot([3], 3), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('softmax sums to one over the last axis, however large the logits', () => {
    const logits = tensor.from(
      [
        [0, 0, Math.log(2)],
        [1000, 1000, -1000],
      ],
      'float64',
    );
    const expected = tensor.from(
      [
        [0.25, 0.25, 0.5],
        [0.5, 0.5, 0],
      ],
      'float64',
    );
    assert.ok(tensor.allClose(tensor.softmax(logits), expected));
    assert.equal(tensor.softmax(tensor.zeros([2, 4])).dtype, 'float32');
    assert.throws(() => tensor.softmax(tensor.zeros([])), SHAPE_ERROR);
    assert.throws(() => tensor.softmax(tensor.zeros([2, 0])), SHAPE_ERROR);
  });

  it('argMax takes the first of the largest', () => {
    const positions = tensor.argMax(
      tensor.from([
        [1, 3, 3],
        [-1, -2, -3],
      ]),
    );
    assert.deepEqual(positions, { dtype: 'int32', shape: [2], data: Int32Array.of(1, 0) });
    const withNaN = [
      [NaN, 1, 2],
      [2, NaN, NaN],
      [1, 3, NaN],
      [-Infinity, Infinity, 0],
    ];
    assert.deepEqual([...tensor.argMax(tensor.from(withNaN)).data], [0, 1, 2, 1], 'as NumPy');
    assert.throws(() => tensor.argMax(tensor.zeros([0])), SHAPE_ERROR);
  });

  it('allClose compares within a tolerance', () => {
    const a = tensor.from([1, Infinity], 'float64');
    assert.ok(tensor.allClose(a, tensor.from([1 + 1e-6, Infinity], 'float64')));
    assert.ok(!tensor.allClose(a, tensor.from([1 + 1e-4, Infinity], 'float64')));
    assert.ok(tensor.allClose(a, tensor.from([1 + 1e-4, Infinity], 'float64'), { relative: 1e-3 }));
    assert.ok(tensor.allClose(a, tensor.from([1 + 1e-4, Infinity], 'float64'), { absolute: 1e-3 }));
    assert.ok(!tensor.allClose(a, tensor.from([1, -Infinity], 'float64')));
    assert.ok(!tensor.allClose(tensor.from([NaN]), tensor.from([NaN])));
    assert.throws(() => tensor.allClose(tensor.zeros([2, 3]), tensor.zeros([3, 2])), SHAPE_ERROR);
  });

  it('firstNonFinite finds NaN and infinities', () => {
    assert.equal(tensor.firstNonFinite(Float32Array.of(1, NaN, Infinity)), 1);
    assert.equal(tensor.firstNonFinite(Float64Array.of(1, 2, -Infinity)), 2);
    assert.equal(tensor.firstNonFinite(Float64Array.of(1, 2)), -1);
  });
});
