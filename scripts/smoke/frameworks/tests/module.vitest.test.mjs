import { createRequire } from 'node:module';
import * as unrolled from 'unrolled';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { define } from './suite.cjs';

define(
  {
    ...{ describe, test, expect, beforeAll, afterAll },
    ...{ fakeTimers: () => vi.useFakeTimers(), realTimers: () => vi.useRealTimers() },
  },
  unrolled,
);

test('import and require give one instance', () => {
  const required = createRequire(import.meta.url)('unrolled');
  expect(required.Model).toBe(unrolled.Model);
  expect(Object.keys(unrolled).sort()).toEqual(Object.keys(required).sort());
});
