/** The package as others load it. */

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as source from '../src/index';

const root = resolve(__dirname, '..');

describe('the package', () => {
  it('has the same exports by require and by import', async () => {
    const required = require(root) as typeof source;
    const imported = (await import(pathToFileURL(resolve(root, 'lib', 'index.mjs')).href)) as typeof source;
    const names = Object.keys(source).sort();
    assert.deepEqual(Object.keys(required).sort(), names);
    assert.deepEqual(Object.keys(imported).sort(), names);
    assert.equal(imported.LanguageModel, required.LanguageModel);
  });

  it('says what it runs on', () => {
    const { version, kernels, blas, processors, threads } = source.info();
    assert.equal(version, source.version);
    assert.equal(version, (require('../package.json') as { version: string }).version);
    assert.match(kernels, /^(baseline|avx2|avx512)$/);
    assert.match(blas, /OpenBLAS/);
    assert.ok(processors >= 1 && threads >= 1);
  });

  it('takes a default number of threads', () => {
    const { threads } = source.info();
    // One, and as many as there may be, are in order.
    for (const count of [1, 256]) {
      source.setThreads(count);
      assert.equal(source.info().threads, count);
    }
    source.setThreads(3);
    assert.equal(source.info().threads, 3);
    source.setThreads(threads);
    for (const value of [0, -1, 1.5, 257, Number.NaN, 1e12]) {
      assert.throws(() => source.setThreads(value), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'threads' });
    }
    assert.throws(() => source.setThreads('2' as never), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });
});
