const { define } = require('./suite.cjs');
const unrolled = require('unrolled');

const { useFakeTimers, useRealTimers } = jest;
define(
  {
    ...{ describe, test, expect, beforeAll, afterAll },
    ...{ fakeTimers: () => useFakeTimers.call(jest), realTimers: () => useRealTimers.call(jest) },
  },
  unrolled,
);

test('another copy of the package is told apart', () => {
  const { vocabulary } = unrolled.Corpus.fromText('abc');
  jest.isolateModules(() => {
    const other = require('unrolled');
    expect(other).not.toBe(unrolled);
    let error;
    try {
      other.LanguageModel.create({ vocabulary });
    } catch (thrown) {
      error = thrown;
    }
    expect(error.message).toMatch(/a Vocabulary, made by this copy of the package, not by another one/);
    expect(error.code).toBe('ERR_UNROLLED_OPTION_TYPE');
    expect(error).toBeInstanceOf(unrolled.UnrolledError);
  });
});
