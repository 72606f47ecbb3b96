import assert from 'node:assert/strict';
import * as check from '../../src/base/check';

describe('validation', () => {
  it('takes numbers inside the range and names what is wrong with others', () => {
    assert.equal(check.number('rate', 0.5, { min: 0, below: 1 }), 0.5);
    assert.throws(() => check.number('rate', 1, { min: 0, below: 1 }), {
      name: 'RangeError',
      code: 'ERR_UNROLLED_OPTION_RANGE',
      message: 'rate must be a finite number at least 0 and below 1, not 1.',
      option: 'rate',
      expected: 'a finite number at least 0 and below 1',
      received: '1',
    });
    for (const value of [NaN, Infinity, -1, 0]) {
      assert.throws(() => check.number('rate', value, { above: 0 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    }
    for (const value of ['1', null, undefined, 1n, {}]) {
      assert.throws(() => check.number('rate', value), { name: 'TypeError', code: 'ERR_UNROLLED_OPTION_TYPE' });
    }
  });

  it('takes whole numbers that a double holds exactly', () => {
    assert.equal(check.integer('hidden', 64, { min: 1, max: 64 }), 64);
    for (const value of [0, -1, 1.5, 65, 2 ** 53, NaN, Infinity]) {
      assert.throws(() => check.integer('hidden', value, { min: 1, max: 64 }), { code: 'ERR_UNROLLED_OPTION_RANGE' });
    }
    assert.throws(() => check.integer('hidden', '64'), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('takes strings, and those that say something', () => {
    assert.equal(check.string('text', ''), '');
    assert.throws(() => check.string('text', 1), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    assert.equal(check.nonEmptyString('path', 'a'), 'a');
    assert.throws(() => check.nonEmptyString('path', ''), { code: 'ERR_UNROLLED_OPTION_RANGE' });
  });

  it('takes one of a list', () => {
    assert.equal(check.oneOf('cell', 'lstm', ['rnn', 'lstm']), 'lstm');
    assert.throws(() => check.oneOf('cell', 'gur', ['rnn', 'lstm']), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      expected: 'one of rnn, lstm',
      received: '"gur"',
    });
    assert.throws(() => check.oneOf('cell', 3, ['rnn', 'lstm']), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('takes booleans, callbacks and signals', () => {
    assert.equal(check.boolean('download', false), false);
    assert.throws(() => check.boolean('download', 0), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    assert.equal(check.callback('onProgress', undefined), undefined);
    assert.throws(() => check.callback('onProgress', {}), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    const { signal } = new AbortController();
    assert.equal(check.abortSignal('signal', signal), signal);
    assert.throws(() => check.abortSignal('signal', {}), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('refuses options that nobody knows', () => {
    assert.deepEqual(check.options<{ epochs?: number }>('fit', undefined, ['epochs']), {});
    assert.deepEqual(check.options('fit', { epochs: 1 }, ['epochs']), { epochs: 1 });
    const misspelt: { epochs?: number } = { epoch: 1 } as object;
    assert.throws(() => check.options('fit', misspelt, ['epochs']), {
      name: 'TypeError',
      code: 'ERR_UNROLLED_UNKNOWN_OPTION',
      message: 'fit has no option "epoch". Did you mean epochs? It knows epochs.',
      option: 'epoch',
    });
    for (const value of [[], null, 'epochs', 3] as unknown[]) {
      assert.throws(() => check.options('fit', value as { epochs?: number }, ['epochs']), {
        code: 'ERR_UNROLLED_OPTION_TYPE',
      });
    }
  });

  it('shows values as a person would recognise them', () => {
    const shown = ['a', 'a'.repeat(100), 1n, () => 0, [1, 2], new Map(), Object.create(null), null, undefined, NaN];
    assert.deepEqual(shown.map(check.show), [
      '"a"',
      `"${'a'.repeat(57)}..."`,
      '1n',
      'a function',
      'an array of 2',
      'an object (Map)',
      'an object (no prototype)',
      'null',
      'undefined',
      'NaN',
    ]);
  });
});
