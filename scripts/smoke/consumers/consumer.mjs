import { strictEqual } from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as unrolled from 'unrolled';
import { check } from './check.cjs';

// One instance, however it is loaded: an error of one is an error of the other.
strictEqual(unrolled.UnrolledError, createRequire(import.meta.url)('unrolled').UnrolledError);
await check(unrolled, 'ES module');
