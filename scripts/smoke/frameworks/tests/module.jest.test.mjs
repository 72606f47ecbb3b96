import { createRequire } from 'node:module';
import * as unrolled from 'unrolled';
import { define } from './suite.cjs';

const { jest } = import.meta;
define(
  {
    ...{ describe, test, expect, beforeAll, afterAll },
    ...{ fakeTimers: () => jest.useFakeTimers(), realTimers: () => jest.useRealTimers() },
  },
  unrolled,
);

test('import and require give one instance', () => {
  expect(createRequire(import.meta.url)('unrolled').Model).toBe(unrolled.Model);
});
